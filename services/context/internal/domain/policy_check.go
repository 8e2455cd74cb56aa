package domain

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The reasons of faults about policies and verifications.
const (
	ReasonInvalidPolicy       = "INVALID_POLICY"
	ReasonInvalidVerification = "INVALID_VERIFICATION"
	ReasonUnknownAction       = "UNKNOWN_ACTION"
)

// Bounds of a policy.
const (
	maxChannelRules    = 100
	maxMethodRules     = 100
	maxActions         = 200
	maxBlocked         = 1000
	maxIdentifierLimit = 50
	maxMethods         = 16
	maxPolicyName      = 64
	maxPolicyText      = 256
	maxLevelAge        = 30 * 24 * time.Hour
	maxHandoffTTL      = 7 * 24 * time.Hour
)

// CheckPolicy returns the policy as it is kept, with blocked identifiers in their normal form, or INVALID_POLICY with
// everything that is wrong with it. What would never count is wrong, too: whoever wrote it meant something.
func CheckPolicy(p Policy) (Policy, error) {
	var c policyCheck
	c.verification(&p.Verification)
	p.Identity.Blocked = c.identity(&p.Identity)
	c.handoff(p.Handoff)
	if len(c.fields) == 0 {
		return p, nil
	}
	f := fault.New(fault.Invalid, ReasonInvalidPolicy, "the policy is not valid")
	f.Fields = c.fields
	return Policy{}, f
}

// Check says what is wrong with a requirement that lies at a path of a request.
func (r *Requirement) Check(path string) []fault.Field {
	var c policyCheck
	c.requirement(path, r)
	return c.fields
}

// Action returns what an action demands, or UNKNOWN_ACTION.
func (p *VerificationPolicy) Action(action string) (Requirement, error) {
	for _, a := range p.Actions {
		if a.Action == action {
			return a.Requirement, nil
		}
	}
	return Requirement{}, fault.New(fault.Invalid, ReasonUnknownAction, "the policy has no such action").
		With("action", action).WithField("action", "must be an action of the tenant's policy")
}

// policyCheck collects what is wrong.
type policyCheck struct{ fields []fault.Field }

func (c *policyCheck) bad(when bool, path, format string, args ...any) {
	if when {
		c.fields = append(c.fields, fault.Field{Path: path, Msg: fmt.Sprintf(format, args...)})
	}
}

// text blames a text that is missing or too long.
func (c *policyCheck) text(path, text string, least, most int) {
	c.bad(len(text) < least || len(text) > most, path, "has to be %d to %d bytes", least, most)
}

