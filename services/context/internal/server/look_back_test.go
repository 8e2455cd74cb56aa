package server_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// guardedPast is a node that knows values which were usable a day ago, and no longer are: the verification, the consent
// and a value have expired. then is when they held.
func guardedPast(t *testing.T) (n *node, then time.Time) {
	t.Helper()
	n = run(t)
	n.slot(&contextv1.Slot{Name: "slots/balance", MinVerification: logv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR})
	n.slot(&contextv1.Slot{Name: "slots/hobby", ConsentPurpose: "marketing"})
	n.slot(&contextv1.Slot{Name: "slots/seat", ExpireAfter: durationpb.New(time.Hour)})
	n.slot(&contextv1.Slot{Name: "slots/pin", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET})
	n.slot(&contextv1.Slot{Name: "slots/city", MaxAge: durationpb.New(time.Hour)})
	n.append(c1, stated("e1", "balance", "12"), stated("e2", "hobby", "chess"), stated("e3", "seat", "4a"), stated("e4", "city", "Oslo"),
		&logv1.Event{EventId: "v", Payload: &logv1.Event_VerificationAttempted{VerificationAttempted: &logv1.VerificationAttempted{
			Method: "otp", Result: logv1.VerificationResult_VERIFICATION_RESULT_PASSED, Level: logv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR,
		}}},
		&logv1.Event{EventId: "c", Payload: &logv1.Event_ConsentChanged{ConsentChanged: &logv1.ConsentChanged{
			Purpose: "marketing", Status: logv1.ConsentStatus_CONSENT_STATUS_GRANTED, ExpireTime: timestamppb.New(n.clock.Now().Add(time.Hour)),
		}}})
	n.followed()
	then = n.clock.Now()
	n.clock.Advance(24 * time.Hour)
	return n, then
}

// Who asks about the past is told what was fresh then, but nothing that may not be shown any more; but for services,
// which play recordings.
func TestThePastRevivesNothing(t *testing.T) {
	n, then := guardedPast(t)
	type answer struct {
		decision contextv1.Decision
		reason   contextv1.DecisionReason
		value    string
	}
	withheld := contextv1.Decision_DECISION_WITHHOLD
	for slot, want := range map[string]struct{ agent, service answer }{
		"balance": {
			answer{withheld, contextv1.DecisionReason_DECISION_REASON_VERIFICATION_TOO_LOW, ""},
			answer{contextv1.Decision_DECISION_USE, contextv1.DecisionReason_DECISION_REASON_KNOWN, "12"},
		},
		"hobby": {
			answer{withheld, contextv1.DecisionReason_DECISION_REASON_CONSENT_MISSING, ""},
			answer{contextv1.Decision_DECISION_USE, contextv1.DecisionReason_DECISION_REASON_KNOWN, "chess"},
		},
		"seat": {
			answer{contextv1.Decision_DECISION_ASK, contextv1.DecisionReason_DECISION_REASON_EXPIRED, ""},
			answer{contextv1.Decision_DECISION_USE, contextv1.DecisionReason_DECISION_REASON_KNOWN, "4a"},
		},
		"pin": {
			answer{contextv1.Decision_DECISION_ASK, contextv1.DecisionReason_DECISION_REASON_SECRET, ""},
			answer{contextv1.Decision_DECISION_USE, contextv1.DecisionReason_DECISION_REASON_VERIFIED, ""},
		},
		"city": {
			answer{contextv1.Decision_DECISION_USE, contextv1.DecisionReason_DECISION_REASON_KNOWN, "Oslo"},
			answer{contextv1.Decision_DECISION_USE, contextv1.DecisionReason_DECISION_REASON_KNOWN, "Oslo"},
		},
	} {
		for role, want := range map[commonv1.Role]answer{commonv1.Role_ROLE_AGENT: want.agent, commonv1.Role_ROLE_SERVICE: want.service} {
			p := must(n.as(role).PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{
				Customer: c1, Slots: []*contextv1.SlotRequest{{Slot: slot}}, AsOfTime: timestamppb.New(then),
			}))(t).GetPlans()[0]
			if got := (answer{p.GetDecision(), p.GetReason(), p.GetValue()}); got != want {
				t.Errorf("%s, %s: got %v, want %v", slot, role, got, want)
			}
		}
	}
}

