package bench

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

const (
	callers     = 64 // the callers of most comparisons
	connections = 4  // which they share
)

// dial opens the connections that callers share; both sides of a comparison are
// called alike.
func (e *env) dial(addr string) ([]*grpc.ClientConn, error) {
	conns := make([]*grpc.ClientConn, connections)
	for i := range conns {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, err
		}
		e.onEnd(func() { _ = conn.Close() })
		conns[i] = conn
	}
	return conns, nil
}

// contexts makes a client of the context service for each connection.
func contexts(conns []*grpc.ClientConn) []contextv1.ContextServiceClient {
	clients := make([]contextv1.ContextServiceClient, len(conns))
	for i, c := range conns {
		clients[i] = contextv1.NewContextServiceClient(c)
	}
	return clients
}

// logs makes a client of the log for each connection.
func logs(conns []*grpc.ClientConn) []logv1.InteractionLogServiceClient {
	clients := make([]logv1.InteractionLogServiceClient, len(conns))
	for i, c := range conns {
		clients[i] = logv1.NewInteractionLogServiceClient(c)
	}
	return clients
}

// defineSlots puts the slots of the stories into the dictionary, each with an
// alias, as an operator would.
func defineSlots(ctx context.Context, client contextv1.ContextServiceClient) error {
	for _, name := range workload.SlotNames {
		_, err := client.CreateSlot(ctx, &contextv1.CreateSlotRequest{SlotId: name, Slot: &contextv1.Slot{
			DisplayName: "The " + name, Aliases: []*contextv1.SlotAlias{{Name: "bot_" + name, Scope: "chatbot"}},
		}})
		if err != nil {
			return fmt.Errorf("creating slot %s: %w", name, err)
		}
	}
	return nil
}

// load stores the events that next gives, until it gives none, through one
// ingest stream. Batches must obey the limits of the log.
func load(ctx context.Context, client logv1.InteractionLogServiceClient, next func() []*logv1.Event) (stored int, err error) {
	group, ctx := errgroup.WithContext(ctx)
	stream, err := client.IngestEvents(ctx)
	if err != nil {
		return 0, err
	}
	group.Go(func() error {
		for batch := next(); len(batch) > 0; batch = next() {
			if err := stream.Send(&logv1.IngestEventsRequest{Events: batch}); err != nil {
				if errors.Is(err, io.EOF) {
					return nil // the receiver gets the reason
				}
				return err
			}
		}
		return stream.CloseSend()
	})
	group.Go(func() error {
		for {
			res, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			n, err := accepted(res)
			if err != nil {
				return err
			}
			stored += n
		}
	})
	err = group.Wait()
	return stored, err
}

// accepted counts the events that an answer says are stored.
func accepted(res *logv1.IngestEventsResponse) (int, error) {
	for _, ack := range res.GetAcks() {
		if e := ack.GetError(); e != nil {
			return 0, fmt.Errorf("event %d was refused: %s: %s", ack.GetIndex(), e.GetReason(), e.GetMessage())
		}
	}
	return len(res.GetAcks()), nil
}

// batches cuts a list of events into batches for load.
func batches(events []*logv1.Event) func() []*logv1.Event {
	return func() []*logv1.Event {
		n := min(len(events), 1000)
		batch := events[:n]
		events = events[n:]
		return batch
	}
}
