package server_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
)

const (
	levelNone       = logv1.VerificationLevel_VERIFICATION_LEVEL_NONE
	levelIdentified = logv1.VerificationLevel_VERIFICATION_LEVEL_IDENTIFIED
	levelSingle     = logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR
	levelMulti      = logv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR

	passed      = logv1.VerificationResult_VERIFICATION_RESULT_PASSED
	failed      = logv1.VerificationResult_VERIFICATION_RESULT_FAILED
	unavailable = logv1.VerificationResult_VERIFICATION_RESULT_UNAVAILABLE

	ivr  = logv1.Channel_CHANNEL_IVR
	chat = logv1.Channel_CHANNEL_CHAT
)

// pin is a PIN check of single factor in the IVR.
func pin(requestID string, result logv1.VerificationResult) *contextv1.RecordVerificationRequest {
	return &contextv1.RecordVerificationRequest{
		Customer: c1, Method: "pin", Result: result, Level: levelSingle, RequestId: requestID,
		Origin: &contextv1.Origin{InteractionId: "call", Channel: ivr},
	}
}

// in moves a check to another interaction.
func in(interaction string, c logv1.Channel, req *contextv1.RecordVerificationRequest) *contextv1.RecordVerificationRequest {
	req.Origin = &contextv1.Origin{InteractionId: interaction, Channel: c}
	return req
}

func (n *node) verify(req *contextv1.RecordVerificationRequest) *contextv1.RecordVerificationResponse {
	n.t.Helper()
	resp, err := n.RecordVerification(n.ctx(), req)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp
}

// check asks whether a level is enough.
func (n *node) check(level logv1.VerificationLevel, interaction string, c logv1.Channel) *contextv1.CheckVerificationResponse {
	n.t.Helper()
	return must(n.CheckVerification(n.ctx(), &contextv1.CheckVerificationRequest{
		Customer: c1,
		Demand:   &contextv1.CheckVerificationRequest_Requirement{Requirement: &contextv1.VerificationRequirement{MinLevel: level}},
		Asker:    &contextv1.Asker{InteractionId: interaction, Channel: c},
	}))(n.t)
}

func offered(id string) *logv1.Event {
	return &logv1.Event{EventId: "offer-" + id, InteractionId: "call", Channel: ivr, Payload: &logv1.Event_HandoffOffered{
		HandoffOffered: &logv1.HandoffOffered{HandoffId: id},
	}}
}

func taken(id, interaction string) *logv1.Event {
	return &logv1.Event{EventId: "take-" + id, InteractionId: interaction, Channel: chat, Payload: &logv1.Event_HandoffAccepted{
		HandoffAccepted: &logv1.HandoffAccepted{HandoffId: id, InteractionId: interaction},
	}}
}

func TestVerificationBecomesAnEvent(t *testing.T) {
	n := run(t)
	expire := timestamppb.New(n.clock.Now().Add(time.Hour))
	req := &contextv1.RecordVerificationRequest{
		Customer: c1, Method: "otp-sms", Result: passed, Level: levelMulti, RequiredLevel: levelSingle, Scopes: []string{"payments"},
		ExpireTime: expire, EvidenceRef: "otp-4711", FailureReason: "none",
		Origin: &contextv1.Origin{
			InteractionId: "i1", CaseId: "k1", Channel: chat, Source: "otp-server",
			Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_BOT, Id: "ada"},
		},
	}
	resp := n.verify(req)
	events := n.log.Events(c1)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	want := &logv1.Event{
		EventId: resp.GetEventId(), InteractionId: "i1", CaseId: "k1", Channel: chat, Source: "otp-server",
		Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_BOT, Id: "ada"},
		Payload: &logv1.Event_VerificationAttempted{VerificationAttempted: &logv1.VerificationAttempted{
			Method: "otp-sms", Result: passed, Level: levelMulti, RequiredLevel: levelSingle, Scopes: []string{"payments"},
			ExpireTime: expire, EvidenceRef: "otp-4711", FailureReason: "none",
		}},
	}
	ignore := protocmp.IgnoreFields(&logv1.Event{}, "customer", "revision", "occurred_at", "recorded_at", "shard", "sequence")
	if diff := cmp.Diff(want, events[0], protocmp.Transform(), ignore); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	wantStatus := &contextv1.VerificationStatus{EffectiveLevel: levelMulti, ValidUntil: expire}
	if diff := cmp.Diff(wantStatus, resp.GetStatus(), protocmp.Transform()); diff != "" || resp.GetDoubleVerification() {
		t.Errorf("answer %v, status (-want +got):\n%s", resp, diff)
	}
	got := must(n.CheckVerification(n.ctx(), &contextv1.CheckVerificationRequest{
		Customer:    c1,
		Demand:      &contextv1.CheckVerificationRequest_Requirement{Requirement: &contextv1.VerificationRequirement{MinLevel: levelSingle}},
		Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: resp.GetConsistencyToken()}},
	}))(t)
	wantVerification := &contextv1.Verification{
		EventId: resp.GetEventId(), Method: "otp-sms", Level: levelMulti, EffectiveLevel: levelMulti, Scopes: []string{"payments"},
		Channel: chat, InteractionId: "i1", Actor: req.GetOrigin().GetActor(), VerifyTime: events[0].GetOccurredAt(), ExpireTime: expire, Valid: true,
	}
	if diff := cmp.Diff(wantVerification, got.GetVerification(), protocmp.Transform()); diff != "" {
		t.Errorf("verification (-want +got):\n%s", diff)
	}
	if !got.GetSufficient() || !got.GetSufficientUntil().AsTime().Equal(expire.AsTime()) || got.GetRevision() != 1 {
		t.Errorf("check: %v", got)
	}
}

