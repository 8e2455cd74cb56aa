// Package dial connects commands to a running suite, with the credential that it asks for.
package dial

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/auth/tlsfiles"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Flags are the options of every command that calls a server.
type Flags struct {
	APIKeyFile string `name:"api-key-file" help:"File with the API key to show; none when empty." placeholder:"FILE" type:"path"`
	TLSCA      string `name:"tls-ca" help:"File (PEM) of the authority that has signed the server's certificate. Without one, the connection has no TLS." placeholder:"FILE" type:"path"`
}

// Dial returns a connection to the suite at target. It connects with the first call.
func (f Flags) Dial(target string) (*grpc.ClientConn, error) {
	o := rpc.DialOptions{Services: []string{
		interactionlogv1.InteractionLogService_ServiceDesc.ServiceName,
		contextv1.ContextService_ServiceDesc.ServiceName,
	}}
	if f.TLSCA != "" {
		config, err := tlsfiles.Client(tlsfiles.Files{CA: f.TLSCA})
		if err != nil {
			return nil, err
		}
		o.Credentials = credentials.NewTLS(config)
	}
	if f.APIKeyFile != "" {
		key, err := apikey.NewFromFile(f.APIKeyFile)
		if err != nil {
			return nil, err
		}
		o.Extra = append(o.Extra, grpc.WithPerRPCCredentials(key))
	}
	return rpc.Dial(target, o)
}
