package server

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// event returns the merge's event in one of the two histories.
func (u *unite) event(id string) *logv1.Event {
	e := proto.CloneOf(u.header)
	e.EventId = id
	e.Payload = &logv1.Event_CustomersMerged{CustomersMerged: &logv1.CustomersMerged{
		MergeId: u.id, SurvivingCustomer: customerName(u.surviving), MergedCustomer: customerName(u.merged), Reason: u.reason,
	}}
	return e
}

// stored tells what the log has of the merge already: its first event, or all of it.
func (u *unite) stored(ctx context.Context) (first bool, done *united, err error) {
	if !u.keyed {
		return false, nil, nil
	}
	begun, firsts, _, err := u.wm.Probe(ctx, u.event(mergedEventID(u.id)))
	if err != nil {
		return false, nil, err
	}
	ended, _, _, err := u.ws.Probe(ctx, u.event(survivingEventID(u.id)))
	switch {
	case err != nil:
		return false, nil, err
	case begun == projector.StoredNot && ended == projector.StoredNot:
		return false, nil, nil
	case begun == projector.StoredSame && ended == projector.StoredSame:
		return true, &united{
			merge: u.mergeOf(firsts[0]), revision: u.ws.Current().State.Revision, replayed: true,
		}, nil
	case begun == projector.StoredSame && u.wm.Current().State.MergedInto.ID == u.id && ended == projector.StoredNot:
		return true, nil, nil
	case begun == projector.StoredSame:
		return false, nil, givenUp()
	}
	return false, nil, requestIDReused()
}

func givenUp() error {
	return fault.New(fault.Conflict, projector.ReasonContention,
		"the merge was given up, because the customers were merged otherwise before it was done; try again with a new request id")
}

func (u *unite) mergeOf(r *logv1.AppendResult) domain.Merge {
	return domain.Merge{ID: u.id, Customer: u.merged, Reason: u.reason, Time: wire.Time(r.GetEvent().GetOccurredAt())}
}

// begin writes the merged customer's history.
func (u *unite) begin(ctx context.Context) error {
	_, err := u.wm.Append(ctx, func(cur *projector.Current) ([]*logv1.Event, error) {
		if cur.State.MergedInto.ID != "" {
			return nil, errMoved
		}
		return []*logv1.Event{u.event(mergedEventID(u.id))}, nil
	})
	if err == nil {
		u.begun = true
	}
	return err
}

// end writes the survivor's history.
func (u *unite) end(ctx context.Context) (united, error) {
	done, err := u.ws.Append(ctx, func(cur *projector.Current) ([]*logv1.Event, error) {
		if cur.State.MergedInto.ID != "" || len(cur.State.Merges) >= domain.MaxMerges {
			return nil, errMoved
		}
		return []*logv1.Event{u.event(survivingEventID(u.id))}, nil
	})
	switch {
	case fault.ReasonOf(err) == reasonEventIDReused:
		return united{}, givenUp()
	case err != nil:
		return united{}, err
	}
	return united{merge: u.mergeOf(done.Results[0]), revision: done.Revision}, nil
}

// giveUp ends half a merge: first it takes the id of the event that would complete it, so that only one of the two can
// happen, and then it sets the merged customer free. If the merge is complete after all, it stays.
func (s *Server) giveUp(ctx context.Context, p *tenant, h half) error {
	complete, err := s.fence(ctx, p, h)
	if err != nil || complete {
		return err
	}
	w, err := p.Writer(ctx, h.customer)
	if err != nil {
		return err
	}
	defer w.Close()
	return s.clear(ctx, w, h.merge.ID)
}

func (s *Server) fence(ctx context.Context, p *tenant, h half) (complete bool, err error) {
	if reserved(h.merge.Customer) {
		return false, nil
	}
	complete, err = s.fenceOff(ctx, p, h)
	if fault.ReasonOf(err) == domain.ReasonCustomerErased {
		return false, nil // the log takes nothing more of it
	}
	return complete, err
}

func (s *Server) fenceOff(ctx context.Context, p *tenant, h half) (complete bool, err error) {
	w, err := p.Writer(ctx, h.merge.Customer)
	if err != nil {
		return false, err
	}
	defer w.Close()
	if err := w.CatchUp(ctx); err != nil {
		return false, err
	}
	if w.Current().State.Revision == 0 {
		return false, nil // nobody: a history is not begun for this
	}
	_, err = w.AppendAlways(ctx, []*logv1.Event{abandoned(survivingEventID(h.merge.ID), h.merge.ID)})
	if fault.ReasonOf(err) != reasonEventIDReused {
		return false, err
	}
	if err := w.CatchUp(ctx); err != nil {
		return false, err
	}
	return w.Current().State.Lists(h.merge.ID, h.customer), nil
}

// clear takes back what a customer's history says of a merge into another.
func (s *Server) clear(ctx context.Context, w *projector.Writer, mergeID string) error {
	_, err := w.Append(ctx, func(cur *projector.Current) ([]*logv1.Event, error) {
		if cur.State.MergedInto.ID != mergeID {
			return nil, errNothing
		}
		return []*logv1.Event{abandoned(hashID("abandoned", mergeID), mergeID)}, nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// abandoned tells that a merge was never completed. It is the same whoever tells it.
func abandoned(id, mergeID string) *logv1.Event {
	return &logv1.Event{
		EventId: id,
		Actor:   &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_SYSTEM, Id: "context"},
		Source:  "throughline-context",
		Payload: &logv1.Event_CustomersUnmerged{CustomersUnmerged: &logv1.CustomersUnmerged{
			MergeId: mergeID, Reason: "never completed",
		}},
	}
}
