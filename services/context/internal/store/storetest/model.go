package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Model does random operations on a store and on the reference, and compares every answer. Now and then the store is
// closed and opened.
func Model(t *testing.T, f Factory, reference func() domain.Store) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{t: t, rt: rt, f: f, s: f.New(t), ref: reference()}
		defer func() { _ = m.s.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"save":   m.save,
			"claim":  m.claim,
			"bind":   m.bind,
			"reopen": m.reopen,
			"":       m.compare,
		})
	})
}

type model struct {
	t      *testing.T
	rt     *rapid.T
	f      Factory
	s, ref domain.Store
	clock  int64
}

var (
	tenants   = []string{"one", "two"}
	customers = []string{"a", "b", "c"}
	modelKeys = []domain.IdentifierKey{phone("+1"), phone("+2"), key(domain.IdentifierEmail, "x@y.z"), contact("1"), contact("2")}
)

func draw[T any](rt *rapid.T, from []T, what string) T { return rapid.SampledFrom(from).Draw(rt, what) }

func (m *model) now() time.Time {
	m.clock++
	return T0.Add(time.Duration(m.clock) * time.Second)
}

func (m *model) same(what string, got, want any, gotErr, wantErr error) {
	if gotErr != nil || wantErr != nil {
		m.rt.Fatalf("%s: errors %v, reference %v", what, gotErr, wantErr)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		m.rt.Fatalf("%s (-reference +store):\n%s", what, diff)
	}
}

func (m *model) save(rt *rapid.T) {
	p := domain.Progress{Positions: map[int32]int64{}}
	for range rapid.IntRange(0, 3).Draw(rt, "states") {
		p.States = append(p.States, domain.StateRecord{
			Tenant: draw(rt, tenants, "tenant"), Customer: draw(rt, customers, "customer"),
			State: m.state(rt),
		})
	}
	for range rapid.IntRange(0, 3).Draw(rt, "positions") {
		p.Positions[rapid.Int32Range(0, 3).Draw(rt, "shard")] = rapid.Int64Range(1, 50).Draw(rt, "sequence")
	}
	m.same("save", nil, nil, m.s.Save(m.t.Context(), p), m.ref.Save(m.t.Context(), p))
}

// state draws a snapshot; some have a timer.
func (m *model) state(rt *rapid.T) *domain.State {
	revision := rapid.Int64Range(1, 9).Draw(rt, "revision")
	if rapid.IntRange(0, 9).Draw(rt, "chance") == 0 {
		return erasedState(revision)
	}
	if rapid.Bool().Draw(rt, "timer") {
		return timed(revision, rapid.Int64Range(-2, 2).Draw(rt, "minutes"))
	}
	return state(revision)
}

func (m *model) claim(rt *rapid.T) {
	r := domain.ClaimRequest{
		Tenant: draw(rt, tenants, "tenant"), Now: m.now(),
		Keys: rapid.SliceOfNDistinct(rapid.SampledFrom(modelKeys), 1, 3, func(k domain.IdentifierKey) string {
			if k.Type == domain.IdentifierPlatformContact {
				return "contact" // at most one
			}
			return fmt.Sprint(k)
		}).Draw(rt, "keys"),
	}
	if rapid.Bool().Draw(rt, "create") {
		r.NewCustomer = draw(rt, customers, "customer")
	}
	got, gotErr := m.s.Claim(m.t.Context(), r)
	want, wantErr := m.ref.Claim(m.t.Context(), r)
	m.same("claim", got, want, gotErr, wantErr)
}

func (m *model) bind(rt *rapid.T) {
	tenant := draw(rt, tenants, "tenant")
	var bindings []domain.Binding
	for range rapid.IntRange(1, 4).Draw(rt, "bindings") {
		bindings = append(bindings, domain.Binding{
			Key: draw(rt, modelKeys, "key"), Unbind: rapid.Bool().Draw(rt, "unbind"),
			Owner: domain.Owner{Customer: draw(rt, customers, "customer"), Since: m.now()},
		})
	}
	m.same("bind", nil, nil, m.s.Bind(m.t.Context(), tenant, bindings), m.ref.Bind(m.t.Context(), tenant, bindings))
}

func (m *model) reopen(rt *rapid.T) {
	// Opening costs a disk sync; a few are enough.
	if !m.f.Forgets && rapid.IntRange(0, 9).Draw(rt, "chance") == 0 {
		m.s = m.f.Reopen(m.t, m.s)
	}
}

func (m *model) compare(*rapid.T) {
	for _, tenant := range tenants {
		for _, c := range customers {
			got, gotErr := m.s.LoadState(m.t.Context(), tenant, c)
			want, wantErr := m.ref.LoadState(m.t.Context(), tenant, c)
			m.same("state", got.Equal(want), true, gotErr, wantErr)
		}
		got, gotErr := m.s.Lookup(m.t.Context(), tenant, modelKeys)
		want, wantErr := m.ref.Lookup(m.t.Context(), tenant, modelKeys)
		m.same("owners", got, want, gotErr, wantErr)
	}
	for _, through := range []time.Duration{-time.Minute, 0, time.Hour} {
		for _, limit := range []int{2, 100} {
			got, gotErr := m.s.Due(m.t.Context(), T0.Add(through), limit)
			want, wantErr := m.ref.Due(m.t.Context(), T0.Add(through), limit)
			m.same("due", got, want, gotErr, wantErr)
		}
	}
	got, gotErr := m.s.Positions(m.t.Context())
	want, wantErr := m.ref.Positions(m.t.Context())
	m.same("positions", got, want, gotErr, wantErr)
}
