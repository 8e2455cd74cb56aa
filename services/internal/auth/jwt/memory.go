package jwt

import (
	"crypto/sha256"
	"sync"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/throughline-cx/throughline/services/internal/auth"
)

// maxRemembered bounds the tokens in memory.
const maxRemembered = 10_000

// memory remembers tokens whose signature was verified, by their hash: the tokens themselves are kept nowhere. It
// forgets everything when the keys change, because a token of a key that is withdrawn must not outlive it.
type memory struct {
	mu         sync.RWMutex
	generation uint64
	tokens     map[[sha256.Size]byte]remembered
}

type remembered struct {
	caller *auth.Caller
	claims *jwt.Claims
}

func (m *memory) get(sum [sha256.Size]byte, generation uint64) (remembered, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.generation != generation {
		return remembered{}, false
	}
	r, ok := m.tokens[sum]
	return r, ok
}

func (m *memory) put(sum [sha256.Size]byte, generation uint64, r remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokens == nil || m.generation != generation || len(m.tokens) >= maxRemembered {
		m.generation, m.tokens = generation, map[[sha256.Size]byte]remembered{}
	}
	m.tokens[sum] = r
}
