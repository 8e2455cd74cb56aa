package server

import (
	"context"
	"slices"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

// lookup returns the owners of the keys, finds out whom they are merged into, and leaves out those keys that the tenant's
// policy does not let the customer have.
func (r *resolution) lookup(ctx context.Context) ([]domain.Owner, error) {
	owners, err := r.p.Lookup(ctx, r.keys)
	if err != nil {
		return nil, err
	}
	if err := r.findRoots(ctx, owners); err != nil {
		return nil, err
	}
	return r.admit(ctx, owners)
}

// findRoots finds out whom the owners are merged into.
func (r *resolution) findRoots(ctx context.Context, owners []domain.Owner) error {
	r.roots = nil
	var seen []string
	for _, o := range owners {
		if o.Customer == "" || slices.Contains(seen, o.Customer) {
			continue
		}
		seen = append(seen, o.Customer)
		j, err := r.s.read(ctx, r.p, o.Customer, projector.Want{})
		if err != nil {
			return err
		}
		if j.root == o.Customer {
			continue
		}
		if r.roots == nil {
			r.roots = map[string]string{}
		}
		r.roots[o.Customer] = j.root
	}
	return nil
}

func (r *resolution) rootOf(customer string) string {
	if root, merged := r.roots[customer]; merged {
		return root
	}
	return customer
}

// admit leaves out new identifiers of which the customer would have too many. It looks at the customer only when the
// policy bounds identifiers of the kind.
func (r *resolution) admit(ctx context.Context, owners []domain.Owner) ([]domain.Owner, error) {
	policy := r.p.Dictionary().Policy()
	var have []domain.Identifier
	read := false
	keys, kept := make([]domain.IdentifierKey, 0, len(r.keys)), make([]domain.Owner, 0, len(owners))
	for i, k := range r.keys {
		if _, limited := policy.Identity.Limit(k.Type); limited && owners[i].Customer == "" {
			if !read {
				read = true
				var err error
				if have, err = r.identifiers(ctx, owners); err != nil {
					return nil, err
				}
			}
			id := domain.Identifier(k)
			if !policy.Identity.Admits(have, id) {
				r.leaveOut(k, domain.Conflicting)
				continue
			}
			have = append(have, id)
		}
		keys, kept = append(keys, k), append(kept, owners[i])
	}
	r.keys = keys
	return kept, nil
}

// identifiers returns those that the customer has who will be found.
func (r *resolution) identifiers(ctx context.Context, owners []domain.Owner) ([]domain.Identifier, error) {
	found := domain.ClaimRequest{Keys: r.keys, Roots: r.roots}.Decide(owners)
	if found.Customer == "" {
		return nil, nil
	}
	j, err := r.s.read(ctx, r.p, found.Customer, projector.Want{})
	if err != nil {
		return nil, err
	}
	return j.State.IdentifierValues(), nil
}

// leaveOut notes that an identifier of the request takes no part.
func (r *resolution) leaveOut(k domain.IdentifierKey, why domain.MatchOutcome) {
	if r.unused == nil {
		r.unused = map[domain.IdentifierKey]domain.MatchOutcome{}
	}
	r.unused[k] = why
}
