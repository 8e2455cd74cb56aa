package daemon

import (
	"context"
	"log/slog"
	"sync"
)

// heldRecords bounds what a quiet logger holds back; what comes after that is dropped.
const heldRecords = 64

// Quiet returns a logger that holds back what is below a warning until loud is called: a start that is refused answers
// with the one line that says why, and not with a report of what went well before.
func Quiet(log *slog.Logger) (quiet *slog.Logger, loud func()) {
	h := &held{}
	return slog.New(quietHandler{log.Handler(), h}), h.release
}

// held are the records that wait, of a logger and of all that were derived from it.
type held struct {
	mu      sync.Mutex
	loud    bool
	records []func() error
}

// add holds a record back, and reports whether it did.
func (h *held) add(record func() error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.loud && len(h.records) < heldRecords {
		h.records = append(h.records, record)
	}
	return !h.loud
}

// release logs what has waited, in its order, before anything newer.
func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, record := range h.records {
		_ = record() // a log that cannot be written has nowhere to say so
	}
	h.loud, h.records = true, nil
}

type quietHandler struct {
	slog.Handler
	held *held
}

// Handle logs a record, or holds it back.
func (q quietHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn && q.held.add(func() error { return q.Handler.Handle(ctx, r.Clone()) }) {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler whose records have more attributes.
func (q quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietHandler{q.Handler.WithAttrs(attrs), q.held}
}

// WithGroup returns a handler whose records have their attributes in a group.
func (q quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{q.Handler.WithGroup(name), q.held}
}
