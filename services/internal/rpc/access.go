package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// authenticate names the caller and refuses methods that its roles do not allow, before anything of the request is
// looked at.
func authenticate(check auth.Authenticator) step {
	return step{name: "auth", enter: func(ctx context.Context, c *call) (context.Context, error) {
		if c.method.access.Public {
			return ctx, nil
		}
		named, err := check(ctx, c.method.full)
		if err != nil {
			if f, ok := fault.As(err); ok {
				c.refusal = f.Cause
			}
			return nil, err
		}
		c.caller = auth.OpenCaller()
		if named != ctx {
			c.caller = auth.CallerOf(named)
		}
		if !c.method.access.Allows(c.caller) {
			return nil, fault.New(fault.Denied, fault.PermissionDenied, "the caller's roles do not include this method")
		}
		if c.method.tenantless {
			return named, nil
		}
		return named, c.caller.RequireTenant()
	}, still: func(ctx context.Context, c *call) error { return stillHolds(ctx, check, c) }}
}

// stillHolds says whether the credential of a stream is good for the same as at its beginning.
func stillHolds(ctx context.Context, check auth.Authenticator, c *call) error {
	if c.method.access.Public {
		return nil
	}
	named, err := check(ctx, c.method.full)
	if err != nil {
		return err
	}
	now := auth.OpenCaller()
	if named != ctx {
		now = auth.CallerOf(named)
	}
	if *now != *c.caller {
		return auth.ExpiredCredential(errors.New("it is good for something else than when the stream was opened"))
	}
	return nil
}

// hideMasked hides from callers what they are not cleared for, and refuses what was hidden as a value.
func hideMasked() step {
	return step{
		name: "mask",
		message: func(c *call, msg any) error {
			if m, ok := msg.(proto.Message); ok && c.method.request != nil {
				return c.method.request.Request(m)
			}
			return nil
		},
		answer: func(c *call, msg any) any {
			if c.caller == nil || c.caller.SeesAll() || c.method.answer == nil {
				return msg
			}
			if m, ok := msg.(proto.Message); ok {
				return c.method.answer.Answer(m, c.caller.Clearance())
			}
			return msg
		},
	}
}

// auditPerSecond bounds the log lines about calls that were not let in: whoever tries keys must not fill the disk.
const auditPerSecond = 20

// audit says who was not let in for one kind of reason, and bounds how often.
type audit struct {
	second, lines, dropped atomic.Int64
}

// allow tells whether one more line may be written. Counting need not be exact.
func (a *audit) allow(now time.Time) bool {
	if s := now.Unix(); a.second.Swap(s) != s {
		a.lines.Store(0)
	}
	if a.lines.Add(1) > auditPerSecond {
		a.dropped.Add(1)
		return false
	}
	return true
}

// describe adds who called and why it was refused. A credential's secret is in neither.
func (a *audit) describe(attrs []slog.Attr, c *call) []slog.Attr {
	if c.caller != nil && !c.caller.Open {
		attrs = append(attrs, slog.String("caller", c.caller.Subject), slog.String("tenant", c.caller.Tenant),
			slog.String("roles", fmt.Sprint(c.caller.Roles.Names())))
	}
	if c.refusal != nil {
		attrs = append(attrs, slog.String("why", c.refusal.Error()))
	}
	if n := a.dropped.Swap(0); n > 0 {
		attrs = append(attrs, slog.Int64("not_logged", n))
	}
	return attrs
}
