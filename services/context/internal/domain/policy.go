package domain

import "time"

// Policy is a tenant's rules. The zero value states nothing: what it does not state has a default, which the methods
// know. It is part of the Dictionary, so that one version stands for all that a tenant has configured.
type Policy struct {
	Verification VerificationPolicy
	Identity     IdentityPolicy
	Handoff      HandoffPolicy
	UpdateTime   time.Time
}

// ChannelChange is what a change of channel, or another interaction, does to a verification.
type ChannelChange int32

// What a change does. Unspecified is as Lower.
const (
	ChannelChangeUnspecified ChannelChange = iota
	ChannelChangeKeep
	ChannelChangeLower
	ChannelChangeDrop
)

// VerificationPolicy says how long verifications hold, what they are worth elsewhere, and what they are enough for.
type VerificationPolicy struct {
	OnChannelChange  ChannelChange
	OnNewInteraction ChannelChange
	ChannelRules     []ChannelRule
	LevelRules       []LevelRule
	MethodRules      []MethodRule
	Actions          []ActionRule
}

// ChannelRule is an exception for a pair of channels; Unspecified stands for any other one. One for the same channel twice
// is about another interaction in it.
type ChannelRule struct {
	From, To Channel
	Change   ChannelChange
}

// LevelRule says how long a verification of a level holds.
type LevelRule struct {
	Level  VerificationLevel
	MaxAge time.Duration
}

// MethodRule bounds what a method is good for.
type MethodRule struct {
	Method   string
	MaxLevel VerificationLevel
}

// ActionRule says what an action demands.
type ActionRule struct {
	Action      string
	Description string
	Requirement Requirement
}

// Requirement is what a verification has to be for some purpose.
type Requirement struct {
	MinLevel VerificationLevel
	Scope    string        // any when empty
	MaxAge   time.Duration // no bound when 0
	Methods  []string      // any when empty
}

// IdentityPolicy says which identifiers a customer may have.
type IdentityPolicy struct {
	Limits  []IdentifierLimit
	Blocked []BlockedIdentifier
}

// IdentifierLimit bounds the identifiers of a type.
type IdentifierLimit struct {
	Type IdentifierType
	Max  int
}

// BlockedIdentifier is a value that names nobody, in its normal form.
type BlockedIdentifier struct {
	Identifier Identifier
	Reason     string
}

// HandoffPolicy says how long handoffs wait; 0 is the default.
type HandoffPolicy struct{ DefaultTTL, MaxTTL time.Duration }

// The defaults of a policy.
const (
	DefaultMaxAge     = 12 * time.Hour
	DefaultHandoffTTL = 15 * time.Minute
	DefaultHandoffMax = 24 * time.Hour
)

// Policy returns the tenant's policy.
func (d *Dictionary) Policy() Policy {
	if d == nil {
		return Policy{}
	}
	return d.policy
}
