package server_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// originIn is where an agent works.
func originIn(interaction, agent string) *contextv1.Origin {
	return &contextv1.Origin{
		InteractionId: interaction, Channel: logv1.Channel_CHANNEL_VOICE,
		Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: agent},
	}
}

// offer creates a handoff of customer c1, of whom a city is known.
func (n *node) offer(change ...func(*contextv1.CreateHandoffRequest)) *contextv1.CreateHandoffResponse {
	n.t.Helper()
	if len(n.log.Events(c1)) == 0 {
		n.record(facts("", fact("city", "Oslo")))
	}
	req := &contextv1.CreateHandoffRequest{Customer: c1, Target: "billing", Origin: originIn("i1", "kim")}
	for _, f := range change {
		f(req)
	}
	resp, err := n.CreateHandoff(n.ctx(), req)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp
}

func keyed(id string) func(*contextv1.CreateHandoffRequest) {
	return func(r *contextv1.CreateHandoffRequest) { r.RequestId = id }
}

func (n *node) accept(token, interaction, requestID string) (*contextv1.HandoffChange, error) {
	return n.AcceptHandoff(n.ctx(), &contextv1.AcceptHandoffRequest{Token: token, Origin: originIn(interaction, "ben"), RequestId: requestID})
}

func (n *node) handoff(name string) *contextv1.Handoff {
	n.t.Helper()
	h, err := n.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{Name: name})
	if err != nil {
		n.t.Fatal(err)
	}
	return h
}

