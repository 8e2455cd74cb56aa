package intake

import (
	"fmt"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

func typical(i int) *interactionlogv1.Event {
	ev := &interactionlogv1.Event{
		EventId: fmt.Sprintf("evt-%08d", i), Customer: fmt.Sprintf("customers/c%d", i%50),
		InteractionId: fmt.Sprintf("call-%d", i%500), Channel: interactionlogv1.Channel_CHANNEL_CHAT,
		Actor:  &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_CUSTOMER},
		Source: "bench",
	}
	switch i % 4 {
	case 0, 1:
		ev.Payload = &interactionlogv1.Event_MessageSent{MessageSent: &interactionlogv1.MessageSent{
			Text: "Hello, I would like to change the billing address of my contract, please. We moved to 12 Elm Street last week."}}
	case 2:
		ev.Payload = &interactionlogv1.Event_QuestionAsked{QuestionAsked: &interactionlogv1.QuestionAsked{
			Slot: "account_number", Scope: "billing", Prompt: "What is your account number?"}}
	case 3:
		ev.Payload = &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{
			Slot: "account_number", Scope: "billing", Value: "A-556677"}}
	}
	return ev
}

func BenchmarkPrepare(b *testing.B) {
	p := New()
	src := Source{Tenant: "default", Now: time.Now(), TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	events := make([]*interactionlogv1.Event, 1000)
	for i := range events {
		events[i] = typical(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		drafts, err := p.Prepare(b.Context(), src, events)
		if err != nil || First(drafts) != nil {
			b.Fatal(err, First(drafts))
		}
		for _, d := range drafts {
			d.Event.Redactions = nil
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
}

func BenchmarkStep(b *testing.B) {
	now := time.Now()
	p := New()
	run := func(name string, f func(*interactionlogv1.Event)) {
		b.Run(name, func(b *testing.B) {
			events := []*interactionlogv1.Event{typical(0), typical(1), typical(2), typical(3)}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f(events[i%4])
			}
		})
	}
	run("protovalidate", func(ev *interactionlogv1.Event) { _ = protovalidate.Validate(ev) })
	run("rules", func(ev *interactionlogv1.Event) { eventPlan.allows(ev.ProtoReflect()) })
	run("size", func(ev *interactionlogv1.Event) { _ = proto.Size(ev) })
	run("normalise", func(ev *interactionlogv1.Event) { eventPlan.each(ev.ProtoReflect(), normalise) })
	run("check", func(ev *interactionlogv1.Event) { _ = p.check(ev, 100, now) })
	run("redact", func(ev *interactionlogv1.Event) { _, _ = redactEvent(ev) })
	run("encode", func(ev *interactionlogv1.Event) { d := Draft{Event: ev, size: 200}; _ = d.encode() })
	run("digest", func(ev *interactionlogv1.Event) { d := Draft{Event: ev, size: 200}; _ = d.encode(); d.digest() })
	run("unpack", func(ev *interactionlogv1.Event) {
		drafts, _ := p.Prepare(b.Context(), Source{Tenant: "t", Now: now}, []*interactionlogv1.Event{ev})
		ev.Redactions = nil
		_, _ = Unpack(drafts[0].Stored)
	})
}
