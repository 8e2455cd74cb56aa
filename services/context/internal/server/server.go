// Package server answers the RPCs of the context service: it turns messages into the domain's types, asks the domain and
// the projector, and turns the outcome back into messages.
package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"strings"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Domain is the ErrorInfo domain of the service's own reasons.
const Domain = "context.throughline"

// Options configure a Server.
type Options struct {
	// View is what is known of all tenants' customers.
	View *projector.Projector
	// HandoffKey is what tokens of handoffs are made with: the same for all processes that serve the same customers.
	HandoffKey token.Key
	// Rand makes ids; default crypto/rand.
	Rand io.Reader
	// SlowConsumer is how long the reader of a stream may take over one message before it is dropped; default 30 s.
	SlowConsumer time.Duration
	// MaxWatches bounds the open watches; default 20,000.
	MaxWatches int
	// Logger notes who exported or erased whom; default slog.Default().
	Logger *slog.Logger
	// MaxTenantWatches bounds those of one tenant; default half of MaxWatches. Without credentials it does not apply.
	MaxTenantWatches int
}

// Server implements throughline.context.v1.ContextService.
type Server struct {
	contextv1.UnimplementedContextServiceServer

	projector *projector.Projector
	tokens    *token.Signer
	rand      io.Reader
	claims    stripes
	watches   watchOptions
	logger    *slog.Logger
}

// New returns a server.
func New(o Options) *Server {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	s := &Server{projector: o.View, tokens: token.NewSigner(o.HandoffKey), rand: o.Rand, logger: o.Logger}
	s.watches.init(o.SlowConsumer, o.MaxWatches, o.MaxTenantWatches)
	s.claims.init()
	return s
}

// tenant is one tenant's view of the log.
type tenant = projector.Tenant

// view returns the view of the caller's tenant, once it has its dictionary.
func (s *Server) view(ctx context.Context) (*tenant, error) {
	t := s.projector.Tenant(auth.Tenant(ctx))
	if err := t.WaitDictionary(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// customerName returns the resource name of a customer.
func customerName(id string) string { return "customers/" + id }

// reserved reports whether a customer's id is a service's own: nothing is known of such customers.
func reserved(customer string) bool { return strings.HasPrefix(customer, "_") }

// wantOf returns how fresh a read of a customer has to be. The token may be another's: read decides whether the two are
// one.
func wantOf(tenant, customer string, c *contextv1.Consistency) (projector.Want, error) {
	switch r := c.GetRequirement().(type) {
	case *contextv1.Consistency_AtLeastAsFresh:
		at, err := aip.DecodeToken(tenant, r.AtLeastAsFresh)
		if at.Customer == customer {
			at.Customer = ""
		}
		return projector.Want{AtLeast: at.Revision, Of: at.Customer}, err
	case *contextv1.Consistency_FullyConsistent:
		return projector.Want{Full: true}, nil
	default:
		return projector.Want{}, nil
	}
}

func tokenOf(p *tenant, customer string, revision int64) string {
	return aip.EncodeToken(p.Name(), aip.Position{Customer: customer, Revision: revision})
}

// hashID returns a prefix and a hash of parts: an id that everyone makes alike, and that tells nothing about the parts.
func hashID(prefix string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [4]byte
		for i := range n {
			n[i] = byte(len(p) >> (8 * i))
		}
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return prefix + "-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// randomID returns a fresh id.
func (s *Server) randomID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.rand, b[:]); err != nil {
		return "", fault.New(fault.Internal, fault.InternalError, "no randomness: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
