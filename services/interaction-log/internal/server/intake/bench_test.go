package intake

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
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
	src := Source{Tenant: "default", Service: true, Now: time.Now(), TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	events := make([]*interactionlogv1.Event, 1000)
	for i := range events {
		events[i] = typical(i)
	}
	b.ReportAllocs()
	before := cpu()
	for b.Loop() {
		drafts, err := p.Prepare(b.Context(), src, events)
		if err != nil || First(drafts) != nil {
			b.Fatal(err, First(drafts))
		}
		for _, d := range drafts {
			d.Event.Redactions = nil
		}
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N)/1000, "cpu-ns/event")
}

// cpu returns the processor time of the process so far: on a machine with other work it says more than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
	run("size", func(ev *interactionlogv1.Event) { _ = proto.Size(ev) })
	w := newWorkbench()
	run("survey", func(ev *interactionlogv1.Event) { w.survey.event(ev.ProtoReflect()) })
	run("check", func(ev *interactionlogv1.Event) { w.survey.event(ev.ProtoReflect()); _ = p.check(ev, &w.survey, now) })
	run("redact", func(ev *interactionlogv1.Event) {
		w.survey.event(ev.ProtoReflect())
		_, _ = redactEvent(ev, w.survey.pieces)
	})
	run("encode", func(ev *interactionlogv1.Event) { _ = w.packer.encode(ev) })
	run("digest", func(ev *interactionlogv1.Event) { _ = w.packer.encode(ev); w.packer.digest() })
	drafts, err := p.Prepare(b.Context(), Source{Tenant: "t", Service: true, Now: now}, []*interactionlogv1.Event{typical(0), typical(1), typical(2), typical(3)})
	if err != nil {
		b.Fatal(err)
	}
	for name, read := range map[string]func(*domain.Event) (*interactionlogv1.Event, error){
		"unpack":  Unpack,
		"forward": func(e *domain.Event) (*interactionlogv1.Event, error) { return Forward(e), nil },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				ev, err := read(drafts[i%4].Stored)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := proto.Marshal(ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
