package apikey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throughline-cx/throughline/services/internal/auth"
)

// pollEvery is how often a ring looks whether its file has changed.
const pollEvery = time.Second

// Ring verifies API keys against a file, and follows the file while the process runs. A file that appears closes the
// server that had none; one that goes away or becomes unreadable changes nothing.
type Ring struct {
	path  string
	log   *slog.Logger
	clock func() time.Time
	// keys is nil as long as there was no file.
	keys atomic.Pointer[map[string]*credential]

	content []byte // as read last
	failure string // as logged last
	stop    func()
}

// Options of a Ring. The zero value of each field means its default.
type Options struct {
	// Required refuses to start without the file.
	Required bool
	// Logger takes what is wrong with the file; default slog.Default().
	Logger *slog.Logger
	// Clock says whether a key has expired; default time.Now.
	Clock func() time.Time
}

// Open reads the file at path, if there is one, and follows it until Close. A file that is not valid is refused.
func Open(path string, o Options) (*Ring, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	r := &Ring{path: path, log: o.Logger, clock: o.Clock}
	if err := r.load(); err != nil && (o.Required || !errors.Is(err, fs.ErrNotExist)) {
		return nil, err
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		r.follow(done)
	}()
	r.stop = sync.OnceFunc(func() { close(done); <-ended })
	return r, nil
}

// Close ends the following.
func (r *Ring) Close() error {
	r.stop()
	return nil
}

// Configured tells whether there is, or was, a file.
func (r *Ring) Configured() bool { return r.keys.Load() != nil }

// Verify returns the caller that a key stands for.
func (r *Ring) Verify(_ context.Context, text string) (*auth.Caller, error) {
	id, ok := idOf(text)
	if !ok {
		return nil, auth.BadCredential(errors.New("malformed API key"))
	}
	keys := r.keys.Load()
	if keys == nil || (*keys)[id] == nil {
		return nil, auth.BadCredential(fmt.Errorf("unknown key %s", id))
	}
	return (*keys)[id].verify(id, text, r.clock())
}

func (r *Ring) follow(done <-chan struct{}) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			r.check()
		}
	}
}

// check takes over what has changed. A failure is logged once, not every second.
func (r *Ring) check() {
	err := r.load()
	switch {
	case err == nil:
		r.failure = ""
		return
	case errors.Is(err, fs.ErrNotExist) && !r.Configured():
		return
	case !errors.Is(err, fs.ErrNotExist) && !r.Configured():
		// Somebody has made a file to close the server, and has failed. It is closed, to everybody.
		r.keys.Store(&map[string]*credential{})
	}
	if text := err.Error(); text != r.failure {
		r.failure = text
		r.log.Error("the file of API keys has become unusable; the keys read last stay in force", "error", text)
	}
}

func (r *Ring) load() error {
	content, err := readFile(r.path)
	if err != nil {
		return err
	}
	if r.Configured() && bytes.Equal(content, r.content) {
		return nil
	}
	list, ready, err := parse(r.path, content)
	if err != nil {
		return err
	}
	r.content = content
	r.keys.Store(&ready)
	r.log.Info("API keys read", "file", r.path, "keys", len(list))
	return nil
}
