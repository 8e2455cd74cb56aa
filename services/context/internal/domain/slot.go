package domain

import (
	"cmp"
	"time"
)

// SlotType is the type of a slot's values, which decides how they are compared and checked.
type SlotType int32

// The types of slots. Unspecified counts as Text.
const (
	SlotTypeUnspecified SlotType = iota
	SlotTypeText
	SlotTypePersonName
	SlotTypeDate
	SlotTypeTime
	SlotTypeDateTime
	SlotTypeNumber
	SlotTypeInteger
	SlotTypeBoolean
	SlotTypePhone
	SlotTypeEmail
	SlotTypeAddress
	SlotTypePlace
	SlotTypeMoney
	SlotTypeEnum
	SlotTypeID
)

// LinkAction is how far a value taken from another slot may be trusted.
type LinkAction int32

// The actions. Unspecified counts as Confirm.
const (
	LinkUnspecified LinkAction = iota
	LinkUse
	LinkConfirm
)

// ConflictPolicy is what to do when different systems gave different values.
type ConflictPolicy int32

// The policies. Unspecified counts as Confirm.
const (
	ConflictUnspecified ConflictPolicy = iota
	ConflictLatest
	ConflictConfirm
)

// Alias is another name of a slot: everywhere, or in one flow or system.
type Alias struct{ Name, Scope string }

// Link names another slot whose value also answers this one.
type Link struct {
	FromSlot string
	Action   LinkAction
}

// Validation is what values a slot takes.
type Validation struct {
	Pattern              string // RE2, has to match the whole value
	AllowedValues        []string
	MinLength, MaxLength int // in characters; 0 for no bound
}

// Slot is a kind of information about customers: an entry of the slot dictionary. It is a value; its slices are shared
// and never written to.
type Slot struct {
	ID            string
	DisplayName   string
	Description   string
	Aliases       []Alias
	Type          SlotType
	Validation    Validation
	Sensitivity   Sensitivity
	MaxAge        time.Duration // 0 for never stale
	ExpireAfter   time.Duration // 0 for never expired
	MinConfidence float64
	OnConflict    ConflictPolicy
	// MinVerification is how surely the customer has to be verified for the value to be shown; unspecified for not at all.
	MinVerification VerificationLevel
	// ConsentPurpose is what the customer has to have consented to for the value to be shown; empty for nothing.
	ConsentPurpose string
	Links          []Link
	CreateTime     time.Time
	UpdateTime     time.Time
}

// EffectiveSensitivity returns the slot's sensitivity, Personal when none is stated.
func (s Slot) EffectiveSensitivity() Sensitivity { return effective(s.Sensitivity) }

// Title returns the slot's name for people.
func (s Slot) Title() string { return cmp.Or(s.DisplayName, s.ID) }

func effective(s Sensitivity) Sensitivity {
	if s == SensitivityUnspecified {
		return SensitivityPersonal
	}
	return s
}
