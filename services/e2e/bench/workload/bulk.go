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

// Event is the n-th event of a bulk load: a message of a customer, about 200
// bytes encoded.
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

// Encoded are bulk events as bytes, to be put by a store that knows nothing of
// events.
func Encoded(n int) ([][]byte, error) {
	values := make([][]byte, n)
	for i := range values {
		data, err := proto.Marshal(Event(i, Customer(i), ID("load", int64(i))))
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
