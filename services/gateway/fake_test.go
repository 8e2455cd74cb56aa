package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// fakeLog answers with what it was asked, which is what the gateway's tests look at; the true service is tried through
// the gateway by the suite.
type fakeLog struct {
	interactionlogv1.UnimplementedInteractionLogServiceServer
}

func (fakeLog) AppendEvents(_ context.Context, req *interactionlogv1.AppendEventsRequest) (*interactionlogv1.AppendEventsResponse, error) {
	if req.GetExpectedRevision() == 7 {
		return nil, fault.New(fault.Conflict, "REVISION_MISMATCH", "the customer is at revision 8").
			With("expected_revision", "7").With("current_revision", "8")
	}
	resp := &interactionlogv1.AppendEventsResponse{}
	for i, e := range req.GetEvents() {
		resp.Results = append(resp.Results, &interactionlogv1.AppendResult{EventId: e.GetEventId(), Revision: int64(i) + 1})
	}
	return resp, nil
}

func (fakeLog) IngestEvents(stream grpc.BidiStreamingServer[interactionlogv1.IngestEventsRequest, interactionlogv1.IngestEventsResponse]) error {
	for n := int64(0); ; {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		resp := &interactionlogv1.IngestEventsResponse{}
		for _, e := range msg.GetEvents() {
			resp.Acks = append(resp.Acks, &interactionlogv1.IngestAck{Index: n, EventId: e.GetEventId(), Revision: 1})
			n++
		}
		if err := stream.Send(resp); err != nil {
			return err
		}
	}
}

func (fakeLog) GetTranscript(_ context.Context, req *interactionlogv1.GetTranscriptRequest) (*interactionlogv1.GetTranscriptResponse, error) {
	return &interactionlogv1.GetTranscriptResponse{
		Entries: []*interactionlogv1.TranscriptEntry{{EventId: req.GetInteractionId(), Text: req.GetCustomer()}},
	}, nil
}

func (fakeLog) GetHead(_ context.Context, req *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
	switch req.GetCustomer() {
	case "customers/none":
		return nil, fault.New(fault.NotFound, "CUSTOMER_NOT_FOUND", "the customer has no events")
	case "customers/panic":
		panic("a defect with a secret in it")
	}
	return &interactionlogv1.GetHeadResponse{Revision: 3}, nil
}

// TailEvents sends an event a position, and then waits for the end of the stream unless told otherwise.
func (fakeLog) TailEvents(req *interactionlogv1.TailEventsRequest, stream grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	for _, p := range req.GetPositions() {
		if p.GetShard() == 99 {
			return fault.New(fault.Invalid, "UNKNOWN_SHARD", "there is no shard 99").With("shards", "64")
		}
		err := stream.Send(&interactionlogv1.TailEventsResponse{
			Shard: p.GetShard(), Sequence: p.GetSequence() + 1,
			Events: []*interactionlogv1.Event{{EventId: fmt.Sprintf("e%d", p.GetSequence()+1)}},
		})
		if err != nil {
			return err
		}
	}
	if req.GetStopAtHead() {
		return nil
	}
	select {
	case <-stream.Context().Done():
		return stream.Context().Err()
	case <-rpc.Draining(stream.Context()):
		return rpc.DrainingFault()
	}
}

type fakeContext struct {
	contextv1.UnimplementedContextServiceServer
}

func (fakeContext) UpdateSlot(_ context.Context, req *contextv1.UpdateSlotRequest) (*contextv1.Slot, error) {
	return &contextv1.Slot{Name: req.GetSlot().GetName(), Description: fmt.Sprint(req.GetUpdateMask().GetPaths())}, nil
}

func (fakeContext) GetContext(_ context.Context, req *contextv1.GetContextRequest) (*contextv1.CustomerContext, error) {
	customer := req.GetCustomer()
	if customer == "" {
		customer = "customers/" + req.GetIdentifier().GetValue()
	}
	return &contextv1.CustomerContext{Customer: customer, ConsistencyToken: req.GetConsistency().GetAtLeastAsFresh()}, nil
}

// GetFlatContext answers for "customers/slow" when the caller has given up.
func (fakeContext) GetFlatContext(ctx context.Context, req *contextv1.GetFlatContextRequest) (*contextv1.FlatContext, error) {
	switch req.GetCustomer() {
	case "customers/slow":
		<-ctx.Done()
		return nil, ctx.Err()
	case "customers/panic":
		panic("a defect with a secret in it")
	case "customers/forbidden":
		return nil, fault.New(fault.Denied, fault.PermissionDenied, "the caller's roles do not include this method")
	case "customers/nobody":
		return nil, fault.New(fault.Unauthenticated, fault.NotAuthenticated, "there is no credential")
	}
	return &contextv1.FlatContext{
		Status: contextv1.FlatStatus_FLAT_STATUS_KNOWN, AsOfTime: timestamppb.New(time.Unix(0, 0)),
		Values: map[string]string{
			"customer": req.GetCustomer() + req.GetIdentifier().GetValue(), "slot_city": strings.Join(req.GetSlots(), ","),
			"case_subject": "<Ada's> \"lost\" parcel & more\n\x01 \U0001f4e6", "name": "Ädä",
		},
	}, nil
}

// edge is a gateway before fakes, and the servers behind it.
type edge struct {
	url          string
	log, context *rpc.Server
	gateway      *Gateway
}

func startEdge(t *testing.T) *edge {
	t.Helper()
	testkit.NoLeaks(t)
	e := &edge{
		log:     newServer(t, "interactionlog.throughline"),
		context: newServer(t, "context.throughline"),
	}
	interactionlogv1.RegisterInteractionLogServiceServer(e.log, fakeLog{})
	contextv1.RegisterContextServiceServer(e.context, fakeContext{})
	g, err := New(t.Context(), Options{
		Log: testkit.ServeOn(t, e.log), Context: testkit.ServeOn(t, e.context), Logger: testkit.Logger(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(g.Handler())
	t.Cleanup(srv.Close)
	e.url, e.gateway = srv.URL, g
	return e
}

func newServer(t *testing.T, domain string) *rpc.Server {
	t.Helper()
	s, err := rpc.NewServer(rpc.Options{Domain: domain, Logger: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
