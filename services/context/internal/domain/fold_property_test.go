package domain

import (
	stdcmp "cmp"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// through returns the state as a store gives it back: what is exported, and nothing else.
func through(t rapid.TB, s *State) *State {
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back State
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return &back
}

func mustApply(t rapid.TB, s *State, events ...Event) *State {
	next, err := Apply(s, events...)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func TestSnapshotAndRestIsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := genHistory(120).Draw(t, "history")
		all := mustApply(t, nil, events...)
		var parts *State
		for rest := events; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			if rapid.Bool().Draw(t, "one by one") {
				n = 1
			}
			parts = mustApply(t, parts, rest[:n]...)
			if rapid.Bool().Draw(t, "saved") {
				saved := through(t, parts)
				if !saved.Equal(parts) {
					t.Fatalf("the snapshot differs: %s", cmp.Diff(parts, saved, cmp.AllowUnexported(NamedFacts{})))
				}
				parts = saved
			}
			rest = rest[n:]
		}
		if parts != nil && !parts.Equal(all) {
			a, _ := json.MarshalIndent(all, "", " ")
			b, _ := json.MarshalIndent(parts, "", " ")
			t.Fatalf("in parts it differs from all at once:\n%s", cmp.Diff(string(a), string(b)))
		}
	})
}

func TestApplyNeverChangesAPublishedState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := genHistory(80).Draw(t, "history")
		d := genDictionary().Draw(t, "dictionary")
		var published []*State
		var copies []*State
		var s *State
		for rest := events; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			s = mustApply(t, s, rest[:n]...)
			BuildContext(NewView(s, d), Unrestricted, ViewFull, day0) // readers compile views
			published, copies = append(published, s), append(copies, through(t, s))
			// A second branch from the same state, as after a rejected write, must not disturb the first.
			other := append([]Event(nil), rest[:n]...)
			for i := range other {
				other[i].Revision = s.Revision + int64(i) + 1
			}
			mustApply(t, s, other...)
			rest = rest[n:]
		}
		for i := range published {
			if !published[i].Equal(copies[i]) {
				t.Fatalf("state %d was changed after it was published", i)
			}
		}
	})
}

func TestStateIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := mustApply(t, nil, genHistory(300).Draw(t, "history")...)
		checkBounds(t, s)
	})
}

func checkBounds(t rapid.TB, s *State) {
	size := 0
	for i, f := range s.Facts {
		size += f.size()
		if len(f.Values) > MaxValues || len(f.Retractions) > MaxRetractions || len(f.Values)+len(f.Retractions) == 0 {
			t.Fatalf("%d values and %d retractions under one name", len(f.Values), len(f.Retractions))
		}
		for j := 1; j < len(f.Values); j++ {
			if f.Values[j-1].Revision <= f.Values[j].Revision {
				t.Fatal("values are not newest first")
			}
		}
		if i > 0 && stdcmp.Or(strings.Compare(s.Facts[i-1].Scope, f.Scope), strings.Compare(s.Facts[i-1].Name, f.Name)) >= 0 {
			t.Fatal("the names are not in order, or one is there twice")
		}
	}
	if len(s.Open) > MaxOpenInteractions || len(s.Ended) > MaxEndedInteractions || len(s.Identifiers) > MaxIdentifiers ||
		len(s.Facts) > MaxNames || size > MaxFactBytes {
		t.Fatalf("open %d, ended %d, identifiers %d, names %d, bytes %d", len(s.Open), len(s.Ended), len(s.Identifiers), len(s.Facts), size)
	}
	if len(s.Passports) > MaxPassports || len(s.OpenCases) > MaxOpenCases || len(s.ResolvedCases) > MaxResolvedCases ||
		len(s.Handoffs) > MaxHandoffs || len(s.FlowRuns) > MaxFlowRuns || len(s.Audiences) > MaxAudiences ||
		len(s.Stages) > MaxStages || len(s.Recommendations) > MaxRecommendations || len(s.Consents) > MaxConsents ||
		len(s.Merges) > MaxMerges || len(s.RecentRepeats) > MaxRecentRepeats {
		t.Fatalf("a list is too long: %+v", s)
	}
	if s.factBytes != 0 && s.factBytes != size {
		t.Fatalf("facts have %d bytes, counted %d", size, s.factBytes)
	}
	seen := map[string]bool{}
	for _, list := range [][]*Interaction{s.Open, s.Ended} {
		for _, x := range list {
			if seen[x.ID] {
				t.Fatalf("interaction %q is there twice", x.ID)
			}
			seen[x.ID] = true
			if len(x.LastCustomerMessage) > MaxTextBytes || len(x.Topic) > MaxTextBytes || len(x.Note) > MaxTextBytes {
				t.Fatal("a text is too long")
			}
		}
	}
}

