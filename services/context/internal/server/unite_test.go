package server_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// afterAppends makes the log fail from the given append on, until Up.
func (w *world) afterAppends(good int64) {
	left := atomic.Int64{}
	left.Store(good)
	w.log.Intercept(func(_ context.Context, method string) error {
		if method == "AppendEvents" && left.Add(-1) < 0 {
			return logfake.Unavailable()
		}
		return nil
	})
}

// half leaves a merge of b into a half done. Two probes come before the append.
func (n *node) half(surviving, merged, requestID string) {
	n.t.Helper()
	good := int64(1)
	if requestID != "" {
		good += 2
	}
	n.afterAppends(good)
	_, err := n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{
		SurvivingCustomer: surviving, MergedCustomer: merged, RequestId: requestID,
	})
	n.log.Up()
	wantReason(n.t, err, fault.ServiceUnavailable)
	events := n.log.Events(merged)
	if last := events[len(events)-1]; last.GetCustomersMerged() == nil {
		n.t.Fatalf("the last event of %s is %v", merged, last)
	}
}

// alone checks that customers stand for themselves, and show what only they know.
func (n *node) alone(names ...string) {
	n.t.Helper()
	for _, name := range names {
		got := n.see(name)
		if got.GetCustomer() != name || got.GetRequestedCustomer() != "" || len(got.GetMerges()) != 0 {
			n.t.Errorf("%s leads to %s, with %v", name, got.GetCustomer(), got.GetMerges())
		}
		if diff := cmp.Diff(map[string]string{name: "x"}, values(got)); diff != "" {
			n.t.Errorf("facts of %s (-want +got):\n%s", name, diff)
		}
	}
}

// known makes customers who each know one thing.
func (n *node) known(names ...string) {
	n.t.Helper()
	for _, name := range names {
		n.know(name, name, "x")
	}
}

const (
	cA = "customers/a"
	cB = "customers/b"
	cC = "customers/c"
)

// A merge cut off between its two events hides nobody, and is completed by repeating the request: here, at another
// server, and after a rebuild.
func TestHalfAMergeHidesNobody(t *testing.T) {
	n := run(t)
	n.known(cA, cB)
	n.half(cA, cB, "r1")
	n.alone(cA, cB)
	n.settle()
	other := n.start(memstore.New())
	other.settle()
	other.alone(cA, cB)

	req := &contextv1.MergeCustomersRequest{SurvivingCustomer: cA, MergedCustomer: cB, RequestId: "r1"}
	must(other.MergeCustomers(n.ctx(), req))(t)
	for _, at := range []*node{other, n} {
		at.settle()
		if got := at.see(cB); got.GetCustomer() != cA || len(got.GetFacts()) != 2 {
			t.Errorf("b leads to %s with %v", got.GetCustomer(), values(got))
		}
	}
	if a, b := len(n.log.Events(cA)), len(n.log.Events(cB)); a != 2 || b != 2 {
		t.Errorf("%d and %d events, want a fact and the merge in each", a, b)
	}
}

// Half a merge does not stand in the way of another one. It is given up for good: whoever repeats it is told.
func TestHalfAMergeIsGivenUpForAnother(t *testing.T) {
	for name, c := range map[string]struct{ surviving, merged string }{
		"the merged customer into another": {cC, cB}, "another into the merged customer": {cB, cC},
		"the same again": {cA, cB}, "the other way round": {cB, cA},
	} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			n.known(cA, cB, cC)
			n.half(cA, cB, "r1")
			n.merge(c.surviving, c.merged)
			if got := n.see(c.merged); got.GetCustomer() != c.surviving || len(got.GetFacts()) != 2 {
				t.Errorf("%s leads to %s with %v", c.merged, got.GetCustomer(), values(got))
			}
			_, err := n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: cA, MergedCustomer: cB, RequestId: "r1"})
			wantReason(t, err, "CONTENTION")
			if got := n.see(c.merged); got.GetCustomer() != c.surviving || len(got.GetFacts()) != 2 {
				t.Errorf("then %s leads to %s with %v", c.merged, got.GetCustomer(), values(got))
			}
		})
	}
}

