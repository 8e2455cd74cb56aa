package server_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
)

// call is a request of a platform: a contact, and who it is said to be.
func call(contact string, ids ...*logv1.Identifier) *contextv1.ResolveCustomerRequest {
	req := &contextv1.ResolveCustomerRequest{
		Identifiers: ids, Channel: logv1.Channel_CHANNEL_IVR, Direction: logv1.Direction_DIRECTION_INBOUND,
		Origin: logv1.LinkOrigin_LINK_ORIGIN_PLATFORM, Locale: "en-GB",
	}
	if contact != "" {
		req.PlatformContact = &contextv1.PlatformContact{Platform: "genesys", ContactId: contact}
	}
	return req
}

func (n *node) resolve(req *contextv1.ResolveCustomerRequest) *contextv1.ResolveCustomerResponse {
	n.t.Helper()
	resp, err := n.ResolveCustomer(n.ctx(), req)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp
}

// ofCustomers returns the customers in the log that are no service's own.
func (w *world) ofCustomers() []string {
	var names []string
	for _, c := range w.log.Customers() {
		if c != "customers/_slots" {
			names = append(names, c)
		}
	}
	return names
}

func outcomes(resp *contextv1.ResolveCustomerResponse) []contextv1.MatchOutcome {
	var out []contextv1.MatchOutcome
	for _, m := range resp.GetMatches() {
		out = append(out, m.GetOutcome())
	}
	return out
}

const (
	matched  = contextv1.MatchOutcome_MATCH_OUTCOME_MATCHED
	linked   = contextv1.MatchOutcome_MATCH_OUTCOME_LINKED
	conflict = contextv1.MatchOutcome_MATCH_OUTCOME_CONFLICT
)

func TestThousandFirstContactsOfOnePhone(t *testing.T) {
	n := run(t)
	const callers = 1000
	var wait sync.WaitGroup
	var created, begun atomic.Int32
	names := make([]string, callers)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for i := range callers {
		wait.Go(func() {
			req := call("", phone("+12025550123"))
			if i%2 == 0 {
				req = call(fmt.Sprint("call-", i), phone("(202) 555-0123"))
				req.DefaultRegion = "US"
			}
			resp, err := n.ResolveCustomer(ctx, req)
			if err != nil {
				t.Error(err)
				return
			}
			names[i] = resp.GetCustomer()
			if resp.GetCreated() {
				created.Add(1)
			}
			if resp.GetInteractionCreated() {
				begun.Add(1)
			}
		})
	}
	wait.Wait()
	for _, name := range names {
		if name != names[0] {
			t.Fatalf("two customers: %s and %s", name, names[0])
		}
	}
	if created.Load() != 1 || begun.Load() != callers/2 {
		t.Errorf("created %d times, began %d interactions", created.Load(), begun.Load())
	}
	if got := n.ofCustomers(); len(got) != 1 {
		t.Errorf("customers in the log: %v", got)
	}
	links := 0
	for _, e := range n.log.Events(names[0]) {
		if e.GetIdentifierLinked() != nil {
			links++
		}
	}
	if links != 1 {
		t.Errorf("linked %d times", links)
	}
}

