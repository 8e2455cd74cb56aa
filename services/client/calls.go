package client

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/client/internal/wire"
)

// ReadOption says how fresh the answer of one read has to be; of several, the last counts. Without one, a read sees at
// least what this client has written for the customer.
type ReadOption func(*readOptions)

type readOptions struct {
	consistency *contextv1.Consistency
}

// FullyConsistent makes a read see everything that was written before it, by anybody. It costs a call to the interaction
// log, and fails as UNAVAILABLE when that cannot be reached.
func FullyConsistent() ReadOption {
	return func(o *readOptions) {
		o.consistency = &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}}
	}
}

// MinimizeLatency makes a read answer with what the server has now, although this client's newest writes may be missing.
func MinimizeLatency() ReadOption {
	return func(o *readOptions) {
		o.consistency = &contextv1.Consistency{Requirement: &contextv1.Consistency_MinimizeLatency{MinimizeLatency: true}}
	}
}

// AtLeast makes a read at least as fresh as the answer that had this ConsistencyToken: of another process, for example.
func AtLeast(token string) ReadOption {
	return func(o *readOptions) { o.consistency = atLeast(token) }
}

func atLeast(token string) *contextv1.Consistency {
	return &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: token}}
}

// WriteOption adds to one write.
type WriteOption func(*writeOptions)

type writeOptions struct {
	requestID  string
	occurredAt time.Time
}

// WithRequestID makes a write idempotent beyond this call: the same request with the same id is done once, and answered
// as it was the first time; another request with the id is REQUEST_ID_REUSED. 1 to 100 characters of letters, digits and
// ._~:@/+=-, unique for the customer: an id that derives from the platform's own, such as its call and turn. Without it,
// a random one makes the attempts of this one call idempotent.
func WithRequestID(id string) WriteOption { return func(o *writeOptions) { o.requestID = id } }

// WithTime says when it happened, by the caller's clock, for what is reported later. The server's time when not given.
func WithTime(t time.Time) WriteOption { return func(o *writeOptions) { o.occurredAt = t } }

func writing(opts []WriteOption) writeOptions {
	var w writeOptions
	for _, set := range opts {
		set(&w)
	}
	if w.requestID == "" {
		w.requestID = newRequestID()
	}
	return w
}

// newRequestID returns 128 random bits as letters. Digits could by chance look like a card number, and the log refuses
// ids that do.
func newRequestID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails, by its documentation
	id := make([]byte, 0, 2*len(raw))
	for _, b := range raw {
		id = append(id, 'a'+b>>4, 'a'+b&0xf)
	}
	return string(id)
}

// method is a method of a generated client.
type method[Req, Resp any] func(context.Context, Req, ...grpc.CallOption) (Resp, error)

// invoke makes one call within the client's timeout.
func invoke[Req, Resp any](ctx context.Context, c *Client, call method[Req, Resp], req Req) (Resp, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	var trailer metadata.MD
	resp, err := call(ctx, req, grpc.Trailer(&trailer))
	if err != nil {
		var none Resp
		return none, fromCall(err, trailer)
	}
	return resp, nil
}

func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.opts.timeout)
}

// ask makes a read about a customer, who may be unknown (""), and decodes its answer. set puts the consistency into the
// request.
func ask[Out any, Req proto.Message, Resp proto.Message](
	ctx context.Context, c *Client, customer string, call method[Req, Resp], req Req, opts []ReadOption,
	set func(*contextv1.Consistency), parts ...any,
) (*Out, error) {
	if err := encode(req, parts...); err != nil {
		return nil, err
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	var o readOptions
	for _, option := range opts {
		option(&o)
	}
	own, mixed := "", false
	if o.consistency == nil {
		own, mixed = c.tokens.token(customer)
		switch {
		case mixed:
			FullyConsistent()(&o)
		case own != "":
			o.consistency = atLeast(own)
		}
	}
	set(o.consistency)
	resp, err := invoke(ctx, c, call, req)
	switch {
	case mixed && err == nil:
		c.tokens.seen(customer, own)
	case mixed && errors.Is(err, CodeUnavailable):
		// Without the log nobody can say that it is everything. What the server has is better than nothing.
		set(atLeast(own))
		resp, err = invoke(ctx, c, call, req)
	}
	if own != "" && errors.Is(err, ReasonInvalidConsistencyToken) {
		// The customer was merged or unmerged by others, or the store was replaced. What was written is certainly seen by a
		// read that sees everything.
		c.tokens.forget(customer, own)
		FullyConsistent()(&o)
		set(o.consistency)
		resp, err = invoke(ctx, c, call, req)
	}
	if err != nil {
		return nil, err
	}
	return decoded[Out](resp), nil
}

// written is what every write answers with.
type written interface {
	proto.Message
	GetConsistencyToken() string
	GetRevision() int64
}

// change makes a write about a customer, remembers how far it went and decodes its answer.
func change[Out any, Req proto.Message, Resp written](
	ctx context.Context, c *Customer, call method[Req, Resp], req Req, opts []WriteOption, parts ...any,
) (*Out, error) {
	w := writing(opts)
	stamp := struct {
		RequestID string
		Origin    origin
	}{w.requestID, c.place.origin(c.client.opts.source, w.occurredAt)}
	if err := encode(req, append(parts, stamp)...); err != nil {
		return nil, err
	}
	resp, err := invoke(ctx, c.client, call, req)
	if err != nil {
		return nil, err
	}
	c.client.tokens.note(c.name, resp.GetConsistencyToken(), resp.GetRevision())
	return decoded[Out](resp), nil
}

func encode(req proto.Message, parts ...any) error {
	for _, part := range parts {
		if err := wire.Encode(req, part); err != nil {
			return unsendable(err)
		}
	}
	return nil
}

func decoded[Out any](resp proto.Message) *Out {
	out := new(Out)
	wire.Decode(out, resp)
	return out
}
