package domain

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// CheckStorable returns the id of the slot that a name means, empty where the dictionary has no entry, and
// SECRET_NOT_STORED when the slot's values are never stored.
func (d *Dictionary) CheckStorable(scope, name string) (slotID string, err error) {
	e := d.resolve(foldScope(scope), FoldName(name))
	if e == nil {
		return "", nil
	}
	if e.slot.Sensitivity == SensitivitySecret {
		return "", fault.New(fault.Invalid, ReasonSecretNotStored,
			"values of the slot %q are secret and never stored; record the verification instead", e.slot.ID).With("slot", e.slot.ID)
	}
	return e.slot.ID, nil
}

// CheckValue says whether a value may be recorded under a name, and returns the slot's id as CheckStorable does. A
// value that does not satisfy its slot's type or validation is INVALID_SLOT_VALUE. Under a name without entry any
// value will do.
func (d *Dictionary) CheckValue(scope, name, value string) (slotID string, err error) {
	slotID, err = d.CheckStorable(scope, name)
	if err != nil || slotID == "" {
		return slotID, err
	}
	if why := d.byID[slotID].invalid(value); why != "" {
		return "", fault.New(fault.Invalid, ReasonInvalidSlotValue, "a value of the slot %q %s", slotID, why).With("slot", slotID)
	}
	return slotID, nil
}

// invalid says what is wrong with a value, and nothing when it is right.
func (e *entry) invalid(value string) string {
	v := e.slot.Validation
	switch {
	case strings.TrimSpace(value) == "":
		return "has to say something"
	case len(value) > maxValueBytes:
		return "may have at most 4,096 bytes"
	case v.MinLength > 0 && utf8.RuneCountInString(value) < v.MinLength:
		return "is too short"
	case v.MaxLength > 0 && utf8.RuneCountInString(value) > v.MaxLength:
		return "is too long"
	case e.allowed != nil && !e.allowed[FoldText(value)]:
		return "has to be one of the allowed values"
	case e.pattern != nil && !e.pattern.MatchString(value):
		return "does not match the slot's pattern"
	}
	return invalidForType(e.slot.Type, strings.TrimSpace(value))
}

// invalidForType says what is wrong with a value of a type. Days and times may be given as said ("next Friday"), so
// only those that look like a standard form and are none are wrong.
func invalidForType(t SlotType, value string) string {
	switch t {
	case SlotTypeDate:
		if shape(value) == "dddd-dd-dd" {
			if _, err := time.Parse(time.DateOnly, value); err != nil {
				return "is not a day of the calendar"
			}
		}
	case SlotTypeTime:
		if s := shape(value); s == "dd:dd" || s == "d:dd" {
			if _, err := time.Parse("15:04", value); err != nil {
				return "is not a time of day"
			}
		}
	case SlotTypeNumber:
		if _, ok := decimal(value); !ok {
			return "has to be a decimal number"
		}
	case SlotTypeInteger:
		if n, ok := decimal(value); !ok || strings.Contains(n, ".") {
			return "has to be a whole number"
		}
	case SlotTypeBoolean:
		if _, ok := boolean(value); !ok {
			return "has to be yes or no"
		}
	case SlotTypePhone:
		if _, ok := phoneValue(value); !ok {
			return "has to be a telephone number"
		}
	case SlotTypeEmail:
		if _, _, ok := mailParts(value); !ok {
			return "has to be an e-mail address"
		}
	case SlotTypeMoney:
		if _, _, ok := money(value); !ok {
			return "has to be an amount of money"
		}
	case SlotTypeID, SlotTypePersonName:
		if !strings.ContainsFunc(value, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			return "has to have a letter or a digit"
		}
	case SlotTypeUnspecified, SlotTypeText, SlotTypeDateTime, SlotTypeAddress, SlotTypePlace, SlotTypeEnum:
	}
	return ""
}

// shape returns s with every ASCII digit as "d".
func shape(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return 'd'
		}
		return r
	}, s)
}
