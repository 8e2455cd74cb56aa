package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
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
	const customer = c1
	n.know(customer, "city", "Oslo")
	n.know("customers/twin", "city", "Rome")
	n.merge(customer, "customers/twin")
	n.know("customers/other", "city", "Paris")
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

// A log that goes away in the middle ends the export with an error: it is never shorter without saying so.
func TestExportEndsWithTheLog(t *testing.T) {
	n := run(t)
	n.large()
	for name, failure := range map[string]error{
		"away": logfake.Unavailable(), "slow": fault.New(fault.Timeout, fault.DeadlineExceeded, "it took too long"),
	} {
		stream := must(n.ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: c1}))(t)
		must(stream.Recv())(t)
		n.log.Intercept(func(_ context.Context, method string) error {
			if method == "ListEvents" {
				return failure
			}
			return nil
		})
		var err error
		for err == nil {
			_, err = stream.Recv()
		}
		if reasonOf(err) != fault.ServiceUnavailable {
			t.Errorf("%s: %v", name, err)
		}
		n.log.Up()
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
	must(n.log.AppendFor("other", "customers/theirs", stated("e1", "city", "Oslo")))(t)
	for _, customer := range []string{"customers/nobody", "customers/theirs"} {
		wantReason(t, recv(customer), "CUSTOMER_NOT_FOUND")
	}
	n.know(c1, "city", "Oslo")
	n.followed()
	n.log.Down()
	wantReason(t, recv(c1), fault.ServiceUnavailable)
	n.log.Up()
	n.log.Intercept(func(_ context.Context, method string) error {
		if method == "ListEvents" {
			return fault.New(fault.Timeout, fault.DeadlineExceeded, "it took too long")
		}
		return nil
	})
	wantReason(t, recv(c1), fault.ServiceUnavailable)
}

// Only those may export who see everything that may be stored. What the dictionary says is SECRET nobody sees, also when
// it was stored before the dictionary said so.
func TestExportTellsWhatItsCallerMaySee(t *testing.T) {
	const shown, hidden = "A-17-account", "4711-secret"
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/account", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE})
	n.slot(&contextv1.Slot{
		Name: "slots/pin", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET, Aliases: []*contextv1.SlotAlias{{Name: "code", Scope: "ivr"}},
	})
	n.append(c1, stated("e1", "account", shown), stated("e2", "PIN", hidden),
		&logv1.Event{EventId: "e3", Payload: &logv1.Event_FactConfirmed{FactConfirmed: &logv1.FactConfirmed{Slot: "code", Scope: "ivr", Value: hidden}}},
		&logv1.Event{EventId: "e4", Payload: &logv1.Event_FactRetracted{FactRetracted: &logv1.FactRetracted{Slot: "pin", Value: hidden}}},
		&logv1.Event{EventId: "e5", Payload: &logv1.Event_FactRetracted{FactRetracted: &logv1.FactRetracted{Slot: "pin"}}},
	)
	n.followed()
	check := func(name string, c contextv1.ContextServiceClient) {
		parts := drain(t, must(c.ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: c1}))(t))
		for _, p := range parts {
			if bytes.Contains(must(proto.Marshal(p))(t), []byte(hidden)) {
				t.Errorf("%s is told: %v", name, p)
			}
		}
		got, events, _ := exported(t, parts)
		e := events[c1]
		if !slices.ContainsFunc(got.GetFacts(), func(f *contextv1.Fact) bool { return f.GetValue() == shown }) ||
			e[0].GetFactStated().GetValue() != shown || e[1].GetFactStated().GetValue() != domain.Mask ||
			e[2].GetFactConfirmed().GetValue() != domain.Mask || e[3].GetFactRetracted().GetValue() != domain.Mask ||
			e[4].GetFactRetracted().GetValue() != "" {
			t.Errorf("%s: the context has %v, the events %v", name, got.GetFacts(), e)
		}
	}
	check("nobody in particular", n)
	for number := range commonv1.Role_name {
		role := commonv1.Role(number)
		switch role {
		case commonv1.Role_ROLE_UNSPECIFIED:
		case commonv1.Role_ROLE_SUPERVISOR, commonv1.Role_ROLE_SERVICE:
			check(role.String(), n.as(role))
		default:
			_, err := must(n.as(role).ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: c1}))(t).Recv()
			wantReason(t, err, fault.PermissionDenied)
		}
	}
}

// Exports and erasures are noted: who, whom and how much. What is exported is not.
func TestExportsAndErasuresAreNoted(t *testing.T) {
	n := run(t)
	var noted testkit.Buffer
	n.options.Logger = slog.New(slog.NewTextHandler(&noted, nil))
	n.append(c1, stated("e1", "city", "Oslo"), stated("e2", "city", "Rome"))
	n.followed()
	drain(t, must(n.as(commonv1.Role_ROLE_SUPERVISOR).ExportCustomer(n.ctx(), &contextv1.ExportCustomerRequest{Customer: c1}))(t))
	must(n.as(commonv1.Role_ROLE_ADMIN).EraseCustomer(n.ctx(), &contextv1.EraseCustomerRequest{Customer: c1, DryRun: true}))(t)
	must(n.as(commonv1.Role_ROLE_ADMIN).EraseCustomer(n.ctx(), &contextv1.EraseCustomerRequest{Customer: c1}))(t)
	var got []string
	for line := range strings.Lines(noted.String()) {
		_, line, _ = strings.Cut(line, " ") // without the time
		got = append(got, strings.TrimSpace(line))
	}
	want := []string{
		`level=INFO msg="a customer was exported" customer=customers/c1 events=2 caller=test tenant=default roles=[supervisor]`,
		`level=INFO msg="a customer was erased" customer=customers/c1 events=2 caller=test tenant=default roles=[admin]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("noted %q, want %q", got, want)
	}
}

func drain(t testing.TB, stream interface {
	Recv() (*contextv1.ExportCustomerResponse, error)
}) (parts []*contextv1.ExportCustomerResponse) {
	t.Helper()
	for {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return parts
		case err != nil:
			t.Fatal(err)
		}
		parts = append(parts, part)
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
