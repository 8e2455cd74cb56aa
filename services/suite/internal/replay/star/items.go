package star

import (
	"regexp"
	"time"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// builder makes the items of legs out of the events of a dialogue.
type builder struct {
	events []event
	times  []time.Time
	// awaited is true from a question for a secret until the assistant speaks again: what the customer says is the secret.
	awaited bool
}

// start is when the leg that begins with the event from began: the time of the first event that has one itself.
func (b *builder) start(from int) time.Time {
	for i := from; i < len(b.events); i++ {
		if b.events[i].UnixTime != nil {
			return b.times[i]
		}
	}
	return b.times[len(b.times)-1]
}

// add adds the events from from up to end to a leg.
func (b *builder) add(leg *dialogue.Leg, from, end int) {
	for i := from; i < end; i++ {
		if item := b.item(i); item != nil {
			item.Index, item.Time = i, b.times[i]
			leg.Items = append(leg.Items, item)
		}
	}
}

// item returns what an event means to the customer, nil for nothing: instructions to the role player, the assistant's
// drafts and clicks, and answers of back-end systems are not part of the dialogue.
func (b *builder) item(i int) *dialogue.Item {
	e := b.events[i]
	switch {
	case e.isQuery():
		item := query(e)
		item.Verification = b.verification(i)
		return item
	case e.Text == "":
		return nil
	case e.Agent == "User" && e.Action == "utter":
		return &dialogue.Item{Utterance: &dialogue.Utterance{ByCustomer: true, Text: e.Text, Secret: b.awaited}}
	case e.Agent == "Wizard" && e.Action == "pick_suggestion" && isQuestion(e.ActionLabel):
		q := b.question(i)
		b.awaited = q.Purpose == dialogue.Verify
		return &dialogue.Item{Questions: []dialogue.Question{q}}
	case e.Agent == "Wizard" && (e.Action == "pick_suggestion" || e.Action == "utter"):
		b.awaited = asksSecret.MatchString(e.Text)
		return &dialogue.Item{Utterance: &dialogue.Utterance{Text: e.Text}}
	default:
		return nil
	}
}

// asksSecret finds questions for secrets that the assistant put in its own words.
var asksSecret = regexp.MustCompile(`(?i)\bPIN\b|\bmaiden\b|\bpet\b|\bpet's\b|\bsecurity (question|answer)|\bcode\b`)

func query(e event) *dialogue.Item {
	q, item := dialogue.Query{API: e.APIName}, &dialogue.Item{}
	for name, v := range constraints(e) {
		q.Names = append(q.Names, name)
		if v == "" || name == operation {
			continue
		}
		item.Facts = append(item.Facts, dialogue.Fact{Scope: e.APIName, Slot: name, Value: v, Secret: secrets[name]})
	}
	item.Queries = []dialogue.Query{q}
	return item
}
