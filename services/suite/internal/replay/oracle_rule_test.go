package replay

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// statement is a value that a query of the dialogue stated.
type statement struct {
	scope, name, value string
	slot               *paperSlot // nil where the dictionary has no entry
	at                 time.Time
}

// asked is a question of the dialogue, and whether the customer had answered it before.
type asked struct {
	Index      int
	Scope, For string
	Repeat     bool
	why        string
}

func (a asked) String() string {
	return fmt.Sprintf("event %d: %s of %s, repeat %v: %s", a.Index, a.For, a.Scope, a.Repeat, a.why)
}

// attempt is a check of who the customer is.
type attempt struct {
	Index          int
	Method         string
	Passed, Double bool
}

// attempts returns the checks of a dialogue: bank queries with a PIN or security answers. Whether one was accepted is in
// the answer of the back-end system. Each is a double one when one of the last 12 hours was passed: handoffs lead from
// each leg to the next, so a change of channel costs nothing.
func (d *starLine) attempts() []attempt {
	var all []attempt
	var passed []time.Time
	for i := range d.Events {
		e := &d.Events[i]
		if !e.queries() || !strings.HasPrefix(e.APIName, "bank_") {
			continue
		}
		a := attempt{Index: i, Method: "security-answers"}
		switch {
		case e.given("PIN") != "":
			a.Method = "pin"
		case e.given("SecurityAnswer1")+e.given("SecurityAnswer2") == "":
			continue
		}
		for _, next := range d.Events[i+1:] {
			if next.Agent == "KnowledgeBase" {
				a.Passed = !strings.Contains(fmt.Sprint(next.Item), "We cannot authenticate the user otherwise")
				break
			}
		}
		a.Double = slices.ContainsFunc(passed, func(t time.Time) bool { return e.at.Sub(t) <= 12*time.Hour && !e.at.Before(t) })
		if a.Passed {
			passed = append(passed, e.at)
		}
		all = append(all, a)
	}
	return all
}

// questions returns the questions of a dialogue, each judged by what earlier queries stated.
func (d *starLine) questions(p *paper) []asked {
	secrets := map[string]bool{}
	for e := range d.queryEvents() {
		e.each(func(name, value string) {
			if s := p.find(e.APIName, name); s != nil && s.Secrecy == "SECRET" {
				secrets[plain(value)] = true
			}
		})
	}
	var known []statement
	var all []asked
	for i := range d.Events {
		e := &d.Events[i]
		switch {
		case e.queries():
			e.each(func(name, value string) {
				s := statement{e.APIName, name, value, p.find(e.APIName, name), e.at}
				// Whether to check or to book is no slot. A secret is not stored, whatever field it was typed into.
				if name != "RequestType" && !secrets[plain(value)] && s.fits() {
					known = append(known, s)
				}
			})
		case e.Agent == "Wizard" && e.Action == "pick_suggestion" && e.Text != "" && slices.Contains(strings.Split(e.ActionLabel, "_"), "ask"):
			a := asked{Index: i, For: e.ActionLabel, why: "asks for no slot"}
			if scope, slot := d.asksFor(i); slot != "" {
				a.Scope, a.For = scope, slot
				a.Repeat, a.why = p.usable(scope, slot, e.at, known, d.legOf(i)%3 == 0)
			}
			all = append(all, a)
		}
	}
	return all
}

// legOf returns to which leg the event i belongs, from 0: to that of the next query. Each task that had no query before
// has a new one.
func (d *starLine) legOf(i int) int {
	tasks := map[string]bool{}
	for j := range d.Events {
		if e := &d.Events[j]; e.queries() {
			tasks[e.APIName] = true
			if j >= i {
				break
			}
		}
	}
	return max(len(tasks)-1, 0)
}

func (d *starLine) queryEvents() func(yield func(*starEvent) bool) {
	return func(yield func(*starEvent) bool) {
		for i := range d.Events {
			if d.Events[i].queries() && !yield(&d.Events[i]) {
				return
			}
		}
	}
}

// each calls f with what a query states, in order.
func (e *starEvent) each(f func(name, value string)) {
	for _, c := range e.Constraints {
		for name, v := range c {
			if value := stated(v); value != "" {
				f(name, value)
			}
		}
	}
}

