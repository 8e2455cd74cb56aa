package server

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// tell appends the events of claims that the log does not know, the beginning of the interaction first: a contact counts
// as the maker of its customer when it is the first event of the history. It says whether this call began the
// interaction, and the revision after it.
func (r *resolution) tell(ctx context.Context, w *projector.Writer, untold []domain.KeyClaim) (begun bool, revision int64, err error) {
	slices.SortStableFunc(untold, func(a, b domain.KeyClaim) int {
		return cmp.Compare(rank(a), rank(b))
	})
	var events []*logv1.Event
	for _, k := range untold {
		events = append(events, r.event(k))
	}
	for len(events) > 0 {
		done, err := w.AppendAlways(ctx, events)
		if err == nil {
			for i, res := range done.Results {
				begun = begun || events[i].GetInteractionStarted() != nil && !res.GetReplayed()
			}
			return begun, done.Revision, nil
		}
		f, _ := fault.As(err)
		if f.Reason != reasonEventIDReused {
			return false, 0, err
		}
		// The log has been told before, in other words: a retransmission may give another time or channel.
		at := slices.IndexFunc(events, func(e *logv1.Event) bool { return e.GetEventId() == f.Meta["event_id"] })
		if at < 0 {
			return false, 0, fault.New(fault.Internal, fault.InternalError, "the log refuses an event that was not sent: %w", err)
		}
		events = slices.Delete(events, at, at+1)
	}
	return false, w.Current().State.Revision, nil
}

func rank(k domain.KeyClaim) int {
	if k.Key.Type == domain.IdentifierPlatformContact {
		return 0
	}
	return 1
}

// event tells the log about one claim. Its id is the same for everyone who tells the same.
func (r *resolution) event(k domain.KeyClaim) *logv1.Event {
	e := &logv1.Event{
		OccurredAt: r.req.GetOccurredAt(),
		Channel:    r.req.GetChannel(),
		Source:     r.req.GetPlatformContact().GetPlatform(),
	}
	if c := r.req.GetPlatformContact(); c != nil {
		e.InteractionId = r.interactionID(&domain.State{})
	}
	if k.Key.Type == domain.IdentifierPlatformContact {
		e.EventId = hashID("start", k.Key.Value)
		e.Payload = &logv1.Event_InteractionStarted{InteractionStarted: &logv1.InteractionStarted{
			Platform:          r.req.GetPlatformContact().GetPlatform(),
			PlatformContactId: r.contact,
			Direction:         r.req.GetDirection(),
			Locale:            r.req.GetLocale(),
		}}
		return e
	}
	// An identifier may be linked, unlinked and linked again: the time of the claim tells the links apart.
	e.EventId = hashID("link", strconv.Itoa(int(k.Key.Type)), k.Key.Value, strconv.FormatInt(k.Owner.Since.UnixNano(), 10))
	e.Payload = &logv1.Event_IdentifierLinked{IdentifierLinked: &logv1.IdentifierLinked{
		Identifier: wire.IdentifierMessage(domain.Identifier(k.Key)),
		Origin:     r.req.GetOrigin(),
	}}
	return e
}

// historyPages bounds how far back an old contact is looked for.
const historyPages = 20

// startedBefore takes a contact off the list when the log has its interaction: a state forgets old interactions, and an
// interaction may have been begun by someone who wrote to the log directly, under another event's id.
func (r *resolution) startedBefore(ctx context.Context, w *projector.Writer, untold []domain.KeyClaim) ([]domain.KeyClaim, error) {
	at := slices.IndexFunc(untold, func(k domain.KeyClaim) bool {
		return k.Key.Type == domain.IdentifierPlatformContact && k.Outcome == domain.Matched
	})
	state := w.Current().State
	// Nothing can have been forgotten while the state has all interactions.
	if at < 0 || state.InteractionsTotal == int64(len(state.Open)+len(state.Ended)) {
		return untold, nil
	}
	c := r.req.GetPlatformContact()
	found, err := w.FindNewest(ctx, historyPages, logv1.EventType_EVENT_TYPE_INTERACTION_STARTED, func(e *logv1.Event) bool {
		p := e.GetInteractionStarted()
		return p.GetPlatform() == c.GetPlatform() && p.GetPlatformContactId() == r.contact
	})
	if err != nil || found == nil {
		return untold, err
	}
	r.begunAs = found.GetInteractionId()
	return slices.Delete(untold, at, at+1), nil
}
