package domain_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

var ann, bob = storetest.Customer("ann"), storetest.Customer("bob")

func TestAppendSetsTheTime(t *testing.T) {
	clock := &testkit.Clock{}
	l := newLog(t, newMemory(t), domain.Options{Clock: clock.Now})
	b := storetest.Numbered(ann, 0, 2)
	if err := l.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if got := b.Results[1].RecordedAt; !got.Equal(testkit.Epoch) {
		t.Errorf("recorded at %v", got)
	}
	head, err := l.Head(t.Context(), ann)
	if err != nil || head.Revision != 2 || l.Heads()[head.Shard] != 2 {
		t.Errorf("head %+v, heads %v, %v", head, l.Heads(), err)
	}
}

func TestAppendReturnsTheBatchsError(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	err := l.Append(t.Context(), storetest.Expecting(storetest.Numbered(ann, 0, 1), 3))
	wantReason(t, err, fault.Conflict, domain.ReasonRevisionMismatch)
}

func TestAppendsGatherWhileACommitRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		l := newLog(t, g, domain.Options{})
		errs := make(chan error, 10)
		send := func(i int) {
			go func() { errs <- l.Append(t.Context(), storetest.Numbered(ann, i, 1)) }()
			synctest.Wait()
		}
		send(0)
		for i := 1; i < 10; i++ {
			send(i)
		}
		if n := len(g.pass(nil)); n != 1 {
			t.Errorf("the first commit has %d batches: it waited for others", n)
		}
		if n := len(g.pass(nil)); n != 9 {
			t.Errorf("the second commit has %d batches", n)
		}
		for range 10 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if s := l.Stats(); s.Commits != 2 || s.Events != 10 || s.Requests != 10 || s.QueuedEvents != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestCommitsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		l := newLog(t, g, domain.Options{CommitEvents: 5, CommitBytes: 1 << 20, Linger: -1})
		var pending []*domain.Pending
		for i := range 7 {
			p, err := l.Submit(t.Context(), []*domain.Batch{storetest.Numbered(ann, 2*i, 2)})
			if err != nil {
				t.Fatal(err)
			}
			pending = append(pending, p)
			synctest.Wait()
		}
		for i, want := range []int{1, 2, 2, 2} {
			if n := len(g.pass(nil)); n != want {
				t.Errorf("commit %d has %d batches, want %d", i, n, want)
			}
		}
		for _, p := range pending {
			if err := p.Wait(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAFullQueueIsOverloaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		l := newLog(t, g, domain.Options{QueueEvents: 3, QueueWait: time.Second})
		done := make(chan error, 3)
		for i := range 3 { // one on its way, two in the queue
			go func() { done <- l.Append(t.Context(), storetest.Numbered(ann, 2*i, 1+i%2)) }()
			synctest.Wait()
		}
		begun := time.Now()
		err := l.Append(t.Context(), storetest.Numbered(ann, 10, 1))
		wantReason(t, err, fault.Exhausted, fault.Overloaded)
		if waited := time.Since(begun); waited != time.Second {
			t.Errorf("waited %v", waited)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := l.Append(ctx, storetest.Numbered(ann, 10, 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		// Bulk waits for as long as it takes.
		bulk := make(chan error, 1)
		go func() { bulk <- l.AppendMany(t.Context(), []*domain.Batch{storetest.Numbered(bob, 0, 1)}) }()
		time.Sleep(time.Hour)
		for range 3 {
			g.pass(nil)
		}
		if err := <-bulk; err != nil {
			t.Error(err)
		}
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestWithdrawnWhileQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		l := newLog(t, g, domain.Options{})
		first := make(chan error, 1)
		go func() { first <- l.Append(t.Context(), storetest.Numbered(ann, 0, 1)) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		second := make(chan error, 1)
		go func() { second <- l.Append(ctx, storetest.Numbered(ann, 1, 1)) }()
		synctest.Wait()
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		g.pass(nil)
		if err := <-first; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if head, _ := l.Head(t.Context(), ann); head.Revision != 1 {
			t.Errorf("what was withdrawn is stored: head %d", head.Revision)
		}
	})
}

func TestHandedOverIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		l := newLog(t, g, domain.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		b := storetest.Numbered(ann, 0, 1)
		done := make(chan error, 1)
		go func() { done <- l.Append(ctx, b) }()
		synctest.Wait() // the writer has it
		cancel()
		synctest.Wait()
		g.pass(nil)
		if err := <-done; err != nil || b.Results[0].Revision != 1 {
			t.Errorf("error %v, results %+v", err, b.Results)
		}
	})
}

func TestAFailedCommitFailsAllOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		l := newLog(t, g, domain.Options{})
		broken := errors.New("broken")
		done := make(chan error, 2)
		for i := range 2 {
			go func() { done <- l.AppendMany(t.Context(), []*domain.Batch{storetest.Numbered(ann, i, 1)}) }()
			synctest.Wait()
		}
		g.pass(broken)
		g.pass(broken)
		for range 2 {
			if err := <-done; !errors.Is(err, broken) {
				t.Errorf("error %v", err)
			}
		}
		if l.Heads()[domain.ShardOf(ann, 4)] != 0 || l.Stats().FailedCommits != 2 {
			t.Error("a failed commit was published")
		}
	})
}

func TestCloseStoresWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		l := newLog(t, g, domain.Options{})
		done := make(chan error, 2)
		for i := range 2 {
			go func() { done <- l.Append(t.Context(), storetest.Numbered(ann, i, 1)) }()
			synctest.Wait()
		}
		closed := make(chan struct{})
		go func() { l.Close(); close(closed) }()
		synctest.Wait()
		wantReason(t, l.Append(t.Context(), storetest.Numbered(ann, 9, 1)), fault.Unavailable, fault.ServerDraining)
		g.pass(nil)
		g.pass(nil)
		<-closed
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestSubmitKeepsTheOrder(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{CommitEvents: 7})
	var pending []*domain.Pending
	for i := range 50 {
		p, err := l.Submit(t.Context(), []*domain.Batch{storetest.Numbered(ann, 2*i, 2), storetest.Numbered(bob, i, 1)})
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, p)
	}
	for _, p := range pending {
		<-p.Done()
		if err := p.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	page, err := l.List(t.Context(), domain.Query{Key: ann, Limit: domain.MaxPage})
	if err != nil || len(page.Events) != 100 {
		t.Fatal(len(page.Events), err)
	}
	for i, e := range page.Events {
		if want := fmt.Sprintf("event-%d", i); e.EventID != want {
			t.Fatalf("event %d is %s", i, e.EventID)
		}
	}
}

func TestLimits(t *testing.T) {
	clock := &testkit.Clock{}
	l := newLog(t, newMemory(t), domain.Options{Clock: clock.Now})
	event := func(change func(*domain.Event)) *domain.Batch {
		b := storetest.Numbered(ann, 0, 2)
		change(b.Events[1])
		return b
	}
	sized := func(events, size int) *domain.Batch {
		b := storetest.Numbered(ann, 0, events)
		for _, e := range b.Events {
			e.Payload = make([]byte, size)
		}
		return b
	}
	long := string(make([]byte, 300))
	tests := []struct {
		name   string
		batch  *domain.Batch
		reason string
		field  string
	}{
		{"empty", &domain.Batch{Key: ann}, fault.InvalidRequest, "events"},
		{"event too large", event(func(e *domain.Event) { e.Payload = make([]byte, domain.MaxEventBytes+1) }), domain.ReasonEventTooLarge, "events[1]"},
		{"too many events", sized(domain.MaxBatchEvents+1, 1), domain.ReasonBatchTooLarge, "events"},
		{"too many bytes", sized(18, 60_000), domain.ReasonBatchTooLarge, "events"},
		{"no id", event(func(e *domain.Event) { e.EventID = "" }), fault.InvalidRequest, "events[1].event_id"},
		{"too long an id", event(func(e *domain.Event) { e.EventID = long }), fault.InvalidRequest, "events[1].event_id"},
		{"too early", event(func(e *domain.Event) { e.OccurredAt = time.Unix(-1, 0) }), domain.ReasonInvalidTime, "events[1].occurred_at"},
		{"too late", event(func(e *domain.Event) { e.OccurredAt = testkit.Epoch.Add(24*time.Hour + 1) }), domain.ReasonInvalidTime, "events[1].occurred_at"},
		{"another customer", event(func(e *domain.Event) { e.Key = bob }), domain.ReasonCustomerMismatch, "events[1].customer"},
		{"no customer", &domain.Batch{Key: domain.Key{Tenant: "t"}, Events: []*domain.Event{{}}}, fault.InvalidRequest, "customer"},
		{"zero byte", &domain.Batch{Key: domain.Key{Tenant: "a\x00b", Customer: "c"}, Events: []*domain.Event{{}}}, fault.InvalidRequest, "tenant"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := wantReason(t, l.Append(t.Context(), tc.batch), fault.Invalid, tc.reason)
			if len(f.Fields) != 1 || f.Fields[0].Path != tc.field {
				t.Errorf("fields %+v, want %s", f.Fields, tc.field)
			}
		})
	}
	for name, b := range map[string]*domain.Batch{
		"most events": sized(domain.MaxBatchEvents, 1),
		"most bytes":  sized(16, domain.MaxEventBytes),
		"last time":   event(func(e *domain.Event) { e.OccurredAt = testkit.Epoch.Add(24 * time.Hour) }),
		"first time":  event(func(e *domain.Event) { e.OccurredAt = time.Unix(0, 0) }),
	} {
		b.Key = storetest.Customer(name)
		for _, e := range b.Events {
			e.Key = b.Key
		}
		if err := l.Append(t.Context(), b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if head, _ := l.Head(t.Context(), ann); head.Revision != 0 {
		t.Error("something of a refused batch is stored")
	}
}

func TestAppendManyRefusesBatchByBatch(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	bad, good := &domain.Batch{Key: ann}, storetest.Numbered(bob, 0, 1)
	separate := storetest.Separately(storetest.Numbered(ann, 0, 2))
	separate.Events[0].Payload = make([]byte, domain.MaxEventBytes+1)
	if err := l.AppendMany(t.Context(), []*domain.Batch{bad, good, separate}); err != nil {
		t.Fatal(err)
	}
	wantReason(t, bad.Err, fault.Invalid, fault.InvalidRequest)
	f := wantReason(t, separate.Results[0].Err, fault.Invalid, domain.ReasonEventTooLarge)
	if len(f.Fields) != 0 || f.Meta["size"] != "65537" {
		t.Errorf("fault %+v", f)
	}
	if good.Err != nil || separate.Err != nil || separate.Results[1].Revision != 1 {
		t.Errorf("%v %v %+v", good.Err, separate.Err, separate.Results)
	}
	if err := l.AppendMany(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
