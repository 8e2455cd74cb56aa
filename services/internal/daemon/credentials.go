package daemon

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/auth/jwt"
	"github.com/throughline-cx/throughline/services/internal/auth/tlsfiles"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// TLSFlags are the options of every process that listens.
type TLSFlags struct {
	TLSCert string `name:"tls-cert" help:"File (PEM) with the server's certificate and its chain. Without one, callers connect without TLS." placeholder:"FILE" type:"path"`
	TLSKey  string `name:"tls-key" help:"File (PEM) with the key of the server's certificate." placeholder:"FILE" type:"path"`
}

// CredentialFlags are the options of every process that asks its callers who they are. Each kind of credential is in use
// when its options are there.
type CredentialFlags struct {
	APIKeys        string        `name:"api-keys" help:"File of API keys, made with throughline keys create; it is followed while the server runs.${api_keys}" placeholder:"FILE" type:"path"`
	JWTIssuer      string        `name:"jwt-issuer" help:"Issuer (iss) of the tokens that are accepted." placeholder:"URL"`
	JWTAudience    string        `name:"jwt-audience" help:"Audience (aud) that a token must be for." placeholder:"NAME"`
	JWKS           string        `name:"jwks" help:"Where the issuer's keys are: an https:// URL, an http:// URL of this machine, or a file." placeholder:"URL"`
	JWTLeeway      time.Duration `name:"jwt-leeway" help:"How far the clocks of the issuer and this server may be apart; at most 60s." default:"30s"`
	JWTTenantClaim string        `name:"jwt-tenant-claim" help:"Claim with the caller's tenant; dots lead into objects." default:"tenant"`
	JWTRolesClaim  string        `name:"jwt-roles-claim" help:"Claim with the caller's roles, a list or words in one string; dots lead into objects." default:"roles"`
	JWTAllTenants  bool          `name:"jwt-all-tenants" help:"Accept tokens for all tenants: of the role service, with the tenant *. The provider then has to see to it that nobody else gets one."`
	TLSFlags
	TLSClientCA string `name:"tls-client-ca" help:"File (PEM) of the authority whose client certificates are accepted: over gRPC, whoever has one is the role service for all tenants." placeholder:"FILE" type:"path"`
}

// Files returns where the server's certificate is.
func (f TLSFlags) Files() tlsfiles.Files { return tlsfiles.Files{Cert: f.TLSCert, Key: f.TLSKey} }

// Access is how a process finds out who its callers are.
type Access struct {
	auth.Guard
	flags CredentialFlags
	close []func() error
}

// Open puts the credentials together that are configured. usual is the file of API keys to follow when none is named; it
// need not be there yet, while one that is named has to. Close what it returns.
func (f CredentialFlags) Open(usual string, log *slog.Logger) (a *Access, err error) {
	a = &Access{flags: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
			a = nil
		}
	}()
	if err := f.checkTLS(); err != nil {
		return a, err
	}
	a.Certificates = f.TLSClientCA != ""
	path, required := f.APIKeys, true
	if path == "" {
		path, required = usual, false
	}
	if path != "" {
		ring, err := apikey.Open(path, apikey.Options{Required: required, Logger: log})
		if err != nil {
			return a, err
		}
		a.Keys = ring
		a.close = append(a.close, ring.Close)
	}
	if f.JWTIssuer != "" || f.JWTAudience != "" || f.JWKS != "" {
		tokens, err := jwt.New(jwt.Options{
			Issuer: f.JWTIssuer, Audience: f.JWTAudience, JWKS: f.JWKS, Leeway: f.JWTLeeway,
			TenantClaim: f.JWTTenantClaim, RolesClaim: f.JWTRolesClaim, AllTenants: f.JWTAllTenants, Logger: log,
		})
		if err != nil {
			return a, err
		}
		a.Tokens = tokens
	}
	return a, nil
}

func (f CredentialFlags) checkTLS() error {
	switch {
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return fault.New(fault.Invalid, fault.ConfigInvalid, "--tls-cert and --tls-key go together")
	case f.TLSClientCA != "" && f.TLSCert == "":
		return fault.New(fault.Invalid, fault.ConfigInvalid, "--tls-client-ca needs --tls-cert and --tls-key")
	}
	return nil
}

// TLS returns the configuration of a listener, nil for one without TLS.
func (a *Access) TLS(protocols ...string) (*tls.Config, error) {
	if a.flags.TLSCert == "" {
		return nil, nil //nolint:nilnil // no TLS is no configuration
	}
	files := a.flags.Files()
	files.CA = a.flags.TLSClientCA
	return tlsfiles.Server(files, protocols...)
}

// ServerOptions returns what makes a gRPC server speak TLS, nothing for one without.
func (a *Access) ServerOptions() ([]grpc.ServerOption, error) {
	config, err := a.TLS("h2")
	if err != nil || config == nil {
		return nil, err
	}
	return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(config))}, nil
}

// Secure makes a listener for HTTP speak TLS, if there is a certificate. Client certificates mean nothing to HTTP: the
// services behind it go by the caller's headers.
func (a *Access) Secure(lis net.Listener) (net.Listener, error) {
	if a.flags.TLSCert == "" {
		return lis, nil
	}
	config, err := tlsfiles.Server(a.flags.Files(), "h2", "http/1.1")
	if err != nil {
		return nil, errors.Join(err, lis.Close())
	}
	return tls.NewListener(lis, config), nil
}

// CheckListen refuses addresses that other machines can reach, unless callers need a credential, and warns where they
// would send it for everybody to read.
func (a *Access) CheckListen(log *slog.Logger, addrs ...string) error {
	if !a.Configured() {
		return CheckListen(addrs...)
	}
	return warnPlain(log, a.flags.TLSCert != "", addrs...)
}

// warnPlain warns of addresses on which others can read along.
func warnPlain(log *slog.Logger, secured bool, addrs ...string) error {
	for _, addr := range addrs {
		err := auth.CheckLoopback(addr)
		switch {
		case fault.ReasonOf(err) == fault.ConfigInvalid:
			return err
		case err != nil && !secured:
			log.Warn("this address is open to other machines and has no TLS: credentials and answers can be read on the way", "address", addr)
		}
	}
	return nil
}

// Close ends the following of files.
func (a *Access) Close() error {
	var errs []error
	for _, c := range a.close {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
