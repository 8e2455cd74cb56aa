package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// via makes a call as the place does: over REST, to a path below the customer's, or over gRPC.
func via[T proto.Message](ctx context.Context, s *story, p *place, path string, in proto.Message, out T, grpc func(customer string) (T, error)) (T, error) {
	if !p.rest {
		return grpc(s.customer)
	}
	return out, s.rest.post(ctx, "/v1/"+s.customer+path, in, out)
}

// maxAnswer bounds an answer: a context is far smaller.
const maxAnswer = 4 << 20

// rest calls the REST API, as a chat platform would.
type rest struct {
	base   string
	client *http.Client
}

func newRest(base string) *rest {
	return &rest{base: base, client: &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}}
}

// close lets go of the connections.
func (r *rest) close() { r.client.CloseIdleConnections() }

// get returns a document as it is.
func (r *rest) get(ctx context.Context, path string) (string, error) {
	answer, err := r.do(ctx, http.MethodGet, path, nil)
	return string(answer), err
}

// post sends in as the body; a field that the path holds already has to be empty in it.
func (r *rest) post(ctx context.Context, path string, in, out proto.Message) error {
	body, err := protojson.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := r.do(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	return protojson.Unmarshal(answer, out)
}

func (r *rest) do(ctx context.Context, method, path string, body []byte) (answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(answer))
	}
	return answer, nil
}
