package suite

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// startGate keeps a logger from saying anything below a warning until the suite has started: a start that is refused
// answers with the one line that says why, and not with a report of what went well before.
type startGate struct {
	slog.Handler
	open *atomic.Bool
}

// Enabled reports whether a record of the level is logged now.
func (g startGate) Enabled(ctx context.Context, level slog.Level) bool {
	return (level >= slog.LevelWarn || g.open.Load()) && g.Handler.Enabled(ctx, level)
}

// WithAttrs returns a gate whose records have more attributes.
func (g startGate) WithAttrs(attrs []slog.Attr) slog.Handler {
	return startGate{g.Handler.WithAttrs(attrs), g.open}
}

// WithGroup returns a gate whose records have their attributes in a group.
func (g startGate) WithGroup(name string) slog.Handler {
	return startGate{g.Handler.WithGroup(name), g.open}
}
