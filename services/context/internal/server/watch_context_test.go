package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

type watchStream = grpc.ServerStreamingClient[contextv1.WatchContextResponse]

// watch opens a watch of customers/1; it ends with the test, or with end.
func (n *node) watch(resume string) (stream watchStream, end func()) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(n.ctx())
	stream, err := n.WatchContext(ctx, &contextv1.WatchContextRequest{Customer: "customers/1", ResumeToken: resume})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(cancel)
	return stream, cancel
}

func received(t testing.TB, stream watchStream) *contextv1.WatchContextResponse {
	t.Helper()
	msg, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// untilRevision receives until a message is of a revision, and returns all sections that changed on the way.
func untilRevision(t testing.TB, stream watchStream, revision int64) (*contextv1.WatchContextResponse, []contextv1.ContextSection) {
	t.Helper()
	var changed []contextv1.ContextSection
	for {
		msg := received(t, stream)
		changed = append(changed, msg.GetChangedSections()...)
		if msg.GetContext().GetRevision() >= revision {
			return msg, changed
		}
	}
}

const (
	sectionFacts    = contextv1.ContextSection_CONTEXT_SECTION_FACTS
	sectionIdentity = contextv1.ContextSection_CONTEXT_SECTION_IDENTITY
	sectionAudience = contextv1.ContextSection_CONTEXT_SECTION_PERSONA
)

func TestWatchSendsWhatChanges(t *testing.T) {
	n := run(t)
	n.append("customers/1", stated("e1", "city", "Oslo"))
	n.followed()
	stream, _ := n.watch("")
	first := received(t, stream)
	if !first.GetFull() || len(first.GetContext().GetFacts()) != 1 || first.GetResumeToken() == "" || first.GetContext().GetFreshness() == nil {
		t.Errorf("the first message: %v", first)
	}
	n.append("customers/1", stated("e2", "city", "Bergen"))
	second, changed := untilRevision(t, stream, 2)
	if second.GetFull() || !slices.Contains(changed, sectionFacts) || second.GetContext().GetFacts()[0].GetValue() != "Bergen" {
		t.Errorf("the second message: %v", second)
	}
	if slices.Contains(changed, sectionAudience) || second.GetContext().GetPersona() != nil {
		t.Errorf("sections that did not change were sent: %v", changed)
	}
	// An own write comes the same way, and so does a change of the dictionary.
	must(n.CreateSlot(n.ctx(), &contextv1.CreateSlotRequest{SlotId: "town", Slot: &contextv1.Slot{
		Aliases: []*contextv1.SlotAlias{{Name: "city"}},
	}}))(t)
	for {
		if msg := received(t, stream); slices.Contains(msg.GetChangedSections(), sectionFacts) {
			if got := msg.GetContext().GetFacts()[0].GetSlotId(); got != "town" {
				t.Errorf("slot %q", got)
			}
			break
		}
	}
}

func TestWatchResumes(t *testing.T) {
	n := run(t)
	n.append("customers/1", stated("e1", "city", "Oslo"))
	n.followed()
	stream, end := n.watch("")
	token := received(t, stream).GetResumeToken()
	end()

	n.append("customers/1", stated("e2", "city", "Bergen"))
	n.followed()
	// Another replica, which has never heard of the first watch.
	other := n.start(memstore.New())
	other.ready()
	stream, end = other.watch(token)
	msg := received(t, stream)
	if msg.GetFull() || msg.GetContext().GetRevision() != 2 || slices.Contains(msg.GetChangedSections(), sectionAudience) {
		t.Errorf("after the resumption: %v", msg)
	}
	token = msg.GetResumeToken()
	end()

	// Nothing was missed, so nothing is sent until something happens.
	stream, _ = other.watch(token)
	n.append("customers/1", stated("e3", "name", "Ada"))
	if msg := received(t, stream); msg.GetContext().GetRevision() != 3 {
		t.Errorf("a message of what the reader had: %v", msg)
	}
}

func TestWatchSeesTimePass(t *testing.T) {
	n := run(t)
	must(n.CreateSlot(n.ctx(), &contextv1.CreateSlotRequest{SlotId: "city", Slot: &contextv1.Slot{
		MaxAge: durationpb.New(400 * time.Millisecond),
	}}))(t)
	e := stated("e1", "city", "Oslo")
	e.OccurredAt = timestamppb.New(n.view.Tenant("default").Now())
	n.append("customers/1", e)
	n.followed()
	stream, _ := n.watch("")
	received(t, stream)
	n.clock.Advance(time.Second)
	for msg := received(t, stream); ; msg = received(t, stream) {
		if f := msg.GetContext().GetFacts(); len(f) > 0 && f[0].GetStatus() == contextv1.FactStatus_FACT_STATUS_STALE {
			return
		}
	}
}

func TestWatchRefuses(t *testing.T) {
	w := newWorld(t)
	w.options = server.Options{MaxWatches: 1}
	n := w.start(memstore.New())
	n.ready()
	n.append("customers/1", stated("e1", "city", "Oslo"))
	n.append("customers/2", stated("e1", "city", "Oslo"))
	n.followed()
	stream, _ := n.watch("")
	token := received(t, stream).GetResumeToken()
	for name, test := range map[string]struct {
		req    *contextv1.WatchContextRequest
		reason string
	}{
		"one too many":             {&contextv1.WatchContextRequest{Customer: "customers/1"}, "TOO_MANY_WATCHES"},
		"a token of another watch": {&contextv1.WatchContextRequest{Customer: "customers/2", ResumeToken: token}, "INVALID_RESUME_TOKEN"},
		"a token of another view": {&contextv1.WatchContextRequest{
			Customer: "customers/1", ResumeToken: token, View: contextv1.ContextView_CONTEXT_VIEW_IVR,
		}, "INVALID_RESUME_TOKEN"},
		"a token cut off":  {&contextv1.WatchContextRequest{Customer: "customers/1", ResumeToken: token[1:]}, "INVALID_RESUME_TOKEN"},
		"no customer":      {&contextv1.WatchContextRequest{}, "INVALID_REQUEST"},
		"a service's own":  {&contextv1.WatchContextRequest{Customer: "customers/_slots"}, "CUSTOMER_NOT_FOUND"},
		"a token too long": {&contextv1.WatchContextRequest{Customer: "customers/1", ResumeToken: strings.Repeat("a", 513)}, "INVALID_REQUEST"},
	} {
		stream, err := n.WatchContext(n.ctx(), test.req)
		if err == nil {
			_, err = stream.Recv()
		}
		if reasonOf(err) != test.reason {
			t.Errorf("%s: %v, want %s", name, err, test.reason)
		}
	}
}

// A tenant with its share of the watches gets no more, and leaves the rest to others, who may use up what there is.
func TestWatchesAreShared(t *testing.T) {
	n := run(t)
	byTenant := func(ctx context.Context, _ string) (context.Context, error) {
		caller, err := auth.NewCaller(logfake.TenantOf(ctx), auth.AllRoles(), "test")
		return auth.WithCaller(ctx, caller), err
	}
	conn := testkit.Serve(t, rpc.Options{Domain: server.Domain, Authenticate: byTenant}, func(r grpc.ServiceRegistrar) {
		contextv1.RegisterContextServiceServer(r, server.New(server.Options{View: n.view, HandoffKey: testKey, MaxWatches: 5, MaxTenantWatches: 2}))
	})
	open := func(tenant string) (end func(), refused error) {
		must(n.log.AppendFor(tenant, "customers/1", stated("e1", "city", "Oslo")))(t)
		ctx, cancel := context.WithCancel(auth.ForTenant(n.ctx(), tenant))
		t.Cleanup(cancel)
		stream := must(contextv1.NewContextServiceClient(conn).WatchContext(ctx, &contextv1.WatchContextRequest{Customer: "customers/1"}))(t)
		_, refused = stream.Recv()
		return cancel, refused
	}
	var end func()
	for i, tt := range []struct{ tenant, limit string }{
		{tenant: "acme"}, {tenant: "acme"}, {"acme", "2"}, {tenant: "globex"}, {tenant: "globex"}, {"globex", "2"}, {tenant: "hooli"}, {"hooli", "5"},
	} {
		cancel, err := open(tt.tenant)
		if tt.limit == "" {
			end = cancel
		}
		info := &errdetails.ErrorInfo{}
		for _, d := range status.Convert(err).Details() {
			if i, ok := d.(*errdetails.ErrorInfo); ok {
				info = i
			}
		}
		if (err != nil) != (tt.limit != "") || err != nil && (info.GetReason() != "TOO_MANY_WATCHES" || info.GetMetadata()["limit"] != tt.limit) {
			t.Errorf("watch %d, of %s: %v, want the limit %q", i+1, tt.tenant, err, tt.limit)
		}
	}
	end() // hooli's
	n.eventually("a watch that has ended makes room for another", func() bool {
		_, err := open("hooli")
		return err == nil
	})
	if _, err := open("acme"); reasonOf(err) != "TOO_MANY_WATCHES" {
		t.Errorf("acme has got one more: %v", err)
	}
}

func TestWatchOfNobody(t *testing.T) {
	n := run(t)
	stream, _ := n.watch("")
	_, err := stream.Recv()
	wantReason(t, err, "CUSTOMER_NOT_FOUND")
}

// A reader who takes nothing is dropped with a clear code, and the others are not held up.
func TestWatchDropsSlowReaders(t *testing.T) {
	w := newWorld(t)
	w.options = server.Options{SlowConsumer: 50 * time.Millisecond}
	n := w.start(memstore.New())
	n.ready()
	// More than the flow control window of a stream takes.
	for i := range 60 {
		n.append("customers/1", stated(fmt.Sprint("e", i), fmt.Sprint("slot", i), strings.Repeat("x", 4000)))
	}
	n.followed()
	slow, _ := n.watch("")
	quick, _ := n.watch("")
	received(t, quick)
	for i := range 20 {
		n.append("customers/1", stated(fmt.Sprint("more", i), fmt.Sprint("slot", i), strings.Repeat("y", 4000)))
		untilRevision(t, quick, int64(61+i))
	}
	for {
		if _, err := slow.Recv(); err != nil {
			wantReason(t, err, "SLOW_CONSUMER")
			return
		}
	}
}

// A merge reaches those who watch either customer, and from then on what happens to each of them.
func TestWatchFollowsMerges(t *testing.T) {
	n := run(t)
	n.append("customers/1", stated("e1", "city", "Oslo"))
	n.append("customers/2", stated("e1", "name", "Ada"))
	n.followed()
	stream, _ := n.watch("")
	received(t, stream)
	merged := must(n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{
		SurvivingCustomer: "customers/1", MergedCustomer: "customers/2", RequestId: "m",
	}))(t)
	seen := func(slot string) {
		t.Helper()
		for {
			msg := received(t, stream)
			if slices.ContainsFunc(msg.GetContext().GetFacts(), func(f *contextv1.Fact) bool { return f.GetDisplayName() == slot }) {
				return
			}
		}
	}
	seen("name")
	n.append("customers/2", stated("e2", "shoe", "42"))
	seen("shoe")
	must(n.UnmergeCustomers(n.ctx(), &contextv1.UnmergeCustomersRequest{
		SurvivingCustomer: "customers/1", MergeId: merged.GetMerge().GetMergeId(), RequestId: "u",
	}))(t)
	for msg := received(t, stream); ; msg = received(t, stream) {
		if slices.Contains(msg.GetChangedSections(), sectionFacts) && len(msg.GetContext().GetFacts()) == 1 {
			return
		}
	}
}

