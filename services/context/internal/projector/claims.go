package projector

import (
	"context"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Lookup returns the owner of each key, a zero one when it has none. It waits until the view is whole: before, a known
// identifier could look unknown.
func (p *Projector) Lookup(ctx context.Context, keys []domain.IdentifierKey) ([]domain.Owner, error) {
	if err := p.WaitReady(ctx); err != nil {
		return nil, err
	}
	if err := p.settle(ctx, keys); err != nil {
		return nil, err
	}
	return p.store.Lookup(ctx, p.o.Tenant, keys)
}

// Claim finds the customer behind keys, or makes one. It waits until the view is whole: before, a second customer could
// be made for a known identifier.
func (p *Projector) Claim(ctx context.Context, r domain.ClaimRequest) (domain.ClaimResult, error) {
	if err := p.WaitReady(ctx); err != nil {
		return domain.ClaimResult{}, err
	}
	if err := p.settle(ctx, r.Keys); err != nil {
		return domain.ClaimResult{}, err
	}
	r.Tenant = p.o.Tenant
	return p.store.Claim(ctx, r)
}
