package domain

import (
	"math"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The reasons of faults about slots.
const (
	ReasonInvalidSlot      = "INVALID_SLOT"
	ReasonSlotNotFound     = "SLOT_NOT_FOUND"
	ReasonSlotExists       = "SLOT_EXISTS"
	ReasonAliasTaken       = "ALIAS_TAKEN"
	ReasonTooManySlots     = "TOO_MANY_SLOTS"
	ReasonInvalidSlotValue = "INVALID_SLOT_VALUE"
	ReasonSecretNotStored  = "SECRET_NOT_STORED"
)

// Bounds of a slot's definition.
const (
	maxSlotNameBytes = 128
	maxDescription   = 1024
	maxAliases       = 200
	maxLinks         = 50
	maxAllowedValues = 200
	maxPatternBytes  = 512
	maxPurposeBytes  = 128
	maxValueBytes    = 4096
)

var slotID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// CheckCreate says whether a slot may be added: SLOT_EXISTS, TOO_MANY_SLOTS, or what is wrong with it as CheckUpdate
// says.
func (d *Dictionary) CheckCreate(s Slot) error {
	if _, exists := d.Slot(s.ID); exists {
		return fault.New(fault.Exists, ReasonSlotExists, "the dictionary has a slot %q", s.ID).With("slot", s.ID)
	}
	if d.Len() >= MaxSlots {
		return fault.New(fault.Exhausted, ReasonTooManySlots, "the dictionary holds %d slots, the most it may", MaxSlots).
			With("limit", strconv.Itoa(MaxSlots))
	}
	return d.check(s)
}

// CheckUpdate says whether a slot may take the place of the one with its id: SLOT_NOT_FOUND when there is none,
// INVALID_SLOT when it contradicts itself or links to a slot that does not exist, ALIAS_TAKEN when one of its names
// leads to another slot already. The slot's id is one of its names.
func (d *Dictionary) CheckUpdate(s Slot) error {
	if _, exists := d.Slot(s.ID); !exists {
		return notFound(s.ID)
	}
	return d.check(s)
}

// CheckDelete says whether a slot may be removed: SLOT_NOT_FOUND, or INVALID_SLOT when another slot links to it.
func (d *Dictionary) CheckDelete(id string) error {
	if _, exists := d.Slot(id); !exists {
		return notFound(id)
	}
	if answers := d.byID[id].answers; len(answers) > 0 {
		return fault.New(fault.Invalid, ReasonInvalidSlot, "the slot %q links to %q", answers[0].slot.ID, id).
			With("slot", answers[0].slot.ID)
	}
	return nil
}

func notFound(id string) *fault.Error {
	return fault.New(fault.NotFound, ReasonSlotNotFound, "the dictionary has no slot %q", id).With("slot", id)
}

func (d *Dictionary) check(s Slot) error {
	if f := s.check(); f != nil {
		return f.With("slot", s.ID)
	}
	seen := make(map[string]bool, len(s.Links))
	for i, l := range s.Links {
		path := "links[" + strconv.Itoa(i) + "].from_slot"
		_, exists := d.Slot(l.FromSlot)
		switch {
		case l.FromSlot == s.ID:
			return invalidSlot(path, "a slot cannot link to itself").With("slot", s.ID)
		case !exists:
			return invalidSlot(path, "there is no slot "+strconv.Quote(l.FromSlot)).With("slot", s.ID)
		case seen[l.FromSlot]:
			return invalidSlot(path, "the slot is linked twice").With("slot", s.ID)
		}
		seen[l.FromSlot] = true
	}
	return d.checkNames(s)
}

// checkNames sees to it that every name of s leads to s. An alias that repeats the slot's own id is harmless.
func (d *Dictionary) checkNames(s Slot) error {
	if d == nil {
		return nil
	}
	taken := func(scope, name, path string) error {
		have := d.names[nameKey{foldScope(scope), FoldName(name)}]
		if have == nil || have.slot.ID == s.ID {
			return nil
		}
		return fault.New(fault.Invalid, ReasonAliasTaken, "the name leads to the slot %q already", have.slot.ID).
			With("alias", name).With("scope", scope).With("slot", have.slot.ID).
			WithField(path, "leads to the slot "+strconv.Quote(have.slot.ID)+" already")
	}
	if err := taken("", s.ID, "slot_id"); err != nil {
		return err
	}
	for i, a := range s.Aliases {
		if err := taken(a.Scope, a.Name, "aliases["+strconv.Itoa(i)+"].name"); err != nil {
			return err
		}
	}
	return nil
}

// check says what is wrong with the slot by itself.
func (s Slot) check() *fault.Error {
	v := s.Validation
	switch {
	case !slotID.MatchString(s.ID):
		return invalidSlot("slot_id", "has to be a lower-case letter and at most 62 lower-case letters, digits and \"_\"")
	case len(s.DisplayName) > maxSlotNameBytes:
		return invalidSlot("display_name", "is longer than 128 bytes")
	case len(s.Description) > maxDescription:
		return invalidSlot("description", "is longer than 1,024 bytes")
	case s.Type < SlotTypeUnspecified || s.Type > SlotTypeID:
		return invalidSlot("type", "is not known")
	case s.Sensitivity < SensitivityUnspecified || s.Sensitivity > SensitivitySecret:
		return invalidSlot("sensitivity", "is not known")
	case s.OnConflict < ConflictUnspecified || s.OnConflict > ConflictConfirm:
		return invalidSlot("on_conflict", "is not known")
	case s.MaxAge < 0:
		return invalidSlot("max_age", "is negative")
	case s.ExpireAfter < 0:
		return invalidSlot("expire_after", "is negative")
	case s.ExpireAfter > 0 && s.MaxAge > s.ExpireAfter:
		return invalidSlot("max_age", "is longer than expire_after, so that no value would ever be stale")
	case math.IsNaN(s.MinConfidence) || s.MinConfidence < 0 || s.MinConfidence > 1:
		return invalidSlot("min_confidence", "is not between 0 and 1")
	case s.MinVerification < VerificationUnspecified || s.MinVerification > VerificationInPerson:
		return invalidSlot("min_verification", "is not known")
	case len(s.ConsentPurpose) > maxPurposeBytes || !utf8.ValidString(s.ConsentPurpose):
		return invalidSlot("consent_purpose", "has to be at most 128 bytes of UTF-8")
	case len(s.Aliases) > maxAliases:
		return invalidSlot("aliases", "are more than 200")
	case len(s.Links) > maxLinks:
		return invalidSlot("links", "are more than 50")
	case v.MinLength < 0:
		return invalidSlot("validation.min_length", "is negative")
	case v.MaxLength < 0:
		return invalidSlot("validation.max_length", "is negative")
	case v.MaxLength > 0 && v.MinLength > v.MaxLength:
		return invalidSlot("validation.min_length", "is more than max_length")
	case len(v.Pattern) > maxPatternBytes:
		return invalidSlot("validation.pattern", "is longer than 512 bytes")
	case len(v.AllowedValues) > maxAllowedValues:
		return invalidSlot("validation.allowed_values", "are more than 200")
	case s.Type == SlotTypeEnum && len(v.AllowedValues) == 0:
		return invalidSlot("validation.allowed_values", "are required for the type ENUM")
	}
	return s.checkLists()
}

func (s Slot) checkLists() *fault.Error {
	if _, err := compilePattern(s.Validation.Pattern); err != nil {
		return invalidSlot("validation.pattern", "is not a valid RE2 expression")
	}
	for i, a := range s.Aliases {
		path := "aliases[" + strconv.Itoa(i) + "]."
		if !validName(a.Name) {
			return invalidSlot(path+"name", "has to be 1 to 128 bytes of UTF-8")
		}
		if a.Scope != "" && !validName(a.Scope) {
			return invalidSlot(path+"scope", "has to be at most 128 bytes of UTF-8")
		}
	}
	for i, a := range s.Validation.AllowedValues {
		if a == "" || len(a) > maxSlotNameBytes {
			return invalidSlot("validation.allowed_values["+strconv.Itoa(i)+"]", "has to be 1 to 128 bytes")
		}
	}
	for i, l := range s.Links {
		if l.Action < LinkUnspecified || l.Action > LinkConfirm {
			return invalidSlot("links["+strconv.Itoa(i)+"].action", "is not known")
		}
	}
	return nil
}

func validName(s string) bool { return s != "" && len(s) <= maxSlotNameBytes && utf8.ValidString(s) }

func invalidSlot(path, msg string) *fault.Error {
	return fault.New(fault.Invalid, ReasonInvalidSlot, "the slot is not valid").WithField(path, msg)
}
