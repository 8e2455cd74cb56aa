package client

import (
	"context"
	"time"
)

// SetPause replaces the waiting between two attempts of a watch.
func (c *Client) SetPause(pause func(ctx context.Context, d time.Duration) error) { c.pause = pause }

// Secured says whether a connection with these options would be by TLS.
func Secured(target string, opts ...Option) bool {
	o := defaults()
	for _, set := range opts {
		set(&o)
	}
	return o.secured(target)
}

// Memory is the memory of consistency tokens.
type Memory struct{ *tokenMemory }

// NewMemory returns one for so many customers.
func NewMemory(limit int) Memory { return Memory{newTokenMemory(limit)} }

// Note, Token, Mixed, Seen, Forget, Merged and Unmerged are its methods.
func (m Memory) Note(customer, token string, revision int64) { m.note(customer, token, revision) }
func (m Memory) Token(customer string) string                { token, _ := m.token(customer); return token }
func (m Memory) Mixed(customer string) bool                  { _, mixed := m.token(customer); return mixed }
func (m Memory) Seen(customer, token string)                 { m.seen(customer, token) }
func (m Memory) Forget(customer, token string)               { m.forget(customer, token) }
func (m Memory) Merged(customer, into string)                { m.merged(customer, into) }
func (m Memory) Unmerged(customer string)                    { m.unmerged(customer) }

// Len is for how many customers something is remembered.
func (m Memory) Len() int { return m.used.Len() }
