package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/throughline-cx/throughline/services/internal/auth"
)

// Option configures a Client.
type Option func(*options)

type options struct {
	apiKey      string
	tokenSource func(ctx context.Context) (string, error)
	tls         *tls.Config
	insecure    bool
	timeout     time.Duration
	logTarget   string
	source      string
	attempts    int
	userAgent   string
	dial        []grpc.DialOption
}

func defaults() options {
	return options{timeout: 2 * time.Second, attempts: 3}
}

// WithAPIKey sends an API key with each call.
func WithAPIKey(key string) Option { return func(o *options) { o.apiKey = key } }

// WithTokenSource sends a bearer token (a JWT) with each call. source is asked before each attempt of a call, with the
// call's context and from many goroutines, so it should keep the token until it is about to expire. Its error fails the
// call as UNAUTHENTICATED.
func WithTokenSource(source func(ctx context.Context) (string, error)) Option {
	return func(o *options) { o.tokenSource = source }
}

// WithTLS secures the connection by config; nil means the system's roots. It is the default, with nil, for targets on
// other machines; give it for a loopback target that serves TLS. A config with a certificate authenticates by it.
func WithTLS(config *tls.Config) Option {
	return func(o *options) {
		if config == nil {
			config = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		o.tls = config
	}
}

// WithInsecure sends everything in plain text, credentials too. It is the default for loopback targets only; elsewhere
// it is for networks that are secured otherwise, such as a service mesh.
func WithInsecure() Option { return func(o *options) { o.insecure = true } }

// WithTimeout bounds calls whose context has no deadline; default 2 s. A context's own deadline counts as it is. Watch
// has none.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// WithLogTarget says where the interaction log is, which takes Append, when it is not served where the contexts are.
func WithLogTarget(target string) Option { return func(o *options) { o.logTarget = target } }

// WithSource names the system that reports, in everything written: "ivr-prod". At most 128 bytes.
func WithSource(source string) Option { return func(o *options) { o.source = source } }

// WithRetries bounds how often a call is tried in all while the server cannot be reached: 1 (never again) to 5; default
// 3.
func WithRetries(attempts int) Option { return func(o *options) { o.attempts = attempts } }

// WithUserAgent puts the program's name in front of gRPC's own in the user-agent header.
func WithUserAgent(name string) Option { return func(o *options) { o.userAgent = name } }

// WithDialOptions adds options of grpc-go, after the client's own: a proxy's dialer, interceptors, a stats handler.
func WithDialOptions(opts ...grpc.DialOption) Option {
	return func(o *options) { o.dial = append(o.dial, opts...) }
}

func (o *options) check() error {
	switch {
	case o.apiKey != "" && o.tokenSource != nil:
		return errors.New("an API key and a token source exclude each other")
	case o.tls != nil && o.insecure:
		return errors.New("WithTLS and WithInsecure exclude each other")
	case o.attempts < 1 || o.attempts > 5:
		return fmt.Errorf("%d attempts: must be 1 to 5", o.attempts)
	case o.timeout <= 0:
		return fmt.Errorf("timeout %s: must be positive", o.timeout)
	}
	return nil
}

// secured says whether the connection to target is by TLS: what is said in the open has to stay on this machine, unless
// the program asks for otherwise.
func (o *options) secured(target string) bool {
	return o.tls != nil || !o.insecure && !auth.LocalTarget(target)
}

func (o *options) transport(target string) credentials.TransportCredentials {
	if !o.secured(target) {
		return insecure.NewCredentials()
	}
	if o.tls == nil {
		return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	return credentials.NewTLS(o.tls)
}
