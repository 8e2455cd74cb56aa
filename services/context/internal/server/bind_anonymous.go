package server

import (
	"context"
	"slices"
	"strconv"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// bindReason is the reason of a merge of an anonymous visitor.
const bindReason = "anonymous visitor recognised"

// visitors returns the anonymous visitors among the customers that identifiers of the request name instead, if they are
// to be bound.
func (r *resolution) visitors(ctx context.Context) ([]joined, error) {
	if !r.req.GetBindAnonymous() {
		return nil, nil
	}
	var found []joined
	for _, k := range r.claim.Keys {
		visitor := r.rootOf(k.Owner.Customer)
		if k.Outcome != domain.Conflicting || slices.ContainsFunc(found, func(j joined) bool { return j.root == visitor }) {
			continue
		}
		j, err := r.s.read(ctx, r.p, visitor, projector.Want{})
		if err != nil {
			return nil, err
		}
		if j.root == visitor && j.State.Anonymous() {
			found = append(found, j)
		}
	}
	return found, nil
}

// bind merges the visitors into the customer, and returns the customer's revision after it. A visitor who may not be
// merged stays a conflict.
func (r *resolution) bind(ctx context.Context) (revision int64, err error) {
	visitors, err := r.visitors(ctx)
	if err != nil {
		return 0, err
	}
	for _, visitor := range visitors {
		u := &unite{
			s: r.s, p: r.p, id: r.bindID(visitor.root, visitor.own.State.Revision), keyed: true,
			surviving: r.claim.Customer, merged: visitor.root, header: r.bindHeader(), reason: bindReason,
		}
		if _, err := u.run(ctx); err != nil && !declined(err) {
			return 0, err
		}
		// A merge that this contact made and somebody undid is not made again: what counts is what is in force.
		j, err := r.s.read(ctx, r.p, r.claim.Customer, projector.Want{})
		if err != nil {
			return 0, err
		}
		if j.includes(visitor.root) {
			if r.bound == nil {
				r.bound = map[string]bool{}
			}
			r.bound[visitor.root] = true
		}
		revision = j.own.State.Revision
	}
	return revision, nil
}

// declined reports whether a merge was refused for what the customers are, or overtaken by another one.
func declined(err error) bool {
	switch fault.ReasonOf(err) {
	case reasonMergeCollision, reasonMergeWithItself, projector.ReasonContention:
		return true
	}
	return false
}

// bindID returns the id of the merge of a visitor. A contact binds a visitor once, however often it is transmitted;
// without one, the visitor's revision tells one time from another.
func (r *resolution) bindID(visitor string, revision int64) string {
	if c := r.req.GetPlatformContact(); c != nil {
		return hashID("bind", c.GetPlatform(), r.contact, visitor, r.claim.Customer)
	}
	return hashID("bind", visitor, r.claim.Customer, strconv.FormatInt(revision, 10))
}

// bindHeader returns what the events of the merge say beside it: nothing that a retransmission might say otherwise.
func (r *resolution) bindHeader() *logv1.Event {
	e := &logv1.Event{
		Actor:  &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_SYSTEM, Id: "context"},
		Source: "throughline-context",
	}
	if c := r.req.GetPlatformContact(); c != nil {
		e.InteractionId = domain.ContactInteractionID(c.GetPlatform(), r.contact)
	}
	return e
}
