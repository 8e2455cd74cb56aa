package auth

import (
	"net"
	"net/netip"
	"strings"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// CheckLoopback refuses a listen address that other machines can reach. An address without a host (":9090") listens on
// all of them, and a host name other than localhost may come to mean anything, so both are refused.
func CheckLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fault.New(fault.Invalid, fault.ConfigInvalid, "listen address %q is not host:port: %w", addr, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().IsLoopback() {
		return nil
	}
	return fault.New(fault.Precondition, fault.ListenNotLoopback,
		"listen address %q is open to other machines, and no credentials are configured: use 127.0.0.1, [::1] or localhost", addr)
}

// LocalTarget reports whether the target of a gRPC connection is on this machine, so that what is said in the open stays
// on it.
func LocalTarget(target string) bool {
	if strings.HasPrefix(target, "unix:") || strings.HasPrefix(target, "unix-abstract:") {
		return true
	}
	for _, scheme := range []string{"dns:///", "passthrough:///", "dns:", "passthrough:"} {
		if rest, ok := strings.CutPrefix(target, scheme); ok {
			target = rest
			break
		}
	}
	return CheckLoopback(target) == nil
}