// A reader who was told that there may be more is told when there is not, and each section says so as well.
func TestWatchSaysWhenItIsWholeAgain(t *testing.T) {
	n := run(t)
	n.append("customers/1", stated("e1", "city", "Oslo"))
	n.followed()
	degraded := func() bool { return n.see("customers/1").GetFreshness().GetDegraded() }
	n.eventually("all is well", func() bool { return !degraded() })
	n.log.Down()
	n.eventually("the log is missed", degraded)
	stream, _ := n.watch("")
	broken, end := n.watch("")
	token := received(t, broken).GetResumeToken()
	end()
	first := received(t, stream)
	if !first.GetContext().GetFreshness().GetDegraded() || len(first.GetContext().GetFacts()) != 1 {
		t.Fatalf("the first message: %v", first)
	}
	want := n.see("customers/1").GetSections()
	if diff := cmp.Diff(want, first.GetContext().GetSections(), protocmp.Transform()); diff != "" {
		t.Errorf("the sections' statuses (-GetContext +watch):\n%s", diff)
	}
	n.log.Up()
	n.eventually("all is well again", func() bool { return !degraded() })
	resumed, _ := n.watch(token)
	for name, stream := range map[string]watchStream{"who stayed": stream, "who resumed": resumed} {
		msg := received(t, stream)
		if msg.GetContext().GetFreshness().GetDegraded() || len(msg.GetChangedSections()) != 0 || msg.GetFull() {
			t.Errorf("%s is told %v", name, msg)
		}
		for _, s := range msg.GetContext().GetSections() {
			if s.GetReason() == contextv1.IncompleteReason_INCOMPLETE_REASON_LOG_UNREACHABLE {
				t.Errorf("%s hears of %v", name, s)
			}
		}
	}
}
