package server

import (
	"cmp"
	"context"
	"runtime"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

const (
	// watchPause is the least time between two messages of a watch: a customer of whom a hundred things happen in a second
	// is told of ten times, with everything in it.
	watchPause = 100 * time.Millisecond
	// turnTime is how long a watch may keep others from sending: a reader that is slow must not hold up the rest.
	turnTime = 20 * time.Millisecond
	// degradedRetry is how soon a watch looks again after an answer that was not complete.
	degradedRetry = time.Second
)

const reasonSlowConsumer = "SLOW_CONSUMER"

// watchOptions bound watches.
type watchOptions struct {
	slow time.Duration
	open watchCount
	// turns are held by those who look and send. Ten thousand watchers of one customer would otherwise all make their
	// message at once, and hold it until the network takes it.
	turns chan struct{}
}

func (o *watchOptions) init(slow time.Duration, most, share int) {
	o.slow = cmp.Or(slow, 30*time.Second)
	o.open.init(most, share)
	o.turns = make(chan struct{}, 32*runtime.GOMAXPROCS(0))
}

// turn waits for a turn and returns the function that ends it; it ends by itself when it takes too long.
func (o *watchOptions) turn(ctx context.Context) (end func(), err error) {
	select {
	case o.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	release := sync.OnceFunc(func() { <-o.turns })
	late := time.AfterFunc(turnTime, release)
	return func() {
		late.Stop()
		release()
	}, nil
}

func slowConsumer() error {
	return fault.New(fault.Exhausted, reasonSlowConsumer, "the reader took too long and was dropped; resume with the last resume_token")
}

// WatchContext sends a customer's context, and then what changes in it. What a reader has is known by a hash of each
// section, which the resume token carries: nothing is kept for a reader who has gone.
func (s *Server) WatchContext(req *contextv1.WatchContextRequest, stream grpc.ServerStreamingServer[contextv1.WatchContextResponse]) error {
	ctx := stream.Context()
	w := &watching{
		server: s, tenant: s.projector.Tenant(auth.Tenant(ctx)), customer: projector.CustomerID(req.GetCustomer()),
		asker: askerOf(ctx, req.GetAsker()), view: max(domain.ContextView(req.GetView()), domain.ViewFull),
	}
	if reserved(w.customer) {
		return customerNotFound()
	}
	if err := w.resume(req.GetResumeToken()); err != nil {
		return err
	}
	end, err := s.watches.open.begin(auth.CallerOf(ctx))
	if err != nil {
		return err
	}
	defer end()
	w.out = rpc.NewSender(stream.SendMsg, s.watches.slow, slowConsumer)
	w.feed = newFeed(ctx, w.tenant, w.customer)
	defer w.feed.close()
	return w.run(ctx)
}

// watching is one open watch.
type watching struct {
	server   *Server
	tenant   *tenant
	feed     *feed
	customer string
	asker    domain.Asker
	view     domain.ContextView
	out      *rpc.Sender[any]

	// have and revision are what the reader has; told is false until it has anything.
	have     marks
	revision int64
	told     bool
	// degraded says that the reader was told last that there may be more.
	degraded bool
}

// binding is what a resume token belongs to.
func (w *watching) binding() []string {
	return []string{w.tenant.Name(), w.customer, strconv.Itoa(int(w.view)), strconv.Itoa(int(w.asker.Clearance))}
}

func (w *watching) resume(token string) error {
	if token == "" {
		return nil
	}
	body, ok := aip.DecodeResume(token, w.binding()...)
	if ok {
		w.revision, ok = w.have.decode(body)
	}
	if !ok {
		return fault.New(fault.Invalid, "INVALID_RESUME_TOKEN", "the resume token is damaged, or of another watch").
			WithField("resume_token", "must be that of a message of the same watch, unchanged")
	}
	w.told = true
	return nil
}

func (w *watching) run(ctx context.Context) error {
	// One timer for the moment at which time alone changes the answer, and for the pause.
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		next, err := w.tell(ctx)
		if err != nil {
			return err
		}
		timer.Reset(watchPause)
		if err := w.wait(ctx, timer, nil); err != nil {
			return err
		}
		timer.Reset(next - watchPause)
		if err := w.wait(ctx, timer, w.feed.changed); err != nil {
			return err
		}
	}
}

// wait waits for the timer or for news.
func (w *watching) wait(ctx context.Context, timer *time.Timer, news <-chan struct{}) error {
	select {
	case <-news:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	case <-rpc.Draining(ctx):
		return rpc.DrainingFault()
	}
	return nil
}

// idle is how long a watch waits when nothing is to change by time alone.
const idle = 24 * time.Hour

// readTime bounds one look at the customer: a stream has no deadline of its own.
const readTime = 10 * time.Second

// tell sends what the reader does not have, and says after what time to look again.
func (w *watching) tell(ctx context.Context) (time.Duration, error) {
	end, err := w.server.watches.turn(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	looking, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	r, err := w.server.reader(looking, nil)
	if err != nil {
		return 0, err
	}
	got, err := r.read(looking, w.customer, projector.Want{})
	if err != nil {
		return 0, err
	}
	w.feed.follow(ctx, &got)
	if got.State.Revision == 0 {
		if !got.Complete {
			return 0, got.Err()
		}
		return 0, customerNotFound()
	}
	memo, err := r.answer(got, w.asker, w.view)
	if err != nil {
		return 0, err
	}
	freshness := r.freshness(got)
	if err := w.send(ctx, got, freshness, memo); err != nil {
		return 0, err
	}
	if freshness.GetDegraded() {
		return degradedRetry, nil
	}
	return w.holds(r, &got, memo), nil
}

// holds is how long an answer holds if nothing happens. One that is shared knows; one that was made for this asker alone
// is looked into again.
func (w *watching) holds(r *reader, got *joined, memo *projector.Memo) time.Duration {
	now, until := r.Now(), memo.Until
	if memo.Dictionary == nil {
		until, _ = domain.NextChange(got.View(r.Dictionary()), w.asker, now)
	}
	if until.IsZero() {
		return idle
	}
	return min(max(until.Sub(now), watchPause), idle)
}

// send sends a message, unless the reader has everything.
func (w *watching) send(ctx context.Context, got joined, freshness *contextv1.Freshness, memo *projector.Memo) error {
	parts, err := partsOf(memo)
	if err != nil {
		return err
	}
	revision := got.State.Revision
	d := parts.since(&w.have)
	if w.told && len(d.changed) == 0 && revision == w.revision && freshness.GetDegraded() == w.degraded {
		return nil
	}
	if err := w.out.Send(ctx, w.message(&got, freshness, memo, parts, d)); err != nil {
		return err
	}
	w.have, w.revision, w.told, w.degraded = parts.sums, revision, true, freshness.GetDegraded()
	return nil
}

// shareTime is for how long a message is shared, which says how old the answer is.
const shareTime = time.Second

// message returns the message to send. Mostly all who watch a customer have the same and are sent the same: then it is
// made once, in wire format, and shared.
func (w *watching) message(got *joined, freshness *contextv1.Freshness, memo *projector.Memo, parts *sections, d *difference) any {
	common := w.customer == got.root && !freshness.GetDegraded() && !freshness.GetFullyConsistent()
	if s := d.shared.Load(); common && s != nil && s.full == !w.told && got.AsOf.Sub(s.asOf).Abs() < shareTime {
		return s.message
	}
	msg := &contextv1.WatchContextResponse{
		Context:         &contextv1.CustomerContext{Freshness: freshness, RequestedCustomer: got.requestedCustomer()},
		ChangedSections: d.changed,
		Full:            !w.told,
	}
	revision, body := got.State.Revision, d.body
	if freshness.GetDegraded() {
		// Who resumes is to hear that there is no more to come, although nothing else has changed.
		revision = 0
	}
	if !got.Complete {
		degraded := domain.Degraded(memo.Statuses, domain.IncompleteReason(freshness.GetReason()))
		msg.Context.Sections, body = sectionMessages(degraded), body[:len(body)-len(parts.statuses)]
	}
	msg.ResumeToken = aip.EncodeResume(parts.sums.encode(revision), w.binding()...)
	msg.GetContext().ProtoReflect().SetUnknown(body)
	if !common {
		return msg
	}
	b, err := proto.Marshal(msg)
	if err != nil {
		return msg // and gRPC says what is wrong with it
	}
	d.shared.Store(&sharedMessage{asOf: got.AsOf, full: !w.told, message: b})
	return rpc.Encoded(b)
}

// partsOf takes an answer apart, once for all who watch it.
func partsOf(memo *projector.Memo) (*sections, error) {
	if s, ok := memo.Derived.Load().(*sections); ok {
		return s, nil
	}
	s, err := takeApart(memo.Answer)
	if err == nil {
		memo.Derived.Store(s)
	}
	return s, err
}
