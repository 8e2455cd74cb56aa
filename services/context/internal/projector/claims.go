package projector

import (
	"context"
	"slices"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Lookup returns the owner of each key, a zero one when it has none. It waits until the view is whole: before, a known
// identifier could look unknown. When that takes too long, what is stored has to do if it names all owners.
func (t *Tenant) Lookup(ctx context.Context, keys []domain.IdentifierKey) ([]domain.Owner, error) {
	if !t.p.isReady() && t.p.health.get() != Building {
		// The log is out of reach: waiting would be in vain.
		if owners, err := t.owners(ctx, keys); err != nil || allNamed(owners) {
			return owners, err
		}
	}
	notReady := t.p.WaitReady(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	owners, err := t.owners(ctx, keys)
	if err == nil && notReady != nil && !allNamed(owners) {
		return nil, notReady
	}
	return owners, err
}

func (t *Tenant) owners(ctx context.Context, keys []domain.IdentifierKey) (owners []domain.Owner, err error) {
	if err := t.p.settle(ctx, t, keys); err != nil {
		return nil, err
	}
	err = t.withoutErased(ctx, func() ([]domain.Owner, error) {
		owners, err = t.p.store.Lookup(ctx, t.name, keys)
		return owners, err
	})
	return owners, err
}

// maxForgotten bounds how often the store is asked again because it named who was erased: each time it knows of one more.
const maxForgotten = 2 * domain.MaxHolders

// withoutErased asks the store for owners until it names nobody of whom is known here, but was not stored yet, that the
// customer was erased.
func (t *Tenant) withoutErased(ctx context.Context, ask func() ([]domain.Owner, error)) error {
	for range maxForgotten {
		owners, err := ask()
		if err != nil {
			return err
		}
		erased := false
		for _, o := range owners {
			e := t.p.cache.peek(entryKey{t, o.Customer})
			if e == nil {
				continue
			}
			if cur := e.cur.Load(); cur != nil && !cur.State.Erased.IsZero() {
				erased = true
				if err := t.p.saveErased(ctx, e); err != nil {
					return err
				}
			}
		}
		if !erased {
			return nil
		}
	}
	return contention()
}

func allNamed(owners []domain.Owner) bool {
	return !slices.ContainsFunc(owners, func(o domain.Owner) bool { return o.Customer == "" })
}

// Claim finds the customer behind keys, or makes one. It waits until the view is whole: before, a second customer could
// be made for a known identifier.
func (t *Tenant) Claim(ctx context.Context, r domain.ClaimRequest) (domain.ClaimResult, error) {
	if err := t.p.WaitReady(ctx); err != nil {
		return domain.ClaimResult{}, err
	}
	if err := t.p.settle(ctx, t, r.Keys); err != nil {
		return domain.ClaimResult{}, err
	}
	r.Tenant = t.name
	var res domain.ClaimResult
	err := t.withoutErased(ctx, func() (owners []domain.Owner, err error) {
		res, err = t.p.store.Claim(ctx, r)
		for _, k := range res.Keys {
			owners = append(owners, k.Owner)
		}
		return owners, err
	})
	if err != nil {
		return domain.ClaimResult{}, err
	}
	return res, nil
}
