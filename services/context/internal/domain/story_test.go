package domain

import (
	"strconv"
	"testing"
	"time"
)

// story writes histories for tests: each call adds an event a minute after the one before.
type story struct {
	t           *testing.T
	events      []Event
	interaction string
	channel     Channel
	actor       Actor
	caseID      string
	now         time.Time
}

func tell(t *testing.T) *story {
	t.Helper()
	return &story{t: t, now: day0, channel: ChannelChat, interaction: "i1", actor: Actor{Kind: ActorBot, ID: "ada-bot"}}
}

// in moves on to another interaction.
func (s *story) in(id string, c Channel, actor Actor) *story {
	s.interaction, s.channel, s.actor = id, c, actor
	return s
}

// inCase makes what follows belong to a case.
func (s *story) inCase(id string) *story {
	s.caseID = id
	return s
}

// wait lets time pass.
func (s *story) wait(d time.Duration) *story {
	s.now = s.now.Add(d)
	return s
}

func (s *story) by(actor Actor, p Payload) *story {
	n := len(s.events) + 1
	s.events = append(s.events, Event{
		EventID: "e" + strconv.Itoa(n), Revision: int64(n), OccurredAt: s.now, RecordedAt: s.now.Add(time.Second),
		InteractionID: s.interaction, Channel: s.channel, Actor: actor, CaseID: s.caseID, Payload: p,
	})
	s.now = s.now.Add(time.Minute)
	return s
}

func (s *story) add(payloads ...Payload) *story {
	for _, p := range payloads {
		s.by(s.actor, p)
	}
	return s
}

// stated adds a value with the certainty 1.
func (s *story) stated(scope, name, value string) *story {
	return s.add(FactStated{Slot: name, Scope: scope, Value: value, Origin: FactOriginCustomer})
}

// says adds a message of the customer.
func (s *story) says(text string) *story {
	return s.by(Actor{Kind: ActorCustomer}, MessageSent{Text: text})
}

func (s *story) state() *State {
	s.t.Helper()
	return mustApply(s.t, nil, s.events...)
}

func (s *story) view(slots ...Slot) *View {
	s.t.Helper()
	return NewView(s.state(), NewDictionary(1, slots))
}

// slot makes a definition with plain aliases.
func slot(id string, aliases ...string) Slot {
	s := Slot{ID: id, Sensitivity: SensitivityInternal}
	for _, a := range aliases {
		s.Aliases = append(s.Aliases, Alias{Name: a})
	}
	return s
}

// scoped makes a definition with aliases given as "scope:name".
func scoped(id string, aliases ...Alias) Slot {
	return Slot{ID: id, Sensitivity: SensitivityInternal, Aliases: aliases}
}

// but changes a definition.
func (s Slot) but(change func(*Slot)) Slot {
	change(&s)
	return s
}
