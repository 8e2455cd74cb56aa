package wire

import (
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/aip"
)

// PolicyName is the resource name of a tenant's policy.
const PolicyName = "policy"

// TypePolicyChanged is the type of the custom event that tells of a changed policy, beside those of the slots.
const (
	TypePolicyChanged = "throughline.policy_changed"

	policyAttribute = "policy"
)

// Policy returns a tenant's policy. What it does not state stays so: the domain knows the defaults.
func Policy(m *contextv1.Policy) domain.Policy {
	v, id, h := m.GetVerification(), m.GetIdentity(), m.GetHandoff()
	p := domain.Policy{
		Verification: domain.VerificationPolicy{
			OnChannelChange:  domain.ChannelChange(v.GetOnChannelChange()),
			OnNewInteraction: domain.ChannelChange(v.GetOnNewInteraction()),
		},
		Handoff:    domain.HandoffPolicy{DefaultTTL: duration(h.GetDefaultTtl()), MaxTTL: duration(h.GetMaxTtl())},
		UpdateTime: Time(m.GetUpdateTime()),
	}
	for _, r := range v.GetChannelRules() {
		p.Verification.ChannelRules = append(p.Verification.ChannelRules, domain.ChannelRule{
			From: domain.Channel(r.GetFrom()), To: domain.Channel(r.GetTo()), Change: domain.ChannelChange(r.GetChange()),
		})
	}
	for _, r := range v.GetLevelRules() {
		p.Verification.LevelRules = append(p.Verification.LevelRules, domain.LevelRule{
			Level: domain.VerificationLevel(r.GetLevel()), MaxAge: duration(r.GetMaxAge()),
		})
	}
	for _, r := range v.GetMethodRules() {
		p.Verification.MethodRules = append(p.Verification.MethodRules, domain.MethodRule{
			Method: r.GetMethod(), MaxLevel: domain.VerificationLevel(r.GetMaxLevel()),
		})
	}
	for _, a := range v.GetActions() {
		p.Verification.Actions = append(p.Verification.Actions, domain.ActionRule{
			Action: a.GetAction(), Description: a.GetDescription(), Requirement: Requirement(a.GetRequirement()),
		})
	}
	for _, l := range id.GetLimits() {
		p.Identity.Limits = append(p.Identity.Limits, domain.IdentifierLimit{
			Type: domain.IdentifierType(l.GetType()), Max: int(l.GetMax()),
		})
	}
	for _, b := range id.GetBlocked() {
		p.Identity.Blocked = append(p.Identity.Blocked, domain.BlockedIdentifier{
			Identifier: Identifier(b.GetIdentifier()), Reason: b.GetReason(),
		})
	}
	return p
}

// PolicyMessage returns a tenant's policy as message. Its etag stands for the version of the dictionary, too.
func PolicyMessage(p domain.Policy, version int64) *contextv1.Policy {
	m := &contextv1.Policy{
		Name:         PolicyName,
		Verification: verificationPolicyMessage(&p.Verification),
		Identity:     identityPolicyMessage(&p.Identity),
		UpdateTime:   Timestamp(p.UpdateTime),
	}
	if h := p.Handoff; h != (domain.HandoffPolicy{}) {
		m.Handoff = &contextv1.HandoffPolicy{DefaultTtl: durationMessage(h.DefaultTTL), MaxTtl: durationMessage(h.MaxTTL)}
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		// Only invalid UTF-8 gets here, and what came over the wire has none.
		b = []byte(err.Error())
	}
	m.Etag = aip.Etag(append(strconv.AppendInt(nil, version, 10), b...))
	return m
}

// verificationPolicyMessage returns nil for rules that state nothing.
func verificationPolicyMessage(p *domain.VerificationPolicy) *contextv1.VerificationPolicy {
	m := &contextv1.VerificationPolicy{
		OnChannelChange:  contextv1.ChannelChange(p.OnChannelChange),
		OnNewInteraction: contextv1.ChannelChange(p.OnNewInteraction),
	}
	for _, r := range p.ChannelRules {
		m.ChannelRules = append(m.ChannelRules, &contextv1.ChannelRule{
			From: logv1.Channel(r.From), To: logv1.Channel(r.To), Change: contextv1.ChannelChange(r.Change),
		})
	}
	for _, r := range p.LevelRules {
		m.LevelRules = append(m.LevelRules, &contextv1.LevelRule{
			Level: logv1.VerificationLevel(r.Level), MaxAge: durationMessage(r.MaxAge),
		})
	}
	for _, r := range p.MethodRules {
		m.MethodRules = append(m.MethodRules, &contextv1.MethodRule{
			Method: r.Method, MaxLevel: logv1.VerificationLevel(r.MaxLevel),
		})
	}
	for _, a := range p.Actions {
		m.Actions = append(m.Actions, &contextv1.ActionRule{
			Action: a.Action, Description: a.Description, Requirement: RequirementMessage(a.Requirement),
		})
	}
	if proto.Size(m) == 0 {
		return nil
	}
	return m
}

// identityPolicyMessage returns nil for rules that state nothing.
func identityPolicyMessage(p *domain.IdentityPolicy) *contextv1.IdentityPolicy {
	if len(p.Limits)+len(p.Blocked) == 0 {
		return nil
	}
	m := &contextv1.IdentityPolicy{}
	for _, l := range p.Limits {
		m.Limits = append(m.Limits, &contextv1.IdentifierLimit{Type: logv1.IdentifierType(l.Type), Max: int32(l.Max)})
	}
	for _, b := range p.Blocked {
		m.Blocked = append(m.Blocked, &contextv1.BlockedIdentifier{
			Identifier: IdentifierMessage(b.Identifier), Reason: b.Reason,
		})
	}
	return m
}

// Requirement returns what a verification has to be.
func Requirement(m *contextv1.VerificationRequirement) domain.Requirement {
	return domain.Requirement{
		MinLevel: domain.VerificationLevel(m.GetMinLevel()), Scope: m.GetScope(), MaxAge: duration(m.GetMaxAge()), Methods: m.GetMethods(),
	}
}

// RequirementMessage returns what a verification has to be as message.
func RequirementMessage(r domain.Requirement) *contextv1.VerificationRequirement {
	return &contextv1.VerificationRequirement{
		MinLevel: logv1.VerificationLevel(r.MinLevel), Scope: r.Scope, MaxAge: durationMessage(r.MaxAge), Methods: r.Methods,
	}
}

// PolicyChanged returns the event that records the policy as it is from now on. The time of the change is the event's.
func PolicyChanged(eventID string, p domain.Policy) (*logv1.Event, error) {
	p.UpdateTime = time.Time{}
	m := PolicyMessage(p, 0)
	m.Name, m.Etag = "", ""
	s, err := asStruct(m)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return customEvent(eventID, TypePolicyChanged, map[string]*structpb.Value{policyAttribute: structpb.NewStructValue(s)}), nil
}

// asStruct returns a message as the Struct of its JSON, as custom events keep it.
func asStruct(m proto.Message) (*structpb.Struct, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("as JSON: %w", err)
	}
	var s structpb.Struct
	if err := protojson.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("as struct: %w", err)
	}
	return &s, nil
}

// fromStruct fills a message from what asStruct made of one. What it does not know it leaves out.
func fromStruct(s *structpb.Struct, m proto.Message) bool {
	text, err := protojson.Marshal(s)
	return s != nil && err == nil && (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, m) == nil
}