func TestStateIsBoundedForHostileHistories(t *testing.T) {
	big := make([]byte, maxValueBytes-20)
	for i := range big {
		big[i] = 'x'
	}
	var s *State
	for i := range 3000 {
		id := time.Duration(i).String()
		s = mustApply(t, s, Event{
			Revision: int64(i + 1), EventID: id, InteractionID: id, OccurredAt: at(i),
			Payload: FactStated{Slot: "slot" + id, Value: string(big) + id},
		})
	}
	checkBounds(t, s)
	if got := len(s.Facts); got < 40 {
		t.Errorf("kept %d facts of 4 KiB, want all that fit", got)
	}
	for i := range 3000 {
		id := time.Duration(i).String()
		s = mustApply(t, s, Event{
			Revision: s.Revision + 1, EventID: id, OccurredAt: at(i),
			Payload: FactStated{Slot: "small" + id, Value: id},
		})
	}
	checkBounds(t, s)
	if got := len(s.Facts); got != MaxNames {
		t.Errorf("kept %d facts, want %d", got, MaxNames)
	}
}

func TestApplySkipsWhatItHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := genHistory(40).Draw(t, "history")
		s := mustApply(t, nil, events...)
		if again := mustApply(t, s, events...); again != s && len(events) > 0 {
			t.Fatal("applying the same events again made another state")
		}
	})
}

func TestApplyRefusesAGap(t *testing.T) {
	s, err := Apply(nil, Event{Revision: 1, Payload: Other{}}, Event{Revision: 3, Payload: Other{}})
	if !errors.Is(err, ErrGap) {
		t.Fatalf("got %v, want ErrGap", err)
	}
	if s == nil || s.Revision != 1 {
		t.Fatalf("got %+v, want the state before the gap", s)
	}
	if s, err = Apply(nil, Event{Revision: 2}); !errors.Is(err, ErrGap) || s == nil {
		t.Fatalf("got %v and %v, want an empty state and ErrGap", s, err)
	}
}

func TestSizeGrowsWithTheState(t *testing.T) {
	var s *State
	last := (&State{}).Size()
	for i := range 30 {
		id := strings.Repeat("x", i+1)
		s = mustApply(t, s, Event{
			Revision: int64(i + 1), EventID: id, InteractionID: "i", OccurredAt: at(i), Payload: FactStated{Slot: id, Value: id},
		})
		if s.Size() <= last+len(id) {
			t.Fatalf("%d bytes after %d", s.Size(), last)
		}
		last = s.Size()
	}
	if s = mustApply(t, s, Event{Revision: 31, Payload: FactRetracted{Slot: "x", Value: "abc"}}); s.Size() <= last {
		t.Errorf("%d bytes after %d", s.Size(), last)
	}
	if s = mustApply(t, s, Event{Revision: 32, Payload: IdentifierLinked{Identifier: Identifier{IdentifierPhone, "+1"}}}); s.Size() <= last {
		t.Errorf("%d bytes after %d", s.Size(), last)
	}
}
