package memstore_test

import (
	"testing"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/context/internal/store/storetest"
)

func factory() storetest.Factory {
	return storetest.Factory{
		New:     func(testing.TB) domain.Store { return memstore.New() },
		Reopen:  func(testing.TB, domain.Store) domain.Store { return memstore.New() },
		Forgets: true,
	}
}

func TestConformance(t *testing.T) { storetest.Run(t, factory()) }

func BenchmarkStore(b *testing.B) { storetest.Bench(b, factory()) }
