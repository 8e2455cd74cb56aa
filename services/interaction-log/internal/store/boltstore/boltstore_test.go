package boltstore

import (
	"path/filepath"
	"testing"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func leakTest(m *testing.M) { testkit.Main(m) }

// harness makes stores that index events at these limits.
func harness(l limits) storetest.Harness {
	open := func(t testing.TB, path string, shards int) *Store {
		t.Helper()
		s, err := Open(path, Options{Shards: shards})
		if err != nil {
			t.Fatal(err)
		}
		s.limits = l
		// No test pulls the plug, and there are many commits.
		s.db.Bolt().NoSync = true
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	return storetest.Harness{
		New: func(t testing.TB, shards int) domain.Store {
			return open(t, filepath.Join(t.TempDir(), "log.db"), shards)
		},
		Reopen: func(t testing.TB, s domain.Store) domain.Store {
			t.Helper()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, s.(*Store).db.Path(), 0)
		},
	}
}

// mixed indexes events early, so that tests with few events see every state.
var mixed = limits{shard: totals{8, 1 << 20}, all: totals{12, 1 << 20}}

func TestStore(t *testing.T) {
	for name, l := range map[string]limits{
		"default":         defaultLimits,
		"indexed early":   mixed,
		"indexed at once": {},
	} {
		t.Run(name, func(t *testing.T) { storetest.Run(t, harness(l)) })
	}
}

func TestRandom(t *testing.T) { storetest.RunRandom(t, harness(mixed)) }

func TestLinearizable(t *testing.T) { storetest.RunLinearizable(t, harness(mixed)) }
