package domain

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// genStates returns states of histories that know nothing of each other.
func genStates(t *rapid.T, least int) []*State {
	states := make([]*State, rapid.IntRange(least, 4).Draw(t, "customers"))
	for i := range states {
		states[i] = mustApply(t, nil, genHistory(60).Draw(t, "history")...)
	}
	return states
}

func shown(t rapid.TB, s *State) string {
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestJoinOfOneIsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := mustApply(t, nil, genHistory(60).Draw(t, "history")...)
		if got := Join(s); !got.Equal(s) {
			t.Fatalf("it differs:\n%s", cmp.Diff(shown(t, s), shown(t, got)))
		}
	})
}

// A customer of whom nothing is known adds nothing, so all that Join does besides adding keeps a state as it is.
func TestJoinWithNobodyShowsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := mustApply(t, nil, genHistory(120).Draw(t, "history")...)
		dict := genDictionary().Draw(t, "dictionary")
		got := Join(s, &State{})
		want := BuildContext(NewView(s, dict), Unrestricted, ViewFull, at(200))
		have := BuildContext(NewView(got, dict), Unrestricted, ViewFull, at(200))
		want.Merges, have.Merges = nil, nil // they are not in force: Join was given none of those merged
		want.Sections, have.Sections = nil, nil
		if diff := cmp.Diff(toShow(t, want), toShow(t, have)); diff != "" {
			t.Fatalf("it shows something else (-alone +joined):\n%s", diff)
		}
	})
}

// toShow is what a context shows, without the revisions by which it was ordered.
func toShow(t rapid.TB, c *Context) string {
	data, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	dropRevisions(all)
	if data, err = json.MarshalIndent(all, "", " "); err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func dropRevisions(v any) {
	switch x := v.(type) {
	case map[string]any:
		for k, y := range x {
			switch k {
			case "Revision", "RevisionTime", "StartRevision", "LastRevision", "EndRevision", "ChangeRevision", "LastCustomerRevision":
				delete(x, k)
			default:
				if list, ok := y.([]any); ok && len(list) == 0 {
					x[k] = nil
				}
				dropRevisions(y)
			}
		}
	case []any:
		for _, y := range x {
			dropRevisions(y)
		}
	}
}

func TestJoinIsBoundedAndPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states := genStates(t, 1)
		var copies []*State
		for _, s := range states {
			copies = append(copies, through(t, s))
		}
		got := Join(states[0], states[1:]...)
		checkBounds(t, got)
		if len(states) > 1 {
			// What is made of it later must not reach back.
			mustApply(t, got, Event{Revision: got.Revision + 1, EventID: "x", InteractionID: "i1", Payload: FactRetracted{Slot: "city"}})
			if again := Join(states[0], states[1:]...); !again.Equal(got) {
				t.Fatalf("twice the same gives different states:\n%s", cmp.Diff(shown(t, got), shown(t, again)))
			}
		}
		for i := range states {
			if !states[i].Equal(copies[i]) {
				t.Fatalf("state %d was changed", i)
			}
		}
		if got.Revision != states[0].Revision || !got.RevisionTime.Equal(states[0].RevisionTime) {
			t.Fatalf("revision %d, want the survivor's %d", got.Revision, states[0].Revision)
		}
	})
}

func TestJoinIsBoundedForManyFullStates(t *testing.T) {
	var states []*State
	for c := range MaxMerged {
		var s *State
		for i := range 600 {
			id := strconv.Itoa(c) + "." + strconv.Itoa(i)
			s = mustApply(t, s, Event{
				Revision: int64(i + 1), EventID: id, InteractionID: id, CaseID: id, OccurredAt: at(i), RecordedAt: at(i),
				Payload: FactStated{Slot: id, Value: id},
			})
		}
		states = append(states, s)
	}
	got := Join(states[0], states[1:]...)
	checkBounds(t, got)
	if len(got.Facts) != MaxNames || len(got.Open) != MaxOpenInteractions || got.InteractionsTotal != int64(MaxMerged*600) {
		t.Errorf("%d facts, %d open, %d interactions", len(got.Facts), len(got.Open), got.InteractionsTotal)
	}
	// The newest are kept: each customer said as much in the last minutes.
	for _, f := range got.Facts {
		if f.Values[0].Time.Before(at(600 - MaxNames/MaxMerged)) {
			t.Errorf("%s is older than what was dropped", f.Name)
		}
	}
}

// The others' order matters only where clocks tell nothing.
func TestJoinDoesNotDependOnTheOrderOfTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var states []*State
		for i := range rapid.IntRange(2, 4).Draw(t, "customers") {
			events := genHistory(40).Draw(t, "history")
			for j := range events {
				events[j].EventID = strconv.Itoa(i) + events[j].EventID
				// No two customers have an event at the same time.
				events[j].OccurredAt = events[j].OccurredAt.Add(time.Duration(i) * time.Second)
			}
			states = append(states, mustApply(t, nil, events...))
		}
		others := rapid.Permutation(states[1:]).Draw(t, "order")
		a, b := Join(states[0], states[1:]...), Join(states[0], others...)
		if !a.Equal(b) {
			t.Fatalf("the order counts:\n%s", cmp.Diff(shown(t, a), shown(t, b)))
		}
	})
}

