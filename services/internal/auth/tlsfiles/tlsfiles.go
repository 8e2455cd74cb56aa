// Package tlsfiles makes TLS configurations of files with certificates and keys, which are read again when they have
// changed: a certificate that is renewed needs no restart.
package tlsfiles

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Files are the paths of PEM files; "" is none.
type Files struct {
	// Cert and Key are this side's certificate, with its chain, and the key of it.
	Cert, Key string
	// CA has the certificates that the other side's must be signed by.
	CA string
}

// Server returns the configuration of a listener that speaks protocols ("h2"). Callers may show a certificate signed by
// the CA, if there is one; what they may do without is not decided here.
func Server(f Files, protocols ...string) (*tls.Config, error) {
	if f.Cert == "" || f.Key == "" {
		return nil, invalid("TLS needs both a certificate and its key")
	}
	l := &loader{files: f}
	if _, err := l.get(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: protocols,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			m, err := l.get()
			if err != nil {
				return nil, err
			}
			c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols, Certificates: []tls.Certificate{*m.cert}}
			if m.pool != nil {
				c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, m.pool
			}
			return c, nil
		},
	}, nil
}

// Client returns the configuration of a connection to a server whose certificate is signed by the CA, or by one that
// this machine trusts when there is none. A change of the CA is seen after a restart only.
func Client(f Files) (*tls.Config, error) {
	if (f.Cert == "") != (f.Key == "") {
		return nil, invalid("a client certificate needs its key, and a key its certificate")
	}
	l := &loader{files: f}
	m, err := l.get()
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: m.pool}
	if f.Cert != "" {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			m, err := l.get()
			if err != nil {
				return nil, err
			}
			return m.cert, nil
		}
	}
	return c, nil
}

// material is what is in the files.
type material struct {
	cert *tls.Certificate
	pool *x509.CertPool
}

// loader reads the files when they have changed, at most once a second.
type loader struct {
	files Files

	mu      sync.Mutex
	looked  time.Time
	stamps  [3]time.Time
	current *material
}

// get returns what the files hold now. Files that cannot be used, because half of them is replaced for example, leave
// what was read last.
func (l *loader) get() (*material, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current != nil && time.Since(l.looked) < time.Second {
		return l.current, nil
	}
	l.looked = time.Now()
	var stamps [3]time.Time
	for i, path := range []string{l.files.Cert, l.files.Key, l.files.CA} {
		if st, err := os.Stat(path); path != "" && err == nil {
			stamps[i] = st.ModTime()
		}
	}
	if l.current != nil && stamps == l.stamps {
		return l.current, nil
	}
	m, err := l.files.read()
	if err != nil {
		if l.current != nil {
			return l.current, nil
		}
		return nil, err
	}
	l.current, l.stamps = m, stamps
	return m, nil
}

func (f Files) read() (*material, error) {
	m := &material{}
	if f.Cert != "" {
		cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, invalid("the certificate %s cannot be used: %w", f.Cert, err)
		}
		m.cert = &cert
	}
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, invalid("the CA cannot be read: %w", err)
		}
		m.pool = x509.NewCertPool()
		if !m.pool.AppendCertsFromPEM(pem) {
			return nil, invalid("there is no certificate in %s: %w", f.CA, errors.New("not PEM"))
		}
	}
	return m, nil
}

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, fault.ConfigInvalid, format, args...)
}
