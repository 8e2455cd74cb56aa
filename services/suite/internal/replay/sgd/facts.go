package sgd

import "github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"

// facts finds what each turn makes known, with what was offered and put up for confirmation before it.
//
// Values are the canonical ones of the annotation. They stand in for the language understanding of a bot, which turns
// "the 11th" into a date before it records anything.
type facts struct {
	// offered and asked are the newest offer, and what the last turn asked to confirm, by service.
	offered, asked map[string][]dialogue.Fact
}

func newFacts() *facts {
	return &facts{offered: map[string][]dialogue.Fact{}, asked: map[string][]dialogue.Fact{}}
}

// of returns what a turn makes known. The turns have to come in order.
func (k *facts) of(t turn) []dialogue.Fact {
	var out []dialogue.Fact
	for _, f := range t.Frames {
		if t.Speaker == "USER" {
			out = append(out, k.byCustomer(f)...)
		} else {
			out = append(out, k.byAssistant(f)...)
		}
	}
	return out
}

// byCustomer returns what the customer says: by choosing the offer, by agreeing, and in so many words.
func (k *facts) byCustomer(f frame) []dialogue.Fact {
	var out []dialogue.Fact
	if f.has("SELECT") {
		out = append(out, k.offered[f.Service]...)
	}
	if f.has("AFFIRM") {
		out = append(out, k.asked[f.Service]...)
	}
	said := f.facts("INFORM")
	for _, s := range said {
		if s.Value != "dontcare" {
			out = append(out, s)
		}
	}
	return out
}

// byAssistant notes what is offered and put up for confirmation, and returns what the customer is told: an address, a
// price. That is known from then on too.
func (k *facts) byAssistant(f frame) []dialogue.Fact {
	if offer := f.facts("OFFER"); len(offer) > 0 {
		k.offered[f.Service] = offer
	}
	k.asked[f.Service] = f.facts("CONFIRM")
	var out []dialogue.Fact
	for _, told := range f.facts("INFORM") {
		if told.Slot != "count" && told.Slot != "intent" {
			told.FromSystem = true
			out = append(out, told)
		}
	}
	return out
}

func (f frame) has(act string) bool {
	for _, a := range f.Actions {
		if a.Act == act {
			return true
		}
	}
	return false
}

// facts returns the slots of the acts of one kind that have a single value.
func (f frame) facts(act string) []dialogue.Fact {
	var out []dialogue.Fact
	for _, a := range f.Actions {
		if a.Act != act || a.Slot == "" || len(a.Values) != 1 {
			continue
		}
		v := a.Values[0]
		if len(a.Canonical) > 0 {
			v = a.Canonical[0]
		}
		if v != "" {
			out = append(out, dialogue.Fact{Scope: f.Service, Slot: a.Slot, Value: v})
		}
	}
	return out
}
