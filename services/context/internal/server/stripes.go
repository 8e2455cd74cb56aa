package server

import (
	"context"
	"hash/maphash"
	"slices"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// stripeCount is how many locks stand for all identifiers.
const stripeCount = 1024

// stripes let one call at a time make something of an identifier in this process: who makes a customer for it also
// tells the log first, so that the log's first word about the customer is the maker's.
type stripes struct {
	seed  maphash.Seed
	locks [stripeCount]chan struct{}
}

func (s *stripes) init() {
	s.seed = maphash.MakeSeed()
	for i := range s.locks {
		s.locks[i] = make(chan struct{}, 1)
	}
}

// lock takes the locks of all keys, always in the same order, and returns the function that gives them back.
func (s *stripes) lock(ctx context.Context, keys []domain.IdentifierKey) (func(), error) {
	at := make([]int, len(keys))
	for i, k := range keys {
		at[i] = int(maphash.Comparable(s.seed, k) % stripeCount)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	for i, n := range at {
		select {
		case s.locks[n] <- struct{}{}:
		case <-ctx.Done():
			s.unlock(at[:i])
			return nil, ctx.Err()
		}
	}
	return func() { s.unlock(at) }, nil
}

func (s *stripes) unlock(at []int) {
	for _, n := range at {
		<-s.locks[n]
	}
}
