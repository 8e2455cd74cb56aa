package e2e

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// A server that is asked to end tells its open streams so, and exits with 0.
func TestDrainEndsOpenStreams(t *testing.T) {
	s := harness.StartSuite(t, t.TempDir())
	client := interactionlogv1.NewInteractionLogServiceClient(harness.Dial(t, s.Log))
	if _, err := client.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
		Customer: "customers/a", Events: []*interactionlogv1.Event{harness.Message("m", "hello")},
	}); err != nil {
		t.Fatal(err)
	}
	var tails []interactionlogv1.InteractionLogService_TailEventsClient
	for range 20 {
		tail, err := client.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tail.Recv(); err != nil {
			t.Fatal(err)
		}
		tails = append(tails, tail)
	}
	if code := s.Processes[0].Terminate(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for i, tail := range tails {
		for {
			_, err := tail.Recv()
			if err == nil {
				continue
			}
			if status.Code(err) != codes.Unavailable {
				t.Errorf("tail %d ended with %v", i, err)
			}
			break
		}
	}
}
