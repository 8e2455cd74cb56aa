package slotfile

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"buf.build/go/protovalidate"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// check holds the slot against the rules of the contract, so that a file is refused as a whole before a server has
// taken half of it.
func (c *converter) check(s *contextv1.Slot) {
	err := protovalidate.Validate(s)
	var bad *protovalidate.ValidationError
	switch {
	case errors.As(err, &bad):
		for _, v := range bad.Violations {
			c.fail("%s: %s", keyOf(protovalidate.FieldPathString(v.Proto.GetField())), v.Proto.GetMessage())
		}
	case err != nil:
		c.fail("%v", err)
	}
	c.checkMeaning()
}

// checkMeaning finds what no single field's rule can: what the server would call an invalid slot.
func (c *converter) checkMeaning() {
	e := c.entry
	if e.ExpireAfter > 0 && e.MaxAge > e.ExpireAfter {
		c.fail("max_age: is longer than expire_after, so that no value would ever be stale")
	}
	v := e.Validation
	if v == nil {
		v = &validation{}
	}
	if v.MaxLength > 0 && v.MinLength > v.MaxLength {
		c.fail("validation.min_length: is more than max_length")
	}
	if _, err := regexp.Compile(v.Pattern); err != nil {
		c.fail("validation.pattern: is not a valid RE2 expression")
	}
	if strings.EqualFold(e.Type, "ENUM") && len(v.AllowedValues) == 0 {
		c.fail("validation.allowed_values: are required for the type ENUM")
	}
	linked := map[string]bool{}
	for _, l := range e.Links {
		if l.From == e.Slot {
			c.fail("a link to itself")
		}
		if linked[l.From] {
			c.fail("two links from slot %q", l.From)
		}
		linked[l.From] = true
	}
}

// keyOf says a field of the contract as the file does.
func keyOf(path string) string {
	if path == "name" {
		return "slot"
	}
	return strings.Replace(path, ".from_slot", ".from", 1)
}

// nameKey is a name as the server compares it.
type nameKey struct{ name, scope string }

func keyFor(name, scope string) nameKey { return nameKey{fold(name), fold(scope)} }

// clashes finds ids and names that are claimed twice; an id is a name too. The server would refuse the second, halfway
// through.
func clashes(entries []entry) []error {
	var bad []error
	names := map[nameKey]entry{}
	for _, e := range entries {
		first, ok := names[keyFor(e.Slot, "")]
		switch {
		case e.Slot == "":
		case ok:
			bad = append(bad, fmt.Errorf("%s: line %d has the id already, or one that reads the same", e.where(), first.line))
		default:
			names[keyFor(e.Slot, "")] = e
		}
	}
	for _, e := range entries {
		for _, a := range e.Aliases {
			first, ok := names[keyFor(a.Name, a.Scope)]
			if ok && first.Slot != e.Slot {
				bad = append(bad, fmt.Errorf("%s: alias %s is taken by slot %q in line %d", e.where(), a, first.Slot, first.line))
			}
			if !ok {
				names[keyFor(a.Name, a.Scope)] = e
			}
		}
	}
	return bad
}

// String returns the alias for messages.
func (a alias) String() string {
	if a.Scope == "" {
		return fmt.Sprintf("%q", a.Name)
	}
	return fmt.Sprintf("%q in scope %q", a.Name, a.Scope)
}

// fold is how names are compared: without regard to case, spaces, "_" and "-". The server also knows the finer points
// of Unicode and has the last word.
func fold(name string) string {
	if folded := strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(name)); folded != "" {
		return folded
	}
	return name
}
