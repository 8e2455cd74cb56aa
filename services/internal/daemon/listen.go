package daemon

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// metricsTime bounds how long a scrape may take to begin, and to end when the process does.
const metricsTime = 5 * time.Second

// CheckListen refuses addresses that other machines can reach.
func CheckListen(addrs ...string) error {
	for _, addr := range addrs {
		if err := auth.CheckLoopback(addr); err != nil {
			return err
		}
	}
	return nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fault.New(fault.Precondition, fault.ConfigInvalid, "cannot listen on %s: %w", addr, err)
	}
	return lis, nil
}

// serveMetrics shows the metrics until the process ends.
func (p *Process) serveMetrics(ctx context.Context) (net.Addr, error) {
	lis, err := listen(ctx, p.o.MetricsListen)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.Telemetry.Metrics)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: metricsTime}
	p.run(func() error {
		if err := web.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	p.AtEnd(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), metricsTime)
		defer cancel()
		return web.Shutdown(ctx)
	})
	return lis.Addr(), nil
}
