package bench

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

func sampleContext() *contextv1.CustomerContext {
	now := timestamppb.Now()
	c := &contextv1.CustomerContext{Customer: workload.Customer(1), Revision: 40, RevisionTime: now, ConsistencyToken: "v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		Identity:   &contextv1.Identity{Identifiers: []*contextv1.LinkedIdentifier{{Identifier: &logv1.Identifier{Type: 3, Value: "crm-0000001"}, Origin: 1, LinkTime: now}}, FirstSeenTime: now, LastSeenTime: now, Locale: "en-GB"},
		FactsTotal: 8, InteractionsTotal: 3, Repeats: &contextv1.RepeatSummary{QuestionsAsked: 1}, Freshness: &contextv1.Freshness{AsOfTime: now}, Brief: &contextv1.Brief{}}
	for i, s := range workload.SlotNames {
		c.Facts = append(c.Facts, &contextv1.Fact{SlotId: s, DisplayName: "The " + s, Value: "12 Long Meadow Street", Status: 1, Sensitivity: 2, Provenance: &contextv1.Provenance{EventId: fmt.Sprintf("bench-0000001-%06d", i), Slot: s, Scope: "ivr-main", Channel: 1, InteractionId: "bench-0000001-i1", Actor: &logv1.Actor{Kind: 2, Id: "desk-7"}, Time: now, Confidence: 0.97, VerificationLevel: 2, Origin: 1}})
		c.DoNotAsk = append(c.DoNotAsk, &contextv1.DoNotAsk{SlotId: s, DisplayName: "The " + s, StatedTime: now, Channel: 1})
		c.Brief.Items = append(c.Brief.Items, &contextv1.BriefItem{Kind: 4, Text: "Known: The " + s + " is 12 Long Meadow Street, stated in IVR.", Time: now})
		c.Brief.Text += "Known: The " + s + " is 12 Long Meadow Street, stated in IVR.\n"
	}
	for range 3 {
		c.RecentInteractions = append(c.RecentInteractions, &contextv1.InteractionSummary{InteractionId: "bench-0000001-i1", Channel: 1, Direction: 1, Platform: "telephony", StartTime: now, EndTime: now, LastEventTime: now, Outcome: 3, Topic: "A charge on the bill", LastParticipant: &logv1.Actor{Kind: 2, Id: "desk-7"}, Messages: 3, LastCustomerMessage: "Hello, I have a question about the bill of last month."})
	}
	return c
}

func TestScratch(t *testing.T) {
	c := sampleContext()
	data, _ := proto.Marshal(c)
	_ = os.WriteFile("/tmp/benchbin/answer.binpb", data, 0o600)
	e, err := newEnv(Options{Rounds: 8, Duration: 600 * time.Millisecond, Scale: 1}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	ctx := context.Background()
	same, err := e.messageEcho(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range strings.Split(os.Getenv("MODES"), ",") {
		t.Setenv("W", mode)
		p, err := e.start("/tmp/benchbin/scratch", "chainpre", "/tmp/benchbin/answer.binpb")
		if err != nil {
			t.Fatal(err)
		}
		conns, err := e.dial(p.GRPC)
		if err != nil {
			t.Fatal(err)
		}
		cl := contexts(conns)
		e.logf("%s (ours) vs message echo", mode)
		req := &contextv1.GetContextRequest{Customer: workload.Customer(1)}
		if _, err := e.rounds(ctx, callers, calls(func(ctx context.Context, caller int) error {
			_, err := cl[caller%connections].GetContext(ctx, req)
			return err
		}), same); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	data, _ := proto.Marshal(sampleContext())
	b.ReportAllocs()
	for b.Loop() {
		_ = proto.Unmarshal(data, &contextv1.CustomerContext{})
	}
}

func BenchmarkMarshal(b *testing.B) {
	c := sampleContext()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = proto.Marshal(c)
	}
}
