package server

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/throughline-cx/throughline/services/internal/auth"
)

// note says in the log lines who did what to which customer, where no other call gives or takes so much: exports and
// erasures. One that was cut off is noted, too.
func (s *Server) note(ctx context.Context, what, customer string, events int64, err error) {
	caller := auth.CallerOf(ctx)
	attrs := []slog.Attr{
		slog.String("customer", customer), slog.Int64("events", events), slog.String("caller", caller.Subject),
		slog.String("tenant", auth.Tenant(ctx)), slog.String("roles", fmt.Sprint(caller.Roles.Names())),
	}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	s.logger.LogAttrs(ctx, slog.LevelInfo, what, attrs...)
}
