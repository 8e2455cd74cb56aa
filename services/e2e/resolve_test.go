package e2e

import (
	"fmt"
	"sync"
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// [CC1] A thousand first contacts of one telephone number, at once, written in
// different ways, are one customer; each contact is begun once, although each is
// sent twice.
func TestParallelFirstContacts(t *testing.T) {
	const contacts = 500
	s := harness.StartSuite(t, t.TempDir())
	client := contextv1.NewContextServiceClient(harness.Dial(t, s.Context))
	spellings := []string{"+1 202 555 0123", "(202) 555-0123", "tel:+1-202-555-0123", "2025550123"}
	var (
		mu        sync.Mutex
		customers = map[string]int{}
		begun     = map[string]int{}
		wg        sync.WaitGroup
	)
	for i := range 2 * contacts {
		wg.Go(func() {
			res, err := client.ResolveCustomer(t.Context(), &contextv1.ResolveCustomerRequest{
				Identifiers: []*interactionlogv1.Identifier{{
					Type:  interactionlogv1.IdentifierType_IDENTIFIER_TYPE_PHONE,
					Value: spellings[i%len(spellings)],
				}},
				DefaultRegion:   "US",
				PlatformContact: &contextv1.PlatformContact{Platform: "sip", ContactId: fmt.Sprintf("call-%d", i%contacts)},
				Channel:         interactionlogv1.Channel_CHANNEL_IVR,
			})
			if err != nil {
				t.Errorf("contact %d: %v", i, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			customers[res.GetCustomer()]++
			if res.GetInteractionCreated() {
				begun[res.GetInteractionId()]++
			}
		})
	}
	wg.Wait()
	if len(customers) != 1 {
		t.Fatalf("%d customers were made: %v", len(customers), customers)
	}
	for customer := range customers {
		started := map[string]int{}
		linked := 0
		for _, e := range harness.History(t, interactionlogv1.NewInteractionLogServiceClient(harness.Dial(t, s.Log)), customer) {
			switch e.GetPayload().(type) {
			case *interactionlogv1.Event_InteractionStarted:
				started[e.GetInteractionId()]++
			case *interactionlogv1.Event_IdentifierLinked:
				linked++
			}
		}
		if len(started) != contacts || linked != 1 {
			t.Errorf("the log has %d interactions and %d links, want %d and 1", len(started), linked, contacts)
		}
		for id, n := range started {
			if n != 1 {
				t.Errorf("interaction %s was begun %d times", id, n)
			}
		}
	}
	if len(begun) != contacts {
		t.Errorf("%d interactions were reported as new, want %d", len(begun), contacts)
	}
}
