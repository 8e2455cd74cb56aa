package boltstore

import (
	"bytes"
	"context"
	"slices"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
)

// erasedBucket has those who were erased: record key -> Erasure. From the moment at which they are in it they hold no
// identifier, whoever says so; their places among the holders are cleared afterwards, a part at a time, so that nobody
// who writes has to wait for a look at all of them.
var erasedBucket = []byte("erased")

// sweepRecords bounds the records of holders that are looked at in one go.
const sweepRecords = 10_000

// erased reports whether a customer was erased.
func erased(tx *bbolt.Tx, tenant, customer string) (bool, error) {
	e, err := readErasure(tx, recordKey(tenant, customer))
	return e != nil, err
}

func readErasure(tx *bbolt.Tx, key []byte) (*storagev1.Erasure, error) {
	payload, err := unseal(key, tx.Bucket(erasedBucket).Get(key))
	if payload == nil || err != nil {
		return nil, rebuild(err)
	}
	m := &storagev1.Erasure{}
	if err := proto.Unmarshal(payload, m); err != nil {
		return nil, rebuild(damaged(err))
	}
	return m, nil
}

// forget makes sure that those of the customers who were erased are in no record of holders. What a crash interrupts is
// done when the same snapshots are saved again.
func (s *Store) forget(ctx context.Context, states []domain.StateRecord) error {
	gone := map[string][]string{} // by tenant
	for _, r := range states {
		if !r.State.Erased.IsZero() {
			gone[r.Tenant] = append(gone[r.Tenant], r.Customer)
		}
	}
	for tenant, customers := range gone {
		if err := s.forgetIn(ctx, tenant, customers); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) forgetIn(ctx context.Context, tenant string, customers []string) error {
	customers, err := s.unswept(ctx, tenant, customers)
	if err != nil || len(customers) == 0 {
		return err
	}
	if err := s.putErasures(ctx, tenant, customers, &storagev1.Erasure{}); err != nil {
		return err
	}
	if err := s.sweep(ctx, tenant, customers); err != nil {
		return err
	}
	return s.putErasures(ctx, tenant, customers, &storagev1.Erasure{Swept: true})
}

// unswept returns those of whom there may be records of holders.
func (s *Store) unswept(ctx context.Context, tenant string, customers []string) ([]string, error) {
	var out []string
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		for _, c := range customers {
			e, err := readErasure(tx, recordKey(tenant, c))
			if err != nil {
				return err
			}
			if !e.GetSwept() {
				out = append(out, c)
			}
		}
		return nil
	})
	return out, err
}

func (s *Store) putErasures(ctx context.Context, tenant string, customers []string, e *storagev1.Erasure) error {
	value, err := proto.Marshal(e)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *bbolt.Tx) error {
		for _, c := range customers {
			key := recordKey(tenant, c)
			if err := tx.Bucket(erasedBucket).Put(key, boltkit.Seal(key, recordVersion, value)); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweep takes customers out of all records of holders of their tenant.
func (s *Store) sweep(ctx context.Context, tenant string, customers []string) error {
	isGone := func(o domain.Owner) bool { return slices.Contains(customers, o.Customer) }
	for next := recordKey(tenant, ""); next != nil; {
		var keys [][]byte
		var err error
		if keys, next, err = s.holding(ctx, tenant, next, isGone); err != nil {
			return err
		}
		if len(keys) == 0 {
			continue
		}
		if err := s.update(ctx, func(tx *bbolt.Tx) error {
			for _, key := range keys {
				h, err := unsealHolders(key, tx.Bucket(holdersBucket).Get(key))
				if err != nil {
					return err
				}
				if err := putHolders(tx, key, slices.DeleteFunc(h, isGone)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// holding looks through a part of a tenant's records of holders, from a key on, and returns the keys of those with a
// holder that matches, and where to go on; nil at the end.
func (s *Store) holding(ctx context.Context, tenant string, from []byte, match func(domain.Owner) bool) (keys [][]byte, next []byte, err error) {
	prefix := recordKey(tenant, "")
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := tx.Bucket(holdersBucket).Cursor()
		n := 0
		for k, v := c.Seek(from); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			if n++; n > sweepRecords {
				next = bytes.Clone(k)
				return nil
			}
			h, err := unsealHolders(k, v)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(h, match) {
				keys = append(keys, bytes.Clone(k))
			}
		}
		return nil
	})
	return keys, next, err
}
