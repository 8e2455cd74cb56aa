package client_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

type watchStream = grpc.ServerStreamingServer[contextv1.WatchContextResponse]

// connection is what the server does on one connection of a watch: it sends, and then ends it so.
type connection struct {
	send []*contextv1.WatchContextResponse
	end  error
}

// script makes the server do something else on each connection. The last one stays open.
func (f *fake) script(connections ...connection) {
	next := 0
	f.watch = func(_ *contextv1.WatchContextRequest, s watchStream) error {
		c := connections[min(next, len(connections)-1)]
		next++
		for _, m := range c.send {
			if err := s.Send(m); err != nil {
				return err
			}
		}
		if next >= len(connections) && c.end == nil {
			<-s.Context().Done()
		}
		return c.end
	}
}

func full(token string, revision int64) *contextv1.WatchContextResponse {
	return &contextv1.WatchContextResponse{
		Full: true, ResumeToken: token,
		Context: &contextv1.CustomerContext{
			Customer: "customers/1", Revision: revision,
			Identity: &contextv1.Identity{DisplayName: "Ada"},
			Facts:    []*contextv1.Fact{{SlotId: "zip", Value: "12345"}}, FactsTotal: 1,
		},
	}
}

func partial(token string, revision int64, facts ...*contextv1.Fact) *contextv1.WatchContextResponse {
	return &contextv1.WatchContextResponse{
		ResumeToken: token, ChangedSections: []contextv1.ContextSection{contextv1.ContextSection_CONTEXT_SECTION_FACTS},
		Context: &contextv1.CustomerContext{Customer: "customers/1", Revision: revision, Facts: facts, FactsTotal: int32(len(facts))},
	}
}

// resumeTokens are those that the server was given, one a connection.
func (f *fake) resumeTokens() []string {
	var tokens []string
	for _, c := range f.seen("WatchContext") {
		tokens = append(tokens, c.req.(*contextv1.WatchContextRequest).GetResumeToken())
	}
	return tokens
}

// paused makes a client wait not at all, and tells how long it would have.
func paused(c *client.Client) *[]time.Duration {
	var pauses []time.Duration
	c.SetPause(func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	})
	return &pauses
}

