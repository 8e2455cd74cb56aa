package daemon

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/auth/tlsfiles"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// DialTLS are the options of a connection to another service; embed it with a prefix.
type DialTLS struct {
	CA   string `name:"ca" help:"File (PEM) of the authority that has signed the service's certificate. Without one, the connection has no TLS." placeholder:"FILE" type:"path"`
	Cert string `name:"cert" help:"File (PEM) with the client certificate for the service." placeholder:"FILE" type:"path"`
	Key  string `name:"key" help:"File (PEM) with the key of the client certificate." placeholder:"FILE" type:"path"`
}

// Peer says how to talk to another service.
type Peer struct {
	// Target is its address.
	Target string
	TLS    DialTLS
	// KeyFile holds the API key to show; "" is none.
	KeyFile string
}

// DialPeer is Dial with TLS and a credential.
func (p *Process) DialPeer(to Peer, services ...string) (*grpc.ClientConn, error) {
	o := rpc.DialOptions{Services: services, TracerProvider: p.Telemetry.TracerProvider}
	if to.TLS != (DialTLS{}) {
		config, err := tlsfiles.Client(tlsfiles.Files{CA: to.TLS.CA, Cert: to.TLS.Cert, Key: to.TLS.Key})
		if err != nil {
			return nil, err
		}
		o.Credentials = credentials.NewTLS(config)
	} else if !auth.LocalTarget(to.Target) {
		p.Logger.Warn("the connection to this service leaves the machine without TLS: credentials and answers can be read on the way", "target", to.Target)
	}
	if to.KeyFile != "" {
		key, err := apikey.NewFromFile(to.KeyFile)
		if err != nil {
			return nil, err
		}
		o.Extra = append(o.Extra, grpc.WithPerRPCCredentials(key))
	}
	conn, err := rpc.Dial(to.Target, o)
	if err != nil {
		return nil, err
	}
	p.AtEnd(conn.Close)
	return conn, nil
}
