package interactionlog

import (
	"path/filepath"
	"time"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/boltstore"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The kinds of stores.
const (
	// StoreBolt keeps events in one file of the data folder.
	StoreBolt = "bolt"
	// StoreMemory keeps events for as long as the process lives.
	StoreMemory = "memory"
)

// FileName is the file of a bolt store in its folder.
const FileName = "interaction-log.db"

// Config says where and how a Service keeps events. The zero value of each field but Dir means its default.
type Config struct {
	// Store is StoreBolt (the default) or StoreMemory.
	Store string
	// Dir is the data folder of a bolt store; it is made when it does not exist.
	Dir string
	// Shards is the number of shards of a new store; 64 by default. A store that exists keeps its own, and another
	// number than that is refused.
	Shards int
	// MaxSize bounds the store's file, in bytes; none by default. Appends that do not fit are refused with STORE_FULL.
	MaxSize int
	// SlowConsumer is how long the reader of a stream may take over one message before it is dropped; 30 s by default.
	SlowConsumer time.Duration
	// Clock gives recorded_at; time.Now by default.
	Clock func() time.Time
}

func (c Config) kind() string {
	if c.Store == "" {
		return StoreBolt
	}
	return c.Store
}

// open opens the store.
func (c Config) open() (domain.Store, error) {
	switch c.kind() {
	case StoreBolt:
		if c.Dir == "" {
			return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "the interaction log needs a data folder")
		}
		return boltstore.Open(filepath.Join(c.Dir, FileName), boltstore.Options{Shards: c.Shards, MaxSize: c.MaxSize})
	case StoreMemory:
		shards := c.Shards
		if shards == 0 {
			shards = domain.DefaultShards
		}
		return memstore.New(shards)
	}
	return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "there is no store %q; use %s or %s", c.Store, StoreBolt, StoreMemory)
}
