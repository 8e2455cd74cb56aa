package server

import (
	"context"
	"strings"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// reasonEventIDReused is the log's word for an id that is taken.
const reasonEventIDReused = "EVENT_ID_REUSED"

// recording is one request that writes to a customer's history: once, however often the request comes.
//
// The ids of its events derive from the request id, so the log itself knows a request that comes again, whichever server
// it comes to, and no other memory is needed. A request without a request id gets random ones: it is never a repetition.
type recording struct {
	s        *Server
	p        *tenant
	w        *projector.Writer
	customer string
	// base is what the ids of the request's events begin with.
	base string
	// keyed says that the caller gave a request id.
	keyed bool
}

// record begins a recording: it waits for the right to write to the customer. Close it. The kind keeps equal request ids
// of different RPCs apart.
func (s *Server) record(ctx context.Context, p *tenant, kind, customer, requestID string) (*recording, error) {
	base, keyed, err := s.requestBase(kind, requestID)
	if err != nil {
		return nil, err
	}
	w, err := p.Writer(ctx, customer)
	if err != nil {
		return nil, err
	}
	return &recording{s: s, p: p, w: w, customer: customer, base: base, keyed: keyed}, nil
}

// requestBase returns what the ids of a request's events begin with, and whether the caller gave a request id.
func (s *Server) requestBase(kind, requestID string) (base string, keyed bool, err error) {
	if requestID != "" {
		return hashID(kind, requestID), true, nil
	}
	id, err := s.randomID()
	return kind + "-" + id, false, err
}

func (r *recording) close() { r.w.Close() }

func (r *recording) token(revision int64) string { return tokenOf(r.p, r.customer, revision) }

// entry is what a request wants to write.
type entry struct {
	// first is the request's first event, as far as the request alone makes it: a repetition is known by it. Its id is
	// the recording's base, or begins with it and a "-".
	first *logv1.Event
	// rest are the request's further events, where the request alone makes these, too: a repetition has the same ones,
	// and no more. Their ids begin with the base and a "-"; those of events that follow from what is known do not.
	rest []*logv1.Event
	// same reports whether a stored event, which has first's id and another content, says what the request says; needed
	// only when more goes into the event than the request: the state, the time, randomness.
	same func(stored *logv1.Event) bool
	// decide makes the events out of what is known, one with first's id at the head, or refuses. A refusal counts only
	// when it is decided on all that the log holds, and when the request was not accepted before.
	decide projector.Decide
	// span is how many events of the history, from first on, tell what became of the request; 0 counts as 1.
	span int
}

// recorded is what became of an entry.
type recorded struct {
	// replayed says that the request was done before: answer it as it was answered then.
	replayed bool
	// events are the request's, as the log has them. Of a repetition they are first and what follows it in the history,
	// span events at most, which may be others'.
	events []*logv1.Event
	// revision is the customer's newest.
	revision int64
	// before is what a request that was not replayed was decided on.
	before *domain.State
}

// once writes an entry, or finds out that it was written before.
func (r *recording) once(ctx context.Context, e entry) (*recorded, error) {
	var refused error
	stored := false
	decide := func(cur *projector.Current) ([]*logv1.Event, error) {
		events, err := e.decide(cur)
		// A single event needs no look before: the append itself tells whether it is a repetition. Of more than one the
		// log might take some as repeated and others as new.
		if refused = err; err != nil || len(events) == 1 || !r.keyed {
			return events, err
		}
		if stored, err = r.has(ctx, e.first); stored {
			err = requestIDReused() // so that nothing is appended; it is looked into below
		}
		return events, err
	}
	done, err := r.w.Append(ctx, decide)
	if refused != nil {
		// The view may be behind the log.
		if err := r.w.CatchUp(ctx); err != nil {
			return nil, err
		}
		done, err = r.w.Append(ctx, decide)
	}
	if refused != nil && r.keyed {
		// What was accepted the first time may well be refused by now: nobody can open the same case twice.
		var failed error
		if stored, failed = r.has(ctx, e.first); failed != nil {
			return nil, failed
		}
	}
	switch {
	case stored, r.keyed && fault.ReasonOf(err) == reasonEventIDReused, err == nil && done.Results[0].GetReplayed():
		return r.replay(ctx, e)
	case err != nil:
		return nil, err
	}
	return newlyRecorded(done), nil
}

// has reports whether the log has an event with the id of this one.
func (r *recording) has(ctx context.Context, e *logv1.Event) (bool, error) {
	found, _, _, err := r.w.Probe(ctx, e)
	return err == nil && found != projector.StoredNot, err
}

func newlyRecorded(done *projector.Appended) *recorded {
	rec := &recorded{revision: done.Revision, before: done.Before.State}
	for _, res := range done.Results {
		rec.events = append(rec.events, res.GetEvent())
	}
	return rec
}

// replay finds the request's events in the log. It is REQUEST_ID_REUSED when they are another request's.
func (r *recording) replay(ctx context.Context, e entry) (*recorded, error) {
	found, results, revision, err := r.w.Probe(ctx, e.first)
	switch {
	case err != nil:
		return nil, err
	case found == projector.StoredSame:
		revision = results[0].GetRevision()
	case found == projector.StoredOther && e.same != nil && revision > 0:
	default:
		return nil, requestIDReused()
	}
	through := revision + int64(max(e.span, 1)) - 1
	events, err := r.w.History(ctx, revision-1, through)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 || events[0].GetEventId() != e.first.GetEventId() || found == projector.StoredOther && !e.same(events[0]) {
		return nil, requestIDReused()
	}
	if err := r.compareRest(ctx, e, events); err != nil {
		return nil, err
	}
	newest := max(events[len(events)-1].GetRevision(), r.w.Current().State.Revision)
	return &recorded{replayed: true, events: events, revision: newest}, nil
}

// compareRest finds out whether the request had other events behind the first one, or more.
func (r *recording) compareRest(ctx context.Context, e entry, events []*logv1.Event) error {
	if len(e.rest) > 0 {
		switch found, _, _, err := r.w.Probe(ctx, append([]*logv1.Event{e.first}, e.rest...)...); {
		case err != nil:
			return err
		case found != projector.StoredSame:
			return requestIDReused()
		}
	}
	if n := 1 + len(e.rest); len(events) > n && strings.HasPrefix(events[n].GetEventId(), r.base+"-") {
		return requestIDReused()
	}
	return nil
}

func requestIDReused() error {
	return fault.New(fault.Exists, reasonRequestIDReused, "the request id was used before with another content").
		WithField("request_id", "must be new for a new request")
}

// stateBefore returns what was known before the request's first event.
func (r *recording) stateBefore(ctx context.Context, rec *recorded) (*domain.State, error) {
	if rec.before != nil {
		return rec.before, nil
	}
	return r.p.StateAt(ctx, r.customer, rec.events[0].GetRevision()-1)
}

// stateAfter returns what was known right after the request's first n events, whatever has happened since.
func (r *recording) stateAfter(ctx context.Context, rec *recorded, n int) (*domain.State, error) {
	if rec.before != nil {
		return domain.Apply(rec.before, wire.Events(rec.events[:n])...)
	}
	last := rec.events[n-1].GetRevision()
	if cur := r.w.Current().State; cur.Revision == last {
		return cur, nil
	}
	return r.p.StateAt(ctx, r.customer, last)
}
