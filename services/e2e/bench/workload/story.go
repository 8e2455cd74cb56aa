// Package workload makes the customers and events that the bench works with.
// They are invented, always the same for the same number, and look like a
// contact centre's: a few interactions, what was said, what became known.
package workload

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// SlotNames are the slots whose values every story states.
var SlotNames = []string{
	"account_number", "full_name", "email", "street_address",
	"city", "plan_name", "device_model", "reason_for_call",
}

// Customer is the resource name of the n-th customer.
func Customer(n int) string { return fmt.Sprintf("customers/bench-%07d", n) }

// value is what customer n says to a slot.
func value(slot string, n int) string {
	switch slot {
	case "account_number":
		return fmt.Sprintf("AC-%06d", n%1_000_000)
	case "full_name":
		return fmt.Sprintf("Robin Example the %dth", n)
	case "email":
		return fmt.Sprintf("robin.%d@example.com", n)
	case "street_address":
		return fmt.Sprintf("%d Long Meadow Street, Flat %d", 1+n%90, 1+n%9)
	case "city":
		return []string{"Springfield", "Riverton", "Lakewood", "Ashford"}[n%4]
	case "plan_name":
		return []string{"Family Unlimited", "Basic", "Business Flex"}[n%3]
	case "device_model":
		return []string{"Router AX-5", "Handset S2", "Modem C7"}[n%3]
	default:
		return "the bill of last month shows a charge that was cancelled by telephone"
	}
}

// Story is a customer's history of at least so many events: a call to the IVR, a
// chat with a bot, and a call with an agent that goes on. What comes on top of
// the shortest story are messages of the last interaction and facts stated again,
// so that histories of all lengths lead to contexts of the same size.
func Story(n, events int, now time.Time) []*logv1.Event {
	s := &story{customer: n, time: now.Add(-4 * time.Hour)}
	half := len(SlotNames) / 2
	s.interaction(logv1.Channel_CHANNEL_IVR, logv1.ActorKind_ACTOR_KIND_IVR, "telephony")
	for _, slot := range SlotNames[:half] {
		s.fact(slot, "ivr-main")
	}
	s.ended()
	s.interaction(logv1.Channel_CHANNEL_VIRTUAL_ASSISTANT, logv1.ActorKind_ACTOR_KIND_BOT, "web-chat")
	for _, slot := range SlotNames[half:] {
		s.fact(slot, "chatbot")
	}
	s.ended()
	s.interaction(logv1.Channel_CHANNEL_VOICE, logv1.ActorKind_ACTOR_KIND_AGENT, "telephony")
	s.message("I was told that the charge would be gone by now, and it is still there.")
	for i := 0; len(s.events) < events; i++ {
		if i%4 == 3 {
			slot := SlotNames[i/4%len(SlotNames)]
			s.fact(slot, map[bool]string{true: "ivr-main", false: "chatbot"}[i/4%len(SlotNames) < half])
		} else {
			s.message(fmt.Sprintf("Turn %d: I see, and what does that mean for the next bill?", i))
		}
	}
	return s.events
}

// story collects a customer's events.
type story struct {
	customer     int
	interactions int
	time         time.Time
	channel      logv1.Channel
	other        logv1.ActorKind
	events       []*logv1.Event
}

func (s *story) add(actor logv1.ActorKind, e *logv1.Event) {
	s.time = s.time.Add(time.Second)
	e.EventId = fmt.Sprintf("bench-%07d-%06d", s.customer, len(s.events))
	e.Customer = Customer(s.customer)
	e.OccurredAt = timestamppb.New(s.time)
	e.InteractionId = fmt.Sprintf("bench-%07d-i%d", s.customer, s.interactions)
	e.Channel = s.channel
	e.Actor = &logv1.Actor{Kind: actor}
	if actor != logv1.ActorKind_ACTOR_KIND_CUSTOMER {
		e.Actor.Id = "desk-7"
	}
	e.Source = "bench"
	s.events = append(s.events, e)
}

func (s *story) interaction(channel logv1.Channel, other logv1.ActorKind, platform string) {
	s.interactions++
	s.channel, s.other = channel, other
	s.add(other, &logv1.Event{Payload: &logv1.Event_InteractionStarted{InteractionStarted: &logv1.InteractionStarted{
		Platform: platform, Direction: logv1.Direction_DIRECTION_INBOUND, Locale: "en-GB", Subject: "A charge on the bill",
	}}})
	if s.interactions == 1 {
		s.add(other, &logv1.Event{Payload: &logv1.Event_IdentifierLinked{IdentifierLinked: &logv1.IdentifierLinked{
			Identifier: &logv1.Identifier{Type: logv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: fmt.Sprintf("crm-%07d", s.customer)},
			Origin:     logv1.LinkOrigin_LINK_ORIGIN_PLATFORM,
		}}})
	}
	s.message("Hello, I have a question about the bill of last month.")
}

func (s *story) message(text string) {
	s.add(logv1.ActorKind_ACTOR_KIND_CUSTOMER, &logv1.Event{Payload: &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{Text: text}}})
}

func (s *story) fact(slot, scope string) {
	s.add(s.other, &logv1.Event{Payload: &logv1.Event_FactStated{FactStated: &logv1.FactStated{
		Slot: slot, Scope: scope, Value: value(slot, s.customer), Confidence: 0.97,
		Origin: logv1.FactOrigin_FACT_ORIGIN_CUSTOMER, VerificationLevel: logv1.VerificationLevel_VERIFICATION_LEVEL_IDENTIFIED,
	}}})
}

func (s *story) ended() {
	s.add(s.other, &logv1.Event{Payload: &logv1.Event_InteractionEnded{InteractionEnded: &logv1.InteractionEnded{
		Outcome: logv1.InteractionOutcome_INTERACTION_OUTCOME_TRANSFERRED, Reason: "asked-for-agent",
	}}})
}
