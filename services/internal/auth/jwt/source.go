package jwt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	fetchTime = 5 * time.Second
	maxJWKS   = 1 << 20
)

// source is where a JWKS is.
type source struct {
	url, file string
	client    *http.Client
}

// newSource takes https:// URLs, http:// URLs of this machine, and files. Whoever can answer for the provider can make
// tokens, so nothing else will do.
func newSource(where string) (*source, error) {
	if !strings.Contains(where, "://") {
		return &source{file: where}, nil
	}
	u, err := url.Parse(where)
	if err != nil {
		return nil, fmt.Errorf("the JWKS: %w", err)
	}
	if u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errors.New("the JWKS must be an https:// URL, an http:// URL of this machine, or a file")
	}
	return &source{url: where, client: &http.Client{
		Timeout:   fetchTime,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: fetchTime}).DialContext, DisableKeepAlives: true},
		// A redirect could lead to where nobody meant to look for keys.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func (s *source) fetch(ctx context.Context) ([]byte, error) {
	if s.url == "" {
		f, err := os.Open(s.file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		return bounded(f)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the provider answers %s", resp.Status)
	}
	return bounded(resp.Body)
}

func bounded(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxJWKS+1))
	if err == nil && len(content) > maxJWKS {
		err = fmt.Errorf("the JWKS is larger than %d bytes", maxJWKS)
	}
	return content, err
}