func TestResume(t *testing.T) {
	f := newFake(t)
	c := f.dial(t)
	pauses := paused(c)
	f.script(
		connection{[]*contextv1.WatchContextResponse{full("r1", 1), partial("r2", 2)}, fault.New(fault.Unavailable, fault.ServerDraining, "bye")},
		connection{[]*contextv1.WatchContextResponse{partial("r3", 3, &contextv1.Fact{SlotId: "city", Value: "Bonn"})}, fault.New(fault.Exhausted, "SLOW_CONSUMER", "too slow")},
		connection{nil, nil}, // a server that ends the stream without a word
		connection{nil, fault.New(fault.Invalid, "INVALID_RESUME_TOKEN", "of another server")},
		connection{[]*contextv1.WatchContextResponse{full("n1", 4)}, nil},
	)
	var revisions []int64
	var names []string
	var facts []int
	for update, err := range c.Customer("customers/1").Watch(t.Context(), client.ViewAgent) {
		if err != nil {
			t.Fatal(err)
		}
		revisions = append(revisions, update.Context.Revision)
		names = append(names, update.Context.Identity.DisplayName)
		facts = append(facts, update.Context.FactsTotal)
		if update.Context.Revision == 4 {
			break
		}
	}
	if diff := cmp.Diff([]int64{1, 2, 3, 4}, revisions); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Ada", "Ada", "Ada", "Ada"}, names); diff != "" {
		t.Errorf("what did not change has to stay (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1, 0, 1, 1}, facts); diff != "" {
		t.Errorf("what changed has to be replaced (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "r2", "r3", "r3", ""}, f.resumeTokens()); diff != "" {
		t.Errorf("resume tokens (-want +got):\n%s", diff)
	}
	if len(*pauses) != 4 {
		t.Errorf("%d pauses, want 4: %v", len(*pauses), *pauses)
	}
}

func TestPausesGrow(t *testing.T) {
	f := newFake(t)
	c := f.dial(t)
	pauses := paused(c)
	down := connection{nil, nil}
	f.script(connection{[]*contextv1.WatchContextResponse{full("r1", 1)}, nil},
		down, down, down, down, down, down, down, down, down, connection{[]*contextv1.WatchContextResponse{partial("r2", 2)}, nil})
	for update, err := range c.Customer("customers/1").Watch(t.Context(), client.ViewAgent) {
		if err != nil {
			t.Fatal(err)
		}
		if update.Context.Revision == 2 {
			break
		}
	}
	most := 100 * time.Millisecond
	for i, p := range *pauses {
		if p < most/2 || p > most {
			t.Errorf("pause %d is %s, want %s to %s", i, p, most/2, most)
		}
		most = min(2*most, 10*time.Second)
	}
	if len(*pauses) != 10 {
		t.Errorf("%d pauses", len(*pauses))
	}
}

func TestUpdatesAreNotTouchedAgain(t *testing.T) {
	f := newFake(t)
	first := full("r1", 1)
	first.Context.Sections = []*contextv1.SectionStatus{{
		Section: contextv1.ContextSection_CONTEXT_SECTION_FACTS, Completeness: contextv1.Completeness_COMPLETENESS_COMPLETE,
	}}
	second := partial("r2", 2, &contextv1.Fact{SlotId: "city", Value: "Bonn"})
	second.Context.Sections = []*contextv1.SectionStatus{
		{Section: contextv1.ContextSection_CONTEXT_SECTION_FACTS, Completeness: contextv1.Completeness_COMPLETENESS_PARTIAL},
		{Section: contextv1.ContextSection_CONTEXT_SECTION_BRIEF, Completeness: contextv1.Completeness_COMPLETENESS_MISSING},
	}
	f.script(connection{[]*contextv1.WatchContextResponse{first, second}, nil})
	var updates []*client.Update
	for update, err := range f.dial(t).Customer("customers/1").Watch(t.Context(), client.ViewAgent) {
		if err != nil {
			t.Fatal(err)
		}
		if updates = append(updates, update); len(updates) == 2 {
			break
		}
	}
	if !updates[0].Full || updates[1].Full || len(updates[1].Changed) != 1 || updates[1].Changed[0] != client.SectionFacts {
		t.Errorf("got %+v and %+v", updates[0], updates[1])
	}
	if got := updates[0].Context; got.Facts[0].SlotID != "zip" || got.Sections[0].Completeness != client.CompletenessComplete || len(got.Sections) != 1 {
		t.Errorf("the first update became %+v", got)
	}
	if got := updates[1].Context; got.Facts[0].SlotID != "city" || got.Sections[0].Completeness != client.CompletenessPartial || len(got.Sections) != 2 {
		t.Errorf("the second update is %+v", got)
	}
}

func TestWatchEnds(t *testing.T) {
	f := newFake(t)
	c := f.dial(t, client.WithRetries(1))
	paused(c)
	watch := func(ctx context.Context) (updates int, last error) {
		for _, err := range c.Customer("customers/1").Watch(ctx, client.ViewAgent) {
			if last != nil {
				t.Error("something came after the error")
			}
			if last = err; err == nil {
				updates++
			}
		}
		return updates, last
	}
	one := []*contextv1.WatchContextResponse{full("r1", 1)}

	f.script(connection{nil, fault.New(fault.NotFound, "CUSTOMER_NOT_FOUND", "nobody")})
	if n, err := watch(t.Context()); n != 0 || !errors.Is(err, client.ReasonCustomerNotFound) {
		t.Errorf("an unknown customer: %d updates, %v", n, err)
	}
	f.script(connection{nil, fault.New(fault.Unavailable, fault.ServiceUnavailable, "away")})
	if n, err := watch(t.Context()); n != 0 || !errors.Is(err, client.CodeUnavailable) {
		t.Errorf("a server that was never there: %d updates, %v", n, err)
	}
	f.script(connection{one, fault.New(fault.Denied, fault.PermissionDenied, "no longer")})
	if n, err := watch(t.Context()); n != 1 || !errors.Is(err, client.ReasonPermissionDenied) {
		t.Errorf("a right that was withdrawn: %d updates, %v", n, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.script(connection{one, nil})
	for _, err := range c.Customer("customers/1").Watch(ctx, client.ViewAgent) {
		if cancel(); err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
			break
		}
	}

	c.SetPause(func(ctx context.Context, _ time.Duration) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx.Err()
	})
	f.script(connection{one, nil}, connection{nil, nil})
	if n, err := watch(t.Context()); n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while waiting: %d updates, %v", n, err)
	}
}

func TestWatchSaysWhoAsks(t *testing.T) {
	f := newFake(t)
	f.script(connection{[]*contextv1.WatchContextResponse{full("r1", 1)}, nil})
	customer := f.dial(t).Customer("customers/1").At(client.Place{Channel: client.ChannelVoice, InteractionID: "call-7", Purpose: "service"})
	for range customer.Watch(t.Context(), client.ViewAgent) {
		break
	}
	req := f.last(t, "WatchContext").req.(*contextv1.WatchContextRequest)
	if req.GetView() != contextv1.ContextView_CONTEXT_VIEW_AGENT || req.GetAsker().GetInteractionId() != "call-7" || req.GetAsker().GetPurpose() != "service" {
		t.Errorf("got %v", req)
	}
	if f.last(t, "WatchContext").left != 0 {
		t.Error("a watch has a deadline")
	}
}