// place returns the path of an entry of a list.
func place(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

func (c *policyCheck) verification(p *VerificationPolicy) {
	const at = "verification."
	c.bad(!p.OnChannelChange.known(), at+"on_channel_change", "is not known")
	c.bad(!p.OnNewInteraction.known(), at+"on_new_interaction", "is not known")
	c.channelRules(at+"channel_rules", p.ChannelRules)
	seen := map[any]int{}
	for i, r := range p.LevelRules {
		path := place(at+"level_rules", i)
		c.once(seen, r.Level, i, path+".level")
		c.bad(r.Level <= VerificationNone || r.Level > VerificationInPerson, path+".level", "has to be a level above NONE")
		c.bad(r.MaxAge <= 0 || r.MaxAge > maxLevelAge, path+".max_age", "has to be more than 0 and at most 30 days")
	}
	c.bad(len(p.MethodRules) > maxMethodRules, at+"method_rules", "are more than %d", maxMethodRules)
	clear(seen)
	for i, r := range p.MethodRules {
		path := place(at+"method_rules", i)
		c.once(seen, r.Method, i, path+".method")
		c.text(path+".method", r.Method, 1, maxPolicyName)
		c.bad(r.MaxLevel < VerificationNone || r.MaxLevel > VerificationInPerson, path+".max_level", "is required")
	}
	c.actions(at+"actions", p)
}

// once blames a key that an entry before has.
func (c *policyCheck) once(seen map[any]int, key any, i int, path string) {
	if before, twice := seen[key]; twice {
		c.bad(true, path, "is that of entry %d, too", before)
		return
	}
	seen[key] = i
}

func (c *policyCheck) channelRules(at string, rules []ChannelRule) {
	c.bad(len(rules) > maxChannelRules, at, "are more than %d", maxChannelRules)
	for i, r := range rules {
		path := place(at, i)
		c.bad(r.Change == ChannelChangeUnspecified || !r.Change.known(), path+".change", "is required")
		c.bad(!r.From.known(), path+".from", "is not known")
		c.bad(!r.To.known(), path+".to", "is not known")
		before := slices.IndexFunc(rules[:i], func(x ChannelRule) bool { return x.fits(r.From, r.To) })
		c.bad(before >= 0, path, "never counts, because entry %d comes first", before)
	}
}

func (c *policyCheck) actions(at string, p *VerificationPolicy) {
	c.bad(len(p.Actions) > maxActions, at, "are more than %d", maxActions)
	seen := map[any]int{}
	for i, a := range p.Actions {
		path := place(at, i)
		c.once(seen, a.Action, i, path+".action")
		c.text(path+".action", a.Action, 1, maxPolicyName)
		c.text(path+".description", a.Description, 0, maxPolicyText)
		c.requirement(path+".requirement", &a.Requirement)
		r := &a.Requirement
		never := len(r.Methods) > 0 && !slices.ContainsFunc(r.Methods, func(m string) bool { return p.maxLevel(m) >= r.MinLevel })
		c.bad(never, path+".requirement.methods", "cannot give %s, by the method_rules", r.MinLevel)
	}
}

func (c *policyCheck) requirement(path string, r *Requirement) {
	c.bad(r.MinLevel <= VerificationUnspecified || r.MinLevel > VerificationInPerson, path+".min_level", "is required")
	c.bad(r.MinLevel == VerificationNone && (r.Scope != "" || r.MaxAge != 0 || len(r.Methods) > 0), path+".min_level",
		"is NONE, which demands no verification, so that nothing else can be demanded of it")
	c.text(path+".scope", r.Scope, 0, maxPolicyName)
	c.bad(r.MaxAge < 0, path+".max_age", "is negative")
	c.bad(len(r.Methods) > maxMethods, path+".methods", "are more than %d", maxMethods)
	seen := map[any]int{}
	for i, m := range r.Methods {
		at := place(path+".methods", i)
		c.once(seen, m, i, at)
		c.text(at, m, 1, maxPolicyName)
	}
}

// identity returns the blocked identifiers in their normal form.
func (c *policyCheck) identity(p *IdentityPolicy) []BlockedIdentifier {
	const at = "identity."
	seen := map[any]int{}
	for i, l := range p.Limits {
		path := place(at+"limits", i)
		c.once(seen, l.Type, i, path+".type")
		c.bad(!l.Type.ofCustomer(), path+".type", "has to be a type of identifiers that name customers")
		c.bad(l.Max < 1 || l.Max > maxIdentifierLimit, path+".max", "has to be 1 to %d", maxIdentifierLimit)
	}
	c.bad(len(p.Blocked) > maxBlocked, at+"blocked", "are more than %d", maxBlocked)
	clear(seen)
	var blocked []BlockedIdentifier
	for i, b := range p.Blocked {
		path := place(at+"blocked", i)
		c.text(path+".reason", b.Reason, 0, maxPolicyText)
		if !b.Identifier.Type.ofCustomer() {
			c.bad(true, path+".identifier.type", "has to be a type of identifiers that name customers")
			continue
		}
		id, err := b.Identifier.Normalise("")
		if f, ok := fault.As(err); ok {
			c.bad(f.Reason == ReasonRegionRequired, path+".identifier.value", "has to have its country code")
			c.bad(f.Reason != ReasonRegionRequired, path+".identifier.value", "%s", f.Msg)
			continue
		}
		c.once(seen, id, i, path+".identifier.value")
		blocked = append(blocked, BlockedIdentifier{Identifier: id, Reason: b.Reason})
	}
	return blocked
}

func (c *policyCheck) handoff(p HandoffPolicy) {
	const wrong = "has to be more than 0 and at most 7 days"
	c.bad(p.DefaultTTL < 0 || p.DefaultTTL > maxHandoffTTL, "handoff.default_ttl", wrong)
	c.bad(p.MaxTTL < 0 || p.MaxTTL > maxHandoffTTL, "handoff.max_ttl", wrong)
	byDefault, most := p.DefaultTTL, p.MaxTTL
	if byDefault == 0 {
		byDefault = DefaultHandoffTTL
	}
	if most == 0 {
		most = DefaultHandoffMax
	}
	c.bad(byDefault > most, "handoff.default_ttl", "is %s, longer than max_ttl, %s", byDefault, most)
}

// known reports whether this build knows the value.
func (c ChannelChange) known() bool { return c >= ChannelChangeUnspecified && c <= ChannelChangeDrop }

// known reports whether this build knows the channel.
func (c Channel) known() bool { return c >= ChannelUnspecified && c <= ChannelOther }

// ofCustomer reports whether identifiers of the type name customers, and not one interaction.
func (t IdentifierType) ofCustomer() bool { return t >= IdentifierPhone && t <= IdentifierSocial }

// fits reports whether the rule is for a change between channels, of which Unspecified is any.
func (r ChannelRule) fits(from, to Channel) bool {
	if from == to && from != ChannelUnspecified {
		return r.From == from && r.To == to
	}
	return (r.From == from || r.From == ChannelUnspecified) && (r.To == to || r.To == ChannelUnspecified)
}