func TestRetransmissionGetsTheSameAnswer(t *testing.T) {
	n := run(t)
	req := call("c-1", phone("+12025550123"), email("ada@example.com"), phone("+1 202 555 0123"))
	first := n.resolve(req)
	if !first.GetCreated() || !first.GetInteractionCreated() || first.GetInteractionId() != "genesys:c-1" {
		t.Errorf("first: %v", first)
	}
	if diff := cmp.Diff([]contextv1.MatchOutcome{linked, linked, linked}, outcomes(first)); diff != "" {
		t.Error(diff)
	}
	events := len(n.log.Events(first.GetCustomer()))
	check := func(n *node, what string) {
		t.Helper()
		// Another time and channel are no other contact.
		req.OccurredAt, req.Channel = timestamppb.New(n.clock.Advance(time.Minute)), logv1.Channel_CHANNEL_VOICE
		again := n.resolve(req)
		want := &contextv1.ResolveCustomerResponse{
			Customer: first.GetCustomer(), Created: true, Matches: first.GetMatches(), InteractionId: first.GetInteractionId(),
			Revision: first.GetRevision(), ConsistencyToken: first.GetConsistencyToken(),
		}
		if diff := cmp.Diff(want, again, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		if got := len(n.log.Events(first.GetCustomer())); got != events {
			t.Errorf("%s: %d events, want %d", what, got, events)
		}
	}
	check(n, "at once")
	n.followed()
	check(n, "after the follower has seen it")
	// A new store knows it from the log.
	other := n.start(memstore.New())
	other.ready()
	check(other, "after a rebuild")
}

func TestResolveOutcomes(t *testing.T) {
	n := run(t)
	ada := n.resolve(call("", phone("+12025550123")))
	bob := n.resolve(call("", email("bob@example.com")))
	if ada.GetCustomer() == bob.GetCustomer() || !bob.GetCreated() || ada.GetInteractionId() != "" {
		t.Fatalf("ada %v, bob %v", ada, bob)
	}
	both := n.resolve(call("c-1", email("Bob@Example.com"), phone("+12025550123"), email("ada@example.com")))
	if both.GetCustomer() != ada.GetCustomer() || both.GetCreated() {
		t.Errorf("the phone is stronger: %v", both)
	}
	if diff := cmp.Diff([]contextv1.MatchOutcome{conflict, matched, linked}, outcomes(both)); diff != "" {
		t.Error(diff)
	}
	if got := both.GetMatches()[0].GetConflictingCustomer(); got != bob.GetCustomer() {
		t.Errorf("conflicts with %s", got)
	}
	known := n.resolve(call("", email("ada@example.com")))
	if known.GetCustomer() != ada.GetCustomer() || known.GetCreated() || known.GetRevision() != both.GetRevision() {
		t.Errorf("known: %v", known)
	}
}

func TestAnonymousCallerIsIdentifiedLater(t *testing.T) {
	n := run(t)
	anonymous := n.resolve(call("c-1"))
	if !anonymous.GetCreated() || !anonymous.GetInteractionCreated() || len(anonymous.GetMatches()) != 0 {
		t.Errorf("anonymous: %v", anonymous)
	}
	later := n.resolve(call("c-1", phone("+12025550123")))
	if later.GetCustomer() != anonymous.GetCustomer() || later.GetInteractionCreated() || outcomes(later)[0] != linked {
		t.Errorf("later: %v", later)
	}
	// The phone is somebody else's: the contact stays where it is.
	other := n.resolve(call("", phone("+12025550124")))
	clash := n.resolve(call("c-1", phone("+12025550124")))
	if clash.GetCustomer() != anonymous.GetCustomer() || outcomes(clash)[0] != conflict || clash.GetMatches()[0].GetConflictingCustomer() != other.GetCustomer() {
		t.Errorf("clash: %v", clash)
	}
}

// A call that is cut off between the claim and the log is completed by the next one.
func TestClaimWithoutEventsIsCompleted(t *testing.T) {
	n := run(t)
	n.followed()
	req := call("c-1", phone("+12025550123"))
	n.log.Intercept(func(_ context.Context, method string) error {
		if method == "AppendEvents" {
			return logfake.Unavailable()
		}
		return nil
	})
	_, err := n.ResolveCustomer(n.ctx(), req)
	wantReason(t, err, "UNAVAILABLE")
	if got := n.ofCustomers(); len(got) != 0 {
		t.Fatalf("customers %v", got)
	}
	n.log.Intercept(nil)
	other := n.resolve(call("", phone("+12025550123")))
	if !other.GetCreated() || len(n.log.Events(other.GetCustomer())) != 1 {
		t.Errorf("completed by another call: %v", other)
	}
	again := n.resolve(req)
	if again.GetCustomer() != other.GetCustomer() || !again.GetCreated() || !again.GetInteractionCreated() {
		t.Errorf("the retry: %v", again)
	}
	if got := len(n.log.Events(other.GetCustomer())); got != 2 {
		t.Errorf("%d events, want a link and a start", got)
	}
}

// Interactions and links that others wrote to the log count.
func TestContactsAndLinksOfTheLogAreKnown(t *testing.T) {
	n := run(t)
	n.append("customers/c1", &logv1.Event{
		EventId: "s", InteractionId: "own-id", Payload: &logv1.Event_InteractionStarted{InteractionStarted: &logv1.InteractionStarted{
			Platform: "genesys", PlatformContactId: "c-7",
		}},
	}, &logv1.Event{EventId: "l", Payload: &logv1.Event_IdentifierLinked{IdentifierLinked: &logv1.IdentifierLinked{
		Identifier: phone("+12025550123"),
	}}})
	n.followed()
	// At once, whether or not the view was saved since.
	got := n.resolve(call("c-7", phone("+12025550123")))
	if got.GetCustomer() != "customers/c1" || got.GetInteractionId() != "own-id" || got.GetInteractionCreated() || !got.GetCreated() {
		t.Errorf("got %v", got)
	}
	pop := must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Identifier: phone("+12025550123")}))(t)
	if pop.GetCustomer() != "customers/c1" {
		t.Errorf("got %v", pop)
	}
	n.append("customers/c1", &logv1.Event{EventId: "u", Payload: &logv1.Event_IdentifierUnlinked{IdentifierUnlinked: &logv1.IdentifierUnlinked{
		Identifier: phone("+12025550123"),
	}}})
	n.followed()
	again := n.resolve(call("", phone("+12025550123")))
	if again.GetCustomer() == "customers/c1" || !again.GetCreated() {
		t.Errorf("an unlinked phone: %v", again)
	}
}