// A handoff from the offer to its end, with all that is told of it.
func TestHandoffStory(t *testing.T) {
	n := run(t)
	ctx := n.ctx()
	n.slot(&contextv1.Slot{Name: "slots/account_number", Aliases: []*contextv1.SlotAlias{{Name: "acct_no"}}})
	n.slot(&contextv1.Slot{Name: "slots/pin", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET})
	n.record(facts("", fact("acct_no", "A-17"), fact("city", "Oslo"), fact("shoe size", "42")))
	n.clock.Advance(time.Second)
	offered := n.offer(func(r *contextv1.CreateHandoffRequest) {
		r.To = &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT}
		r.TargetChannel, r.Reason, r.Summary = logv1.Channel_CHANNEL_VOICE, "too hard for me", strings.Repeat("Wants a refund. ", 200)
		r.Ttl, r.ReferToUri, r.LandingUrl = durationpb.New(time.Minute), "sip:billing@example.com", "https://desk.example/pop?x=1"
		r.Origin.CaseId = "k1"
	})
	h := offered.GetHandoff()
	made := timestamppb.New(n.clock.Now())
	want := &contextv1.Handoff{
		Name: h.GetName(), Customer: c1, State: contextv1.HandoffState_HANDOFF_STATE_OFFERED,
		From: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: "kim"}, To: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT},
		Target: "billing", TargetChannel: logv1.Channel_CHANNEL_VOICE, TransferKind: logv1.TransferKind_TRANSFER_KIND_COLD,
		Reason: "too hard for me", Summary: strings.Repeat("Wants a refund. ", 200),
		OfferedSlots: []string{"shoe size", "city", "account_number"}, UnreadSlots: []string{"shoe size", "city", "account_number"},
		OfferTime: made, ExpireTime: timestamppb.New(made.AsTime().Add(time.Minute)), InteractionId: "i1", CaseId: "k1", Hop: 1,
	}
	if diff := cmp.Diff(want, h, protocmp.Transform()); diff != "" {
		t.Errorf("offered: %s", diff)
	}
	secret := offered.GetToken()
	if !token.Looks(secret) || !strings.HasPrefix(h.GetName(), c1+"/handoffs/") {
		t.Errorf("token %q of %s", secret, h.GetName())
	}
	renderings := offered.GetRenderings()
	for _, text := range []string{secret, renderings.GetUserToUser(), renderings.GetReferTo(), renderings.GetHeader(), renderings.GetUrl()} {
		seen := must(n.GetHandoff(ctx, &contextv1.GetHandoffRequest{Token: text}))(t)
		if diff := cmp.Diff(h, seen, protocmp.Transform()); diff != "" {
			t.Errorf("by %s: %s", text, diff)
		}
	}
	n.clock.Advance(10 * time.Second)
	taken := must(n.accept(renderings.GetReferTo(), "i2", ""))(t)
	want.State, want.AcceptTime = contextv1.HandoffState_HANDOFF_STATE_ACCEPTED, timestamppb.New(n.clock.Now())
	want.AcceptedBy, want.ReceiverInteractionId = &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: "ben"}, "i2"
	if diff := cmp.Diff(want, taken.GetHandoff(), protocmp.Transform()); diff != "" {
		t.Errorf("accepted: %s", diff)
	}
	_, err := n.GetHandoff(ctx, &contextv1.GetHandoffRequest{Token: secret})
	wantReason(t, err, "HANDOFF_NOT_OPEN")

	n.clock.Advance(5 * time.Second)
	want.FirstReadTime, want.TimeToContext = timestamppb.New(n.clock.Now()), durationpb.New(5*time.Second)
	must(n.AcknowledgeHandoff(ctx, &contextv1.AcknowledgeHandoffRequest{
		Name: h.GetName(), ReadSlots: []string{"ACCT-NO"}, DroppedSlots: []string{"Shoe-Size"}, Origin: originIn("i2", "ben"),
	}))(t)
	asked := must(n.RecordQuestion(ctx, &contextv1.RecordQuestionRequest{Customer: c1, Slot: "City", Origin: originIn("i2", "ben")}))(t)
	if !asked.GetRepeat() {
		t.Error("the question is no repeat")
	}
	want.ReadSlots, want.DroppedSlots, want.UnreadSlots = []string{"account_number"}, []string{"shoe size"}, []string{"city"}
	want.AskedAgainSlots = []string{"city"}
	if diff := cmp.Diff(want, n.handoff(h.GetName()), protocmp.Transform()); diff != "" {
		t.Errorf("acknowledged: %s", diff)
	}
	n.clock.Advance(time.Hour)
	done := must(n.CompleteHandoff(ctx, &contextv1.CompleteHandoffRequest{Name: h.GetName(), Origin: originIn("i2", "ben")}))(t)
	if g := done.GetHandoff(); g.GetState() != contextv1.HandoffState_HANDOFF_STATE_COMPLETED || !g.GetEndTime().AsTime().Equal(n.clock.Now()) {
		t.Errorf("completed: %v", g)
	}
	fresh := must(n.GetHandoff(ctx, &contextv1.GetHandoffRequest{Name: h.GetName(), Consistency: &contextv1.Consistency{
		Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: done.GetConsistencyToken()},
	}}))(t)
	if diff := cmp.Diff(done.GetHandoff(), fresh, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if got := strings.Join(n.types(c1), " "); got != "FACT_STATED FACT_STATED FACT_STATED HANDOFF_OFFERED HANDOFF_ACCEPTED "+
		"HANDOFF_READ QUESTION_ASKED REPEAT_DETECTED HANDOFF_COMPLETED" {
		t.Errorf("events: %s", got)
	}
}

// The same request gets the same handoff and the same token, whatever has happened since.
func TestCreateHandoffIsIdempotent(t *testing.T) {
	for name, change := range map[string]func(*contextv1.CreateHandoffRequest){
		"all slots":   func(*contextv1.CreateHandoffRequest) {},
		"slots named": func(r *contextv1.CreateHandoffRequest) { r.OfferedSlots = []string{"town", "x"} },
		"its own time": func(r *contextv1.CreateHandoffRequest) {
			r.Origin.OccurredAt = timestamppb.New(time.Unix(1767600000, 0))
		},
		"a time to live":  func(r *contextv1.CreateHandoffRequest) { r.Ttl = durationpb.New(time.Hour) },
		"a text and URIs": func(r *contextv1.CreateHandoffRequest) { r.Summary, r.LandingUrl = "s", "https://a.example" },
	} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			n.slot(&contextv1.Slot{Name: "slots/city", Aliases: []*contextv1.SlotAlias{{Name: "town"}}})
			first := n.offer(keyed("r1"), change)
			n.clock.Advance(time.Second)
			must(n.UpdateSlot(n.ctx(), &contextv1.UpdateSlotRequest{Slot: &contextv1.Slot{
				Name: "slots/city", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET,
			}}))(t)
			n.record(facts("", fact("new", "value")))
			must(n.accept(first.GetToken(), "i2", ""))(t)
			n.clock.Advance(24 * time.Hour)
			again := n.offer(keyed("r1"), change)
			again.Revision, again.ConsistencyToken = first.GetRevision(), first.GetConsistencyToken()
			if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			if other := n.offer(keyed("r2"), change); other.GetToken() == first.GetToken() {
				t.Error("another request got the same token")
			}
		})
	}
	n := run(t)
	if first, second := n.offer(), n.offer(); first.GetToken() == second.GetToken() {
		t.Error("requests without request id got the same token")
	}
}

