package demo

import (
	"context"
	"fmt"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// place is where a scene plays, and who speaks for it.
type place struct {
	name        string
	interaction string
	scope       string
	channel     logv1.Channel
	actor       *logv1.Actor
	// rest says that it calls REST; the others call gRPC.
	rest bool
}

// desk is an agent's place.
func desk(name string) *place {
	return &place{
		name: name, scope: "desk", channel: logv1.Channel_CHANNEL_VOICE,
		actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: strings.ToLower(name)},
	}
}

// origin says where and when for the context service.
func (s *story) origin(p *place) *contextv1.Origin {
	return &contextv1.Origin{InteractionId: p.interaction, CaseId: caseID, Channel: p.channel, Actor: p.actor, Source: "demo", OccurredAt: s.tick()}
}

// asker says who asks, so that what the customer proved counts for what it is worth there.
func (p *place) asker() *contextv1.Asker {
	return &contextv1.Asker{Channel: p.channel, InteractionId: p.interaction}
}

// event makes an event of a scene; its payload is still to be set.
func (s *story) event(p *place) *logv1.Event {
	s.events++
	return &logv1.Event{
		EventId: fmt.Sprintf("demo-%d", s.events), InteractionId: p.interaction, CaseId: caseID, Channel: p.channel, Actor: p.actor,
		Source: "demo", OccurredAt: s.tick(),
	}
}

func (s *story) message(p *place, words string) *logv1.Event {
	e := s.event(p)
	e.Actor = &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_CUSTOMER}
	e.Payload = &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{Text: words}}
	return e
}

func (s *story) ended(p *place, outcome logv1.InteractionOutcome, reason string) *logv1.Event {
	e := s.event(p)
	e.Payload = &logv1.Event_InteractionEnded{InteractionEnded: &logv1.InteractionEnded{Outcome: outcome, Reason: reason}}
	return e
}

// append stores events over gRPC.
func (s *story) append(ctx context.Context, events ...*logv1.Event) error {
	got, err := s.log.AppendEvents(ctx, &logv1.AppendEventsRequest{Customer: s.customer, Events: events})
	if err != nil {
		return err
	}
	s.token = got.GetConsistencyToken()
	s.result("stored, revision %d", got.GetRevision())
	return nil
}
