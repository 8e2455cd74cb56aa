package sgd

import (
	"maps"
	"slices"
	"time"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// legs cuts a dialogue: a leg begins with the turn in which the customer first wants something of another service.
func legs(turns []turn) []*dialogue.Leg {
	if len(turns) == 0 {
		return nil
	}
	leg := &dialogue.Leg{Start: day}
	out := []*dialogue.Leg{leg}
	seen, facts := map[string]bool{}, newFacts()
	for i, t := range turns {
		now := day.Add(time.Duration(i) * turnTime)
		for _, f := range t.Frames {
			if t.Speaker != "USER" || f.State.ActiveIntent == "" || f.State.ActiveIntent == "NONE" || seen[f.Service] {
				continue
			}
			seen[f.Service] = true
			if leg.Task != "" {
				leg = &dialogue.Leg{Start: now}
				out = append(out, leg)
			}
			leg.Task, leg.Needs = f.Service, needs(turns, f.Service)
		}
		leg.Items = append(leg.Items, &dialogue.Item{
			Index: i, Time: now,
			Utterance: utterance(t), Questions: questions(t), Queries: queries(t), Facts: facts.of(t),
		})
	}
	return out
}

// needs are the names that the calls of a service take, each once: names only.
func needs(turns []turn, service string) []string {
	var out []string
	for _, t := range turns {
		for _, f := range t.Frames {
			if f.Call == nil || f.Service != service {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(f.Call.Parameters)) {
				if name != "" && !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

func utterance(t turn) *dialogue.Utterance {
	if t.Utterance == "" {
		return nil
	}
	return &dialogue.Utterance{ByCustomer: t.Speaker == "USER", Text: t.Utterance}
}

// questions are what the assistant asks for or offers for confirmation in a turn.
func questions(t turn) []dialogue.Question {
	if t.Speaker == "USER" {
		return nil
	}
	var out []dialogue.Question
	for _, f := range t.Frames {
		for _, a := range f.Actions {
			if a.Slot == "" || (a.Act != "REQUEST" && a.Act != "CONFIRM") {
				continue
			}
			q := dialogue.Question{Slot: a.Slot, Scope: f.Service}
			if a.Act == "CONFIRM" {
				q.Purpose = dialogue.Confirm
			}
			out = append(out, q)
		}
	}
	return out
}

func queries(t turn) []dialogue.Query {
	var out []dialogue.Query
	for _, f := range t.Frames {
		if f.Call != nil {
			out = append(out, dialogue.Query{API: f.Service + "." + f.Call.Method, Names: slices.Sorted(maps.Keys(f.Call.Parameters))})
		}
	}
	return out
}
