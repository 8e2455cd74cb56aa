package wire

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/aip"
)

// The types of the custom events that the slot dictionary is made of, in the history of domain.DictionaryCustomer.
const (
	TypeSlotChanged = "throughline.slot_changed"
	TypeSlotDeleted = "throughline.slot_deleted"

	slotAttribute   = "slot"
	slotIDAttribute = "slot_id"
)

const slotPrefix = "slots/"

// SlotName returns the resource name of a slot.
func SlotName(id string) string { return slotPrefix + id }

// SlotID returns the id in a slot's name, which the contract's rules have checked.
func SlotID(name string) string { return name[min(len(slotPrefix), len(name)):] }

// Slot returns an entry of the dictionary; its id is that of its name.
func Slot(m *contextv1.Slot) domain.Slot {
	s := domain.Slot{
		ID:          SlotID(m.GetName()),
		DisplayName: m.GetDisplayName(),
		Description: m.GetDescription(),
		Type:        domain.SlotType(m.GetType()),
		Validation: domain.Validation{
			Pattern:       m.GetValidation().GetPattern(),
			AllowedValues: m.GetValidation().GetAllowedValues(),
			MinLength:     int(m.GetValidation().GetMinLength()),
			MaxLength:     int(m.GetValidation().GetMaxLength()),
		},
		Sensitivity:   domain.Sensitivity(m.GetSensitivity()),
		MaxAge:        duration(m.GetMaxAge()),
		ExpireAfter:   duration(m.GetExpireAfter()),
		MinConfidence: m.GetMinConfidence(),
		OnConflict:    domain.ConflictPolicy(m.GetOnConflict()),

		MinVerification: domain.VerificationLevel(m.GetMinVerification()),
		ConsentPurpose:  m.GetConsentPurpose(),

		CreateTime: Time(m.GetCreateTime()),
		UpdateTime: Time(m.GetUpdateTime()),
	}
	for _, a := range m.GetAliases() {
		s.Aliases = append(s.Aliases, domain.Alias{Name: a.GetName(), Scope: a.GetScope()})
	}
	for _, l := range m.GetLinks() {
		s.Links = append(s.Links, domain.Link{FromSlot: l.GetFromSlot(), Action: domain.LinkAction(l.GetAction())})
	}
	return s
}

// SlotMessage returns an entry of the dictionary as message, with its etag.
func SlotMessage(s domain.Slot) *contextv1.Slot {
	m := &contextv1.Slot{
		Name:          SlotName(s.ID),
		DisplayName:   s.DisplayName,
		Description:   s.Description,
		Type:          contextv1.SlotType(s.Type),
		Sensitivity:   commonv1.Sensitivity(s.Sensitivity),
		MaxAge:        durationMessage(s.MaxAge),
		ExpireAfter:   durationMessage(s.ExpireAfter),
		MinConfidence: s.MinConfidence,
		OnConflict:    contextv1.ConflictPolicy(s.OnConflict),

		MinVerification: logv1.VerificationLevel(s.MinVerification),
		ConsentPurpose:  s.ConsentPurpose,

		CreateTime: Timestamp(s.CreateTime),
		UpdateTime: Timestamp(s.UpdateTime),
	}
	if v := s.Validation; v.Pattern != "" || len(v.AllowedValues) > 0 || v.MinLength != 0 || v.MaxLength != 0 {
		m.Validation = &contextv1.SlotValidation{
			Pattern: v.Pattern, AllowedValues: v.AllowedValues,
			MinLength: int32(v.MinLength), MaxLength: int32(v.MaxLength),
		}
	}
	for _, a := range s.Aliases {
		m.Aliases = append(m.Aliases, &contextv1.SlotAlias{Name: a.Name, Scope: a.Scope})
	}
	for _, l := range s.Links {
		m.Links = append(m.Links, &contextv1.SlotLink{FromSlot: l.FromSlot, Action: contextv1.LinkAction(l.Action)})
	}
	m.Etag = etag(m)
	return m
}

// etag is a hash of all else: the update time is part of it, so that it changes with every change.
func etag(m *contextv1.Slot) string {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		// Only invalid UTF-8 gets here, and what came over the wire has none.
		b = []byte(err.Error())
	}
	return aip.Etag(b)
}

func duration(d *durationpb.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return d.AsDuration()
}

func durationMessage(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

// SlotChanged returns the event that records a slot as it is from now on.
func SlotChanged(eventID string, m *contextv1.Slot) (*logv1.Event, error) {
	m = proto.CloneOf(m)
	m.Etag, m.CreateTime, m.UpdateTime = "", nil, nil
	s, err := asStruct(m)
	if err != nil {
		return nil, fmt.Errorf("slot: %w", err)
	}
	return customEvent(eventID, TypeSlotChanged, map[string]*structpb.Value{
		slotIDAttribute: structpb.NewStringValue(SlotID(m.GetName())),
		slotAttribute:   structpb.NewStructValue(s),
	}), nil
}

// SlotDeleted returns the event that records that a slot was removed.
func SlotDeleted(eventID, slotID string) *logv1.Event {
	return customEvent(eventID, TypeSlotDeleted, map[string]*structpb.Value{
		slotIDAttribute: structpb.NewStringValue(slotID),
	})
}

func customEvent(eventID, kind string, attributes map[string]*structpb.Value) *logv1.Event {
	return &logv1.Event{
		EventId: eventID,
		Actor:   &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_SYSTEM, Id: "context"},
		Source:  "throughline-context",
		Payload: &logv1.Event_CustomEvent{CustomEvent: &logv1.CustomEvent{
			Type: kind, Attributes: &structpb.Struct{Fields: attributes},
		}},
	}
}

// custom reads the events of the dictionary. One that cannot be read changes nothing, but counts.
func custom(e *logv1.CustomEvent) domain.Payload {
	other := domain.Other{Type: int32(logv1.EventType_EVENT_TYPE_CUSTOM_EVENT)}
	fields := e.GetAttributes().GetFields()
	switch e.GetType() {
	case TypeSlotChanged:
		var m contextv1.Slot
		if !fromStruct(fields[slotAttribute].GetStructValue(), &m) {
			return other
		}
		if m.Name = SlotName(fields[slotIDAttribute].GetStringValue()); m.Name == slotPrefix {
			return other
		}
		return domain.SlotChanged{Slot: Slot(&m)}
	case TypePolicyChanged:
		var m contextv1.Policy
		if !fromStruct(fields[policyAttribute].GetStructValue(), &m) {
			return other
		}
		return domain.PolicyChanged{Policy: Policy(&m)}
	case TypeSlotDeleted:
		return domain.SlotDeleted{SlotID: fields[slotIDAttribute].GetStringValue()}
	default:
		return other
	}
}
