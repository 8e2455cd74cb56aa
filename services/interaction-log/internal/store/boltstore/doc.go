// Package boltstore keeps the interaction log in one bbolt file.
//
// # Layout
//
// Each commit appends its events, packed in small blocks, at the end of one
// bucket: that is the log, and events never move. An index leads to them by
// customer, by event id and by shard. It is written later than the events, many
// at a time, since each of its pages costs as much to write as ten events do:
// shard by shard, as part of a later append's commit. Events that are not indexed
// yet are held in memory, by shard and customer, where reads find them; opening a
// store reads them back from the log. Their number is bounded.
//
//	bucket     key                                              record
//	events     block                                            EventBlock
//	customers  shard, tenant, customer                          CustomerRecord
//	places     shard, tenant, customer, last revision           PlaceRecord
//	ids        shard, tenant, customer, fingerprint, revision   (empty)
//	tails      shard, last sequence                             PlaceRecord
//	meta       "shards"; "index"                                StoreMeta; IndexState
//
// Numbers in keys are big endian; tenant and customer end with a zero byte. Every
// record is sealed: boltkit's envelope binds it to its key with a checksum. What
// is not found is believed to be absent only after its neighbours were looked at,
// and all records of its kind were counted once.
//
// BenchmarkLayout compares this with other ways to lay events out: with 64 events
// a commit it writes a thirteenth to a sixteenth of the pages that the usual
// tables and indexes take.
package boltstore
