package boltkit

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// A sealed record is: envelope (1 byte) | version (1 byte) | payload | crc32c (4 bytes) of key, envelope, version and
// payload. bbolt has no checksums on data, so that a flipped bit, or a record that turns up under another key, would
// otherwise be served as the truth.
const (
	envelope = 0xB1
	overhead = 1 + 1 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Seal returns the record to store under key. version is the version of the payload's own format.
func Seal(key []byte, version byte, payload []byte) []byte {
	return AppendSeal(make([]byte, 0, len(payload)+overhead), key, version, payload)
}

// AppendSeal appends the record to dst.
func AppendSeal(dst, key []byte, version byte, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, envelope, version)
	dst = append(dst, payload...)
	return binary.LittleEndian.AppendUint32(dst, checksum(key, dst[start:]))
}

// Unseal checks a stored record and returns its version and payload. The payload is part of record: it is valid for as
// long as record is, which for a value out of bbolt is the transaction. A record that was changed, cut or moved is a
// fault STORE_DAMAGED.
func Unseal(key, record []byte) (version byte, payload []byte, err error) {
	if len(record) < overhead || record[0] != envelope {
		return 0, nil, damagedRecord(key)
	}
	end := len(record) - 4
	if checksum(key, record[:end]) != binary.LittleEndian.Uint32(record[end:]) {
		return 0, nil, damagedRecord(key)
	}
	return record[1], record[2:end:end], nil
}

func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

// damagedRecord does not show the key: keys can hold ids of people.
func damagedRecord(key []byte) error {
	return fault.New(fault.Internal, fault.StoreDamaged,
		"a stored record (key checksum %08x) is damaged; restore the store from a backup", crc32.Checksum(key, castagnoli))
}
