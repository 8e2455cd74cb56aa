package aip

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Etag returns a short tag that changes whenever content changes.
func Etag(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// CheckEtag compares the etag that a caller sent with the current one. The empty one asks for no check. A mismatch is a
// Conflict with the service's own reason, and carries the current etag.
func CheckEtag(given, current, reason string) error {
	if given == "" || given == current {
		return nil
	}
	return fault.New(fault.Conflict, reason, "the resource has changed since it was read; read it again and retry").
		With("current_etag", current)
}