// genFactHistory returns events about facts, not so many that a bound drops something, in a stretch of time of its own,
// by clocks that run forward.
func genFactHistory(t *rapid.T, name string, from int) []Event {
	events := make([]Event, rapid.IntRange(0, 12).Draw(t, "events"))
	for i := range events {
		slot, scope := rapid.SampledFrom([]string{"city", "town"}).Draw(t, "slot"), rapid.SampledFrom([]string{"", "ivr"}).Draw(t, "scope")
		value := rapid.SampledFrom([]string{"Oslo", "OSLO", "Bergen", "Rome"}).Draw(t, "value")
		var p Payload
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			p = FactConfirmed{Slot: slot, Scope: scope, Value: value}
		case 1:
			p = FactRetracted{Slot: slot, Scope: scope, Value: rapid.SampledFrom([]string{value, ""}).Draw(t, "which")}
		default:
			p = FactStated{
				Slot: slot, Scope: scope, Value: value, Confidence: rapid.SampledFrom([]float64{0.3, 0.9, 1}).Draw(t, "confidence"),
				ExpireTime: rapid.SampledFrom([]time.Time{{}, at(from + i + 3)}).Draw(t, "expiry"),
			}
		}
		events[i] = Event{
			EventID: name + strconv.Itoa(i), Revision: int64(i + 1), OccurredAt: at(from + i), RecordedAt: at(from + i),
			Channel: Channel(1 + i%4), InteractionID: name, Actor: Actor{Kind: ActorAgent, ID: name}, Payload: p,
		}
	}
	return events
}

// Histories that follow one upon the other show the same facts joined as folded into one.
func TestJoinShowsWhatOneHistoryWouldShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, second := genFactHistory(t, "a", 0), genFactHistory(t, "b", 100)
		one := slices.Concat(first, second)
		for i := range one {
			one[i].Revision = int64(i + 1)
		}
		a, b := mustApply(t, nil, first...), mustApply(t, nil, genRenumbered(second)...)
		dict := NewDictionary(1, []Slot{{ID: "city", Aliases: []Alias{{Name: "town"}}, MaxAge: 90 * time.Minute}})
		if rapid.Bool().Draw(t, "undefined") {
			dict = nil
		}
		now := at(rapid.SampledFrom([]int{50, 101, 115, 400}).Draw(t, "now"))
		folded := NewView(mustApply(t, nil, one...), dict)
		for name, view := range map[string]*View{
			"the earlier survives": NewView(Join(a, b), dict), "the later survives": NewView(Join(b, a), dict),
		} {
			want, got := BuildContext(folded, Unrestricted, ViewFull, now), BuildContext(view, Unrestricted, ViewFull, now)
			if diff := cmp.Diff(toShow(t, &Context{Facts: want.Facts, DoNotAsk: want.DoNotAsk}),
				toShow(t, &Context{Facts: got.Facts, DoNotAsk: got.DoNotAsk})); diff != "" {
				t.Fatalf("%s (-folded +joined):\n%s", name, diff)
			}
			for _, slot := range []string{"city", "town"} {
				for _, scope := range []string{"", "ivr"} {
					r := []SlotRequest{{Slot: slot, Scope: scope}}
					if diff := cmp.Diff(Plan(folded, Unrestricted, now, r), Plan(view, Unrestricted, now, r)); diff != "" {
						t.Fatalf("%s, plan of %s in %q (-folded +joined):\n%s", name, slot, scope, diff)
					}
				}
			}
		}
	})
}

// genRenumbered returns events as the first ones of a history of their own.
func genRenumbered(events []Event) []Event {
	out := slices.Clone(events)
	for i := range out {
		out[i].Revision = int64(i + 1)
	}
	return out
}

// Each history keeps its own order, whatever its clocks say, and an event whose time is forgotten stays where it was.
func TestTimelinesKeepTheirOrder(t *testing.T) {
	s := &State{
		FirstSeen: at(5),
		Facts: []*NamedFacts{{Values: []Value{
			{Revision: 4, StatedRevision: 4, Time: at(7), FirstTime: at(7)},
			{Revision: 2, StatedRevision: 2, Time: at(20), FirstTime: at(20), Retracted: 1},
		}}},
		Open: []*Interaction{{StartRevision: 2, StartTime: at(10), LastRevision: 5, LastEventTime: at(30)}},
	}
	want := []point{{3, 1, at(5)}, {3, 2, at(10)}, {3, 4, at(10)}, {3, 5, at(30)}}
	if diff := cmp.Diff(want, s.timeline(3), cmp.AllowUnexported(point{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
