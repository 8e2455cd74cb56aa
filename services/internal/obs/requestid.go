package obs

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
)

// MaxRequestID is the longest request id that is taken from a caller.
const MaxRequestID = 128

type requestIDKey struct{}

// WithRequestID returns a context whose logs and outgoing calls carry the request id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the request id of ctx, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// NewRequestID returns a fresh random request id.
func NewRequestID() string {
	var b [16]byte
	hi, lo := rand.Uint64(), rand.Uint64() //nolint:gosec // an id for logs, not a secret
	for i := range 8 {
		b[i], b[8+i] = byte(hi>>(8*i)), byte(lo>>(8*i))
	}
	return hex.EncodeToString(b[:])
}

// AcceptRequestID returns the caller's request id when it is fit to be logged and sent on (1 to MaxRequestID printable
// ASCII characters, no spaces), and a fresh one otherwise.
func AcceptRequestID(id string) string {
	if id == "" || len(id) > MaxRequestID {
		return NewRequestID()
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return NewRequestID()
		}
	}
	return id
}