func TestStatusCountsFailures(t *testing.T) {
	n := run(t)
	for range 3 {
		n.clock.Advance(time.Minute)
		n.verify(pin("", failed))
	}
	n.verify(pin("", unavailable))
	want := &contextv1.VerificationStatus{
		EffectiveLevel: levelNone, FailedAttempts: 3, LastFailedMethod: "pin", LastFailedTime: timestamppb.New(n.clock.Now()),
	}
	got := n.check(levelSingle, "", 0)
	if diff := cmp.Diff(want, got.GetStatus(), protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.GetSufficient() || len(got.GetMissing()) != 1 || got.GetMissing()[0].GetGap() != contextv1.VerificationGap_VERIFICATION_GAP_NOT_VERIFIED {
		t.Errorf("check: %v", got)
	}
	after := n.verify(pin("", passed)).GetStatus()
	if after.GetFailedAttempts() != 0 || after.GetLastFailedTime() != nil || after.GetLastFailedMethod() != "" {
		t.Errorf("after one was passed: %v", after)
	}
}

func TestDoubleVerification(t *testing.T) {
	n := run(t)
	if first := n.verify(pin("", passed)); first.GetDoubleVerification() || first.GetValidVerification() != nil {
		t.Errorf("first: %v", first)
	}
	n.append(c1, offered("h1"), taken("h1", "chat-1"))
	n.followed()
	n.clock.Advance(time.Minute)
	again := n.verify(in("chat-1", chat, pin("", failed)))
	first := n.log.Events(c1)[0]
	if v := again.GetValidVerification(); !again.GetDoubleVerification() || v.GetEventId() != first.GetEventId() || v.GetEffectiveLevel() != levelSingle {
		t.Errorf("again: %v", again)
	}
	events := n.log.Events(c1)
	if again.GetRevision() != int64(len(events)) || len(events) != 5 {
		t.Fatalf("revision %d, events %v", again.GetRevision(), n.types(c1))
	}
	attempt, told := events[3], events[4]
	want := &logv1.Event{
		EventId: domain.DoubleVerificationEventID(again.GetEventId()), InteractionId: "chat-1", Channel: chat,
		Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_SYSTEM, Id: "context"}, Source: "throughline-context",
		Payload: &logv1.Event_DoubleVerificationDetected{DoubleVerificationDetected: &logv1.DoubleVerificationDetected{
			VerificationEventId: attempt.GetEventId(), Method: "pin", PassportEventId: first.GetEventId(), PassportMethod: "pin",
			PassportLevel: levelSingle, PassportChannel: ivr, PassportInteractionId: "call", PassportTime: first.GetOccurredAt(),
		}},
	}
	ignore := protocmp.IgnoreFields(&logv1.Event{}, "customer", "revision", "occurred_at", "recorded_at", "shard", "sequence")
	if diff := cmp.Diff(want, told, protocmp.Transform(), ignore); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	// What is no double verification.
	for name, req := range map[string]*contextv1.RecordVerificationRequest{
		"a step up":                  {Customer: c1, Method: "otp", Result: failed, RequiredLevel: levelMulti, Origin: &contextv1.Origin{InteractionId: "chat-1", Channel: chat}},
		"a chat nobody handed to":    in("chat-2", chat, pin("", failed)),
		"one that could not be made": in("chat-1", chat, pin("", unavailable)),
	} {
		if got := n.verify(req); got.GetDoubleVerification() || got.GetValidVerification() != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	n.clock.Advance(12 * time.Hour)
	if got := n.verify(in("chat-1", chat, pin("", failed))); got.GetDoubleVerification() {
		t.Errorf("after it expired: %v", got)
	}
	n.followed()
	if state := must(n.tenant().Read(n.ctx(), "c1", projector.Want{Full: true}))(t).State; state.Verifications != 5 || state.DoubleVerifications != 1 {
		t.Errorf("%d verifications, %d double", state.Verifications, state.DoubleVerifications)
	}
}

// A request that comes again gets the verdict of the first time, although more is known by then.
func TestRetriedVerificationKeepsItsVerdict(t *testing.T) {
	for name, before := range map[string][]*contextv1.RecordVerificationRequest{
		"double": {pin("", passed)}, "first": nil, "after a failure": {pin("", failed)},
	} {
		for after, change := range map[string]func(n *node){
			"then verified": func(n *node) { n.verify(in("call-2", ivr, pin("", passed))) },
			"then expired":  func(n *node) { n.clock.Advance(13 * time.Hour) },
			"then the policy": func(n *node) {
				n.policy(&contextv1.VerificationPolicy{MethodRules: []*contextv1.MethodRule{{Method: "pin", MaxLevel: levelNone}}})
			},
			"then other things": func(n *node) { n.append(c1, stated("x", "city", "Oslo")) },
		} {
			t.Run(name+", "+after, func(t *testing.T) {
				n := run(t)
				for _, req := range before {
					n.verify(req)
				}
				req := pin("r1", passed)
				req.ExpireTime = timestamppb.New(n.clock.Now().Add(time.Hour))
				first := n.verify(proto.CloneOf(req))
				if first.GetDoubleVerification() != (name == "double") {
					t.Fatalf("first: %v", first)
				}
				n.clock.Advance(time.Second)
				change(n)
				n.followed()
				events := n.types(c1)
				for range 9 {
					again := n.verify(proto.CloneOf(req))
					if again.GetRevision() != int64(len(events)) {
						t.Errorf("revision %d of %d", again.GetRevision(), len(events))
					}
					ignore := protocmp.IgnoreFields(&contextv1.RecordVerificationResponse{}, "revision", "consistency_token", "status")
					if diff := cmp.Diff(first, again, protocmp.Transform(), ignore); diff != "" {
						t.Fatal(diff)
					}
				}
				n.followed()
				if diff := cmp.Diff(events, n.types(c1)); diff != "" {
					t.Errorf("events (-before +after the retries):\n%s", diff)
				}
			})
		}
	}
}

func TestVerificationRequestIDReused(t *testing.T) {
	n := run(t)
	n.verify(pin("r1", passed))
	n.verify(pin("r2", passed)) // double
	for name, change := range map[string]func(*contextv1.RecordVerificationRequest){
		"result":   func(r *contextv1.RecordVerificationRequest) { r.Result = failed },
		"level":    func(r *contextv1.RecordVerificationRequest) { r.Level = levelMulti },
		"channel":  func(r *contextv1.RecordVerificationRequest) { r.Origin.Channel = chat },
		"evidence": func(r *contextv1.RecordVerificationRequest) { r.EvidenceRef = "x" },
		"expiry, which is invalid": func(r *contextv1.RecordVerificationRequest) {
			r.ExpireTime = timestamppb.New(n.clock.Now().Add(-time.Hour))
		},
	} {
		for _, id := range []string{"r1", "r2"} {
			req := pin(id, passed)
			change(req)
			_, err := n.RecordVerification(n.ctx(), req)
			wantReason(t, err, "REQUEST_ID_REUSED")
			if t.Failed() {
				t.Fatalf("another %s for %s", name, id)
			}
		}
	}
	if got := len(n.log.Events(c1)); got != 3 {
		t.Errorf("%d events: %v", got, n.types(c1))
	}
}

func TestConcurrentVerifications(t *testing.T) {
	n := run(t)
	n.verify(pin("", passed))
	const writers, copies = 10, 3
	var wait sync.WaitGroup
	for i := range writers {
		for range copies {
			wait.Go(func() {
				resp, err := n.RecordVerification(context.Background(), pin(fmt.Sprint("r", i), failed))
				if err != nil || !resp.GetDoubleVerification() || resp.GetValidVerification() == nil {
					t.Errorf("%v, %v", resp, err)
				}
			})
		}
		if i%4 == 0 {
			n.append(c1, stated(fmt.Sprint("direct-", i), "d", "e"))
		}
	}
	wait.Wait()
	n.followed()
	if got := len(n.log.Events(c1)); got != 1+2*writers+3 {
		t.Errorf("%d events: %v", got, n.types(c1))
	}
}

func TestChangeOfChannel(t *testing.T) {
	n := run(t)
	n.verify(pin("", passed))
	lowered := n.check(levelSingle, "chat-1", chat)
	if v := lowered.GetVerification(); lowered.GetSufficient() || v.GetEffectiveLevel() != levelIdentified || v.GetLoweredBecause() == "" ||
		lowered.GetMissing()[0].GetGap() != contextv1.VerificationGap_VERIFICATION_GAP_LOWERED_BY_CHANNEL || lowered.GetMissing()[0].GetExplanation() == "" {
		t.Errorf("without a handoff: %v", lowered)
	}
	if got := n.check(levelIdentified, "chat-1", chat); !got.GetSufficient() || got.GetStatus().GetEffectiveLevel() != levelIdentified {
		t.Errorf("identified: %v", got)
	}
	n.append(c1, offered("h1"), taken("h1", "chat-1"))
	n.followed()
	if got := n.check(levelSingle, "chat-1", chat); !got.GetSufficient() || got.GetVerification().GetLoweredBecause() != "" {
		t.Errorf("handed over: %v", got)
	}
	if got := n.check(levelSingle, "chat-2", chat); got.GetSufficient() {
		t.Errorf("another chat: %v", got)
	}
	n.clock.Advance(12*time.Hour + time.Second)
	got := n.check(levelSingle, "chat-1", chat)
	if got.GetSufficient() || got.GetMissing()[0].GetGap() != contextv1.VerificationGap_VERIFICATION_GAP_EXPIRED || got.GetVerification().GetValid() {
		t.Errorf("expired: %v", got)
	}
}

func TestCheckByAction(t *testing.T) {
	n := run(t)
	requirement := &contextv1.VerificationRequirement{
		MinLevel: levelSingle, Scope: "address", MaxAge: durationpb.New(10 * time.Minute), Methods: []string{"pin"},
	}
	n.policy(&contextv1.VerificationPolicy{Actions: []*contextv1.ActionRule{{Action: "change_address", Requirement: requirement}}})
	check := func(customer string) *contextv1.CheckVerificationResponse {
		return must(n.CheckVerification(n.ctx(), &contextv1.CheckVerificationRequest{
			Customer: customer, Demand: &contextv1.CheckVerificationRequest_Action{Action: "change_address"},
		}))(t)
	}
	for _, nobody := range []string{"customers/nobody", "customers/_slots"} {
		got := check(nobody)
		if got.GetSufficient() || got.GetRevision() != 0 || got.GetStatus().GetEffectiveLevel() != levelNone ||
			got.GetMissing()[0].GetGap() != contextv1.VerificationGap_VERIFICATION_GAP_NOT_VERIFIED {
			t.Errorf("%s: %v", nobody, got)
		}
		if diff := cmp.Diff(requirement, got.GetRequirement(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	n.verify(pin("", passed))
	if got := check(c1); !got.GetSufficient() || !got.GetSufficientUntil().AsTime().Equal(n.clock.Now().Add(10*time.Minute)) {
		t.Errorf("verified: %v", got)
	}
	n.clock.Advance(11 * time.Minute)
	if got := check(c1); got.GetSufficient() || got.GetMissing()[0].GetGap() != contextv1.VerificationGap_VERIFICATION_GAP_TOO_OLD {
		t.Errorf("later: %v", got)
	}
}

// A passed check without a level cannot be recorded, but may stand in the log. It is nothing, and changes nothing.
func TestPassedWithoutLevelInTheLog(t *testing.T) {
	n := run(t)
	n.verify(pin("", failed))
	for i, level := range []logv1.VerificationLevel{0, levelNone} {
		n.append(c1, &logv1.Event{EventId: fmt.Sprint("odd-", i), Payload: &logv1.Event_VerificationAttempted{
			VerificationAttempted: &logv1.VerificationAttempted{Method: "odd", Result: passed, Level: level},
		}})
	}
	n.followed()
	got := n.check(levelIdentified, "call", ivr)
	if got.GetSufficient() || got.GetVerification() != nil || got.GetStatus().GetFailedAttempts() != 1 {
		t.Errorf("got %v", got)
	}
	if resp := n.verify(pin("", passed)); resp.GetDoubleVerification() {
		t.Errorf("got %v", resp)
	}
}

// The view is built from the log alone: another node judges alike, and adds nothing.
func TestVerificationsSurviveARebuild(t *testing.T) {
	n := run(t)
	n.verify(pin("r1", passed))
	n.clock.Advance(time.Minute)
	double := n.verify(pin("r2", passed))
	n.policy(&contextv1.VerificationPolicy{OnChannelChange: contextv1.ChannelChange_CHANNEL_CHANGE_DROP})
	n.followed()
	events := n.types(c1)
	here := n.check(levelSingle, "chat-1", chat)
	other := n.start(memstore.New())
	other.ready()
	other.followed()
	if diff := cmp.Diff(here, other.check(levelSingle, "chat-1", chat), protocmp.Transform()); diff != "" {
		t.Errorf("on another node (-here +there):\n%s", diff)
	}
	ignore := protocmp.IgnoreFields(&contextv1.RecordVerificationResponse{}, "revision", "consistency_token", "status")
	if diff := cmp.Diff(double, other.verify(pin("r2", passed)), protocmp.Transform(), ignore); diff != "" {
		t.Errorf("the retry on another node (-first +again):\n%s", diff)
	}
	if diff := cmp.Diff(events, n.types(c1)); diff != "" {
		t.Errorf("events (-before +after):\n%s", diff)
	}
}

// attempt is a PIN check that a platform writes to the log itself.
func attempt(id string, result logv1.VerificationResult) *logv1.Event {
	return &logv1.Event{EventId: id, InteractionId: "call", Channel: ivr, Payload: &logv1.Event_VerificationAttempted{
		VerificationAttempted: &logv1.VerificationAttempted{Method: "pin", Result: result, Level: levelSingle},
	}}
}

// doubles returns the verifications that were told to be one too many, by the event that tells of it.
func (w *world) doubles(customer string) map[string]string {
	told := map[string]string{}
	for _, e := range w.log.Events(customer) {
		if d := e.GetDoubleVerificationDetected(); d != nil {
			told[e.GetEventId()] = d.GetVerificationEventId()
		}
	}
	return told
}

// Who writes to the log itself is judged by the follower; who uses the service, at once. Each double verification is told
// once, however many nodes see it, and building the view again tells none again.
func TestDoubleVerificationIsToldOnce(t *testing.T) {
	n := run(t)
	second := n.start(memstore.New())
	second.ready()
	n.append(c1, attempt("v1", failed), attempt("v2", passed), attempt("v3", unavailable), attempt("v4", failed))
	n.followed()
	byCall := n.verify(pin("r1", passed))
	if !byCall.GetDoubleVerification() {
		t.Errorf("by a call: %v", byCall)
	}
	want := map[string]string{
		domain.DoubleVerificationEventID("v4"): "v4", domain.DoubleVerificationEventID(byCall.GetEventId()): byCall.GetEventId(),
	}
	for _, x := range []*node{n, second} {
		x.settle()
	}
	if diff := cmp.Diff(want, n.doubles(c1)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	events := n.types(c1)
	rebuilt := n.start(memstore.New())
	rebuilt.settle()
	if diff := cmp.Diff(events, n.types(c1)); diff != "" {
		t.Errorf("events (-before +after a rebuild):\n%s", diff)
	}
	for name, x := range map[string]*node{"first": n, "second": second, "rebuilt": rebuilt} {
		x.followed()
		state := must(x.tenant().Read(x.ctx(), "c1", projector.Want{Full: true}))(t).State
		if state.Verifications != 4 || state.DoubleVerifications != 2 {
			t.Errorf("%s: %d verifications, %d double", name, state.Verifications, state.DoubleVerifications)
		}
	}
}

// A verification is judged by the policy in force when the log recorded it, whenever it is read.
func TestDoubleVerificationByThePolicyOfItsTime(t *testing.T) {
	n := run(t)
	n.append(c1, attempt("v1", passed))
	n.settle()
	n.clock.Advance(time.Minute)
	n.policy(&contextv1.VerificationPolicy{MethodRules: []*contextv1.MethodRule{{Method: "pin", MaxLevel: levelIdentified}}})
	n.clock.Advance(time.Minute)
	n.append(c1, attempt("v2", passed)) // the PIN only identifies
	n.settle()
	n.clock.Advance(time.Minute)
	n.policy(nil)
	n.clock.Advance(time.Minute)
	n.append(c1, attempt("v3", passed))
	n.settle()
	want := map[string]string{domain.DoubleVerificationEventID("v3"): "v3"}
	if diff := cmp.Diff(want, n.doubles(c1)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	n.start(memstore.New()).settle()
	if diff := cmp.Diff(want, n.doubles(c1)); diff != "" {
		t.Errorf("told after a rebuild (-want +got):\n%s", diff)
	}
}
