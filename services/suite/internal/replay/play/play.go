// Package play plays recorded dialogues to a running suite, leg by leg, each leg as an interaction in another channel, and
// notes what the suite answers when a leg asks what it may still ask. It uses the public gRPC API alone and knows nothing
// of the right answers.
package play

import (
	"context"
	"fmt"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// Player plays dialogues. It may play many at once, but those of one customer have to come one after the other.
type Player struct {
	// Log and Context are the services.
	Log     interactionlogv1.InteractionLogServiceClient
	Context contextv1.ContextServiceClient
	// Dataset begins every id, so that two datasets do not meet in one customer.
	Dataset string
	// ByWorker makes one customer of all dialogues of a worker; else each dialogue is a customer.
	ByWorker bool
	// IsSecret names the slots that must not be sent, besides those that the dataset knows.
	IsSecret dialogue.IsSecret
	// Calls takes the time of each call.
	Calls *Calls
}

// Answer is what the suite said about one slot before a leg.
type Answer struct {
	// Task and Slot name what was asked.
	Task, Slot string
	// Decision is whether to use, confirm or ask, and Reason is why.
	Decision contextv1.Decision
	Reason   contextv1.DecisionReason
	// Value is the value to use or to confirm.
	Value string
}

// Counts say what was played.
type Counts struct {
	// Legs, Messages, Facts and Queries are what the dialogues had of them.
	Legs, Messages, Facts, Queries int64
	// Events are those that the log stored; Replayed those that it had already.
	Events, Replayed int64
	// SecretsWithheld are facts not sent because they prove who somebody is; MessagesWithheld the words that contain one.
	SecretsWithheld, MessagesWithheld int64
	// FactsRefused are facts that the dictionary's validation did not accept.
	FactsRefused int64
	// QuestionsAsked are the questions that were asked in the recording, Repeats those whose answer was known.
	QuestionsAsked, Repeats int64
	// RepeatsAvoided are questions that need not be asked, because the suite had the answer.
	RepeatsAvoided int64
	// Verifications are the checks of the customer's identity, Passed and Failed what came of them, and Double those made
	// although a sufficient one was valid.
	Verifications, VerificationsPassed, VerificationsFailed, DoubleVerifications int64
	// Handoffs are what became of the customer's way from leg to leg.
	Handoffs Handoffs
}

// Add adds up counts.
func (c *Counts) Add(o Counts) {
	c.Legs += o.Legs
	c.Messages += o.Messages
	c.Facts += o.Facts
	c.Queries += o.Queries
	c.Events += o.Events
	c.Replayed += o.Replayed
	c.SecretsWithheld += o.SecretsWithheld
	c.MessagesWithheld += o.MessagesWithheld
	c.FactsRefused += o.FactsRefused
	c.QuestionsAsked += o.QuestionsAsked
	c.Repeats += o.Repeats
	c.RepeatsAvoided += o.RepeatsAvoided
	c.Verifications += o.Verifications
	c.VerificationsPassed += o.VerificationsPassed
	c.VerificationsFailed += o.VerificationsFailed
	c.DoubleVerifications += o.DoubleVerifications
	c.Handoffs.add(o.Handoffs)
}

// Result is what came of a dialogue.
type Result struct {
	// Answers are what the suite said, in order.
	Answers []Answer
	// Counts say what was played.
	Counts Counts
}

// Play plays one dialogue. Its secrets are taken out of it first.
func (p *Player) Play(ctx context.Context, d *dialogue.Dialogue) (Result, error) {
	r := &run{Player: p, dialogue: d, id: p.Dataset + "-" + d.ID}
	r.Counts.SecretsWithheld = int64(d.Withhold(p.IsSecret))
	for i, leg := range d.Legs {
		if err := r.leg(ctx, i, leg); err != nil {
			return r.Result, fmt.Errorf("dialogue %s, leg %d: %w", d.ID, i+1, err)
		}
		r.Counts.Legs++
	}
	return r.Result, nil
}

// identifier is the key by which a CRM would know the customer.
func (p *Player) identifier(d *dialogue.Dialogue) string {
	if p.ByWorker && d.Customer != "" {
		return p.Dataset + "-worker-" + d.Customer
	}
	return p.Dataset + "-" + d.ID
}

// place is the channel of a leg and who serves the customer there.
type place struct {
	channel interactionlogv1.Channel
	kind    interactionlogv1.ActorKind
	id      string
}

func (p place) actor() *interactionlogv1.Actor {
	return &interactionlogv1.Actor{Kind: p.kind, Id: p.id}
}

// places are the channels of the legs, in turn.
var places = []place{
	{interactionlogv1.Channel_CHANNEL_IVR, interactionlogv1.ActorKind_ACTOR_KIND_IVR, "replay-ivr"},
	{interactionlogv1.Channel_CHANNEL_CHAT, interactionlogv1.ActorKind_ACTOR_KIND_AGENT, "replay-chat"},
	{interactionlogv1.Channel_CHANNEL_VOICE, interactionlogv1.ActorKind_ACTOR_KIND_AGENT, "replay-agent"},
}
