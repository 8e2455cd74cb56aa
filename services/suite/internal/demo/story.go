package demo

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/enumtext"
)

// storyTime is how long ago the story begins; step is the time between two things that happen.
const (
	storyTime = time.Hour
	step      = 20 * time.Second
)

// What the customer has to say.
const (
	phone    = "+1 202 555 0143"
	account  = "88-204-117"
	name     = "Maria Lindqvist"
	address  = "12 Harbour Lane, Portsmouth"
	moveDate = "2026-05-01"
	email    = "maria.lindqvist@example.com"
	card     = "my card is 4111 1111 1111 1111"
	person   = "Can I talk to a person about my contract, please?"
)

// story is the state of the telling.
type story struct {
	*printer
	context contextv1.ContextServiceClient
	log     interactionlogv1.InteractionLogServiceClient
	rest    *rest
	// clock is the time of the story.
	clock time.Time
	// customer and token are what the last answers said.
	customer, token string
	events          int
	avoided         []string
}

// place is where a scene plays.
type place struct {
	name        string
	interaction string
	scope       string
	channel     interactionlogv1.Channel
	actor       *interactionlogv1.Actor
}

func (s *story) prologue(grpcAddr, httpAddr string, slots int) {
	s.line(s.paint(bold, "Throughline: one customer, three channels, and nothing has to be said twice"))
	s.line("")
	s.wrap("", fmt.Sprintf("A suite runs on a temporary folder: gRPC on %s, REST on http://%s. "+
		"Its slot dictionary has %d entries, because the three channels call the same things by different names "+
		"(acct_no, AccountId, account_ref). Each > names the call that is made.", grpcAddr, httpAddr, slots))
}

// tick lets time pass.
func (s *story) tick() *timestamppb.Timestamp {
	s.clock = s.clock.Add(step)
	return timestamppb.New(s.clock)
}

// origin says where and when for the context service.
func (s *story) origin(p *place) *contextv1.Origin {
	return &contextv1.Origin{InteractionId: p.interaction, Channel: p.channel, Actor: p.actor, Source: "demo", OccurredAt: s.tick()}
}

// event makes an event of a scene; its payload is still to be set.
func (s *story) event(p *place) *interactionlogv1.Event {
	s.events++
	return &interactionlogv1.Event{
		EventId: fmt.Sprintf("demo-%d", s.events), InteractionId: p.interaction, Channel: p.channel, Actor: p.actor,
		Source: "demo", OccurredAt: s.tick(),
	}
}

func (s *story) message(p *place, words string) *interactionlogv1.Event {
	e := s.event(p)
	e.Actor = &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_CUSTOMER}
	e.Payload = &interactionlogv1.Event_MessageSent{MessageSent: &interactionlogv1.MessageSent{Text: words}}
	return e
}

func (s *story) ended(p *place, outcome interactionlogv1.InteractionOutcome) *interactionlogv1.Event {
	e := s.event(p)
	e.Payload = &interactionlogv1.Event_InteractionEnded{InteractionEnded: &interactionlogv1.InteractionEnded{Outcome: outcome}}
	return e
}

// fresh demands that a read includes the newest write.
func (s *story) fresh() *contextv1.Consistency {
	return &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: s.token}}
}

// needs asks for slots by the channel's own names.
func needs(slots ...string) []*contextv1.SlotRequest {
	out := make([]*contextv1.SlotRequest, len(slots))
	for i, n := range slots {
		out[i] = &contextv1.SlotRequest{Slot: n}
	}
	return out
}

// resolved notes and prints who the customer is.
func (s *story) resolved(p *place, got *contextv1.ResolveCustomerResponse) {
	s.customer, s.token, p.interaction = got.GetCustomer(), got.GetConsistencyToken(), got.GetInteractionId()
	if got.GetCreated() {
		s.result("a new customer: %s", s.customer)
		return
	}
	s.result("known: %s, matched by %s", s.customer, matched(got.GetMatches()))
}

func matched(matches []*contextv1.IdentifierMatch) string {
	var by []string
	for _, m := range matches {
		if m.GetOutcome() == contextv1.MatchOutcome_MATCH_OUTCOME_MATCHED {
			by = append(by, strings.ToLower(enumtext.Name(m.GetIdentifier().GetType()))+" "+m.GetIdentifier().GetValue())
		}
	}
	return strings.Join(by, ", ")
}

// pop prints what a channel sees when the customer arrives.
func (s *story) pop(c *contextv1.CustomerContext) {
	for _, item := range c.GetBrief().GetItems() {
		s.result("%s", item.GetText())
	}
	var names []string
	for _, d := range c.GetDoNotAsk() {
		names = append(names, d.GetDisplayName())
	}
	if len(names) > 0 {
		s.result("Do not ask: %s.", strings.Join(names, ", "))
	}
}

// planned prints the decisions and returns the slots whose questions are saved.
func (s *story) planned(got *contextv1.PlanQuestionsResponse) []string {
	var known []string
	for _, p := range got.GetPlans() {
		s.decision(enumtext.Name(p.GetDecision()), p.GetSlot(), p.GetValue(), p.GetExplanation())
		if p.GetDecision() == contextv1.Decision_DECISION_USE {
			known = append(known, p.GetSlot())
		}
	}
	return known
}
