package server

import (
	"context"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

// views are what a question or a verification is judged by, and what a handoff offers by the first: what is known of the
// customer with all who are one with it, and then what its own history says. The follower, which judges the same event for
// itself, has only the latter, and must not find what the answer denies.
func (r *recording) views(ctx context.Context, cur *projector.Current) ([]*domain.View, error) {
	dict := r.p.Dictionary()
	own := cur.View(dict)
	if cur.State.Alone() {
		return []*domain.View{own}, nil
	}
	j, err := r.s.read(ctx, r.p, r.customer, projector.Want{})
	if err != nil {
		return nil, err
	}
	return []*domain.View{j.View(dict), own}, nil
}

// viewsThen are what a request's first event was judged by when it was written. Of the customers merged with this one it
// has what is known now: they may have said more since. What was found is in the log all the same.
func (r *recording) viewsThen(ctx context.Context, rec *recorded, dict *domain.Dictionary) ([]*domain.View, error) {
	before, err := r.stateBefore(ctx, rec)
	if err != nil {
		return nil, err
	}
	own := domain.NewView(before, dict)
	all, err := r.withOthers(ctx, before)
	if err != nil || all == before {
		return []*domain.View{own}, err
	}
	return []*domain.View{domain.NewView(all, dict), own}, nil
}

// withOthers joins what the customer's own history said at some time with what is known now of those who are one with it:
// the same state where there are none.
func (r *recording) withOthers(ctx context.Context, own *domain.State) (*domain.State, error) {
	j, err := r.s.read(ctx, r.p, r.customer, projector.Want{})
	if err != nil || len(j.members) == 0 {
		return own, err
	}
	states := j.states()
	if i := j.place(r.customer); i >= 0 {
		states[i] = own
	}
	return domain.Join(states[0], states[1:]...), nil
}