// A retransmission of a contact so old that the state has forgotten it begins nothing.
func TestOldContactIsFoundInTheLog(t *testing.T) {
	n := run(t)
	first := n.resolve(call("c-0", phone("+12025550123")))
	for i := 1; i <= 2*(domain.MaxOpenInteractions+domain.MaxEndedInteractions); i++ {
		n.resolve(call(fmt.Sprint("c-", i), phone("+12025550123")))
	}
	events := len(n.log.Events(first.GetCustomer()))
	again := n.resolve(call("c-0", phone("+12025550123")))
	if again.GetCustomer() != first.GetCustomer() || again.GetInteractionCreated() || again.GetInteractionId() != first.GetInteractionId() {
		t.Errorf("again: %v", again)
	}
	if got := len(n.log.Events(first.GetCustomer())); got != events {
		t.Errorf("%d events, want %d", got, events)
	}
}

// While the view is built, no second customer is made for a known phone.
func TestNoCustomerIsMadeBeforeTheViewIsWhole(t *testing.T) {
	w := newWorld(t)
	w.append("customers/c1", &logv1.Event{EventId: "l", Payload: &logv1.Event_IdentifierLinked{IdentifierLinked: &logv1.IdentifierLinked{
		Identifier: phone("+12025550123"),
	}}})
	release := make(chan struct{})
	w.log.Intercept(func(ctx context.Context, method string) error {
		if method == "TailEvents" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return ctx.Err()
	})
	n := w.start(memstore.New(), func(o *projectorOptions) { o.ReadyWait = 10 * time.Millisecond })
	_, err := n.ResolveCustomer(n.ctx(), call("c-1", phone("+12025550123")))
	wantReason(t, err, "UNAVAILABLE")
	_, err = n.GetContext(n.ctx(), &contextv1.GetContextRequest{Identifier: phone("+12025550123"), Consistency: fully()})
	wantReason(t, err, "UNAVAILABLE")
	lost := must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Identifier: phone("+12025550123")}))(t)
	if lost.GetCustomer() != "" || lost.GetFreshness().GetReason() != contextv1.IncompleteReason_INCOMPLETE_REASON_BUILDING {
		t.Errorf("got %v", lost)
	}
	close(release)
	n.eventually("the view is whole", func() bool { return n.view.Ready() == nil })
	if got := n.resolve(call("c-1", phone("+12025550123"))); got.GetCustomer() != "customers/c1" {
		t.Errorf("got %v", got)
	}
}
