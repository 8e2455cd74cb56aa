package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// provocation is a call that is refused.
type provocation struct {
	reason string
	rpc    string
	when   string
	call   func(t testing.TB, f *fixture) error
}

// appending provokes a reason by an append to a customer that has the event "taken".
func appending(reason, when string, change func(*interactionlogv1.AppendEventsRequest)) provocation {
	return provocation{reason, "AppendEvents", when, func(t testing.TB, f *fixture) error {
		f.append(t, "customers/c1", said("taken", "first"))
		req := &interactionlogv1.AppendEventsRequest{Customer: "customers/c1", Events: []*interactionlogv1.Event{said("e1", "hello")}}
		change(req)
		_, err := f.AppendEvents(t.Context(), req)
		return err
	}}
}

// provocations has a case for every reason of the contract; docs/errors.md is made of their outcome.
var provocations = []provocation{
	appending(domain.ReasonEventIDReused, "another event with the id of a stored one", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events[0].EventId = "taken"
	}),
	appending(domain.ReasonRevisionMismatch, "an append to revision 7 of a customer at revision 1", func(r *interactionlogv1.AppendEventsRequest) {
		r.ExpectedRevision = proto.Int64(7)
	}),
	appending(domain.ReasonEventTooLarge, "an event of more than 64 KiB", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events[0].Touchpoint = strings.Repeat("x", domain.MaxEventBytes)
	}),
	appending(domain.ReasonBatchTooLarge, "1,001 events in one append", func(r *interactionlogv1.AppendEventsRequest) {
		for _, id := range ids("e", 1001) {
			r.Events = append(r.Events, said(id, "hello"))
		}
		r.Events = r.Events[1:]
	}),
	appending(domain.ReasonBatchTooLarge, "events of more than 1 MiB in one append", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events = largeBatch()
	}),
	appending(domain.ReasonDuplicateEventID, "one append with the same event twice", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events = append(r.Events, said("e1", "hello"))
	}),
	appending(domain.ReasonCustomerMismatch, "an event of customers/c2 in an append to customers/c1", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events[0].Customer = "customers/c2"
	}),
	appending(domain.ReasonOutputOnlyField, "an event with a revision", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events[0].Revision = 1
	}),
	appending(domain.ReasonCardNumberInID, "an event whose id is a card number", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events[0].EventId = "4111111111111111"
	}),
	appending(domain.ReasonInvalidTime, "an event of the year 1969", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events[0].OccurredAt = timestamp(-1)
	}),
	appending(domain.ReasonInvalidTime, "an event two days ahead of the server's clock", func(r *interactionlogv1.AppendEventsRequest) {
		r.Events[0].OccurredAt = timestamp(testkit.Epoch.Add(48 * time.Hour).Unix())
	}),
	{domain.ReasonCustomerErased, "AppendEvents", "an event for a customer whose history was erased", func(t testing.TB, f *fixture) error {
		f.append(t, "customers/c1", said("e1", "hello"))
		if _, err := f.EraseHistory(t.Context(), &interactionlogv1.EraseHistoryRequest{Customer: "customers/c1"}); err != nil {
			return err
		}
		_, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
			Customer: "customers/c1", Events: []*interactionlogv1.Event{said("e2", "hello")},
		})
		return err
	}},
	{domain.ReasonCustomerNotFound, "GetHead", "the head of a customer without events", func(t testing.TB, f *fixture) error {
		_, err := f.GetHead(t.Context(), &interactionlogv1.GetHeadRequest{Customer: "customers/nobody"})
		return err
	}},
	{domain.ReasonInteractionNotFound, "GetTranscript", "the transcript of an interaction that the customer does not have", func(t testing.TB, f *fixture) error {
		_, err := f.GetTranscript(t.Context(), &interactionlogv1.GetTranscriptRequest{Customer: "customers/nobody", InteractionId: "i1"})
		return err
	}},
	{domain.ReasonUnknownShard, "TailEvents", "a tail of shard 4 of a store with 4 shards", func(t testing.TB, f *fixture) error {
		return tailError(t, f, &interactionlogv1.ShardPosition{Shard: 4})
	}},
	{domain.ReasonPositionAhead, "TailEvents", "a tail that starts after an event that does not exist", func(t testing.TB, f *fixture) error {
		return tailError(t, f, &interactionlogv1.ShardPosition{Sequence: 9})
	}},
	{domain.ReasonSlowConsumer, "TailEvents", "a tail whose reader takes nothing for too long", func(t testing.TB, f *fixture) error {
		stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{})
		if err != nil {
			return err
		}
		for i := range 40 {
			f.append(t, "customers/c1", said(fmt.Sprintf("e%d", i), strings.Repeat("long ", 6000)))
		}
		waitFor(t, f, domain.ReasonSlowConsumer)
		return drainTail(stream, newReader(t))
	}},
	{domain.ReasonInvalidQuery, "SearchEvents", "a search for no word", func(t testing.TB, f *fixture) error {
		_, err := f.SearchEvents(t.Context(), &interactionlogv1.SearchEventsRequest{Customer: "customers/c1", Query: "?!"})
		return err
	}},
}

