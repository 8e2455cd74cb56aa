// Package boltstore keeps the context service's view in one bbolt file.
package boltstore

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// App names the file's owner.
	App = "throughline-context"
	// schema is the version of the layout below; recordVersion that of the records.
	schema        = 1
	recordVersion = 1
	// stateVersion is the version of the snapshots: raise it whenever the fold takes more from an event than before. One
	// of another version was made by another fold, counts as none, and is had from the log again.
	stateVersion = 4
)

// The layout: states and holders by tenant NUL id, positions by shard; for timers see timersBucket, for those who were
// erased erasedBucket.
var (
	statesBucket    = []byte("states")
	holdersBucket   = []byte("holders")
	positionsBucket = []byte("positions")
)

// Options configure a store.
type Options struct {
	// Logger is told of snapshots that are damaged and will be had from the log again; default slog.Default().
	Logger *slog.Logger
	// MaxSize bounds the file, in bytes; 0 means no bound.
	MaxSize int
}

// Store is a domain.Store in a bbolt file.
type Store struct {
	db     *boltkit.DB
	log    *slog.Logger
	jobs   chan *job
	quit   chan struct{}
	once   sync.Once
	writer sync.WaitGroup
	err    error
}

// Open opens the store at path, and makes it when there is none. A file that is damaged, foreign, newer or in use is
// refused with a fault that says what to do.
func Open(path string, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	db, err := boltkit.Open(path, boltkit.Options{App: App, Schema: schema, MaxSize: o.MaxSize})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{statesBucket, holdersBucket, positionsBucket, timersBucket, timersOfBucket, erasedBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	s := &Store{db: db, log: o.Logger, jobs: make(chan *job), quit: make(chan struct{})}
	s.writer.Go(s.write)
	return s, nil
}

// LoadState returns the newest snapshot saved for a customer. One that is damaged counts as none.
func (s *Store) LoadState(ctx context.Context, tenant, customer string) (*domain.State, error) {
	var state *domain.State
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		key := recordKey(tenant, customer)
		var err error
		state, err = readState(tx, key)
		if fault.ReasonOf(err) == fault.StoreDamaged {
			s.log.WarnContext(ctx, "a snapshot is damaged and is read from the log again", "error", err)
			return nil
		}
		return err
	})
	return state, err
}

// Save keeps snapshots and positions, once those who were erased hold no identifier any more.
func (s *Store) Save(ctx context.Context, p domain.Progress) error {
	if err := s.forget(ctx, p.States); err != nil {
		return err
	}
	// Encoding is most of the work: do it before the transaction.
	values := make([][]byte, len(p.States))
	for i, r := range p.States {
		b, err := encodeState(r.State)
		if err != nil {
			return err
		}
		values[i] = b
	}
	return s.update(ctx, func(tx *bbolt.Tx) error {
		for i, r := range p.States {
			key := recordKey(r.Tenant, r.Customer)
			if have, ok := readRevision(tx, key); ok && have >= r.State.Revision {
				continue
			}
			if err := tx.Bucket(statesBucket).Put(key, boltkit.Seal(key, stateVersion, values[i])); err != nil {
				return err
			}
			if err := saveTimer(tx, key, r.State.NextTimer()); err != nil {
				return err
			}
		}
		return savePositions(tx, p.Positions)
	})
}

func savePositions(tx *bbolt.Tx, positions map[int32]int64) error {
	b := tx.Bucket(positionsBucket)
	for shard, seq := range positions {
		key := shardKey(shard)
		have, err := readPosition(key, b.Get(key))
		if err != nil {
			return err
		}
		if have >= seq {
			continue
		}
		value, err := proto.Marshal(&storagev1.Position{Sequence: seq})
		if err != nil {
			return err
		}
		if err := b.Put(key, boltkit.Seal(key, recordVersion, value)); err != nil {
			return err
		}
	}
	return nil
}

// Positions returns the sequence up to which each shard was followed.
func (s *Store) Positions(ctx context.Context) (map[int32]int64, error) {
	out := map[int32]int64{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(positionsBucket).ForEach(func(k, v []byte) error {
			seq, err := readPosition(k, v)
			if err != nil {
				return err
			}
			out[int32(binary.BigEndian.Uint32(k))] = seq
			return nil
		})
	})
	return out, err
}

// Claim finds the customer behind keys, or makes one.
func (s *Store) Claim(ctx context.Context, r domain.ClaimRequest) (res domain.ClaimResult, err error) {
	// Most calls come from known customers and change nothing: these need no write.
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		var err error
		res, err = decide(tx, r)
		return err
	})
	if err != nil || !changes(res) {
		return res, err
	}
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		var err error
		if res, err = decide(tx, r); err != nil {
			return err
		}
		for _, k := range res.Keys {
			if k.Outcome == domain.Linked {
				if err := bind(tx, r.Tenant, domain.Binding{Key: k.Key, Owner: k.Owner}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return domain.ClaimResult{}, err
	}
	return res, nil
}

func decide(tx *bbolt.Tx, r domain.ClaimRequest) (domain.ClaimResult, error) {
	owners := make([]domain.Owner, len(r.Keys))
	for i, k := range r.Keys {
		h, err := readHolders(tx, r.Tenant, k)
		if err != nil {
			return domain.ClaimResult{}, err
		}
		owners[i] = h.Owner()
	}
	return r.Decide(owners), nil
}

func changes(res domain.ClaimResult) bool {
	for _, k := range res.Keys {
		if k.Outcome == domain.Linked {
			return true
		}
	}
	return false
}

// Lookup returns the owner of each key.
func (s *Store) Lookup(ctx context.Context, tenant string, keys []domain.IdentifierKey) ([]domain.Owner, error) {
	owners := make([]domain.Owner, len(keys))
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		for i, k := range keys {
			h, err := readHolders(tx, tenant, k)
			if err != nil {
				return err
			}
			owners[i] = h.Owner()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return owners, nil
}

// Bind applies what the log says about identifiers.
func (s *Store) Bind(ctx context.Context, tenant string, bindings []domain.Binding) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		for _, b := range bindings {
			if err := bind(tx, tenant, b); err != nil {
				return err
			}
		}
		return nil
	})
}

func bind(tx *bbolt.Tx, tenant string, b domain.Binding) error {
	h, err := readHolders(tx, tenant, b.Key)
	if err != nil {
		return err
	}
	switch gone, err := erased(tx, tenant, b.Owner.Customer); {
	case err != nil:
		return err
	case b.Unbind || gone:
		h = h.Unbind(b.Owner.Customer)
	default:
		h = h.Bind(b.Owner)
	}
	return putHolders(tx, holdersKey(tenant, b.Key), h)
}

func putHolders(tx *bbolt.Tx, key []byte, h domain.Holders) error {
	if len(h) == 0 {
		return tx.Bucket(holdersBucket).Delete(key)
	}
	value, err := encodeHolders(h)
	if err != nil {
		return err
	}
	return tx.Bucket(holdersBucket).Put(key, boltkit.Seal(key, recordVersion, value))
}

// Path returns where the store's file is.
func (s *Store) Path() string { return s.db.Path() }
