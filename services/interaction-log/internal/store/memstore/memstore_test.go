package memstore_test

import (
	"testing"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
)

func harness() storetest.Harness {
	return storetest.Harness{New: func(t testing.TB, shards int) domain.Store {
		s, err := memstore.New(shards)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}}
}

func TestStore(t *testing.T) { storetest.Run(t, harness()) }

func BenchmarkStore(b *testing.B) { storetest.Bench(b, harness()) }

func TestNewRefusesShards(t *testing.T) {
	for _, n := range []int{-1, domain.MaxShards + 1} {
		if _, err := memstore.New(n); err == nil {
			t.Errorf("%d shards are taken", n)
		}
	}
}

func TestLinearizable(t *testing.T) { storetest.RunLinearizable(t, harness()) }
