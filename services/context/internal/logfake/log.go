// Package logfake is a small faithful interaction log in memory, for this module's tests: tenants, revisions, shards,
// tails, idempotency by event id, expected_revision. It can also be told to fail, to hold calls, and to count them. Calls
// are for the tenant that their header names, as if every caller were good for all.
package logfake

import (
	"context"
	"crypto/sha256"
	"hash/fnv"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Domain is the ErrorInfo domain of the interaction log's own reasons.
const Domain = "interactionlog.throughline"

// name is a customer of a tenant.
type name struct{ tenant, customer string }

// stored is an event and whose it is.
type stored struct {
	*logv1.Event
	tenant string
}

// stream is one customer's history.
type stream struct {
	shard   int32
	events  []*logv1.Event
	digests [][sha256.Size]byte
	byID    map[string]int
	erased  *timestamppb.Timestamp
}

// Log is the fake. Make it with New.
type Log struct {
	logv1.UnimplementedInteractionLogServiceServer

	// Now is the server's clock.
	Now func() time.Time

	mu      sync.Mutex
	streams map[name]*stream
	shards  [][]stored
	changed chan struct{} // closed and replaced whenever tails may have something to send
	stalled bool          // tails send nothing
	calls   map[string]int
	hook    func(ctx context.Context, method string) error
	cut     chan struct{} // closed and replaced to end open tails
}

// New returns an empty log with the given number of shards.
func New(shards int) *Log {
	return &Log{
		Now:     time.Now,
		streams: map[name]*stream{},
		shards:  make([][]stored, shards),
		changed: make(chan struct{}),
		calls:   map[string]int{},
		cut:     make(chan struct{}),
	}
}

// Intercept makes every call run hook first, with the method's short name ("AppendEvents"); its error is the answer. The
// hook may block. Nil removes it.
func (l *Log) Intercept(hook func(ctx context.Context, method string) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hook = hook
}

// Down makes every call fail as if the log could not be reached, and ends open tails, until Up.
func (l *Log) Down() {
	l.Intercept(func(context.Context, string) error { return Unavailable() })
	l.CutTails()
}

// Up ends Down.
func (l *Log) Up() { l.Intercept(nil) }

// Slow makes every call take so much longer. Open tails are not slowed down.
func (l *Log) Slow(by time.Duration) {
	l.Intercept(func(ctx context.Context, _ string) error {
		select {
		case <-time.After(by):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// Pause makes every call hang, and open tails bring nothing, until Resume: as a process that is stopped, or a network
// that swallows everything.
func (l *Log) Pause() {
	l.StallTails()
	l.Intercept(func(ctx context.Context, _ string) error {
		<-ctx.Done()
		return ctx.Err()
	})
}

// StallTails makes tails bring nothing until Resume.
func (l *Log) StallTails() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalled = true
}

// Resume ends Pause, Slow and StallTails. Calls that hang go on hanging.
func (l *Log) Resume() {
	l.Intercept(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalled = false
	l.wake()
}

// CutTails ends all open tails as a restart of the log would.
func (l *Log) CutTails() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.cut)
	l.cut = make(chan struct{})
}

// Unavailable is what callers get while the log is down.
func Unavailable() error {
	return fault.New(fault.Unavailable, fault.ServiceUnavailable, "the interaction log is down")
}

// Calls returns how often a method was called ("" for all methods) since the last ResetCalls.
func (l *Log) Calls(method string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if method != "" {
		return l.calls[method]
	}
	n := 0
	for _, c := range l.calls {
		n += c
	}
	return n
}

// ResetCalls sets all counts to 0.
func (l *Log) ResetCalls() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.calls)
}

// Events returns a copy of a history of the default tenant's customer ("customers/{id}").
func (l *Log) Events(customer string) []*logv1.Event {
	return l.EventsOf(auth.DefaultTenant, customer)
}

// EventsOf returns a copy of a customer's history.
func (l *Log) EventsOf(tenant, customer string) []*logv1.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.streams[name{tenant, customer}]
	if s == nil {
		return nil
	}
	out := make([]*logv1.Event, len(s.events))
	for i, e := range s.events {
		out[i] = proto.CloneOf(e)
	}
	return out
}

// Customers returns the names of all customers with events of the default tenant, sorted.
func (l *Log) Customers() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := make([]string, 0, len(l.streams))
	for n := range l.streams {
		if n.tenant == auth.DefaultTenant {
			names = append(names, n.customer)
		}
	}
	slices.Sort(names)
	return names
}

