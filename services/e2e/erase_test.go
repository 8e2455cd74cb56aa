package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// plantedValue is what must not be found anywhere any more.
const plantedValue = "Zanzibar-planted"

// erasing is a customer with a life, and the services that know of it.
type erasing struct {
	harness.Suite
	t        *testing.T
	contexts contextv1.ContextServiceClient
	logs     interactionlogv1.InteractionLogServiceClient
	customer string // who is erased, with
	other    string // who was merged with the customer
	bystands string // has nothing to do with it
	token    string // of the customer's handoff
}

func (e *erasing) connect(s harness.Suite) {
	e.Suite = s
	e.contexts = contextv1.NewContextServiceClient(harness.Dial(e.t, s.Context))
	e.logs = interactionlogv1.NewInteractionLogServiceClient(harness.Dial(e.t, s.Log))
}

// live gives three customers a life, and makes two of them one.
func (e *erasing) live() {
	e.t.Helper()
	ctx := e.t.Context()
	e.customer, e.other, e.bystands = e.resolve(1).GetCustomer(), e.resolve(2).GetCustomer(), e.resolve(3).GetCustomer()
	for i, customer := range []string{e.customer, e.other, e.bystands} {
		value := fmt.Sprint(plantedValue, " ", i)
		if customer == e.bystands {
			value = "Oslo"
		}
		if _, err := e.contexts.RecordFacts(ctx, &contextv1.RecordFactsRequest{
			Customer: customer, Facts: []*contextv1.FactInput{{Slot: fmt.Sprint("city ", i), Value: value}},
		}); err != nil {
			e.t.Fatal(err)
		}
		if _, err := e.logs.AppendEvents(ctx, &interactionlogv1.AppendEventsRequest{
			Customer: customer, Events: []*interactionlogv1.Event{harness.Message("hello", "I live in "+value)},
		}); err != nil {
			e.t.Fatal(err)
		}
	}
	if _, err := e.contexts.MergeCustomers(ctx, &contextv1.MergeCustomersRequest{SurvivingCustomer: e.customer, MergedCustomer: e.other}); err != nil {
		e.t.Fatal(err)
	}
	offer, err := e.contexts.CreateHandoff(ctx, &contextv1.CreateHandoffRequest{
		Customer: e.customer, Target: "billing", Summary: plantedValue, Origin: &contextv1.Origin{InteractionId: "i1"},
	})
	if err != nil {
		e.t.Fatal(err)
	}
	e.token = offer.GetToken()
}

func (e *erasing) resolve(i int) *contextv1.ResolveCustomerResponse {
	e.t.Helper()
	res, err := e.contexts.ResolveCustomer(e.t.Context(), caller(i))
	if err != nil {
		e.t.Fatal(err)
	}
	return res
}

// export returns all that an export says, as text, and how many events it has.
func (e *erasing) export() (text string, events int) {
	e.t.Helper()
	stream, err := e.contexts.ExportCustomer(e.t.Context(), &contextv1.ExportCustomerRequest{Customer: e.other})
	if err != nil {
		e.t.Fatal(err)
	}
	for {
		part, err := stream.Recv()
		if err == io.EOF { //nolint:errorlint // gRPC gives it as it is
			return text, events
		}
		if err != nil {
			e.t.Fatal(err)
		}
		text += part.String()
		events += len(part.GetEvents().GetEvents())
	}
}

// wantErased checks an error and that it tells nothing.
func (e *erasing) wantErased(what string, err error, reasons ...string) {
	e.t.Helper()
	got := ""
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			got = info.GetReason()
		}
	}
	for _, r := range reasons {
		if got == r {
			return
		}
	}
	e.t.Errorf("%s: %v, want %v", what, err, reasons)
}

// wantGone checks that no answer has what was planted.
func (e *erasing) wantGone(life string) {
	e.t.Helper()
	ctx := e.t.Context()
	fresh := &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}}
	for _, customer := range []string{e.customer, e.other} {
		_, err := e.contexts.GetContext(ctx, &contextv1.GetContextRequest{Customer: customer})
		e.wantErased(life+": context", err, "CUSTOMER_ERASED")
		_, err = e.contexts.GetContext(ctx, &contextv1.GetContextRequest{Customer: customer, Consistency: fresh})
		e.wantErased(life+": fresh context", err, "CUSTOMER_ERASED")
		_, err = e.contexts.PlanQuestions(ctx, &contextv1.PlanQuestionsRequest{Customer: customer, Slots: []*contextv1.SlotRequest{{Slot: "city 0"}}})
		e.wantErased(life+": plan", err, "CUSTOMER_ERASED")
		_, err = e.contexts.RecordFacts(ctx, &contextv1.RecordFactsRequest{Customer: customer, Facts: []*contextv1.FactInput{{Slot: "x", Value: "y"}}})
		e.wantErased(life+": fact", err, "CUSTOMER_ERASED")
		for _, event := range harness.History(e.t, e.logs, customer) {
			if event.GetEventErased() == nil && event.GetCustomerErased() == nil || strings.Contains(event.String(), plantedValue) {
				e.t.Errorf("%s: the log still has %v", life, event)
			}
		}
		for _, path := range []string{"context", "context:flat", "events", ":export"} {
			at := "/v1/" + customer + "/" + path
			if path[0] == ':' {
				at = "/v1/" + customer + path
			}
			if body := e.get(at); strings.Contains(body, plantedValue) {
				e.t.Errorf("%s: %s gives %s", life, at, body)
			}
		}
		if body := e.get("/v1/" + customer + "/events:search?query=" + plantedValue); strings.Contains(body, "Zanzibar") && strings.Contains(body, "messageSent") {
			e.t.Errorf("%s: the search finds %s", life, body)
		}
	}
	_, err := e.contexts.GetHandoff(ctx, &contextv1.GetHandoffRequest{Token: e.token})
	e.wantErased(life+": token", err, "HANDOFF_NOT_FOUND")
	_, err = e.contexts.GetContext(ctx, &contextv1.GetContextRequest{HandoffToken: e.token})
	e.wantErased(life+": context of the token", err, "HANDOFF_NOT_FOUND")
	got, err := e.contexts.GetContext(ctx, &contextv1.GetContextRequest{Customer: e.bystands})
	if err != nil || len(got.GetFacts()) != 1 || got.GetFacts()[0].GetValue() != "Oslo" {
		e.t.Errorf("%s: another customer: %v, %v", life, got, err)
	}
}

