package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Bench measures a store: the same benchmarks for each.
func Bench(b *testing.B, f Factory) {
	b.Run("LoadState", func(b *testing.B) {
		s := f.New(b)
		save(b, s, record("c", FullState()))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.LoadState(b.Context(), tenant, "c"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Save100", func(b *testing.B) {
		s := f.New(b)
		full := FullState()
		for i := int64(1); b.Loop(); i++ {
			p := domain.Progress{Positions: map[int32]int64{0: i}}
			for c := range 100 {
				next := *full
				next.Revision += i
				p.States = append(p.States, record(fmt.Sprint("c", c), &next))
			}
			if err := s.Save(b.Context(), p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Claim64", func(b *testing.B) {
		s := f.New(b)
		var n atomic.Int64
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := fmt.Sprint(n.Add(1))
				_, err := s.Claim(b.Context(), domain.ClaimRequest{
					Tenant: tenant, Keys: []domain.IdentifierKey{phone(i), contact(i)}, NewCustomer: i, Now: T0,
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("Lookup", func(b *testing.B) {
		s := f.New(b)
		claim(b, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "c", Now: T0})
		for b.Loop() {
			if _, err := s.Lookup(b.Context(), tenant, []domain.IdentifierKey{phone("+1")}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
