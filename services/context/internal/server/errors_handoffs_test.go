package server_test

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
)

// offering provokes INVALID_HANDOFF.
func offering(when string, change func(r *contextv1.CreateHandoffRequest)) provocation {
	return provocation{"INVALID_HANDOFF", "CreateHandoff", when, func(n *node) error {
		n.record(facts("", fact("city", "Oslo")))
		req := &contextv1.CreateHandoffRequest{Customer: c1}
		change(req)
		_, err := n.CreateHandoff(n.ctx(), req)
		if got := n.types(c1); len(got) != 1 {
			n.t.Errorf("%s: events %v were stored", when, got)
		}
		return err
	}}
}

// provokeHandoffs has the reasons of handoffs.
func provokeHandoffs() []provocation {
	return []provocation{
		{"CUSTOMER_NOT_FOUND", "CreateHandoff", "a handoff of a customer of whom nothing is known", func(n *node) error {
			_, err := n.CreateHandoff(n.ctx(), &contextv1.CreateHandoffRequest{Customer: "customers/nobody"})
			return err
		}},
		{"HANDOFF_NOT_FOUND", "AcceptHandoff", "a token with a digit lost on its way", func(n *node) error {
			made := n.offer().GetToken()
			_, err := n.accept(made[:len(made)-1], "i2", "")
			return err
		}},
		{"HANDOFF_NOT_FOUND", "GetHandoff", "a token of another tenant's", func(n *node) error {
			_, err := n.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{
				Token: token.NewSigner(testKey).Token("north", token.DeriveID("x")),
			})
			return err
		}},
		{"HANDOFF_NOT_FOUND", "CompleteHandoff", "a handoff that the customer does not have", func(n *node) error {
			_, err := n.CompleteHandoff(n.ctx(), &contextv1.CompleteHandoffRequest{Name: c1 + "/handoffs/none"})
			return err
		}},
		{"HANDOFF_ALREADY_ACCEPTED", "AcceptHandoff", "two agents answering one queue entry", func(n *node) error {
			made := n.offer()
			must(n.accept(made.GetToken(), "i2", "a"))(n.t)
			_, err := n.accept(made.GetToken(), "i3", "b")
			return err
		}},
		{"HANDOFF_ALREADY_ACCEPTED", "DeclineHandoff", "refusing what was accepted", func(n *node) error {
			made := n.offer()
			must(n.accept(made.GetToken(), "i2", ""))(n.t)
			_, err := n.DeclineHandoff(n.ctx(), &contextv1.DeclineHandoffRequest{Name: made.GetHandoff().GetName()})
			return err
		}},
		{"HANDOFF_NOT_OPEN", "AcceptHandoff", "accepting after the offer has lapsed", func(n *node) error {
			made := n.offer()
			n.clock.Advance(time.Hour)
			_, err := n.accept(made.GetToken(), "i2", "")
			return err
		}},
		{"HANDOFF_NOT_OPEN", "AcknowledgeHandoff", "reading before accepting", func(n *node) error {
			_, err := n.AcknowledgeHandoff(n.ctx(), &contextv1.AcknowledgeHandoffRequest{
				Name: n.offer().GetHandoff().GetName(), ReadAll: true,
			})
			return err
		}},
		{"HANDOFF_NOT_OPEN", "GetHandoff", "a token that was used", func(n *node) error {
			made := n.offer()
			must(n.accept(made.GetToken(), "i2", ""))(n.t)
			_, err := n.GetHandoff(n.ctx(), &contextv1.GetHandoffRequest{Token: made.GetRenderings().GetUserToUser()})
			return err
		}},
		offering("a time to live above the policy's bound", func(r *contextv1.CreateHandoffRequest) {
			r.Ttl = durationpb.New(25 * time.Hour)
		}),
		offering("a SIP URI with a line break in it", func(r *contextv1.CreateHandoffRequest) {
			r.ReferToUri = "sip:agent@example.com\r\nX-Evil: 1"
		}),
		offering("a landing page without https", func(r *contextv1.CreateHandoffRequest) {
			r.LandingUrl = "http://desk.example/"
		}),
		{"SLOT_NOT_OFFERED", "AcknowledgeHandoff", "a misspelt slot name", func(n *node) error {
			made := n.offer()
			must(n.accept(made.GetToken(), "i2", ""))(n.t)
			_, err := n.AcknowledgeHandoff(n.ctx(), &contextv1.AcknowledgeHandoffRequest{
				Name: made.GetHandoff().GetName(), ReadSlots: []string{"ctiy"},
			})
			return err
		}},
	}
}
