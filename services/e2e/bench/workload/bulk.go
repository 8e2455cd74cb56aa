package workload

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// epoch is when the bulk events happened; they are history.
var epoch = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// texts are what customers write in bulk events.
var texts = []string{
	"Hello, I would like to change the address on my account, we are moving at the end of the month.",
	"I have been waiting for the technician since eight and nobody has called me so far.",
	"Yes, that is right.",
	"Can you tell me why the bill is higher than it was the month before? I changed nothing.",
	"The router blinks red again. I have already restarted it twice, as the assistant told me to.",
	"Thank you, that is all for today.",
	"No, the second one. The family plan, with the two extra cards for the children, please.",
	"I had sent the form by e-mail last week. Is there a way to see whether it has arrived?",
}

// Event is a message that a customer writes, about 200 bytes encoded.
func Event(n int, customer, id string) *logv1.Event {
	return &logv1.Event{
		EventId:       id,
		Customer:      customer,
		OccurredAt:    timestamppb.New(epoch.Add(time.Duration(n) * time.Second)),
		InteractionId: "call-" + strconv.Itoa(1_000_000+n%500_000),
		Channel:       logv1.Channel_CHANNEL_CHAT,
		Actor:         &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_CUSTOMER},
		Source:        "bench-load",
		Touchpoint:    "web/help/contact",
		Payload: &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{
			Text: texts[n%len(texts)], Locale: "en-GB", ContentType: "text/plain",
		}},
	}
}

// visitEvents is how many events an interaction of a bulk load has: its start,
// messages, its end.
const visitEvents = 10

var (
	started = &logv1.Event_InteractionStarted{InteractionStarted: &logv1.InteractionStarted{
		Platform: "web-chat", Direction: logv1.Direction_DIRECTION_INBOUND, EntryPoint: "web/help/contact", Locale: "en-GB",
	}}
	ended = &logv1.Event_InteractionEnded{InteractionEnded: &logv1.InteractionEnded{
		Outcome: logv1.InteractionOutcome_INTERACTION_OUTCOME_COMPLETED, Reason: "closed-by-customer",
	}}
	said = func() []*logv1.Event_MessageSent {
		messages := make([]*logv1.Event_MessageSent, len(texts))
		for i, text := range texts {
			messages[i] = &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{Text: text, Locale: "en-GB", ContentType: "text/plain"}}
		}
		return messages
	}()
)

// Bulk is a load of many customers' interactions.
type Bulk struct {
	// Customers is how many customers there are.
	Customers int
	// Mixed says that no two events of a customer follow one another, as when all
	// customers talk at once; otherwise interaction follows interaction.
	Mixed bool
}

// Fill makes e, which Event has made, the n-th event of the load. Payloads are
// shared: they must not be changed.
func (b Bulk) Fill(e *logv1.Event, n int64) {
	// A step that has no divisor in common with the number of customers visits
	// them all, in no order.
	const step = 7919
	customers := int64(b.Customers)
	visit, place := n/visitEvents, n%visitEvents
	customer := visit * step % customers
	if b.Mixed {
		turn := n / customers
		customer = n * step % customers
		visit, place = turn/visitEvents*customers+customer, turn%visitEvents
	}
	e.EventId = ID("load", n)
	e.Customer = Customer(int(customer))
	e.InteractionId = "chat-" + strconv.FormatInt(1_000_000+visit, 10)
	e.OccurredAt.Seconds = epoch.Unix() + n
	switch place {
	case 0:
		e.Payload = started
	case visitEvents - 1:
		e.Payload = ended
	default:
		e.Payload = said[n%int64(len(said))]
	}
}

// Encoded are the first events of the load as bytes, to be put by a store that
// knows nothing of events.
func (b Bulk) Encoded(n int) ([][]byte, error) {
	values := make([][]byte, n)
	for i := range values {
		e := Event(i, "", "")
		b.Fill(e, int64(i))
		data, err := proto.Marshal(e)
		if err != nil {
			return nil, err
		}
		values[i] = data
	}
	return values, nil
}

// ID is an event id of a fixed length, unlike any other of the prefix.
func ID(prefix string, n int64) string {
	digits := strconv.FormatInt(n, 10)
	const zeros = "000000000000"
	return prefix + "-" + zeros[min(len(digits), len(zeros)):] + digits
}
