package e2e

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// [CC3, G4] Receivers race for customers while the suite is killed. Each tries
// again, by its own request id, until it knows; then each customer has gone to
// one receiver, the one who was told so, and each offer that was made again
// after the restart has the token of the first time.
func TestAcceptOnceAcrossKills(t *testing.T) {
	const offers, receivers = 30, 8
	data := t.TempDir()
	args := []string{"serve", "--data", data, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"}
	var client atomic.Pointer[contextv1.ContextServiceClient]
	start := func() *harness.Process {
		p := harness.Start(t, "throughline", args...)
		c := contextv1.NewContextServiceClient(harness.Dial(t, p.GRPC))
		client.Store(&c)
		return p
	}
	p := start()
	customer := firstContact(t, *client.Load())
	made := make([]*contextv1.CreateHandoffResponse, offers)
	offer := func(i int) *contextv1.CreateHandoffResponse {
		resp, err := (*client.Load()).CreateHandoff(t.Context(), &contextv1.CreateHandoffRequest{
			Customer: customer, RequestId: fmt.Sprint("offer-", i),
		})
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for i := range made {
		made[i] = offer(i)
	}

	won := make([]atomic.Int64, offers) // 1 + the receiver who was told so
	var racing sync.WaitGroup
	for receiver := range receivers {
		racing.Go(func() {
			for i, h := range made {
				switch accepted := acceptUntilKnown(t, &client, h.GetToken(), fmt.Sprintf("r%d-%d", receiver, i), fmt.Sprint("agent-", receiver)); {
				case accepted && !won[i].CompareAndSwap(0, int64(receiver)+1):
					t.Errorf("handoff %d was accepted twice", i)
				case t.Failed():
					return
				}
			}
		})
	}
	for range 3 {
		time.Sleep(30 * time.Millisecond)
		p.Kill()
		p = start()
	}
	racing.Wait()

	for i, h := range made {
		if again := offer(i); again.GetToken() != h.GetToken() || again.GetHandoff().GetName() != h.GetHandoff().GetName() {
			t.Errorf("offer %d has become another one: %v, then %v", i, h, again)
		}
	}
	told := map[string]string{}
	for _, e := range harness.History(t, interactionlogv1.NewInteractionLogServiceClient(harness.Dial(t, p.GRPC)), customer) {
		if a := e.GetHandoffAccepted(); a != nil {
			if other := told[a.GetHandoffId()]; other != "" {
				t.Errorf("the log has handoff %s accepted by %s and by %s", a.GetHandoffId(), other, a.GetBy().GetId())
			}
			told[a.GetHandoffId()] = a.GetBy().GetId()
		}
	}
	for i, h := range made {
		id := h.GetHandoff().GetName()[len(customer+"/handoffs/"):]
		if got, want := told[id], fmt.Sprint("agent-", won[i].Load()-1); got != want {
			t.Errorf("handoff %d went to %q by the log, and to %q by what receivers were told", i, got, want)
		}
	}
}

func firstContact(t *testing.T, client contextv1.ContextServiceClient) string {
	t.Helper()
	resp, err := client.ResolveCustomer(t.Context(), &contextv1.ResolveCustomerRequest{Identifiers: []*interactionlogv1.Identifier{{
		Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: "1",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetCustomer()
}

// acceptUntilKnown accepts a handoff, again and again while the outcome is
// unknown, and reports whether this receiver has the customer.
func acceptUntilKnown(t *testing.T, client *atomic.Pointer[contextv1.ContextServiceClient], token, requestID, agent string) bool {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := (*client.Load()).AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{
			Token: token, RequestId: requestID, Origin: &contextv1.Origin{Actor: &interactionlogv1.Actor{
				Kind: interactionlogv1.ActorKind_ACTOR_KIND_AGENT, Id: agent,
			}},
		})
		cancel()
		switch code := status.Code(err); code {
		case codes.OK:
			return true
		case codes.FailedPrecondition:
			return false
		case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted, codes.Canceled:
		default:
			t.Errorf("accepting ended in %v", err)
			return false
		}
	}
	t.Error("the outcome never became known")
	return false
}