func TestCreateHandoffReusedRequestID(t *testing.T) {
	n := run(t)
	base := func(r *contextv1.CreateHandoffRequest) {
		r.RequestId, r.Reason, r.Summary, r.OfferedSlots, r.Ttl = "r1", "why", "what", []string{"city"}, durationpb.New(time.Minute)
	}
	n.offer(base)
	events := len(n.log.Events(c1))
	for name, change := range map[string]func(*contextv1.CreateHandoffRequest){
		"target":      func(r *contextv1.CreateHandoffRequest) { r.Target = "sales" },
		"receiver":    func(r *contextv1.CreateHandoffRequest) { r.To = &logv1.Actor{Id: "eve"} },
		"channel":     func(r *contextv1.CreateHandoffRequest) { r.TargetChannel = logv1.Channel_CHANNEL_CHAT },
		"kind":        func(r *contextv1.CreateHandoffRequest) { r.TransferKind = logv1.TransferKind_TRANSFER_KIND_WARM },
		"reason":      func(r *contextv1.CreateHandoffRequest) { r.Reason = "else" },
		"summary":     func(r *contextv1.CreateHandoffRequest) { r.Summary = "else" },
		"slots":       func(r *contextv1.CreateHandoffRequest) { r.OfferedSlots = []string{"name"} },
		"ttl":         func(r *contextv1.CreateHandoffRequest) { r.Ttl = durationpb.New(time.Hour) },
		"interaction": func(r *contextv1.CreateHandoffRequest) { r.Origin.InteractionId = "i9" },
		"giver":       func(r *contextv1.CreateHandoffRequest) { r.Origin.Actor.Id = "eve" },
	} {
		req := &contextv1.CreateHandoffRequest{Customer: c1, Target: "billing", Origin: originIn("i1", "kim")}
		base(req)
		change(req)
		if _, err := n.CreateHandoff(n.ctx(), req); reasonOf(err) != "REQUEST_ID_REUSED" {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if got := len(n.log.Events(c1)); got != events {
		t.Errorf("%d events, want %d", got, events)
	}
}

// Whoever comes again by the same request id gets the first answer, everybody else is told that it was taken.
func TestAcceptRetries(t *testing.T) {
	n := run(t)
	made := n.offer()
	first := must(n.accept(made.GetToken(), "i2", "a1"))(t)
	must(n.AcknowledgeHandoff(n.ctx(), &contextv1.AcknowledgeHandoffRequest{Name: made.GetHandoff().GetName(), ReadAll: true}))(t)
	must(n.CompleteHandoff(n.ctx(), &contextv1.CompleteHandoffRequest{Name: made.GetHandoff().GetName(), RequestId: "a1"}))(t)
	n.clock.Advance(time.Hour)
	again := must(n.accept(made.GetToken(), "i2", "a1"))(t)
	if diff := cmp.Diff(first.GetHandoff(), again.GetHandoff(), protocmp.Transform()); diff != "" {
		t.Errorf("the retry got another answer: %s", diff)
	}
	_, err := n.accept(made.GetToken(), "i2", "")
	wantReason(t, err, "HANDOFF_ALREADY_ACCEPTED")
	_, err = n.accept(made.GetToken(), "i3", "a2")
	wantReason(t, err, "HANDOFF_ALREADY_ACCEPTED")
	_, err = n.accept(made.GetToken(), "i3", "a1")
	wantReason(t, err, "REQUEST_ID_REUSED")
	if got := strings.Count(strings.Join(n.types(c1), " "), "ACCEPTED"); got != 1 {
		t.Errorf("accepted %d times", got)
	}
}

// Every step can be retried, and its request id cannot be used for something else.
func TestStepRetries(t *testing.T) {
	type step func(n *node, name, id, variant string) (*contextv1.HandoffChange, error)
	acknowledge := func(all bool) step {
		return func(n *node, name, id, variant string) (*contextv1.HandoffChange, error) {
			return n.AcknowledgeHandoff(n.ctx(), &contextv1.AcknowledgeHandoffRequest{
				Name: name, RequestId: id, ReadSlots: []string{"city"}, DroppedSlots: []string{variant}, ReadAll: all,
			})
		}
	}
	for name, c := range map[string]struct {
		accepted bool
		step     step
	}{
		"acknowledge":     {true, acknowledge(false)},
		"acknowledge all": {true, acknowledge(true)},
		"complete": {true, func(n *node, name, id, variant string) (*contextv1.HandoffChange, error) {
			return n.CompleteHandoff(n.ctx(), &contextv1.CompleteHandoffRequest{Name: name, RequestId: id, Origin: originIn(variant, "ben")})
		}},
		"decline": {false, func(n *node, name, id, variant string) (*contextv1.HandoffChange, error) {
			return n.DeclineHandoff(n.ctx(), &contextv1.DeclineHandoffRequest{Name: name, RequestId: id, Reason: variant})
		}},
		"cancel": {true, func(n *node, name, id, variant string) (*contextv1.HandoffChange, error) {
			return n.CancelHandoff(n.ctx(), &contextv1.CancelHandoffRequest{Name: name, RequestId: id, Reason: variant})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			n.record(facts("", fact("city", "Oslo"), fact("v1", "x"), fact("v2", "x"), fact("v3", "x")))
			made := n.offer()
			if c.accepted {
				must(n.accept(made.GetToken(), "i2", ""))(t)
			}
			first := must(c.step(n, made.GetHandoff().GetName(), "s1", "v1"))(t)
			n.record(facts("", fact("more", "y")))
			n.clock.Advance(time.Hour)
			again := must(c.step(n, made.GetHandoff().GetName(), "s1", "v1"))(t)
			if diff := cmp.Diff(first.GetHandoff(), again.GetHandoff(), protocmp.Transform()); diff != "" {
				t.Errorf("the retry got another answer: %s", diff)
			}
			_, err := c.step(n, made.GetHandoff().GetName(), "s1", "v2")
			wantReason(t, err, "REQUEST_ID_REUSED")
			n.followed()
		})
	}
}

// An offer is over when its time has passed, although nobody has said so yet; then the log is told, once.
func TestHandoffExpires(t *testing.T) {
	n := run(t)
	made := n.offer(func(r *contextv1.CreateHandoffRequest) { r.Ttl = durationpb.New(time.Minute) })
	name := made.GetHandoff().GetName()
	n.clock.Advance(time.Minute)
	if h := n.handoff(name); h.GetState() != contextv1.HandoffState_HANDOFF_STATE_OFFERED {
		t.Errorf("before its time: %v", h)
	}
	n.clock.Advance(1)
	if h := n.handoff(name); h.GetState() != contextv1.HandoffState_HANDOFF_STATE_EXPIRED || !proto.Equal(h.GetEndTime(), made.GetHandoff().GetExpireTime()) {
		t.Errorf("after its time: %v", h)
	}
	_, err := n.accept(made.GetToken(), "i2", "")
	wantReason(t, err, "HANDOFF_NOT_OPEN")
	_, err = n.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{Token: made.GetToken()})
	wantReason(t, err, "HANDOFF_NOT_OPEN")
	_, err = n.CancelHandoff(n.ctx(), &contextv1.CancelHandoffRequest{Name: name})
	wantReason(t, err, "HANDOFF_NOT_OPEN")
}

// Two replicas, one of them started after the offer has lapsed, tell the log once, in the same words.
func TestExpiryIsTold(t *testing.T) {
	w := newWorld(t)
	due := func(o *projectorOptions) { o.OnDue, o.TimersEvery = server.ExpireDue, time.Millisecond }
	store := memstore.New()
	first := w.start(store)
	first.ready()
	first.offer(func(r *contextv1.CreateHandoffRequest) { r.Ttl = durationpb.New(time.Minute) })
	kept := first.offer(func(r *contextv1.CreateHandoffRequest) { r.Ttl = durationpb.New(time.Hour) })
	first.followed()
	first.stop()
	w.clock.Advance(time.Minute)
	again, other := w.start(store, due), w.start(memstore.New(), due)
	expired := func() (n int) { return strings.Count(strings.Join(w.types(c1), " "), "HANDOFF_EXPIRED") }
	w.eventually("the handoff expires", func() bool { return expired() == 1 })
	again.followed()
	other.followed()
	if h := again.handoff(kept.GetHandoff().GetName()); h.GetState() != contextv1.HandoffState_HANDOFF_STATE_OFFERED {
		t.Errorf("the other one: %v", h)
	}
	w.clock.Advance(time.Hour)
	w.eventually("the other one expires", func() bool { return expired() == 2 })
	for _, e := range w.log.Events(c1) {
		if e.GetHandoffExpired() != nil && e.GetInteractionId() != "i1" {
			t.Errorf("the expiry is not told in the giver's interaction: %v", e)
		}
	}
}

// ExpireDue does nothing for a customer of whom nothing is due.
func TestNothingDue(t *testing.T) {
	n := run(t)
	n.offer()
	events := len(n.log.Events(c1))
	w := must(n.view.Tenant("default").Writer(n.ctx(), "c1"))(t)
	defer w.Close()
	if err := server.ExpireDue(n.ctx(), w); err != nil || len(n.log.Events(c1)) != events {
		t.Errorf("%v, events %v", err, n.types(c1))
	}
}

// looks counts the look-ups of a store.
type looks struct {
	domain.Store
	n atomic.Int64
}

func (l *looks) Lookup(ctx context.Context, tenant string, keys []domain.IdentifierKey) ([]domain.Owner, error) {
	l.n.Add(1)
	return l.Store.Lookup(ctx, tenant, keys)
}

// What is no token of this tenant is refused without a look anywhere.
func TestWrongTokens(t *testing.T) {
	store := &looks{Store: memstore.New()}
	n := newWorld(t).start(store)
	n.ready()
	made := n.offer()
	n.followed()
	store.n.Store(0)
	n.log.ResetCalls()
	tok := made.GetToken()
	_, id, _ := strings.Cut(made.GetHandoff().GetName(), "/handoffs/")
	wrong := map[string]string{
		"nonsense": "hello", "the id": id, "another tenant's": token.NewSigner(testKey).Token("north", id),
		"another key's": token.NewSigner(token.Key{7}).Token("default", id), "cut": tok[:len(tok)-1], "empty rendering": ";encoding=hex",
	}
	for i := range tok {
		c := byte('0')
		if tok[i] == c {
			c = '1'
		}
		wrong["changed at "+string(rune('A'+i))] = tok[:i] + string(c) + tok[i+1:]
	}
	for name, text := range wrong {
		_, err := n.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{Token: text})
		if reasonOf(err) != "HANDOFF_NOT_FOUND" {
			t.Errorf("%s: %v", name, err)
		}
		_, err = n.accept(text, "i2", "")
		if reasonOf(err) != "HANDOFF_NOT_FOUND" {
			t.Errorf("%s, accepting: %v", name, err)
		}
	}
	if store.n.Load() != 0 || n.log.Calls("AppendEvents") != 0 || n.log.Calls("ListEvents") != 0 {
		t.Errorf("%d look-ups, %d appends, %d lists", store.n.Load(), n.log.Calls("AppendEvents"), n.log.Calls("ListEvents"))
	}
	must(n.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{Token: tok}))(t)
}

