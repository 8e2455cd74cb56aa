package slotfile

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/enumtext"
)

// NamePrefix begins the resource name of every slot.
const NamePrefix = "slots/"

// slot returns the entry as a message of the contract, and everything that is wrong with it.
func (e entry) slot() (*contextv1.Slot, []error) {
	c := &converter{entry: e}
	s := &contextv1.Slot{
		Name:          NamePrefix + e.Slot,
		DisplayName:   e.DisplayName,
		Description:   e.Description,
		Type:          enumOf[contextv1.SlotType](c, "type", e.Type),
		Sensitivity:   enumOf[commonv1.Sensitivity](c, "sensitivity", e.Sensitivity),
		OnConflict:    enumOf[contextv1.ConflictPolicy](c, "on_conflict", e.OnConflict),
		MinConfidence: e.MinConfidence,
		MaxAge:        durationOf(e.MaxAge),
		ExpireAfter:   durationOf(e.ExpireAfter),

		MinVerification: enumOf[logv1.VerificationLevel](c, "min_verification", e.MinVerification),
		ConsentPurpose:  e.ConsentPurpose,
	}
	for _, a := range e.Aliases {
		s.Aliases = append(s.Aliases, &contextv1.SlotAlias{Name: a.Name, Scope: a.Scope})
	}
	for _, l := range e.Links {
		action := enumOf[contextv1.LinkAction](c, "action", l.Action)
		s.Links = append(s.Links, &contextv1.SlotLink{FromSlot: l.From, Action: action})
	}
	if v := e.Validation; v != nil {
		s.Validation = &contextv1.SlotValidation{
			Pattern: v.Pattern, AllowedValues: v.AllowedValues, MinLength: v.MinLength, MaxLength: v.MaxLength,
		}
	}
	if e.Slot == "" {
		c.fail("the key slot, its id, is missing")
	} else {
		c.check(s)
	}
	return s, c.bad
}

type converter struct {
	entry entry
	bad   []error
}

func (c *converter) fail(format string, args ...any) {
	c.bad = append(c.bad, fmt.Errorf("%s: %w", c.entry.where(), fmt.Errorf(format, args...)))
}

func (e entry) where() string { return fmt.Sprintf("line %d, slot %q", e.line, e.Slot) }

// enumOf returns the value of a key by its name without the enum's prefix: "PERSONAL" for SENSITIVITY_PERSONAL.
func enumOf[E enumtext.Enum](c *converter, key, name string) E {
	v, err := enumtext.Parse[E](name)
	if err != nil {
		c.fail("%s %w", key, err)
	}
	return v
}

func durationOf(d duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(time.Duration(d))
}

// entryOf is the reverse of slot.
func entryOf(s *contextv1.Slot) entry {
	e := entry{
		Slot:          ID(s),
		DisplayName:   s.GetDisplayName(),
		Description:   s.GetDescription(),
		Type:          enumtext.Name(s.GetType()),
		Sensitivity:   enumtext.Name(s.GetSensitivity()),
		OnConflict:    enumtext.Name(s.GetOnConflict()),
		MinConfidence: s.GetMinConfidence(),
		MaxAge:        duration(s.GetMaxAge().AsDuration()),
		ExpireAfter:   duration(s.GetExpireAfter().AsDuration()),

		MinVerification: enumtext.Name(s.GetMinVerification()),
		ConsentPurpose:  s.GetConsentPurpose(),
	}
	for _, a := range s.GetAliases() {
		e.Aliases = append(e.Aliases, alias{Name: a.GetName(), Scope: a.GetScope()})
	}
	for _, l := range s.GetLinks() {
		e.Links = append(e.Links, link{From: l.GetFromSlot(), Action: enumtext.Name(l.GetAction())})
	}
	if v := s.GetValidation(); v != nil {
		e.Validation = &validation{
			Pattern: v.GetPattern(), AllowedValues: v.GetAllowedValues(), MinLength: v.GetMinLength(), MaxLength: v.GetMaxLength(),
		}
	}
	return e
}

// ID returns the id in a slot's resource name.
func ID(s *contextv1.Slot) string { return strings.TrimPrefix(s.GetName(), NamePrefix) }
