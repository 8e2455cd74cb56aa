package apikey

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// FromFile are the credentials of a client connection: the API key in a file, which is read again when it has changed.
type FromFile struct {
	path string

	mu      sync.Mutex
	read    time.Time
	changed time.Time
	header  map[string]string
}

// NewFromFile reads the key in the file at path.
func NewFromFile(path string) (*FromFile, error) {
	c := &FromFile{path: path}
	_, err := c.GetRequestMetadata(context.Background())
	return c, err
}

// GetRequestMetadata returns the header for a call. A file that cannot be read any more leaves the last key in place.
func (c *FromFile) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.header != nil && time.Since(c.read) < pollEvery {
		return c.header, nil
	}
	header, changed, err := c.load()
	if err != nil && c.header == nil {
		return nil, err
	}
	c.read = time.Now()
	if header != nil {
		c.header, c.changed = header, changed
	}
	return c.header, nil
}

// load returns nil when the file is as it was.
func (c *FromFile) load() (map[string]string, time.Time, error) {
	st, err := os.Stat(c.path)
	if err != nil {
		return nil, time.Time{}, fault.New(fault.Precondition, fault.ConfigInvalid, "the file with the API key cannot be read: %w", err)
	}
	if c.header != nil && st.ModTime().Equal(c.changed) {
		return nil, c.changed, nil
	}
	content, err := os.ReadFile(c.path)
	if err != nil {
		return nil, time.Time{}, fault.New(fault.Precondition, fault.ConfigInvalid, "the file with the API key cannot be read: %w", err)
	}
	text := strings.TrimSpace(string(content))
	if _, ok := idOf(text); !ok {
		return nil, time.Time{}, fault.New(fault.Precondition, fault.ConfigInvalid, "the file %s does not hold an API key", c.path)
	}
	return map[string]string{auth.AuthorizationHeader: "Bearer " + text}, st.ModTime(), nil
}

// RequireTransportSecurity is false: servers decide whether they take keys without TLS, and warn when they do.
func (*FromFile) RequireTransportSecurity() bool { return false }
