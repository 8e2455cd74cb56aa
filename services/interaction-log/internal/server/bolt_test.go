package server_test

import (
	"path/filepath"
	"testing"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/boltstore"
)

func onBolt(t testing.TB, o setup) *fixture {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log.db")
	store, err := boltstore.Open(file, boltstore.Options{Shards: max(o.shards, 4)})
	if err != nil {
		t.Fatal(err)
	}
	o.store = store
	f := serve(t, o)
	f.file = file
	return f
}
