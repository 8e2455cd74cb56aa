package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/throughline-cx/throughline/services/internal/auth/tlsfiles"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/suite/internal/dial"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type healthCmd struct {
	Target  string        `help:"gRPC address of the server, or the http:// or https:// URL of a gateway." default:"127.0.0.1:9090" placeholder:"ADDR"`
	Timeout time.Duration `help:"How long one call may take." default:"10s"`
	TLSCA   string        `name:"tls-ca" help:"File (PEM) of the authority that has signed the server's certificate." placeholder:"FILE" type:"path"`
}

// Run fails when the server does not answer, or answers that it is not ready.
func (c *healthCmd) Run(ctx context.Context, tio *term.IO) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	ask := c.grpc
	if strings.HasPrefix(c.Target, "http://") || strings.HasPrefix(c.Target, "https://") {
		ask = c.http
	}
	if err := ask(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintln(tio.Out, "ready")
	return err
}

func (c *healthCmd) grpc(ctx context.Context) error {
	one := client{Target: c.Target, Timeout: c.Timeout, Flags: dial.Flags{TLSCA: c.TLSCA}}
	return one.connected(func(conn *grpc.ClientConn) error {
		resp, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
		if err != nil {
			return err
		}
		if st := resp.GetStatus(); st != healthpb.HealthCheckResponse_SERVING {
			return fault.New(fault.Unavailable, fault.ServiceUnavailable, "the server is not ready: %s", st)
		}
		return nil
	})
}

func (c *healthCmd) http(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Target, "/")+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	config, err := tlsfiles.Client(tlsfiles.Files{CA: c.TLSCA})
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fault.New(fault.Unavailable, fault.ServiceUnavailable, "the gateway is not ready: %s: %s", resp.Status, body)
	}
	return nil
}
