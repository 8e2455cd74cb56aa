package auth_test

import (
	"context"
	"testing"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestTenant(t *testing.T) {
	ctx := context.Background()
	if got := auth.Tenant(ctx); got != auth.DefaultTenant {
		t.Errorf("without a credential: %q", got)
	}
	if got := auth.Tenant(auth.WithTenant(ctx, "acme")); got != "acme" {
		t.Errorf("with one: %q", got)
	}
	opened, err := auth.Open(ctx, "/a.B/C")
	if err != nil || auth.Tenant(opened) != auth.DefaultTenant {
		t.Errorf("open server: %q, %v", auth.Tenant(opened), err)
	}
}

func TestCheckLoopback(t *testing.T) {
	for addr, reason := range map[string]string{
		"127.0.0.1:9090":          "",
		"127.8.8.8:0":             "",
		"[::1]:9090":              "",
		"localhost:9090":          "",
		"[::ffff:127.0.0.1]:9090": "",
		":9090":                   fault.ListenNotLoopback,
		"0.0.0.0:9090":            fault.ListenNotLoopback,
		"[::]:9090":               fault.ListenNotLoopback,
		"192.168.1.4:9090":        fault.ListenNotLoopback,
		"example.com:9090":        fault.ListenNotLoopback,
		"localhost.evil.com:9090": fault.ListenNotLoopback,
		"127.0.0.1":               fault.ConfigInvalid,
		"":                        fault.ConfigInvalid,
	} {
		if got := fault.ReasonOf(auth.CheckLoopback(addr)); got != reason {
			t.Errorf("%q: got %q, want %q", addr, got, reason)
		}
	}
}