// A question that is reported late counts as it was asked, but its answer shows no more than may be shown now.
func TestAQuestionOfThePastShowsWhatMayBeShownNow(t *testing.T) {
	for slot, want := range map[string]struct {
		value    string // "" for no fact
		withheld contextv1.WithheldReason
		before   string
	}{
		"balance": {"***", contextv1.WithheldReason_WITHHELD_REASON_VERIFICATION_TOO_LOW, "12"},
		"hobby":   {"***", contextv1.WithheldReason_WITHHELD_REASON_CONSENT_MISSING, "chess"},
		"seat":    {"", 0, "4a"},
		"city":    {"Oslo", 0, "Oslo"},
	} {
		for _, action := range []contextv1.QuestionAction{contextv1.QuestionAction_QUESTION_ACTION_ASKED, contextv1.QuestionAction_QUESTION_ACTION_AVOIDED} {
			n, then := guardedPast(t)
			req := &contextv1.RecordQuestionRequest{
				Customer: c1, Slot: slot, Action: action, RequestId: "q", Origin: &contextv1.Origin{OccurredAt: timestamppb.New(then)},
			}
			for _, again := range []string{"", ", sent again"} {
				got := must(n.as(commonv1.Role_ROLE_AGENT).RecordQuestion(n.ctx(), req))(t)
				if f := got.GetKnownFact(); f.GetValue() != want.value || f.GetWithheld() != want.withheld {
					t.Errorf("%s, %s%s: %v", slot, action, again, f)
				}
				if asked := action == contextv1.QuestionAction_QUESTION_ACTION_ASKED; got.GetRepeat() != asked {
					t.Errorf("%s, %s%s: a repeat: %v", slot, action, again, got.GetRepeat())
				}
			}
			if got := must(n.as(commonv1.Role_ROLE_SERVICE).RecordQuestion(n.ctx(), req))(t).GetKnownFact(); got.GetValue() != want.before {
				t.Errorf("%s, %s, a service: %v", slot, action, got)
			}
		}
	}
}

// A request that comes again when the consent has been withdrawn is not told the value again.
func TestARepeatedRequestShowsWhatMayBeShownNow(t *testing.T) {
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/hobby", ConsentPurpose: "marketing"})
	consent := func(id string, status logv1.ConsentStatus) {
		n.append(c1, &logv1.Event{EventId: id, Payload: &logv1.Event_ConsentChanged{ConsentChanged: &logv1.ConsentChanged{Purpose: "marketing", Status: status}}})
		n.followed()
	}
	n.append(c1, stated("e1", "hobby", "chess"))
	consent("c1", logv1.ConsentStatus_CONSENT_STATUS_GRANTED)
	req := &contextv1.RecordQuestionRequest{Customer: c1, Slot: "hobby", RequestId: "q"}
	agent := n.as(commonv1.Role_ROLE_AGENT)
	if first := must(agent.RecordQuestion(n.ctx(), req))(t); !first.GetRepeat() || first.GetKnownFact().GetValue() != "chess" {
		t.Fatalf("first: %v", first)
	}
	consent("c2", logv1.ConsentStatus_CONSENT_STATUS_REVOKED)
	again := must(agent.RecordQuestion(n.ctx(), proto.CloneOf(req)))(t)
	if f := again.GetKnownFact(); !again.GetRepeat() || f.GetValue() != "***" || f.GetWithheld() != contextv1.WithheldReason_WITHHELD_REASON_CONSENT_MISSING {
		t.Errorf("again: %v", again)
	}
}

// A value above the caller's clearance is masked with its reason, whoever the event says has asked.
func TestAQuestionTellsWhyAValueIsMasked(t *testing.T) {
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/account", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE})
	n.append(c1, stated("e1", "account", "A-17"))
	n.followed()
	for _, action := range []contextv1.QuestionAction{contextv1.QuestionAction_QUESTION_ACTION_ASKED, contextv1.QuestionAction_QUESTION_ACTION_AVOIDED} {
		got := must(n.as(commonv1.Role_ROLE_BOT).RecordQuestion(n.ctx(), &contextv1.RecordQuestionRequest{
			Customer: c1, Slot: "account", Action: action, Origin: &contextv1.Origin{Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: "pretended"}},
		}))(t).GetKnownFact()
		if got.GetValue() != "***" || got.GetWithheld() != contextv1.WithheldReason_WITHHELD_REASON_NOT_CLEARED {
			t.Errorf("%s: %v", action, got)
		}
	}
}