// A server that is slow between the two events of a merge must not complete it behind the back of another, which has
// given it up meanwhile.
func TestAMergeGivenUpStaysSo(t *testing.T) {
	n := run(t)
	n.known(cA, cB, cC)
	n.settle()
	other := n.start(memstore.New())
	other.settle()
	n.clock.Advance(time.Second)
	var appends atomic.Int64
	slow, goOn := make(chan struct{}), make(chan struct{})
	n.log.Intercept(func(_ context.Context, method string) error {
		if method == "AppendEvents" && appends.Add(1) == 2 {
			close(slow)
			<-goOn
		}
		return nil
	})
	failed := make(chan error)
	go func() {
		_, err := n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: cA, MergedCustomer: cB})
		failed <- err
	}()
	<-slow
	other.merge(cC, cB)
	close(goOn)
	wantReason(t, <-failed, "CONTENTION")
	for _, at := range []*node{n, other} {
		at.settle()
		if got := at.see(cB); got.GetCustomer() != cC || len(got.GetFacts()) != 2 {
			t.Errorf("b leads to %s with %v", got.GetCustomer(), values(got))
		}
		if got := at.see(cA); len(got.GetFacts()) != 1 || len(got.GetMerges()) != 0 {
			t.Errorf("a shows %v", got)
		}
	}
}

// Unmerging frees the merged customer first; cut off then, any repetition completes it.
func TestUnmergeCutOff(t *testing.T) {
	for _, requestID := range []string{"", "u1"} {
		n := run(t)
		n.known(cA, cB)
		id := n.merge(cA, cB).GetMerge().GetMergeId()
		req := &contextv1.UnmergeCustomersRequest{SurvivingCustomer: cA, MergeId: id, RequestId: requestID}
		good := int64(1)
		if requestID != "" {
			good++
		}
		n.afterAppends(good)
		_, err := n.UnmergeCustomers(n.ctx(), req)
		n.log.Up()
		wantReason(t, err, fault.ServiceUnavailable)
		n.alone(cA, cB)
		if got := must(n.UnmergeCustomers(n.ctx(), req))(t); got.GetMergedCustomer() != cB {
			t.Errorf("parted %v", got)
		}
		n.alone(cA, cB)
		if a, b := len(n.log.Events(cA)), len(n.log.Events(cB)); a != 3 || b != 3 {
			t.Errorf("%d and %d events, want a fact, the merge and its end in each", a, b)
		}
		n.merge(cB, cA)
	}
}

// However many merge in all directions at once, at several servers: nobody is lost, there is no circle, and whoever was
// told that a merge is done finds it done.
func TestMergesAtOnce(t *testing.T) {
	for _, servers := range []int{1, 3} {
		for range 4 {
			mergeAtOnce(t, servers)
		}
	}
}

func mergeAtOnce(t *testing.T, servers int) {
	w := newWorld(t)
	var nodes []*node
	for range servers {
		// A look at the log that began at the same moment as another will do for that: the moments must differ.
		at := w.start(memstore.New(), func(o *projector.Options) { o.Now = time.Now })
		at.ready()
		nodes = append(nodes, at)
	}
	n := nodes[0]
	var names []string
	for i := range 5 {
		names = append(names, fmt.Sprint("customers/c", i))
	}
	n.known(names...)
	var done sync.Map
	var all sync.WaitGroup
	for i, surviving := range names {
		for j, merged := range names {
			if i == j {
				continue
			}
			at := nodes[rand.IntN(len(nodes))]
			all.Go(func() {
				resp, err := at.MergeCustomers(at.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: surviving, MergedCustomer: merged})
				switch reasonOf(err) {
				case "":
					done.Store(resp.GetMerge().GetMergeId(), [2]string{surviving, merged})
				case "MERGE_COLLISION", "MERGE_WITH_ITSELF", "CONTENTION":
				default:
					t.Errorf("%s into %s: %v", merged, surviving, err)
				}
			})
		}
	}
	all.Wait()
	roots := map[string]map[string]string{}
	leads := map[string]string{}
	for _, at := range nodes {
		at.settle()
		for _, name := range names {
			got := at.see(name)
			if was, ok := leads[name]; ok && was != got.GetCustomer() {
				t.Errorf("%s leads to %s at one server and to %s at another", name, was, got.GetCustomer())
			}
			leads[name] = got.GetCustomer()
			roots[got.GetCustomer()] = values(got)
			if _, ok := values(got)[name]; !ok {
				t.Errorf("what %s knows is not in what it leads to: %v", name, values(got))
			}
		}
	}
	count := 0
	done.Range(func(_, pair any) bool {
		count++
		if p := pair.([2]string); leads[p[0]] != leads[p[1]] {
			t.Errorf("%s was merged into %s, and they are not one", p[1], p[0])
		}
		return true
	})
	if got := len(names) - len(roots); got != count {
		t.Errorf("%d merges were told to be done, and %d are: %v", count, got, leads)
	}
	for root, facts := range roots {
		n := 0
		for _, to := range leads {
			if to == root {
				n++
			}
		}
		if len(facts) != n {
			t.Errorf("%s has %v, and %d lead there", root, facts, n)
		}
	}
}

