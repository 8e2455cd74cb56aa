package server_test

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// cpu returns the processor time of the process so far: on a machine with other work it says more than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func onStores(b *testing.B, run func(b *testing.B, open func(testing.TB, setup) *fixture)) {
	b.Run("memstore", func(b *testing.B) { run(b, onMemory) })
	b.Run("boltstore", func(b *testing.B) { run(b, onBolt) })
}

// typical is an event as chats and bots send them, of about 200 bytes.
func typical(i int) *interactionlogv1.Event {
	ev := &interactionlogv1.Event{
		EventId: fmt.Sprintf("evt-%08d", i), Customer: fmt.Sprintf("customers/c%d", i/20),
		InteractionId: fmt.Sprintf("call-%d", i/20), Channel: interactionlogv1.Channel_CHANNEL_CHAT,
		Actor: &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_CUSTOMER}, Source: "bench",
	}
	switch i % 4 {
	case 0, 1:
		ev.Payload = &interactionlogv1.Event_MessageSent{MessageSent: &interactionlogv1.MessageSent{
			Text: "Hello, I would like to change the billing address of my contract, please. We moved to 12 Elm Street."}}
	case 2:
		ev.Payload = &interactionlogv1.Event_QuestionAsked{QuestionAsked: &interactionlogv1.QuestionAsked{
			Slot: "account_number", Scope: "billing", Prompt: "What is your account number?"}}
	case 3:
		ev.Payload = &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{
			Slot: "account_number", Scope: "billing", Value: "A-556677"}}
	}
	return ev
}

// BenchmarkIngest sends batches over one stream and waits for every acknowledgement.
func BenchmarkIngest(b *testing.B) {
	for _, size := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			onStores(b, func(b *testing.B, open func(testing.TB, setup) *fixture) {
				f := open(b, setup{shards: 64, clock: time.Now})
				stream, err := f.IngestEvents(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				b.ResetTimer()
				before := cpu()
				go func() {
					for sent := 0; sent < b.N; sent += size {
						req := &interactionlogv1.IngestEventsRequest{}
						for i := range min(size, b.N-sent) {
							req.Events = append(req.Events, typical(sent+i))
						}
						if stream.Send(req) != nil {
							return
						}
					}
					_ = stream.CloseSend()
				}()
				acked := 0
				for {
					resp, err := stream.Recv()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					for _, ack := range resp.GetAcks() {
						if ack.GetError() != nil {
							b.Fatal(ack)
						}
					}
					acked += len(resp.GetAcks())
				}
				b.StopTimer()
				if acked != b.N {
					b.Fatalf("%d of %d acknowledged", acked, b.N)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/event")
			})
		})
	}
}

// BenchmarkAppend sends one event a call.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			onStores(b, func(b *testing.B, open func(testing.TB, setup) *fixture) {
				f := open(b, setup{shards: 64, clock: time.Now})
				var next atomic.Int64
				before := cpu()
				b.ResetTimer()
				done := make(chan error, callers)
				for range callers {
					go func() {
						for {
							i := int(next.Add(1))
							if i > b.N {
								done <- nil
								return
							}
							ev := typical(i)
							if _, err := f.AppendEvents(b.Context(), &interactionlogv1.AppendEventsRequest{
								Customer: ev.GetCustomer(), Events: []*interactionlogv1.Event{ev},
							}); err != nil {
								done <- err
								return
							}
						}
					}()
				}
				for range callers {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/event")
			})
		})
	}
}

// BenchmarkRead lists a page of 100 events, and tails everything.
func BenchmarkRead(b *testing.B) {
	onStores(b, func(b *testing.B, open func(testing.TB, setup) *fixture) {
		f := open(b, setup{shards: 64, clock: time.Now})
		for at := 0; at < 20_000; at += 1000 {
			var events []*interactionlogv1.Event
			for i := range 1000 {
				ev := typical(at + i)
				ev.Customer = "customers/c1"
				events = append(events, ev)
			}
			if _, err := ingest(b.Context(), f, events); err != nil {
				b.Fatal(err)
			}
		}
		b.Run("list", func(b *testing.B) {
			for b.Loop() {
				if _, err := f.ListEvents(b.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/c1"}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("tail", func(b *testing.B) {
			for b.Loop() {
				stream, err := f.TailEvents(b.Context(), &interactionlogv1.TailEventsRequest{StopAtHead: true})
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = stream.Recv()
				}
			}
			b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	})
}
