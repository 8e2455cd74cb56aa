package boltstore

import (
	"bytes"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/store/storetest"
)

// holds counts the records of holders in which a text stands.
func (s *Store) holds(t *testing.T, text string) (n int) {
	t.Helper()
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(holdersBucket).ForEach(func(_, v []byte) error {
			if bytes.Contains(v, []byte(text)) {
				n++
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A crash between the steps leaves a mark, and records that the next attempt clears. Meanwhile nobody is found by them.
func TestErasureThatWasCutOffIsDoneAgain(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "c.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	key := domain.IdentifierKey{Type: domain.IdentifierPhone, Value: "+1"}
	err = s.Bind(t.Context(), "one", []domain.Binding{{Key: key, Owner: domain.Owner{Customer: "anna-lee", Since: storetest.T0}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.putErasures(t.Context(), "one", []string{"anna-lee"}, &storagev1.Erasure{}); err != nil {
		t.Fatal(err)
	}
	owners, err := s.Lookup(t.Context(), "one", []domain.IdentifierKey{key})
	if err != nil || owners[0].Customer != "" || s.holds(t, "anna-lee") != 1 {
		t.Fatalf("half way: owners %v, %v, in %d records", owners, err, s.holds(t, "anna-lee"))
	}
	gone := &domain.State{Revision: 2, RevisionTime: storetest.T0, Erased: storetest.T0}
	err = s.Save(t.Context(), domain.Progress{States: []domain.StateRecord{{Tenant: "one", Customer: "anna-lee", State: gone}}})
	if err != nil || s.holds(t, "anna-lee") != 0 {
		t.Errorf("%v, in %d records", err, s.holds(t, "anna-lee"))
	}
}
