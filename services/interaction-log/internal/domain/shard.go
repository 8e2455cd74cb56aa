package domain

import "github.com/throughline-cx/throughline/services/internal/fault"

// DefaultShards is how many shards a new store gets unless told otherwise.
const DefaultShards = 64

// MaxShards bounds the number of shards of a store.
const MaxShards = 4096

// ShardOf returns the shard of a customer: the FNV-1a hash, 64 bits, of the
// tenant's bytes, a zero byte and the customer id's bytes, modulo the number of
// shards. It is part of the stored format: it never changes.
func ShardOf(key Key, shards int) int32 {
	const (
		offset = 14695981039346656037
		prime  = 1099511628211
	)
	h := uint64(offset)
	for i := range len(key.Tenant) {
		h = (h ^ uint64(key.Tenant[i])) * prime
	}
	h *= prime // the zero byte
	for i := range len(key.Customer) {
		h = (h ^ uint64(key.Customer[i])) * prime
	}
	return int32(h % uint64(shards))
}

// CheckShards refuses a number of shards that a store cannot have.
func CheckShards(n int) error {
	if n < 1 || n > MaxShards {
		return fault.New(fault.Invalid, fault.ConfigInvalid, "a store has 1 to %d shards, not %d", MaxShards, n)
	}
	return nil
}