// A token that holds, of a handoff that the log does not have, is none either.
func TestTokenWithoutHandoff(t *testing.T) {
	n := run(t)
	stray := token.NewSigner(testKey).Token("default", token.DeriveID("x"))
	_, err := n.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{Token: stray})
	wantReason(t, err, "HANDOFF_NOT_FOUND")
}

// A receiver may come to another server than the giver, and come at once.
func TestAcceptOnAnotherReplica(t *testing.T) {
	w := newWorld(t)
	giver, receiver := w.start(memstore.New()), w.start(memstore.New())
	giver.ready()
	receiver.ready()
	for i := range 20 {
		made := giver.offer()
		h := must(receiver.accept(made.GetToken(), "i2", ""))(t).GetHandoff()
		if h.GetName() != made.GetHandoff().GetName() {
			t.Fatalf("round %d: %v", i, h)
		}
		_, err := giver.accept(made.GetToken(), "i3", "")
		wantReason(t, err, "HANDOFF_ALREADY_ACCEPTED")
	}
}

// On the giver's own server the token leads to the customer although the follower is held up.
func TestAcceptBeforeTheFollower(t *testing.T) {
	n := run(t)
	n.record(facts("", fact("city", "Oslo")))
	n.followed()
	n.log.Intercept(func(_ context.Context, method string) error {
		if method == "TailEvents" {
			return context.DeadlineExceeded
		}
		return nil
	})
	n.log.CutTails()
	n.eventually("the tail is cut", func() bool { return n.log.Calls("TailEvents") > 1 })
	must(n.accept(n.offer().GetToken(), "i2", ""))(t)
}

