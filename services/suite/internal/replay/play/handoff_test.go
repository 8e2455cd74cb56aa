package play

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// journey goes through five legs, a fact learned in each, so that the token travels each way and the first again.
func journey() *dialogue.Dialogue {
	d := &dialogue.Dialogue{ID: "1", Completed: true}
	for i := range 5 {
		scope := string(rune('a' + i))
		item := learned(10*i, dialogue.Fact{Scope: scope, Slot: "number", Value: "1"}, dialogue.Fact{Scope: scope, Slot: "own" + scope, Value: "v"})
		d.Legs = append(d.Legs, &dialogue.Leg{Task: scope, Start: item.Time, Needs: []string{"number", "other"}, Items: []*dialogue.Item{item}})
	}
	return d
}

func number() *contextv1.Slot {
	return &contextv1.Slot{Name: "slots/account", Aliases: []*contextv1.SlotAlias{{Name: "number"}}}
}

func TestHandoffs(t *testing.T) {
	p, c := player(t, number())
	result, err := p.Play(t.Context(), journey())
	if err != nil {
		t.Fatal(err)
	}
	want := Handoffs{Created: 4, Accepted: 4, Completed: 4, SlotsOffered: 2 + 3 + 4 + 5, SlotsRead: 4, SlotsDropped: 1 + 2 + 3 + 4}
	if diff := cmp.Diff(want, result.Counts.Handoffs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var carried, reasons, tokens []string
	var from, to []string
	for _, call := range c.calls {
		switch req := call.req.(type) {
		case *contextv1.CreateHandoffRequest:
			reasons = append(reasons, req.GetReason())
			from, to = append(from, req.GetOrigin().GetActor().GetId()), append(to, req.GetTo().GetId())
			tokens = append(tokens, call.resp.(*contextv1.CreateHandoffResponse).GetToken())
		case *contextv1.AcceptHandoffRequest:
			carried = append(carried, req.GetToken())
			h := call.resp.(*contextv1.HandoffChange).GetHandoff()
			if h.GetReceiverInteractionId() != req.GetOrigin().GetInteractionId() || h.GetInteractionId() == h.GetReceiverInteractionId() ||
				h.GetAcceptedBy().GetId() != to[len(to)-1] || h.GetHop() != int32(len(to)) {
				t.Errorf("%+v", h)
			}
		case *contextv1.AcknowledgeHandoffRequest:
			if diff := cmp.Diff([]string{"account"}, req.GetReadSlots()); diff != "" {
				t.Errorf("read: -want +got:\n%s", diff)
			}
		}
	}
	for i, form := range []func(string) bool{
		func(s string) bool { return strings.HasSuffix(s, ";encoding=hex") },
		func(s string) bool { return strings.HasPrefix(s, "<sip:desk@example.com?User-to-User=") },
		func(s string) bool { return strings.HasPrefix(s, "https://desk.example.com/take-over?handoff=") },
		func(s string) bool { return s == tokens[3] },
	} {
		if !form(carried[i]) {
			t.Errorf("leg %d took over by %q", i+2, carried[i])
		}
	}
	if diff := cmp.Diff([]string{"b", "c", "d", "e"}, reasons); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([][]string{
		{"replay-ivr", "replay-chat", "replay-agent", "replay-ivr"}, {"replay-chat", "replay-agent", "replay-ivr", "replay-chat"},
	}, [][]string{from, to}); diff != "" {
		t.Errorf("from, to: -want +got:\n%s", diff)
	}
}

// What is needed but may only be offered to the customer is neither read nor dropped.
func TestHandoffUnread(t *testing.T) {
	s := number()
	s.OnConflict = contextv1.ConflictPolicy_CONFLICT_POLICY_CONFIRM
	p, _ := player(t, s)
	d := journey()
	d.Legs = d.Legs[:3]
	d.Legs[1].Items[0].Facts[0].Value = "2"
	d.Legs[2].Items = append(d.Legs[2].Items, &dialogue.Item{Index: 99, Time: noon.Add(time.Hour), Questions: []dialogue.Question{{Slot: "owna", Scope: "a"}}})
	result, err := p.Play(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	want := Handoffs{Created: 2, Accepted: 2, Completed: 2, SlotsOffered: 5, SlotsRead: 1, SlotsDropped: 3, SlotsUnread: 1, SlotsAskedAgain: 1}
	if diff := cmp.Diff(want, result.Counts.Handoffs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// withdrawing cancels each handoff before anybody can accept it.
type withdrawing struct{ grpc.ClientConnInterface }

func (w withdrawing) Invoke(ctx context.Context, method string, req, resp any, opts ...grpc.CallOption) error {
	err := w.ClientConnInterface.Invoke(ctx, method, req, resp, opts...)
	if made, ok := resp.(*contextv1.CreateHandoffResponse); ok && err == nil {
		_, err = contextv1.NewContextServiceClient(w.ClientConnInterface).CancelHandoff(ctx, &contextv1.CancelHandoffRequest{Name: made.GetHandoff().GetName()})
	}
	return err
}

// A customer whose handoff has ended on the way is found and served all the same.
func TestHandoffThatEnded(t *testing.T) {
	p, c := player(t, number())
	p.Context = contextv1.NewContextServiceClient(withdrawing{c})
	result, err := p.Play(t.Context(), journey())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Handoffs{Created: 4}, result.Counts.Handoffs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if result.Counts.RepeatsAvoided != 4 || result.Counts.Legs != 5 {
		t.Errorf("%+v", result.Counts)
	}
}

// A verification counts in the next channel as before, because the customer was handed over.
func TestVerifications(t *testing.T) {
	p, c := player(t)
	d := journey()
	check := func(leg int, method string, passed bool) {
		d.Legs[leg].Items[0].Verification = &dialogue.Verification{Method: method, Passed: passed}
	}
	check(0, "pin", false)
	check(1, "pin", true)
	check(2, "security-answers", false)
	check(4, "pin", true)
	result, err := p.Play(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	n := result.Counts
	if n.Verifications != 4 || n.VerificationsPassed != 2 || n.VerificationsFailed != 2 || n.DoubleVerifications != 2 {
		t.Errorf("%+v", n)
	}
	type attempt struct {
		Method  string
		Channel interactionlogv1.Channel
		Actor   string
		Double  bool
	}
	var got []attempt
	for _, call := range c.calls {
		if req, ok := call.req.(*contextv1.RecordVerificationRequest); ok {
			got = append(got, attempt{
				req.GetMethod(), req.GetOrigin().GetChannel(), req.GetOrigin().GetActor().GetId(),
				call.resp.(*contextv1.RecordVerificationResponse).GetDoubleVerification(),
			})
		}
	}
	ivr, chat, voice := interactionlogv1.Channel_CHANNEL_IVR, interactionlogv1.Channel_CHANNEL_CHAT, interactionlogv1.Channel_CHANNEL_VOICE
	want := []attempt{
		{"pin", ivr, "replay-ivr", false}, {"pin", chat, "replay-chat", false},
		{"security-answers", voice, "replay-agent", true}, {"pin", chat, "replay-chat", true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