// Append stores events of one customer of the default tenant as AppendEvents does, without the counting and the hook.
func (l *Log) Append(customer string, events ...*logv1.Event) (*logv1.AppendEventsResponse, error) {
	return l.AppendFor(auth.DefaultTenant, customer, events...)
}

// AppendFor stores events of one customer of a tenant, likewise.
func (l *Log) AppendFor(tenant, customer string, events ...*logv1.Event) (*logv1.AppendEventsResponse, error) {
	return l.append(tenant, &logv1.AppendEventsRequest{Customer: customer, Events: events, IncludeEvents: true})
}

func (l *Log) enter(ctx context.Context, method string) error {
	l.mu.Lock()
	l.calls[method]++
	hook := l.hook
	l.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(ctx, method)
}

// TenantOf returns the tenant that a call is for.
func TenantOf(ctx context.Context) string {
	if v := metadata.ValueFromIncomingContext(ctx, auth.TenantHeader); len(v) > 0 {
		return v[0]
	}
	return auth.Tenant(ctx)
}

// Authenticate lets every caller call for the tenant that its header names, for the server that the log is served by.
func Authenticate(ctx context.Context, _ string) (context.Context, error) {
	return auth.WithTenant(ctx, TenantOf(ctx)), nil
}

func (l *Log) shardOf(n name) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(n.tenant + "\x00" + n.customer))
	return int32(h.Sum32() % uint32(len(l.shards)))
}

func (l *Log) append(tenant string, req *logv1.AppendEventsRequest) (*logv1.AppendEventsResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := name{tenant, req.GetCustomer()}
	s := l.streams[n]
	if s == nil {
		s = &stream{shard: l.shardOf(n), byID: map[string]int{}}
	}
	if s.erased != nil {
		return nil, fault.New(fault.Precondition, "CUSTOMER_ERASED", "the customer's history was erased").
			With("erase_time", s.erased.AsTime().Format(time.RFC3339Nano))
	}
	fresh := 0
	digests := make([][sha256.Size]byte, len(req.GetEvents()))
	for i, e := range req.GetEvents() {
		e = proto.CloneOf(e)
		e.Customer = req.GetCustomer()
		digests[i] = digest(e)
		at, known := s.byID[e.GetEventId()]
		switch {
		case !known:
			fresh++
		case s.digests[at] != digests[i]:
			return nil, fault.New(fault.Exists, "EVENT_ID_REUSED", "the event id is taken by another event").
				With("event_id", e.GetEventId()).With("revision", strconv.Itoa(at+1))
		}
	}
	head := int64(len(s.events))
	if fresh > 0 && req.ExpectedRevision != nil && req.GetExpectedRevision() != head {
		return nil, fault.New(fault.Conflict, "REVISION_MISMATCH", "the customer's history has moved on").
			With("expected_revision", strconv.FormatInt(req.GetExpectedRevision(), 10)).
			With("current_revision", strconv.FormatInt(head, 10))
	}
	resp := &logv1.AppendEventsResponse{}
	for i, e := range req.GetEvents() {
		at, known := s.byID[e.GetEventId()]
		if !known {
			at = l.store(s, n, e, digests[i])
		}
		has := s.events[at]
		r := &logv1.AppendResult{
			EventId: has.GetEventId(), Revision: has.GetRevision(), Shard: has.GetShard(),
			Sequence: has.GetSequence(), RecordedAt: has.GetRecordedAt(), Replayed: known,
		}
		if req.GetIncludeEvents() {
			r.Event = proto.CloneOf(has)
		}
		resp.Results = append(resp.Results, r)
	}
	if fresh > 0 {
		l.streams[n] = s
		l.wake()
	}
	resp.Revision = int64(len(s.events))
	return resp, nil
}

// wake lets tails look for what they have to send. The caller holds mu.
func (l *Log) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *Log) store(s *stream, n name, e *logv1.Event, d [sha256.Size]byte) int {
	at := len(s.events)
	now := timestamppb.New(l.Now())
	e = proto.CloneOf(e)
	e.Customer = n.customer
	e.Revision = int64(at + 1)
	e.RecordedAt = now
	e.Shard = s.shard
	e.Sequence = int64(len(l.shards[s.shard]) + 1)
	if e.OccurredAt == nil {
		e.OccurredAt = now
	}
	s.events = append(s.events, e)
	s.digests = append(s.digests, d)
	s.byID[e.GetEventId()] = at
	l.shards[s.shard] = append(l.shards[s.shard], stored{e, n.tenant})
	return at
}

func digest(e *logv1.Event) [sha256.Size]byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(e)
	if err != nil {
		panic(err) // only invalid UTF-8 gets here, a mistake of the test
	}
	return sha256.Sum256(b)
}