// A call that went through two transfers carries two tokens: the one still open is meant.
func TestSeveralTokens(t *testing.T) {
	n := run(t)
	first, second := n.offer(), n.offer()
	both := first.GetRenderings().GetUserToUser() + ", " + second.GetRenderings().GetUserToUser()
	must(n.accept(first.GetToken(), "i2", ""))(t)
	taken := must(n.accept(both, "i3", "b"))(t)
	if taken.GetHandoff().GetName() != second.GetHandoff().GetName() {
		t.Errorf("took %v", taken)
	}
	again := must(n.accept(both, "i3", "b"))(t)
	if again.GetHandoff().GetName() != second.GetHandoff().GetName() {
		t.Errorf("the retry took %v", again)
	}
}

// Three transfers in a row, each accepted by the token of the one before.
func TestThreeHops(t *testing.T) {
	n := run(t)
	previous := ""
	for i, interaction := range []string{"bot", "chat", "call"} {
		next := []string{"chat", "call", "expert"}[i]
		made := n.offer(func(r *contextv1.CreateHandoffRequest) { r.Origin.InteractionId = interaction })
		h := must(n.accept(made.GetToken(), next, ""))(t).GetHandoff()
		if h.GetHop() != int32(i+1) || h.GetPreviousHandoff() != previous || h.GetReceiverInteractionId() != next {
			t.Errorf("hop %d: %v", i+1, h)
		}
		previous = h.GetName()
	}
}

