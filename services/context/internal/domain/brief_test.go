package domain

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestBrief(t *testing.T) {
	customer := Actor{Kind: ActorCustomer}
	slots := []Slot{
		slot("customer_name", "name").but(func(s *Slot) {
			s.Type, s.Sensitivity, s.DisplayName = SlotTypePersonName, SensitivityPersonal, "Customer name"
		}),
		slot("account_number", "acct").but(func(s *Slot) { s.Sensitivity, s.DisplayName = SensitivitySensitive, "Account number" }),
		slot("billing_address", "address").but(func(s *Slot) {
			s.Sensitivity, s.MaxAge, s.DisplayName = SensitivityPersonal, 30*24*time.Hour, "Billing address"
		}),
		slot("phone").but(func(s *Slot) { s.Type, s.MinConfidence, s.DisplayName = SlotTypePhone, 0.8, "Phone" }),
		slot("pin").but(func(s *Slot) { s.Sensitivity = SensitivitySecret }),
		slot("balance").but(func(s *Slot) { s.MinVerification = VerificationMultiFactor }),
	}
	for name, story := range map[string]func(*story){
		"first_contact": func(s *story) {
			s.in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"})
			s.add(InteractionStarted{Platform: "genesys", Direction: DirectionInbound, Locale: "en-GB"})
			s.add(IdentifierLinked{Identifier: Identifier{IdentifierPhone, "+12025550123"}})
			s.add(FlowStarted{FlowRunID: "r", FlowID: "welcome"}, StepEntered{FlowRunID: "r", StepID: "ask_account"})
		},
		"ivr_chat_agent": func(s *story) {
			s.in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"})
			s.add(InteractionStarted{Platform: "genesys", Direction: DirectionInbound, Locale: "en-GB"})
			s.add(IdentifierLinked{Identifier: Identifier{IdentifierPhone, "+12025550123"}}, IdentifierLinked{Identifier: Identifier{IdentifierEmail, "ada@example.org"}})
			s.add(IntentDetected{Intent: "change_billing_address"}, FlowStarted{FlowRunID: "r", FlowID: "address_change"})
			s.stated("ivr", "acct", "8812-4321").stated("ivr", "pin", "1234")
			s.add(FactStated{Slot: "phone", Value: "+12025550123", Confidence: 0.4, Origin: FactOriginPlatform})
			s.add(StepFailed{FlowRunID: "r", StepID: "ask_address", Reason: "no-match"}, StepFailed{FlowRunID: "r", StepID: "ask_address", Reason: "no-match"})
			s.add(InteractionEnded{Outcome: OutcomeTransferred})
			s.wait(20*time.Minute).in("chat-1", ChannelChat, Actor{Kind: ActorBot, ID: "ada-bot"})
			s.add(InteractionStarted{Platform: "web", Direction: DirectionInbound}, QuestionAsked{Slot: "acct"}, RepeatDetected{})
			s.stated("chat", "name", "Ada Lovelace").stated("chat", "address", "12 St James's Square, London")
			s.says("I have told the phone robot my account number already!\nPlease just change the address.")
			s.add(InteractionEnded{Outcome: OutcomeAbandoned}, DispositionSet{Code: "address-change", Note: "wants a call back"})
			s.wait(24*time.Hour).in("call-2", ChannelVoice, Actor{Kind: ActorAgent, ID: "kim"})
			s.add(InteractionStarted{Platform: "genesys", Direction: DirectionOutbound, Subject: "Call back about the billing address"})
			s.add(InteractionSegmentChanged{State: SegmentHold})
		},
		"long_history": func(s *story) {
			for i := range 30 {
				s.in(fmt.Sprintf("i%d", i), Channel(1+i%6), Actor{Kind: ActorBot, ID: "a-bot-with-quite-a-long-name"})
				s.add(InteractionStarted{Subject: "Why " + strings.Repeat("so very long ", 20)})
				s.stated("", "address", fmt.Sprintf("%d Main Street, Springfield, the one with many Ünïcödé letters äöü", i))
				s.stated("", fmt.Sprintf("detail %d", i), strings.Repeat("ß", 90))
				s.by(customer, MessageSent{Text: strings.Repeat("Grüße 🙂 ", 60)})
				if i < 26 {
					s.add(InteractionEnded{Outcome: OutcomeCompleted})
				}
			}
		},
		"matter_in_hand": func(s *story) {
			s.in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"}).inCase("c-9")
			s.add(InteractionStarted{Platform: "genesys", Direction: DirectionInbound})
			s.add(passed1("otp-sms", VerificationMultiFactor), FlowStarted{FlowRunID: "r", FlowID: "claim_status"})
			s.add(StepFailed{FlowRunID: "r", StepID: "ask_claim", Reason: "no-match"}, FlowEnded{FlowRunID: "r", Outcome: FlowOutcomeEscalated})
			s.add(CaseOpened{Subject: "Water damage in the kitchen", Intent: "claim", Priority: PriorityHigh})
			s.add(HandoffOffered{HandoffID: "h1", From: Actor{Kind: ActorIVR, ID: "main"}, Target: "claims", Reason: "no-match", Summary: "Wants to know when the plumber comes."})
			s.add(InteractionEnded{Outcome: OutcomeTransferred})
			s.in("call-2", ChannelVoice, Actor{Kind: ActorAgent, ID: "kim"})
			s.add(HandoffAccepted{HandoffID: "h1", By: Actor{Kind: ActorAgent, ID: "kim"}, InteractionID: "call-2"})
			s.add(InteractionStarted{Direction: DirectionInbound, Subject: "When does the plumber come?"}).stated("", "name", "Ada Lovelace")
			s.add(CaseUpdated{Status: "waiting for the plumber", Promise: Promised{Text: "The plumber calls before noon", DueTime: at(120)}})
			s.add(HandoffCompleted{HandoffID: "h1"}, InteractionEnded{Outcome: OutcomeCompleted})
			s.add(SurveyAnswered{Metric: MetricCSAT, Score: 2, ScaleMin: 1, ScaleMax: 5})
			s.wait(3*time.Hour).in("chat-3", ChannelChat, Actor{Kind: ActorBot, ID: "ada-bot"})
			s.add(InteractionStarted{Direction: DirectionInbound}).says("Nobody has called!")
			s.add(VerificationAttempted{Method: "pin", Result: VerificationFailed})
		},
		"handed_over": func(s *story) {
			s.inCase("c-1").add(InteractionStarted{Direction: DirectionInbound}, CaseOpened{Intent: "where-is-my-parcel"})
			s.stated("", "name", "Ada Lovelace").stated("", "acct", "8812-4321")
			s.add(HandoffOffered{
				HandoffID: "h1", From: Actor{Kind: ActorBot, ID: "ada-bot"}, Target: "parcels", Reason: "wants a person",
				Summary: "Parcel 4711 was to arrive on Monday.\nHas tried the tracking page.", ExpireTime: at(600),
			})
		},
		"passed_on": func(s *story) {
			s.in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"})
			s.add(InteractionStarted{Platform: "sip", Direction: DirectionInbound})
			s.add(HandoffOffered{HandoffID: "h0", From: s.actor, Target: "billing", ExpireTime: at(600)}, HandoffDeclined{HandoffID: "h0", Reason: "no agent free"})
			s.add(HandoffOffered{HandoffID: "h1", From: s.actor, Target: "billing", Reason: "no-match", ExpireTime: at(600)})
			s.actor = Actor{Kind: ActorAgent, ID: "kim"}
			s.add(HandoffAccepted{HandoffID: "h1", By: s.actor, InteractionID: "call-1"}, HandoffCompleted{HandoffID: "h1"})
			s.add(HandoffOffered{HandoffID: "h2", From: s.actor, To: Actor{Kind: ActorAgent, ID: "tom"}, Summary: "Asks about a fee.", ExpireTime: at(600)})
			s.actor = Actor{Kind: ActorAgent, ID: "tom"}
			s.add(HandoffAccepted{HandoffID: "h2", By: s.actor, InteractionID: "call-1"})
		},
		"broken_off": func(s *story) {
			s.in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"})
			s.add(InteractionStarted{Direction: DirectionInbound}, IntentDetected{Intent: "lost_card"}, InteractionEnded{Outcome: OutcomeAbandoned})
			s.wait(5*time.Minute).in("call-2", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"}).add(InteractionStarted{Direction: DirectionInbound})
		},
		"promised": func(s *story) {
			s.inCase("c-1").add(InteractionStarted{}, CaseOpened{Subject: "Refund", Promise: Promised{Text: "Paid back within a week", DueTime: at(10_000)}})
			s.inCase("").in("call-2", ChannelVoice, Actor{Kind: ActorAgent, ID: "kim"}).add(InteractionStarted{})
		},
		"to_be_verified": func(s *story) {
			s.add(InteractionStarted{Direction: DirectionInbound}).stated("", "balance", "1,200 EUR").stated("", "pin", "1234")
			s.add(VerificationAttempted{Method: "pin", Result: VerificationFailed})
		},
		"after_a_long_time": func(s *story) {
			s.stated("", "name", "Ada").stated("", "address", "1 Old Road").stated("", "card", "411111******1111")
			s.add(InteractionEnded{}).wait(90*24*time.Hour).in("call-2", ChannelIVR, Actor{}).add(InteractionStarted{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t)
			story(s)
			b := BuildContext(s.view(slots...), Asker{Clearance: FullClearance, InteractionID: s.interaction}, ViewFull, s.now).Brief
			checkBrief(t, b)
			for _, value := range []string{"8812-4321", "1,200 EUR", "1234"} {
				if strings.Contains(b.Text, value) {
					t.Errorf("the brief tells %q", value)
				}
			}
			var got strings.Builder
			for _, item := range b.Items {
				fmt.Fprintf(&got, "%d %s %s\n", item.Kind, item.Time.UTC().Format(time.RFC3339), item.Text)
			}
			testkit.Golden(t, filepath.Join("testdata", "brief_"+name+".txt"), []byte(got.String()))
		})
	}
}

// While the slot dictionary is not known nobody can tell what a verification is worth, so the brief is silent about it.
func TestBriefWithoutTheDictionary(t *testing.T) {
	s := tell(t).add(InteractionStarted{}, passed1("otp-sms", VerificationMultiFactor))
	state := s.view().state
	for _, item := range BuildNameless(state, Asker{Clearance: FullClearance}, ViewFull, s.now).Brief.Items {
		if item.Kind == BriefVerification {
			t.Errorf("the brief says %q", item.Text)
		}
	}
}

// A transfer within a call ends no interaction, and one by a flow that escalates is not two.
func TestTransfersInTheBrief(t *testing.T) {
	offered := func(s *story, id string) *story {
		return s.add(HandoffOffered{HandoffID: id, From: s.actor, ExpireTime: s.now.Add(time.Hour)},
			HandoffAccepted{HandoffID: id, By: Actor{Kind: ActorAgent, ID: id}, InteractionID: "i1"})
	}
	for name, x := range map[string]struct {
		story func(*story)
		want  string
	}{
		"one handoff":            {func(s *story) { offered(s.add(InteractionStarted{}), "h1") }, ""},
		"two handoffs in a call": {func(s *story) { offered(offered(s.add(InteractionStarted{}), "h1"), "h2") }, "Trouble so far: 2 transfers."},
		"an escalation": {func(s *story) {
			s.add(InteractionStarted{}, FlowStarted{FlowRunID: "r", FlowID: "f"}, FlowEnded{FlowRunID: "r", Outcome: FlowOutcomeEscalated})
			s.add(InteractionEnded{Outcome: OutcomeTransferred})
		}, ""},
		"two transfers": {func(s *story) {
			s.add(InteractionStarted{}, InteractionEnded{Outcome: OutcomeTransferred})
			s.in("i2", ChannelChat, Actor{}).add(InteractionStarted{}, InteractionEnded{Outcome: OutcomeTransferred})
		}, "Trouble so far: 2 transfers."},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t)
			x.story(s)
			got, _ := frictionLine(BuildContext(s.view(), Asker{Clearance: FullClearance}, ViewFull, s.now))
			if got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}
