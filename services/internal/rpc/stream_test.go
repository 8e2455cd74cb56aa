package rpc

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// pair is a stream on which everything is received and sent.
type pair struct {
	sink
	ctx context.Context
}

func (p *pair) Context() context.Context { return p.ctx }
func (*pair) RecvMsg(any) error          { return nil }

// A credential that does not hold any more ends its streams, whatever the handler makes of the error.
func TestStreamsEndWithTheirCredential(t *testing.T) {
	caller := func(tenant string, role commonv1.Role) *auth.Caller {
		c, err := auth.NewCaller(tenant, auth.Roles(role), "key:x")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	asks := func(c *auth.Caller) auth.Authenticator {
		return func(ctx context.Context, _ string) (context.Context, error) { return auth.WithCaller(ctx, c), nil }
	}
	refuses := func(context.Context, string) (context.Context, error) {
		return nil, auth.BadCredential(errors.New("revoked"))
	}
	service := asks(caller("acme", commonv1.Role_ROLE_SERVICE))
	send := func(s grpc.ServerStream) error { return s.SendMsg(&interactionlogv1.TailEventsResponse{}) }
	encoded := func(s grpc.ServerStream) error { return s.SendMsg(Encoded{}) }
	receive := func(s grpc.ServerStream) error { return s.RecvMsg(&interactionlogv1.TailEventsRequest{}) }
	for name, c := range map[string]struct {
		before, after auth.Authenticator
		message       func(grpc.ServerStream) error
		ends          bool
	}{
		"as before":                {service, asks(caller("acme", commonv1.Role_ROLE_SERVICE)), send, false},
		"open as before":           {auth.Open, auth.Open, send, false},
		"revoked, sending":         {service, refuses, send, true},
		"revoked, sending encoded": {service, refuses, encoded, true},
		"revoked, receiving":       {service, refuses, receive, true},
		"another role":             {service, asks(caller("acme", commonv1.Role_ROLE_BOT)), send, true},
		"another tenant":           {service, asks(caller("umbrella", commonv1.Role_ROLE_SERVICE)), send, true},
		"open before":              {auth.Open, refuses, send, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := c.before
				check := func(ctx context.Context, method string) (context.Context, error) { return now(ctx, method) }
				ch := &chain{inner: []step{authenticate(check), hideMasked()}, methods: newMethodTable()}
				ch.methods.add(&interactionlogv1.InteractionLogService_ServiceDesc, nil)
				info := &grpc.StreamServerInfo{FullMethod: interactionlogv1.InteractionLogService_TailEvents_FullMethodName}
				err := ch.stream(nil, &pair{ctx: t.Context()}, info, func(_ any, s grpc.ServerStream) error {
					now = c.after
					if err := c.message(s); err != nil {
						t.Errorf("at once: %v", err)
					}
					time.Sleep(lookAgain)
					for range 2 {
						if err := c.message(s); (err != nil) != c.ends {
							t.Errorf("then: %v", err)
						}
					}
					return io.ErrUnexpectedEOF
				})
				if got := fault.KindOf(err) == fault.Unauthenticated; got != c.ends {
					t.Errorf("the stream ends with %v", err)
				}
			})
		})
	}
}