// blindStore cannot load one customer's snapshot.
type blindStore struct {
	domain.Store
	customer string
	blind    atomic.Bool
}

func (s *blindStore) LoadState(ctx context.Context, tenant, customer string) (*domain.State, error) {
	if customer == s.customer && s.blind.Load() {
		return nil, fault.New(fault.Unavailable, fault.ServiceUnavailable, "the disk is away")
	}
	return s.Store.LoadState(ctx, tenant, customer)
}

func TestAMemberThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	store := &blindStore{Store: memstore.New(), customer: "b"}
	n := w.start(store, func(o *projector.Options) { o.CacheBytes = 1 })
	n.ready()
	n.known(cA, cB)
	n.merge(cA, cB)
	n.settle()
	// On a busy machine the view may be behind for a moment, and says so.
	whole := func() bool {
		got := n.see(cA)
		return len(got.GetFacts()) == 2 && !got.GetFreshness().GetDegraded()
	}
	n.eventually("both are seen as one", whole)
	store.blind.Store(true)
	others := 0
	n.eventually("the merged customer leaves the memory", func() bool {
		for range 20 { // who push others out
			others++
			n.known(fmt.Sprint("customers/other", others))
		}
		got := n.see(cA)
		f := got.GetFreshness()
		return f.GetDegraded() && f.GetReason() == contextv1.IncompleteReason_INCOMPLETE_REASON_MERGED_CUSTOMER_MISSING && len(got.GetFacts()) == 1
	})
	store.blind.Store(false)
	n.eventually("both are seen as one again", whole)
}

// Merges that others have written straight to the log, in ways that this service never would.
func TestMergesThatContradictThemselves(t *testing.T) {
	event := func(id, surviving, merged string) *logv1.Event {
		return &logv1.Event{EventId: id, Payload: &logv1.Event_CustomersMerged{CustomersMerged: &logv1.CustomersMerged{
			MergeId: id, SurvivingCustomer: surviving, MergedCustomer: merged,
		}}}
	}
	n := run(t)
	n.known(cA, cB, cC)
	// A circle, and one that leads nowhere.
	for _, name := range []string{cA, cB} {
		n.append(name, event("m1", cA, cB), event("m2", cB, cA))
	}
	n.append(cC, event("m3", "customers/nobody", cC), event("m4", "customers/_slots", cC))
	n.settle()
	for _, name := range []string{cA, cB} {
		if got := n.see(name); len(got.GetFacts()) != 2 {
			t.Errorf("%s shows %v", name, values(got))
		}
	}
	if got := n.see(cC); got.GetCustomer() != cC || len(got.GetFacts()) != 1 {
		t.Errorf("c leads to %s", got.GetCustomer())
	}
	n.known("customers/d")
	n.merge("customers/d", cC)
	if got := n.see(cC); got.GetCustomer() != "customers/d" || len(got.GetFacts()) != 2 {
		t.Errorf("c leads to %s with %v", got.GetCustomer(), values(got))
	}
}
