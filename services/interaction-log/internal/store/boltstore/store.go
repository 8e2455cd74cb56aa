package boltstore

import (
	"context"
	"slices"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Options of a store.
type Options struct {
	// Shards is how many shards a new store gets, domain.DefaultShards when 0. An
	// existing store keeps those it has: another number is refused.
	Shards int
	// MaxSize bounds the file, in bytes; 0 means no bound. At the bound appends
	// fail with STORE_FULL.
	MaxSize int
}

// App is how the file says whose it is.
const App = "throughline-interaction-log"

const schema = 1

// mapSize is the address space reserved for the file, so that it is not mapped
// again, for which readers have to wait, each time that it has doubled.
const mapSize = 1 << 30

// Store is a domain.Store in a bbolt file.
type Store struct {
	db     *boltkit.DB
	shards int
	whole  wholeness

	// writer is held by the one append that runs.
	writer    sync.Mutex
	broken    error  // why no further append is taken
	lastBlock uint64 // the newest block
	state     state  // of the index
	turn      int    // the shard whose turn it is to be indexed
	waiting   totals // to be indexed, in all shards
	limits    limits

	// mu guards what readers see; the writer alone changes it.
	mu      sync.RWMutex
	heads   []int64
	pending []pending // by shard
	closed  bool
}

var _ domain.Store = (*Store)(nil)

// Open opens the store at path, and creates it when there is none. What is
// damaged, foreign, newer or in use is refused, and left as it is.
func Open(path string, o Options) (*Store, error) {
	if o.Shards != 0 {
		if err := domain.CheckShards(o.Shards); err != nil {
			return nil, err
		}
	}
	db, err := boltkit.Open(path, boltkit.Options{
		App: App, Schema: schema, MaxSize: o.MaxSize,
		Tune: func(b *bbolt.Options) { b.InitialMmapSize = mapSize },
	})
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, limits: defaultLimits}
	if err := s.load(o.Shards); err != nil {
		_ = db.Close()
		if f, ok := fault.As(err); ok && f.Reason == fault.StoreDamaged {
			return nil, fault.New(fault.Internal, fault.StoreDamaged,
				"the store %s cannot be opened: %s; the file was left as it is", path, f.Msg).WithCause(err)
		}
		return nil, err
	}
	return s, nil
}

func (s *Store) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// Heads implements domain.Store.
func (s *Store) Heads(context.Context) ([]int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errClosed()
	}
	return slices.Clone(s.heads), nil
}

// Close implements domain.Store.
func (s *Store) Close() error {
	s.writer.Lock()
	defer s.writer.Unlock()
	s.mu.Lock()
	done := s.closed
	s.closed = true
	s.mu.Unlock()
	if done {
		return nil
	}
	return s.db.Close()
}

// DB returns the file, for statistics and backups.
func (s *Store) DB() *boltkit.DB { return s.db }

func errClosed() error {
	return fault.New(fault.Unavailable, fault.ServerDraining, "the store is closed")
}
