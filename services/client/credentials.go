package client

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The headers by which a call says whose it is.
const (
	authorizationHeader = "authorization"
	keyHeader           = "x-api-key"
)

// perCall puts the credential on each call; it implements credentials.PerRPCCredentials.
type perCall struct {
	opts   *options
	secure bool
}

// GetRequestMetadata returns the header with the credential.
func (p perCall) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	if p.opts.apiKey != "" {
		return map[string]string{keyHeader: p.opts.apiKey}, nil
	}
	token, err := p.opts.tokenSource(ctx)
	if err != nil {
		return nil, status.Error(codes.Unauthenticated, fmt.Sprintf("no token: %v", err))
	}
	return map[string]string{authorizationHeader: "Bearer " + token}, nil
}

// RequireTransportSecurity makes gRPC refuse to send the credential over a connection that was meant to be secure and is
// not.
func (p perCall) RequireTransportSecurity() bool { return p.secure }

// credentials returns the dial options by which a connection to target says whose its calls are.
func (o *options) credentials(target string) []grpc.DialOption {
	if o.apiKey == "" && o.tokenSource == nil {
		return nil
	}
	return []grpc.DialOption{grpc.WithPerRPCCredentials(perCall{opts: o, secure: o.secured(target)})}
}
