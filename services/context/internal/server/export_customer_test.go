package server_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// exported checks the form of an export, and returns its context and the events of each customer.
func exported(t testing.TB, parts []*contextv1.ExportCustomerResponse) (*contextv1.CustomerContext, map[string][]*logv1.Event, []string) {
	t.Helper()
	if len(parts) == 0 || parts[0].GetContext() == nil {
		t.Fatalf("%d parts, the first %v", len(parts), parts)
	}
	events, order := map[string][]*logv1.Event{}, []string(nil)
	for _, part := range parts[1:] {
		e := part.GetEvents()
		if n := len(e.GetEvents()); n == 0 || n > 1000 || n > 1 && proto.Size(part) > 1<<20+1<<10 {
			t.Errorf("a part of %d events, %d bytes", n, proto.Size(part))
		}
		if len(order) == 0 || order[len(order)-1] != e.GetCustomer() {
			order = append(order, e.GetCustomer())
		}
		events[e.GetCustomer()] = append(events[e.GetCustomer()], e.GetEvents()...)
	}
	for customer, history := range events {
		for i, e := range history {
			if e.GetCustomer() != customer || e.GetRevision() != int64(i+1) {
				t.Errorf("event %d of %s: %v", i+1, customer, e)
			}
		}
	}
	return parts[0].GetContext(), events, order
}

func (n *node) export(c contextv1.ContextServiceClient, customer string) []*contextv1.ExportCustomerResponse {
	n.t.Helper()
	return drain(n.t, must(c.ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: customer}))(n.t))
}

func TestExportIsAllThereIs(t *testing.T) {
	n := run(t)
	customer, _ := n.plant()
	var many []*logv1.Event
	for i := range 2500 {
		many = append(many, stated(fmt.Sprint("many", i), fmt.Sprint("slot", i%7), strings.Repeat("x", 10)))
	}
	for i := range 60 {
		many = append(many, stated(fmt.Sprint("large", i), "note", strings.Repeat("y", 40_000)))
	}
	n.append("customers/twin", many...)
	for _, name := range []string{customer, "customers/twin"} {
		got, events, order := exported(t, n.export(n, name))
		want := must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: name, Consistency: fully()}))(t)
		if !got.GetFreshness().GetFullyConsistent() || got.GetConsistencyToken() != want.GetConsistencyToken() || len(got.GetFacts()) != len(want.GetFacts()) {
			t.Errorf("the context of %s: %v, want %v", name, got, want)
		}
		if len(order) != 2 || order[0] != name {
			t.Errorf("histories in the order %v", order)
		}
		for customer, history := range events {
			stored := n.log.Events(customer)
			if len(history) != len(stored) {
				t.Fatalf("%s: %d events of %d", customer, len(history), len(stored))
			}
			for i := range history {
				if !proto.Equal(history[i], stored[i]) {
					t.Fatalf("%s: event %d is %v, want %v", customer, i+1, history[i], stored[i])
				}
			}
		}
	}
}

// large gives c1 a history of about 40 pages.
func (n *node) large() {
	n.t.Helper()
	for i := range 40 {
		var page []*logv1.Event
		for j := range 25 {
			page = append(page, stated(fmt.Sprint("e", i, "-", j), "note", strings.Repeat("y", 40_000)))
		}
		n.append(c1, page...)
	}
	n.followed()
}

// A page is read only when the one before was taken.
func TestExportReadsNoFurtherThanItsReader(t *testing.T) {
	n := run(t)
	n.large()
	stream := must(n.ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: c1}))(t)
	n.log.ResetCalls()
	must(stream.Recv())(t)
	before := -1
	n.eventually("the export waits", func() bool {
		time.Sleep(20 * time.Millisecond)
		same := n.log.Calls("ListEvents") == before
		before = n.log.Calls("ListEvents")
		return same
	})
	if before > 5 {
		t.Errorf("%d pages were read for a reader who takes none", before)
	}
	if got := 1 + len(drain(t, stream)); got < 40 {
		t.Errorf("%d parts", got)
	}
}

// Who is erased while it is exported is not exported to the end.
func TestExportMeetsTheErasure(t *testing.T) {
	n := run(t)
	n.large()
	stream := must(n.ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: c1}))(t)
	must(stream.Recv())(t)
	must(n.erase(c1))(t)
	for {
		part, err := stream.Recv()
		if err != nil {
			wantReason(t, err, erased)
			return
		}
		for _, e := range part.GetEvents().GetEvents() {
			if e.GetEventErased() != nil {
				t.Fatalf("it has %v", e)
			}
		}
	}
}

func TestExportOfNobodyAndWithoutTheLog(t *testing.T) {
	n := run(t)
	recv := func(customer string) error {
		_, err := must(n.ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: customer}))(t).Recv()
		return err
	}
	wantReason(t, recv("customers/nobody"), "CUSTOMER_NOT_FOUND")
	n.know(c1, "city", "Oslo")
	n.followed()
	n.log.Down()
	wantReason(t, recv(c1), "UNAVAILABLE")
}

// Whoever may export is cleared for all that is stored, and nobody else may.
func TestExportIsForThoseWhoSeeAll(t *testing.T) {
	const hidden = "A-17-secret-account"
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/account", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE})
	n.append(c1, stated("e1", "account", hidden))
	n.followed()
	for number := range commonv1.Role_name {
		role := commonv1.Role(number)
		if role == commonv1.Role_ROLE_UNSPECIFIED {
			continue
		}
		client := n.as(role)
		stream := must(client.ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: c1}))(t)
		if role != commonv1.Role_ROLE_SUPERVISOR && role != commonv1.Role_ROLE_SERVICE {
			_, err := stream.Recv()
			wantReason(t, err, fault.PermissionDenied)
			continue
		}
		got, events, _ := exported(t, drain(t, stream))
		if got.GetFacts()[0].GetValue() != hidden || events[c1][0].GetFactStated().GetValue() != hidden {
			t.Errorf("%s: the context has %v, the events %v", role, got.GetFacts(), events)
		}
	}
}

// slowExport exports a large history to a reader who takes nothing, and returns how that ends.
func slowExport(n *node, patience time.Duration) error {
	for i := range 100 {
		n.append(c1, stated(fmt.Sprint("e", i), "note", strings.Repeat("y", 40_000)))
	}
	n.options = server.Options{SlowConsumer: patience}
	other := n.start(memstore.New())
	other.ready()
	var err error
	n.eventually("the reader is given up", func() bool {
		stream := must(other.ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: c1}))(n.t)
		time.Sleep(4 * patience) // the reader takes nothing
		for err = nil; err == nil; {
			_, err = stream.Recv()
		}
		return !errors.Is(err, io.EOF)
	})
	return err
}
