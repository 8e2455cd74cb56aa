// Package aip holds the small shared parts of AIP-style resource APIs: resource names, keyset page tokens, consistency
// tokens, field masks and etags.
package aip

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// A token is base64url( version | bound [8]byte | body | crc32c ). The checksum finds truncated and mistyped tokens. It
// is no signature: a caller who forges a token reaches no data that the request itself would not reach, because the
// server takes tenant and customer from the request and the token is only a position in it.
const (
	bindSize = 8
	sumSize  = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// bind hashes the things that a token belongs to. Lengths are hashed too, so that ("ab","c") and ("a","bc") differ.
func bind(parts ...string) (out [bindSize]byte) {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	copy(out[:], h.Sum(nil))
	return out
}

func sealToken(version byte, bound [bindSize]byte, body []byte) string {
	buf := make([]byte, 0, 1+bindSize+len(body)+sumSize)
	buf = append(buf, version)
	buf = append(buf, bound[:]...)
	buf = append(buf, body...)
	buf = binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
	return base64.RawURLEncoding.EncodeToString(buf)
}

// openToken undoes sealToken. It only says yes or no: what exactly is wrong with a token helps nobody but a forger.
func openToken(version byte, token string) (bound [bindSize]byte, body []byte, ok bool) {
	// The decoder skips line breaks, which would give a token a second spelling.
	if strings.ContainsAny(token, "\r\n") {
		return bound, nil, false
	}
	buf, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(buf) < 1+bindSize+sumSize || buf[0] != version {
		return bound, nil, false
	}
	end := len(buf) - sumSize
	if crc32.Checksum(buf[:end], castagnoli) != binary.BigEndian.Uint32(buf[end:]) {
		return bound, nil, false
	}
	copy(bound[:], buf[1:])
	return bound, buf[1+bindSize : end], true
}
