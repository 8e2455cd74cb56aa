package rpc_test

import (
	"bytes"
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// sharing sends one encoded message and one ordinary one to every tail.
type sharing struct {
	interactionlogv1.UnimplementedInteractionLogServiceServer
	message rpc.Encoded
}

func (s sharing) TailEvents(_ *interactionlogv1.TailEventsRequest, stream grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	if err := stream.SendMsg(s.message); err != nil {
		return err
	}
	return stream.Send(&interactionlogv1.TailEventsResponse{Shard: 2})
}

func TestEncodedMessagesAreOrdinaryToTheReader(t *testing.T) {
	b, err := proto.Marshal(&interactionlogv1.TailEventsResponse{Shard: 1, Sequence: 7})
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(b)
	conn := testkit.Serve(t, rpc.Options{}, func(r grpc.ServiceRegistrar) {
		interactionlogv1.RegisterInteractionLogServiceServer(r, sharing{message: b})
	})
	for range 3 { // the bytes are shared by all
		ctx, cancel := context.WithCancel(t.Context())
		tail, err := interactionlogv1.NewInteractionLogServiceClient(conn).TailEvents(ctx, &interactionlogv1.TailEventsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []int32{1, 2} {
			msg, err := tail.Recv()
			if err != nil || msg.GetShard() != want {
				t.Errorf("got %v, %v, want shard %d", msg, err, want)
			}
		}
		cancel()
	}
	if !bytes.Equal(b, before) {
		t.Error("the shared bytes were changed")
	}
}
