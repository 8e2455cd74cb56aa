package logfake

import (
	"context"

	"google.golang.org/protobuf/proto"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// EraseHistory leaves of each event its place in the orders, and ends the history.
func (l *Log) EraseHistory(ctx context.Context, req *logv1.EraseHistoryRequest) (*logv1.EraseHistoryResponse, error) {
	if err := l.enter(ctx, "EraseHistory"); err != nil {
		return nil, err
	}
	return l.Erase(TenantOf(ctx), req.GetCustomer(), req.GetReason())
}

// Erase erases a customer's history as EraseHistory does, without the counting and the hook.
func (l *Log) Erase(tenant, customer, reason string) (*logv1.EraseHistoryResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := name{tenant, customer}
	s := l.streams[n]
	if s == nil {
		return nil, fault.New(fault.NotFound, "CUSTOMER_NOT_FOUND", "the customer has no history")
	}
	if s.erased == nil {
		for _, e := range s.events { // of which the shards have the same ones
			stub := &logv1.Event{
				Customer: e.GetCustomer(), Revision: e.GetRevision(), RecordedAt: e.GetRecordedAt(),
				Shard: e.GetShard(), Sequence: e.GetSequence(), Payload: &logv1.Event_EventErased{EventErased: &logv1.EventErased{}},
			}
			proto.Reset(e)
			proto.Merge(e, stub)
		}
		clear(s.byID)
		marker := &logv1.Event{EventId: "#erased", Payload: &logv1.Event_CustomerErased{
			CustomerErased: &logv1.CustomerErased{Reason: reason},
		}}
		s.erased = s.events[l.store(s, n, marker, digest(marker))].GetRecordedAt()
		l.wake()
	}
	head := s.events[len(s.events)-1]
	return &logv1.EraseHistoryResponse{
		Revision: head.GetRevision(), ErasedEvents: head.GetRevision() - 1, EraseTime: s.erased,
	}, nil
}
