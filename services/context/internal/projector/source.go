package projector

import (
	"context"
	"errors"
	"math"
	"strconv"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Reasons of the interaction log that the context service acts on.
const (
	reasonRevisionMismatch = "REVISION_MISMATCH"
	reasonEventIDReused    = "EVENT_ID_REUSED"
	reasonPositionAhead    = "POSITION_AHEAD"
)

// pageSize is the number of events asked for in one page of a history.
const pageSize = 1000

// source reads and writes the interaction log for one tenant.
type source struct {
	client logv1.InteractionLogServiceClient
	tenant string
}

func (s source) list(ctx context.Context, req *logv1.ListEventsRequest) (*logv1.ListEventsResponse, error) {
	resp, err := s.client.ListEvents(auth.ForTenant(ctx, s.tenant), req)
	if err != nil {
		return nil, fromLog(err)
	}
	return resp, nil
}

// since gives a customer's events after a revision, page by page, and returns the customer's newest revision. The last
// page read ends at the head as it was when that page was made.
func (s source) since(ctx context.Context, customer string, after int64, page func(events []*logv1.Event, head int64) error) error {
	for {
		resp, err := s.list(ctx, &logv1.ListEventsRequest{
			Customer: customerName(customer),
			Filter:   &logv1.EventFilter{AfterRevision: after},
			PageSize: pageSize,
		})
		if err != nil {
			return err
		}
		events := resp.GetEvents()
		if err := page(events, resp.GetHeadRevision()); err != nil {
			return err
		}
		if len(events) > 0 {
			after = events[len(events)-1].GetRevision()
		}
		// Asking again by revision instead of by page token also finds what was added meanwhile.
		if len(events) == 0 || after >= resp.GetHeadRevision() {
			return nil
		}
	}
}

// between returns a customer's events with revisions above after, up to through: at most one page.
func (s source) between(ctx context.Context, customer string, after, through int64) ([]*logv1.Event, error) {
	resp, err := s.list(ctx, &logv1.ListEventsRequest{
		Customer: customerName(customer),
		Filter:   &logv1.EventFilter{AfterRevision: after, ThroughRevision: through},
		PageSize: pageSize,
	})
	if err != nil {
		return nil, err
	}
	return resp.GetEvents(), nil
}

// findNewest returns the newest event of a type that matches; nil when a bounded look finds none.
func (s source) findNewest(ctx context.Context, customer string, pages int, kind logv1.EventType, match func(*logv1.Event) bool) (*logv1.Event, error) {
	req := &logv1.ListEventsRequest{
		Customer: customerName(customer),
		Filter:   &logv1.EventFilter{Types: []logv1.EventType{kind}},
		Order:    logv1.EventOrder_EVENT_ORDER_NEWEST_FIRST,
		PageSize: pageSize,
	}
	for range pages {
		resp, err := s.list(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, e := range resp.GetEvents() {
			if match(e) {
				return e, nil
			}
		}
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			return nil, nil
		}
	}
	return nil, nil
}

// append stores events of one customer atomically. A negative expected revision means that any will do.
func (s source) append(ctx context.Context, customer string, expected int64, events []*logv1.Event) (*logv1.AppendEventsResponse, error) {
	req := &logv1.AppendEventsRequest{Customer: customerName(customer), Events: events, IncludeEvents: true}
	if expected >= 0 {
		req.ExpectedRevision = &expected
	}
	resp, err := s.client.AppendEvents(auth.ForTenant(ctx, s.tenant), req)
	if err != nil {
		return nil, fromLog(err)
	}
	if len(resp.GetResults()) != len(events) {
		return nil, fault.New(fault.Internal, fault.InternalError, "the log answered an append of %d events with %d results",
			len(events), len(resp.GetResults()))
	}
	return resp, nil
}

// Stored says what the log holds under an event's id.
type Stored int

const (
	// StoredNot means that the log has no event with the id.
	StoredNot Stored = iota
	// StoredSame means that the log has the event.
	StoredSame
	// StoredOther means that the log has another event with the id.
	StoredOther
)

// probe looks events up by their ids without storing anything: no customer ever has the revision that it expects, and
// the log does not check the expected revision when it has all events already. It returns the results when all events
// are stored, and the revision of the event in the way when an id is taken.
func (s source) probe(ctx context.Context, customer string, events []*logv1.Event) (Stored, []*logv1.AppendResult, int64, error) {
	resp, err := s.append(ctx, customer, math.MaxInt64, events)
	if err == nil {
		return StoredSame, resp.GetResults(), 0, nil
	}
	f, _ := fault.As(err)
	switch {
	case f != nil && f.Reason == reasonRevisionMismatch:
		return StoredNot, nil, 0, nil
	case f != nil && f.Reason == reasonEventIDReused:
		return StoredOther, nil, metaRevision(f, "revision"), nil
	default:
		return StoredNot, nil, 0, err
	}
}

// metaRevision returns a revision out of a fault's facts; 0 when it is not there.
func metaRevision(f *fault.Error, key string) int64 {
	n, err := strconv.ParseInt(f.Meta[key], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// erase erases a customer's history. What came of it is in the events.
func (s source) erase(ctx context.Context, customer, reason string) error {
	_, err := s.client.EraseHistory(auth.ForTenant(ctx, s.tenant), &logv1.EraseHistoryRequest{
		Customer: customerName(customer), Reason: reason,
	})
	if err != nil {
		return fromLog(err)
	}
	return nil
}

// fromLog turns an error of a call to the log into a fault. What the log refused is handed on as it is, but for events of
// who was erased: to the context service that customer is not there. A log that cannot be reached is UNAVAILABLE, and
// nothing of the kind is acknowledged.
func fromLog(err error) error {
	f := rpc.FromError(err)
	switch {
	case f.Reason == domain.ReasonCustomerErased:
		return domain.CustomerErasedAt(f.Meta[domain.EraseTimeKey])
	case f.Kind == fault.Unavailable:
		return fault.New(fault.Unavailable, fault.ServiceUnavailable, "the interaction log cannot be reached; try again").WithCause(err)
	}
	return f
}

func isUnavailable(err error) bool {
	return fault.KindOf(err) == fault.Unavailable
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		fault.KindOf(err) == fault.Canceled || fault.KindOf(err) == fault.Timeout
}

const customerPrefix = "customers/"

func customerName(id string) string { return customerPrefix + id }

// CustomerID returns the id in a customer's name, which the contract's rules have checked.
func CustomerID(name string) string { return name[min(len(customerPrefix), len(name)):] }
