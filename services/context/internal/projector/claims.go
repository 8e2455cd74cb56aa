package projector

import (
	"context"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Lookup returns the owner of each key, a zero one when it has none. It waits until the view is whole: before, a known
// identifier could look unknown.
func (t *Tenant) Lookup(ctx context.Context, keys []domain.IdentifierKey) ([]domain.Owner, error) {
	if err := t.p.WaitReady(ctx); err != nil {
		return nil, err
	}
	if err := t.p.settle(ctx, t, keys); err != nil {
		return nil, err
	}
	return t.p.store.Lookup(ctx, t.name, keys)
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
