package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Exported says what an export has.
type Exported struct {
	// The customers whose events it has: the one asked for, and those that are one with it.
	Customers []string
	// How many events there are.
	Events int64
}

// Export writes everything that is kept about the customer, for the customer: the context, then all events, oldest first,
// of the customer and of all who are one with it. Each line is a JSON object, as the REST API gives it: first
// {"context": ...}, then any number of {"events": {"customer": ..., "events": [...]}}.
//
// It takes as long as w needs, but for ctx. What was written before an error is not the whole: throw it away. The role
// has to be supervisor or service.
//
// Errors: INVALID_REQUEST, CUSTOMER_NOT_FOUND, CUSTOMER_ERASED, SLOW_CONSUMER, PERMISSION_DENIED, UNAVAILABLE,
// SERVER_DRAINING. An error of w is given as it is.
func (c *Customer) Export(ctx context.Context, w io.Writer) (*Exported, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.client.context.ExportCustomer(ctx, &contextv1.ExportCustomerRequest{Customer: c.name})
	if err != nil {
		return nil, fromCall(err, nil)
	}
	done := &Exported{}
	for {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return done, nil
		case err != nil:
			return nil, fromCall(err, stream.Trailer())
		}
		if e := part.GetEvents(); e != nil {
			done.Events += int64(len(e.GetEvents()))
			if !slices.Contains(done.Customers, e.GetCustomer()) {
				done.Customers = append(done.Customers, e.GetCustomer())
			}
		}
		if err := writeLine(w, part); err != nil {
			return nil, err
		}
	}
}

// writeLine writes a message as a line of JSON. protojson varies its spaces on purpose, hence the second pass.
func writeLine(w io.Writer, m proto.Message) error {
	text, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
	if err != nil {
		return err
	}
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil {
		return err
	}
	line.WriteByte('\n')
	_, err = w.Write(line.Bytes())
	return err
}

// ErasedCustomer is a customer that was erased, or would be.
type ErasedCustomer struct {
	// The customer: "customers/{id}".
	Customer string
	// How many events its history has, or had.
	Events int64
	// When it was erased; zero for one that only would be.
	EraseTime time.Time
}

// Erase erases the customer and all who are one with it, for ever: what their histories say, what was worked out from
// them, and what names them. Who comes back with the same telephone is a new customer. The reason stays, so it must say
// nothing of the customer; it has at most 256 bytes. The role has to be admin or service.
//
// A call that failed is repeated until it succeeds: it goes on where it was. Erasing who is erased changes nothing, and
// says when it was.
//
// Errors: INVALID_REQUEST, CUSTOMER_NOT_FOUND, CONTENTION, STORE_FULL, PERMISSION_DENIED, UNAVAILABLE.
func (c *Customer) Erase(ctx context.Context, reason string) ([]ErasedCustomer, error) {
	return c.erase(ctx, &contextv1.EraseCustomerRequest{Customer: c.name, Reason: reason})
}

// PreviewErase says what Erase would erase. It changes nothing.
//
// Errors: as for Erase.
func (c *Customer) PreviewErase(ctx context.Context) ([]ErasedCustomer, error) {
	return c.erase(ctx, &contextv1.EraseCustomerRequest{Customer: c.name, DryRun: true})
}

func (c *Customer) erase(ctx context.Context, req *contextv1.EraseCustomerRequest) ([]ErasedCustomer, error) {
	resp, err := invoke(ctx, c.client, c.client.context.EraseCustomer, req)
	if err != nil {
		return nil, err
	}
	return decoded[struct{ Customers []ErasedCustomer }](resp).Customers, nil
}