func (e *erasing) get(path string) string {
	e.t.Helper()
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, "http://"+e.HTTP+path, http.NoBody)
	if err != nil {
		e.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(body)
}

// stop ends the suite, so that its files can be looked into.
func (e *erasing) stop() {
	e.t.Helper()
	if code := e.Processes[0].Terminate(e.t); code != 0 {
		e.t.Fatalf("exit code %d after SIGTERM", code)
	}
}

// inFile says where the live records of a store have a text.
func (e *erasing) inFile(path, text string) (found []string) {
	e.t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var look func(name string, b *bbolt.Bucket) error
	look = func(name string, b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			if inner := b.Bucket(k); v == nil && inner != nil {
				return look(name+"/"+string(k), inner)
			}
			if bytes.Contains(k, []byte(text)) || bytes.Contains(v, []byte(text)) {
				found = append(found, fmt.Sprintf("%s: %q", name, k))
			}
			return nil
		})
	}
	if err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return look(string(name), b) })
	}); err != nil {
		e.t.Fatal(err)
	}
	return found
}

// A customer asks for what is kept, and to be forgotten: after that nothing of it is anywhere, whatever happens to the
// processes and to the context service's store.
func TestErasedCustomerIsForgotten(t *testing.T) {
	data := t.TempDir()
	e := &erasing{t: t}
	e.connect(harness.StartSuite(t, data))
	e.live()
	ctx, cancel := context.WithTimeout(t.Context(), harness.ReadyWithin)
	defer cancel()
	watch, err := e.contexts.WatchContext(ctx, &contextv1.WatchContextRequest{Customer: e.customer})
	if err != nil {
		t.Fatal(err)
	}
	if first, err := watch.Recv(); err != nil || !strings.Contains(first.String(), plantedValue) {
		t.Fatalf("the watch: %v, %v", first, err)
	}
	text, events := e.export()
	if want := len(harness.History(t, e.logs, e.customer)) + len(harness.History(t, e.logs, e.other)); events != want {
		t.Errorf("%d events are exported, of %d", events, want)
	}
	if strings.Count(text, plantedValue) < 5 {
		t.Errorf("the export lacks something: %s", text)
	}

	erased, err := e.contexts.EraseCustomer(t.Context(), &contextv1.EraseCustomerRequest{Customer: e.other, Reason: "request 4711"})
	if err != nil || len(erased.GetCustomers()) != 2 {
		t.Fatalf("erased: %v, %v", erased, err)
	}
	for err = nil; err == nil; {
		_, err = watch.Recv()
	}
	e.wantErased("the watch", err, "CUSTOMER_ERASED")
	e.wantGone("at once")
	fresh := e.resolve(1)
	if !fresh.GetCreated() || fresh.GetCustomer() == e.customer {
		t.Errorf("the same telephone: %v", fresh)
	}

	e.stop()
	for _, file := range []string{"context.db", "interaction-log.db"} {
		if found := e.inFile(filepath.Join(data, file), plantedValue); found != nil {
			t.Errorf("%s has it in %v", file, found)
		}
	}
	e.connect(harness.StartSuite(t, data))
	e.wantGone("restarted")
	e.stop()
	if err := os.Remove(filepath.Join(data, "context.db")); err != nil {
		t.Fatal(err)
	}
	e.connect(harness.StartSuite(t, data))
	e.wantGone("built again")
	if got := e.resolve(1); got.GetCustomer() != fresh.GetCustomer() {
		t.Errorf("the same telephone leads to %s, want %s", got.GetCustomer(), fresh.GetCustomer())
	}
	e.stop()
	if found := e.inFile(filepath.Join(data, "context.db"), plantedValue); found != nil {
		t.Errorf("the file that was built again has it in %v", found)
	}
}