// usable says whether who asks for a slot at a time could have used a value instead, and why.
//
// A value answers a slot when it was stated for it, under whatever name, or for a slot that one of its links names. The
// newest value counts. It may be used unless it is known by a link that says CONFIRM only; unless it is older than the
// slot, and the slot it was linked from, allow; unless another task's last word, within 24 hours before, was another
// value, and the slot has such conflicts settled by asking. A name without entry is answered by its own task only.
// An IVR is not shown what is SENSITIVE, in the slot or in the one it was linked from, and so may ask for it again.
func (p *paper) usable(scope, name string, now time.Time, known []statement, ivr bool) (bool, string) {
	slot := p.find(scope, name)
	if slot == nil {
		for _, s := range known {
			if s.slot == nil && squeezed(s.scope) == squeezed(scope) && squeezed(s.name) == squeezed(name) && !now.Before(s.at) {
				return true, fmt.Sprintf("%q is known, of the task itself", s.value)
			}
		}
		return false, "the task itself did not state it"
	}
	if slot.Secrecy == "SECRET" {
		return false, "secret"
	}
	type answer struct {
		statement
		own, trusted bool
	}
	var answers []answer // newest first
	for _, s := range slices.Backward(known) {
		own := s.slot == slot
		action := slot.linkFrom(s.slot)
		if own || action != "" {
			answers = append(answers, answer{s, own, own || action == "USE"})
		}
	}
	if len(answers) == 0 {
		return false, "nothing stated"
	}
	newest := answers[0]
	same := func(a answer) bool { return slot.normal(a.value) == slot.normal(newest.value) }
	own, trusted, first, latest := false, false, newest.at, newest.at
	for _, a := range answers {
		if same(a) {
			own, trusted = own || a.own, trusted || a.trusted
			if a.at.Before(first) {
				first = a.at
			}
			if a.at.After(latest) {
				latest = a.at
			}
		}
	}
	heard := map[string]bool{}
	for _, a := range answers {
		if !a.trusted || heard[a.scope] {
			continue
		}
		heard[a.scope] = true
		if slot.Policy != "LATEST" && a.scope != newest.scope && !same(a) && newest.at.Sub(a.at) <= 24*time.Hour {
			return false, fmt.Sprintf("%q of %s conflicts with %q of %s", newest.value, newest.scope, a.value, a.scope)
		}
	}
	oldest := slot.age()
	if !own {
		oldest = min(oldest, newest.slot.age())
	}
	switch {
	case !trusted:
		return false, fmt.Sprintf("%q of %s is only to be confirmed", newest.value, newest.slot.ID)
	case now.Sub(latest) > oldest:
		return false, fmt.Sprintf("%q is stale: %s old", newest.value, now.Sub(latest))
	case ivr && (slot.Secrecy == "SENSITIVE" || newest.slot.Secrecy == "SENSITIVE"):
		return false, fmt.Sprintf("%q is not for an IVR", newest.value)
	case now.Before(first):
		return false, "stated later"
	}
	return true, fmt.Sprintf("%q is known, of %s", newest.value, newest.scope)
}

// linkFrom returns the action of the slot's link from another; "" for none.
func (s *paperSlot) linkFrom(other *paperSlot) string {
	for _, l := range s.Links {
		if other != nil && l.From == other.ID && other.Secrecy != "SECRET" {
			return l.Action
		}
	}
	return ""
}

// age is how old a value may be.
func (s *paperSlot) age() time.Duration {
	if d, err := time.ParseDuration(s.MaxAge); err == nil {
		return d
	}
	return time.Duration(1<<63 - 1)
}

// fits reports whether the service takes a value: a whole number has to be one, a name or an identifier has to have a
// letter or a digit.
func (s statement) fits() bool {
	switch {
	case s.slot == nil:
		return true
	case s.slot.Type == "INTEGER":
		_, err := strconv.Atoi(s.value)
		return err == nil
	case s.slot.Type == "ID", s.slot.Type == "PERSON_NAME":
		return strings.ContainsFunc(s.value, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	}
	return s.slot.Secrecy != "SECRET"
}

// normal is a value as its type has it compared: numbers as numbers, times by the clock, names, places and identifiers
// without punctuation, the rest as words.
func (s *paperSlot) normal(value string) string {
	text := plain(value)
	switch s.Type {
	case "INTEGER":
		if n, err := strconv.Atoi(text); err == nil {
			return strconv.Itoa(n)
		}
	case "TIME":
		clock := strings.NewReplacer(" ", "", ".", "").Replace(text)
		for _, layout := range []string{"3pm", "3:04pm", "15:04"} {
			if t, err := time.Parse(layout, clock); err == nil {
				return t.Format("15:04")
			}
		}
	case "ID", "PERSON_NAME", "PLACE":
		words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if s.Type == "ID" {
			return strings.Join(words, "")
		}
		return strings.Join(words, " ")
	}
	return text
}

// plain is a text without case and with single spaces.
func plain(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }
