// Package dial connects commands to a running suite, with the credential that it asks for.
package dial

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/auth/tlsfiles"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Flags are the options of every command that calls a server.
type Flags struct {
	APIKeyFile string `name:"api-key-file" help:"File with the API key to show; none when empty." placeholder:"FILE" type:"path"`
	TLSCA      string `name:"tls-ca" help:"File (PEM) of the authority that has signed the server's certificate. Without one, the connection has no TLS." placeholder:"FILE" type:"path"`
	Insecure   bool   `help:"Show the key to another machine without TLS: for networks that encrypt by themselves."`
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
		if f.TLSCA == "" && !f.Insecure && !auth.LocalTarget(target) {
			return nil, fault.New(fault.Precondition, fault.ConfigInvalid,
				"the key would be sent to %s for everybody on the way to read: give --tls-ca, or --insecure where the network encrypts by itself", target)
		}
		key, err := apikey.NewFromFile(f.APIKeyFile)
		if err != nil {
			return nil, err
		}
		o.Extra = append(o.Extra, grpc.WithPerRPCCredentials(key))
	}
	return rpc.Dial(target, o)
}
