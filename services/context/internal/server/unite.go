package server

import (
	"context"
	"errors"
	"strconv"
	"strings"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	reasonMergeCollision  = "MERGE_COLLISION"
	reasonMergeWithItself = "MERGE_WITH_ITSELF"

	// maxUniteAttempts bounds how often a merge is tried anew because others merge the same customers meanwhile.
	maxUniteAttempts = 5
)

// unite makes one customer of two. A merge is one event in each history, and no transaction spans the two:
//
//   - The merged customer's history is written first, the survivor's second, and the merge is in force once both tell
//     of it. Cut off in between, both customers stand alone, as before, until the request is repeated.
//   - The survivor's is only written while it says that the survivor is nobody's. So merges never make a circle, however
//     many processes merge at the same time: in one, each history would have to be written before the next.
//   - The ids of both events derive from the merge's. Whoever finds half a merge in the way gives it up by taking the id
//     that its second event would have: then it can never be completed behind anybody's back. See giveUp.
//
// In one process the writers of both customers are held, always in the same order.
type unite struct {
	s *Server
	p *tenant

	id                string // of the merge
	keyed             bool   // the id derives from the request: it may have been done before
	surviving, merged string
	header            *logv1.Event
	reason            string

	begun  bool // this call has written the first event
	ws, wm *projector.Writer
}

// united is the outcome of a merge.
type united struct {
	merge    domain.Merge
	revision int64 // the survivor's newest
	replayed bool
}

// half is a merge that only the merged customer's history tells of.
type half struct {
	customer string
	merge    domain.Merge
}

var (
	// errMoved says that the ground has shifted, and everything is to be looked at again.
	errMoved = errors.New("the customers have changed meanwhile")
	// errNothing says that there is nothing to append.
	errNothing = errors.New("nothing to append")
)

func mergedEventID(mergeID string) string    { return hashID("merged", mergeID) }
func survivingEventID(mergeID string) string { return hashID("surviving", mergeID) }

func (u *unite) run(ctx context.Context) (united, error) {
	for range maxUniteAttempts {
		done, inTheWay, err := u.attempt(ctx)
		switch {
		case inTheWay != nil:
			if err := u.s.giveUp(ctx, u.p, *inTheWay); err != nil {
				return united{}, err
			}
		case !errors.Is(err, errMoved):
			return done, err
		}
	}
	return united{}, contention()
}

func contention() error {
	return fault.New(fault.Conflict, projector.ReasonContention, "the customers kept changing while the merge was tried; try again")
}

// attempt tries once. It may find half of another merge in the way.
func (u *unite) attempt(ctx context.Context) (united, *half, error) {
	unlock, err := u.lock(ctx)
	if err != nil {
		return united{}, nil, err
	}
	defer unlock()
	surviving, err := u.s.read(ctx, u.p, u.surviving, projector.Want{Full: true})
	if err != nil {
		return united{}, nil, err
	}
	merged, err := u.s.read(ctx, u.p, u.merged, projector.Want{Full: true})
	if err != nil {
		return united{}, nil, err
	}
	stored, done, err := u.stored(ctx)
	if err != nil {
		return united{}, nil, err
	}
	if done != nil {
		return *done, nil, nil
	}
	if h := halfOf(u.surviving, &surviving); h != nil {
		return united{}, h, nil
	}
	if h := halfOf(u.merged, &merged); h != nil && h.merge.ID != u.id {
		return united{}, h, nil
	}
	if err := u.check(&surviving, &merged); err != nil {
		if stored || u.begun {
			// The first event stands, and the second is not to be: what was begun is taken back.
			if failed := u.s.clear(ctx, u.wm, u.id); failed != nil {
				err = failed
			}
		}
		return united{}, nil, err
	}
	if !stored && !u.begun {
		if err := u.begin(ctx); err != nil {
			return united{}, nil, err
		}
	}
	res, err := u.end(ctx)
	return res, nil, err
}

// lock takes the writers of both customers, the one with the lower id first.
func (u *unite) lock(ctx context.Context) (func(), error) {
	low, high, err := lockBoth(ctx, u.p, u.surviving, u.merged)
	if err != nil {
		return nil, err
	}
	u.ws, u.wm = low, high
	return func() {
		low.Close()
		high.Close()
	}, nil
}

// lockBoth returns the writers of two customers, taken in an order that does not depend on who asks.
func lockBoth(ctx context.Context, p *tenant, a, b string) (wa, wb *projector.Writer, err error) {
	if b < a {
		wb, wa, err = lockBoth(ctx, p, b, a)
		return wa, wb, err
	}
	if wa, err = p.Writer(ctx, a); err != nil {
		return nil, nil, err
	}
	if wb, err = p.Writer(ctx, b); err != nil {
		wa.Close()
		return nil, nil, err
	}
	return wa, wb, nil
}

// halfOf returns the merge into another customer that a customer's history tells of and the other's does not.
func halfOf(customer string, j *joined) *half {
	if j.root != customer || j.own.State.MergedInto.ID == "" {
		return nil
	}
	return &half{customer, j.own.State.MergedInto}
}

// check says what stands against the merge.
func (u *unite) check(surviving, merged *joined) error {
	all, err := collisions(u.p, surviving, merged)
	if err != nil || len(all) == 0 {
		return err
	}
	c := all[0]
	why := strings.ToLower(c.Explanation[:1]) + strings.TrimSuffix(c.Explanation[1:], ".")
	f := fault.New(fault.Precondition, reasonMergeCollision, "the customers cannot be merged: %s", why).With("kind", c.Kind.String())
	if c.Kind == domain.CollisionIdentifierLimit {
		f = f.With("identifier_type", c.Type.String())
	}
	if c.Limit > 0 {
		f = f.With("count", strconv.Itoa(c.Count)).With("limit", strconv.Itoa(c.Limit))
	}
	return f
}

// collisions returns what stands against merging two customers, who must exist and not be one.
func collisions(p *tenant, surviving, merged *joined) ([]domain.Collision, error) {
	switch {
	case surviving.State.Revision == 0:
		return nil, customerNotFound().With("customer", customerName(surviving.requested))
	case merged.State.Revision == 0:
		return nil, customerNotFound().With("customer", customerName(merged.requested))
	case surviving.root == merged.root:
		return nil, fault.New(fault.Invalid, reasonMergeWithItself, "the two customers are merged with each other already").
			WithField("merged_customer", "must be another customer")
	}
	policy := p.Dictionary().Policy()
	return domain.Collisions(&policy.Identity, side(surviving), side(merged)), nil
}

func side(j *joined) domain.MergeSide {
	return domain.MergeSide{
		Joined: j.State, Customers: 1 + len(j.members), Listed: len(j.own.State.Merges), Root: j.root == j.requested,
	}
}
