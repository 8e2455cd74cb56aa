package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// handoffStep is a change of a handoff: all of them go the same way, and differ in what is checked and what is told.
type handoffStep struct {
	// kind keeps equal request ids of different RPCs apart.
	kind string
	// event is what the log is told, as far as the request alone makes it.
	event *logv1.Event
	// check refuses what does not fit where the handoff stands. It may complete the event.
	check func(h *domain.Handoff) error
	// same is that of entry.
	same func(stored *logv1.Event) bool
}

// changeHandoff takes a step, once, however often the request comes and whoever else tries: the log takes the event only
// if nothing has happened since the check.
func (s *Server) changeHandoff(ctx context.Context, p *tenant, ref handoffRef, requestID string, step handoffStep) (*contextv1.HandoffChange, error) {
	rec, err := s.record(ctx, p, step.kind, ref.customer, requestID)
	if err != nil {
		return nil, err
	}
	defer rec.close()
	step.event.EventId = rec.base
	done, err := rec.once(ctx, entry{
		first: step.event,
		same:  step.same,
		decide: func(cur *projector.Current) ([]*logv1.Event, error) {
			h, err := cur.State.Handoff(ref.id)
			if err != nil {
				return nil, err
			}
			if err := step.check(h); err != nil {
				return nil, err
			}
			return []*logv1.Event{step.event}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	state, err := rec.stateAfter(ctx, done, 1)
	if err != nil {
		return nil, err
	}
	h, err := state.Handoff(ref.id)
	if err != nil {
		return nil, err
	}
	// The step is taken, whether the others can be read or not.
	if all, err := rec.withOthers(ctx, state); err == nil {
		h = among(all, h)
	}
	return &contextv1.HandoffChange{
		Handoff: handoffMessage(ref.customer, h, wire.Time(done.events[0].GetRecordedAt())), Revision: done.revision, ConsistencyToken: rec.token(done.revision),
	}, nil
}