func tailError(t testing.TB, f *fixture, p *interactionlogv1.ShardPosition) error {
	stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{Positions: []*interactionlogv1.ShardPosition{p}})
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	return err
}

func TestEveryReasonIsProvoked(t *testing.T) {
	refusals := testkit.Refusals{Domain: server.Domain}
	for _, p := range provocations {
		o := setup{}
		if p.reason == domain.ReasonSlowConsumer {
			o.server.SlowConsumer = 20 * time.Millisecond
		}
		refusals.Add(t, p.call(t, onMemory(t, o)), p.reason, p.rpc, p.when)
	}
	refusals.WantAll(t, interactionlogv1.ErrorReason(0).Descriptor())
	refusals.Golden(t)
}

// Refusals by reasons that all services share.
func TestSharedReasons(t *testing.T) {
	cases := []struct {
		name, reason, field string
		call                func(t testing.TB, f *fixture) error
	}{
		{"no events", fault.InvalidRequest, "events", appending("", "", func(r *interactionlogv1.AppendEventsRequest) { r.Events = nil }).call},
		{"no payload", fault.InvalidRequest, "events[0].payload", appending("", "", func(r *interactionlogv1.AppendEventsRequest) { r.Events[0].Payload = nil }).call},
		{"bad id", fault.InvalidRequest, "events[0].event_id", appending("", "", func(r *interactionlogv1.AppendEventsRequest) { r.Events[0].EventId = "a b" }).call},
		{"bad customer", fault.InvalidRequest, "customer", appending("", "", func(r *interactionlogv1.AppendEventsRequest) { r.Customer = "bob" }).call},
		{"customer is a card", domain.ReasonCardNumberInID, "customer", appending("", "", func(r *interactionlogv1.AppendEventsRequest) { r.Customer = "customers/4111111111111111" }).call},
		{"negative revision", fault.InvalidRequest, "expected_revision", appending("", "", func(r *interactionlogv1.AppendEventsRequest) { r.ExpectedRevision = proto.Int64(-1) }).call},
		{"impossible time", domain.ReasonInvalidTime, "events[0].occurred_at", appending("", "", func(r *interactionlogv1.AppendEventsRequest) { r.Events[0].OccurredAt = timestamp(1 << 60) }).call},
		{"damaged page token", fault.InvalidPageToken, "page_token", func(t testing.TB, f *fixture) error {
			_, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/c1", PageToken: "abc"})
			return err
		}},
		{"page token of another list", fault.InvalidPageToken, "page_token", func(t testing.TB, f *fixture) error {
			f.append(t, "customers/c1", said("e1", "a"), said("e2", "b"))
			first, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/c1", PageSize: 1})
			if err != nil {
				return err
			}
			_, err = f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/c2", PageSize: 1, PageToken: first.GetNextPageToken()})
			return err
		}},
		{"page too large", fault.InvalidRequest, "page_size", func(t testing.TB, f *fixture) error {
			_, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/c1", PageSize: 1001})
			return err
		}},
		{"impossible filter time", fault.InvalidRequest, "filter.start_time", func(t testing.TB, f *fixture) error {
			_, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{
				Customer: "customers/c1", Filter: &interactionlogv1.EventFilter{StartTime: timestamp(1 << 60)},
			})
			return err
		}},
		{"shard named twice", fault.InvalidRequest, "positions", func(t testing.TB, f *fixture) error {
			stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{Positions: []*interactionlogv1.ShardPosition{{}, {}}})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := wantReason(t, c.call(t, onMemory(t, setup{})), c.reason)
			if !slices.ContainsFunc(got.Fields, func(v fault.Field) bool { return v.Path == c.field }) {
				t.Errorf("fields %v, want %s", got.Fields, c.field)
			}
		})
	}
}
