package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// budgets are the deadlines that platforms have for a screen pop.
var budgets = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 800 * time.Millisecond}

// The interaction log is killed while customers are served. Every screen pop still answers, before its deadline and
// with all that was acknowledged; what cannot be done is refused in time and clearly; and when the log is back, so is
// everything.
func TestScreenPopsAnswerWithoutTheLog(t *testing.T) {
	data := t.TempDir()
	s := harness.StartApart(t, data)
	client := contextv1.NewContextServiceClient(harness.Dial(t, s.Context))
	customers := meteredCustomers(t, client)

	s.Processes[0].Kill()
	servedWithoutTheLog(t, s, client, customers)

	restarted := harness.Start(t, "interactionlogd", "--data", data+"/log", "--listen", s.Log)
	if restarted.GRPC != s.Log {
		t.Fatalf("the log came back as %s", restarted.GRPC)
	}
	wholeAgain(t, client, customers)
}

// A log that hangs is worse than one that is gone: its connections are there, and nothing comes over them. It is the
// same to customers.
func TestScreenPopsAnswerWhileTheLogHangs(t *testing.T) {
	s := harness.StartApart(t, t.TempDir())
	client := contextv1.NewContextServiceClient(harness.Dial(t, s.Context))
	customers := meteredCustomers(t, client)

	s.Processes[0].Pause(t)
	servedWithoutTheLog(t, s, client, customers)

	s.Processes[0].Continue(t)
	wholeAgain(t, client, customers)
}

// meteredCustomers makes customers, of each of whom one thing is known.
func meteredCustomers(t *testing.T, client contextv1.ContextServiceClient) []string {
	t.Helper()
	var customers []string
	for i := range 20 {
		who, err := client.ResolveCustomer(t.Context(), &contextv1.ResolveCustomerRequest{
			Identifiers: []*interactionlogv1.Identifier{{
				Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_ACCOUNT, Value: fmt.Sprint("outage-", i),
			}},
			PlatformContact: &contextv1.PlatformContact{Platform: "sip", ContactId: fmt.Sprint("outage-", i)},
			Channel:         interactionlogv1.Channel_CHANNEL_IVR,
		})
		if err != nil {
			t.Fatal(err)
		}
		customers = append(customers, who.GetCustomer())
		recordMeter(t, client, who.GetCustomer(), fmt.Sprint(1000+i))
	}
	return customers
}

// servedWithoutTheLog checks what a deployment does whose log does not answer.
func servedWithoutTheLog(t *testing.T, s harness.Suite, client contextv1.ContextServiceClient, customers []string) {
	t.Helper()
	for i, customer := range customers {
		budget := budgets[i%len(budgets)]
		c := popWithin(t, client, customer, budget)
		if len(c.GetFacts()) != 1 || c.GetFacts()[0].GetValue() != fmt.Sprint(1000+i) {
			t.Errorf("customer %d: what was acknowledged is missing: %v", i, c.GetFacts())
		}
		flat := flatWithin(t, s.HTTP, customer, budget)
		if !strings.Contains(flat, fmt.Sprint(1000+i)) || !strings.Contains(flat, "FLAT_STATUS_KNOWN") {
			t.Errorf("customer %d: the flat form: %s", i, flat)
		}
	}
	// Nobody whom this server has never seen is made up, and an IVR gets its 200.
	if flat := flatWithin(t, s.HTTP, "customers/never-seen", 200*time.Millisecond); !strings.Contains(flat, `"degraded":true`) {
		t.Errorf("the flat form of somebody not known here does not say that it may be wrong: %s", flat)
	}
	// What needs the log is refused, within the deadline.
	ctx, cancel := context.WithTimeout(t.Context(), 800*time.Millisecond)
	defer cancel()
	_, err := client.RecordFacts(ctx, meter(customers[0], "0"))
	if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded {
		t.Errorf("a write without the log: %v", err)
	}
}

// wholeAgain checks that writes and complete reads succeed once the log is back.
func wholeAgain(t *testing.T, client contextv1.ContextServiceClient, customers []string) {
	t.Helper()
	recordMeter(t, client, customers[0], "2000")
	c, err := client.GetContext(t.Context(), &contextv1.GetContextRequest{
		Customer:    customers[0],
		Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}},
	})
	if err != nil || c.GetFacts()[0].GetValue() != "2000" || c.GetFreshness().GetDegraded() {
		t.Errorf("after the log came back: %v, %v", c, err)
	}
}

func meter(customer, value string) *contextv1.RecordFactsRequest {
	return &contextv1.RecordFactsRequest{
		Customer: customer, Facts: []*contextv1.FactInput{{Slot: "meter", Value: value}},
		Origin: &contextv1.Origin{Channel: interactionlogv1.Channel_CHANNEL_IVR},
	}
}

// recordMeter records a fact, and tries again while the log is on its way back.
func recordMeter(t *testing.T, client contextv1.ContextServiceClient, customer, value string) {
	t.Helper()
	for end := time.Now().Add(harness.ReadyWithin); ; time.Sleep(20 * time.Millisecond) {
		_, err := client.RecordFacts(t.Context(), meter(customer, value))
		switch {
		case err == nil:
			return
		case status.Code(err) != codes.Unavailable || time.Now().After(end):
			t.Fatal(err)
		}
	}
}

// popWithin reads a context; that it comes before the deadline is what the call itself checks.
func popWithin(t *testing.T, client contextv1.ContextServiceClient, customer string, budget time.Duration) *contextv1.CustomerContext {
	t.Helper()
	// A machine that is busy with other tests may take the whole budget for itself: then the next try counts.
	var failed error
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), budget)
		c, err := client.GetContext(ctx, &contextv1.GetContextRequest{Customer: customer})
		cancel()
		if err == nil {
			return c
		}
		failed = err
	}
	t.Fatalf("no screen pop within %s: %v", budget, failed)
	return nil
}

// flatWithin reads the flat form over REST, as an IVR does.
func flatWithin(t *testing.T, addr, customer string, budget time.Duration) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/v1/"+customer+"/context:flat", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Grpc-Timeout", fmt.Sprintf("%dm", budget.Milliseconds()))
	body, code := do(t, req)
	if code != http.StatusOK {
		t.Fatalf("the flat form: %d %s", code, body)
	}
	return body
}

func do(t *testing.T, req *http.Request) (body string, code int) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var b strings.Builder
	buf := make([]byte, 32<<10)
	for {
		n, err := res.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String(), res.StatusCode
		}
	}
}
