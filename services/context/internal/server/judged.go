package server

import (
	"context"
	"errors"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// judgedWrite is an append of one event that is judged by what was known before it, together with the event that tells
// what was found, if anything was.
//
// A request that comes again has to get the verdict of the first time, although more may be known by now. So a finding
// is only ever appended with an event that is new.
type judgedWrite struct {
	w     *projector.Writer
	event *logv1.Event
	// keyed says that the event's id derives from the caller's request id.
	keyed bool
}

// errStored says that the event is in the log already.
var errStored = errors.New("the event is stored already")

// append stores the event with the finding that judge makes out of what is known; nil for none. It returns the
// customer's revision, or that the log had the event before: then see stored.
func (j *judgedWrite) append(ctx context.Context, judge func(*projector.Current) *logv1.Event) (revision int64, replayed bool, err error) {
	done, err := j.w.Append(ctx, func(cur *projector.Current) ([]*logv1.Event, error) {
		finding := judge(cur)
		if finding == nil {
			return []*logv1.Event{j.event}, nil
		}
		if j.keyed {
			found, _, _, err := j.w.Probe(ctx, j.event)
			switch {
			case err != nil:
				return nil, err
			case found != projector.StoredNot:
				return nil, errStored
			}
		}
		return []*logv1.Event{j.event, finding}, nil
	})
	switch {
	case errors.Is(err, errStored), fault.ReasonOf(err) == reasonEventIDReused && j.keyed:
		return 0, true, nil
	case err != nil:
		return 0, false, err
	}
	return done.Revision, done.Results[0].GetReplayed(), nil
}

// stored returns the event as it is in the log, and the event after it. It is REQUEST_ID_REUSED when that is another
// event, unless same finds that the caller said the same; nil finds that never.
func (j *judgedWrite) stored(ctx context.Context, same func(*logv1.Event) bool) (first, next *logv1.Event, err error) {
	found, results, revision, err := j.w.Probe(ctx, j.event)
	switch {
	case err != nil:
		return nil, nil, err
	case found == projector.StoredSame:
		revision = results[0].GetRevision()
	case found == projector.StoredOther && same != nil && revision > 0:
	default:
		return nil, nil, requestIDReused()
	}
	events, err := j.w.History(ctx, revision-1, revision+1)
	if err != nil {
		return nil, nil, err
	}
	if len(events) == 0 || events[0].GetEventId() != j.event.GetEventId() || found == projector.StoredOther && !same(events[0]) {
		return nil, nil, requestIDReused()
	}
	if len(events) > 1 {
		next = events[1]
	}
	return events[0], next, nil
}
