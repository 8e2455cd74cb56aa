package domain

import (
	"fmt"
	"testing"
	"time"
)

// benchEvents is a history of n events over a hundred slots and many interactions.
func benchEvents(n int) []Event {
	events := make([]Event, n)
	for i := range events {
		e := &events[i]
		*e = Event{
			EventID: fmt.Sprintf("e%d", i), Revision: int64(i + 1), OccurredAt: day0.Add(time.Duration(i) * time.Second),
			RecordedAt: day0.Add(time.Duration(i) * time.Second), InteractionID: fmt.Sprintf("i%d", i/50), Channel: ChannelChat,
			Actor: Actor{Kind: ActorCustomer},
		}
		switch i % 4 {
		case 0:
			e.Payload = MessageSent{Text: "I would like to change the billing address of my account, please."}
		case 1:
			e.Payload = QuestionAsked{Slot: fmt.Sprintf("slot_%d", i/4%100), Scope: "bot"}
		case 2:
			e.Payload = FactStated{Slot: fmt.Sprintf("slot_%d", i/4%100), Scope: "ivr", Value: fmt.Sprintf("value %d", i/900)}
		case 3:
			e.Payload = StepEntered{FlowRunID: "r", StepID: "s"}
		}
	}
	return events
}

func benchDictionary() *Dictionary {
	slots := make([]Slot, 100)
	for i := range slots {
		slots[i] = Slot{
			ID: fmt.Sprintf("thing_%d", i), Aliases: []Alias{{Name: fmt.Sprintf("slot_%d", i)}, {Name: fmt.Sprintf("other_%d", i), Scope: "crm"}},
			Sensitivity: SensitivityInternal, MaxAge: 720 * time.Hour, Type: SlotType(i % 3),
		}
		if i > 0 && i%10 == 0 {
			slots[i].Links = []Link{{FromSlot: fmt.Sprintf("thing_%d", i-1), Action: LinkUse}}
		}
	}
	return NewDictionary(1, slots)
}

func benchState(b *testing.B, n int) *State {
	s, err := Apply(nil, benchEvents(n)...)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkApplyOne(b *testing.B) {
	for _, n := range []int{400, 10_000, 100_000} {
		s := benchState(b, n)
		for _, e := range benchEvents(4) {
			e.Revision, e.InteractionID = s.Revision+1, s.Open[0].ID
			b.Run(fmt.Sprintf("history=%d/%T", n, e.Payload), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Apply(s, e); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkApplyBatch(b *testing.B) {
	events := benchEvents(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Apply(nil, events...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}

func BenchmarkPlan(b *testing.B) {
	s, d := benchState(b, 4000), benchDictionary()
	requests := make([]SlotRequest, 8)
	for i := range requests {
		requests[i] = SlotRequest{Slot: fmt.Sprintf("other_%d", 10*i), Scope: "crm"}
	}
	b.Run("warm", func(b *testing.B) {
		v := NewView(s, d)
		b.ReportAllocs()
		for b.Loop() {
			Plan(v, Unrestricted, day0, requests)
		}
	})
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Plan(NewView(s, d), Unrestricted, day0, requests)
		}
	})
}

func BenchmarkDetectRepeatCold(b *testing.B) {
	s, d := benchState(b, 4000), benchDictionary()
	b.ReportAllocs()
	for b.Loop() {
		DetectRepeat(NewView(s, d), Question{EventID: "q", Slot: "slot_7", Scope: "bot", Asker: Unrestricted, OccurredAt: day0})
	}
}

func BenchmarkBuildContext(b *testing.B) {
	s, d := benchState(b, 4000), benchDictionary()
	b.Run("warm", func(b *testing.B) {
		v := NewView(s, d)
		b.ReportAllocs()
		for b.Loop() {
			BuildContext(v, Unrestricted, ViewFull, day0)
		}
	})
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			BuildContext(NewView(s, d), Unrestricted, ViewFull, day0)
		}
	})
	b.Run("next_change", func(b *testing.B) {
		v := NewView(s, d)
		b.ReportAllocs()
		for b.Loop() {
			NextChange(v, Unrestricted, day0)
		}
	})
}
