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

func (t *Tenant) owners(ctx context.Context, keys []domain.IdentifierKey) ([]domain.Owner, error) {
	if err := t.p.settle(ctx, t, keys); err != nil {
		return nil, err
	}
	return t.p.store.Lookup(ctx, t.name, keys)
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
	return t.p.store.Claim(ctx, r)
}
