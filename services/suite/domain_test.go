package suite

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

type failing struct {
	contextv1.UnimplementedContextServiceServer
	interactionlogv1.UnimplementedInteractionLogServiceServer
	err error
}

func (f failing) GetSlot(context.Context, *contextv1.GetSlotRequest) (*contextv1.Slot, error) {
	return nil, f.err
}

func (f failing) TailEvents(*interactionlogv1.TailEventsRequest, grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	return f.err
}

func TestSharedServerNamesTheDomainOfEachService(t *testing.T) {
	testkit.NoLeaks(t)
	own := fault.New(fault.NotFound, "SLOT_NOT_FOUND", "no")
	other := *own
	other.Domain = "elsewhere"
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"own reason", own, "service"},
		{"shared reason", fault.New(fault.Invalid, fault.InvalidPageToken, "no"), "throughline"},
		{"another service's", &other, "elsewhere"},
		{"no fault", errors.New("defect"), "throughline"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn := testkit.Serve(t, rpc.Options{}, func(r grpc.ServiceRegistrar) {
				contextv1.RegisterContextServiceServer(registrar{r, "service"}, failing{err: tc.err})
				interactionlogv1.RegisterInteractionLogServiceServer(registrar{r, "service"}, failing{err: tc.err})
			})
			_, err := contextv1.NewContextServiceClient(conn).GetSlot(t.Context(), &contextv1.GetSlotRequest{Name: "slots/a"})
			if got := rpc.FromError(err).Domain; got != tc.want {
				t.Errorf("unary: got %q, want %q", got, tc.want)
			}
			stream, err := interactionlogv1.NewInteractionLogServiceClient(conn).TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{})
			if err == nil {
				_, err = stream.Recv()
			}
			if got := rpc.FromError(err).Domain; got != tc.want {
				t.Errorf("stream: got %q, want %q", got, tc.want)
			}
		})
	}
	if own.Domain != "" {
		t.Error("the fault itself was changed")
	}
}