// The screen pop by a token, in any rendering, for as long as the token is good.
func TestGetContextByToken(t *testing.T) {
	n := run(t)
	made := n.offer(func(r *contextv1.CreateHandoffRequest) { r.ReferToUri = "sip:a@b.example" })
	pop := func(text string) (*contextv1.CustomerContext, error) {
		return n.GetContext(n.ctx(), &contextv1.GetContextRequest{HandoffToken: text})
	}
	for _, text := range []string{made.GetToken(), made.GetRenderings().GetReferTo()} {
		if got := must(pop(text))(t); got.GetCustomer() != c1 || len(got.GetFacts()) != 1 {
			t.Errorf("by %s: %v", text, got)
		}
	}
	_, err := pop(made.GetToken() + "x")
	wantReason(t, err, "HANDOFF_NOT_FOUND")
	must(n.accept(made.GetToken(), "i2", ""))(t)
	_, err = pop(made.GetToken())
	wantReason(t, err, "HANDOFF_NOT_OPEN")
}

// Another tenant's caller finds nothing, neither by a token nor by a name, whatever of it is known.
func TestHandoffsOfAnotherTenant(t *testing.T) {
	n := run(t)
	made := n.offer()
	conn := testkit.Serve(t, rpc.Options{Domain: server.Domain, Authenticate: func(ctx context.Context, _ string) (context.Context, error) {
		return auth.WithTenant(ctx, "north"), nil
	}}, func(r grpc.ServiceRegistrar) {
		contextv1.RegisterContextServiceServer(r, server.New(server.Options{View: n.view, HandoffKey: testKey}))
	})
	north := contextv1.NewContextServiceClient(conn)
	name := made.GetHandoff().GetName()
	calls := map[string]func() error{
		"get by token": func() error {
			_, err := north.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{Token: made.GetToken()})
			return err
		},
		"get by name": func() error {
			_, err := north.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{Name: name})
			return err
		},
		"accept by token": func() error {
			_, err := north.AcceptHandoff(n.ctx(), &contextv1.AcceptHandoffRequest{Token: made.GetToken()})
			return err
		},
		"accept by name": func() error {
			_, err := north.AcceptHandoff(n.ctx(), &contextv1.AcceptHandoffRequest{Name: name})
			return err
		},
		"the context": func() error {
			_, err := north.GetContext(n.ctx(), &contextv1.GetContextRequest{HandoffToken: made.GetToken()})
			return err
		},
		"cancel": func() error {
			_, err := north.CancelHandoff(n.ctx(), &contextv1.CancelHandoffRequest{Name: name})
			return err
		},
		"decline": func() error {
			_, err := north.DeclineHandoff(n.ctx(), &contextv1.DeclineHandoffRequest{Name: name})
			return err
		},
		"complete": func() error {
			_, err := north.CompleteHandoff(n.ctx(), &contextv1.CompleteHandoffRequest{Name: name})
			return err
		},
		"acknowledge": func() error {
			_, err := north.AcknowledgeHandoff(n.ctx(), &contextv1.AcknowledgeHandoffRequest{Name: name, ReadAll: true})
			return err
		},
	}
	for what, call := range calls {
		if err := call(); reasonOf(err) != "HANDOFF_NOT_FOUND" {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(n.accept(made.GetToken(), "i2", ""))(t)
}

// What the customer was verified as counts in the receiver's channel as before: the handoff led there.
func TestVerificationGoesAlong(t *testing.T) {
	n := run(t)
	n.append(c1, &logv1.Event{
		EventId: "v", InteractionId: "i1", Channel: logv1.Channel_CHANNEL_CHAT,
		Payload: &logv1.Event_VerificationAttempted{VerificationAttempted: &logv1.VerificationAttempted{
			Method: "otp", Result: logv1.VerificationResult_VERIFICATION_RESULT_PASSED,
			Level: logv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR,
		}},
	})
	n.followed()
	must(n.accept(n.offer().GetToken(), "i2", ""))(t)
	r := must(n.view.Tenant(auth.DefaultTenant).Read(n.ctx(), "c1", projector.Want{}))(t)
	for interaction, want := range map[string]domain.VerificationLevel{"i2": domain.VerificationMultiFactor, "i3": domain.VerificationMultiFactor - 1} {
		asker := domain.Asker{Channel: domain.ChannelVoice, InteractionID: interaction}
		if got := r.State.Standing(&domain.Policy{}, asker, n.clock.Now()).Level; got != want {
			t.Errorf("in %s: %v, want %v", interaction, got, want)
		}
	}
}

// Without names, a handoff offers all that is known of all who are one with the customer.
func TestHandoffOffersWhatMergedCustomersHaveSaid(t *testing.T) {
	n := run(t)
	n.know("customers/a", "city", "Oslo")
	n.know("customers/b", "size", "XL")
	n.merge("customers/a", "customers/b")
	for _, name := range []string{"customers/a", "customers/b"} {
		req := &contextv1.CreateHandoffRequest{Customer: name, Target: "billing", RequestId: "r-" + name}
		for range 2 {
			got := must(n.CreateHandoff(n.ctx(), req))(t).GetHandoff()
			if diff := cmp.Diff([]string{"size", "city"}, got.GetOfferedSlots()); diff != "" || got.GetCustomer() != name {
				t.Errorf("%s offers (-want +got):\n%s", got.GetName(), diff)
			}
		}
	}
}
