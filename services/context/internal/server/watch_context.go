package server

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

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
	// degradedRetry is how soon a watch looks again after an answer that was not complete.
	degradedRetry = time.Second
)

// watchOptions bound watches, and count those that are open.
type watchOptions struct {
	slow time.Duration
	most int64
	open atomic.Int64
}

// begin counts a watch; end it.
func (o *watchOptions) begin() error {
	if o.open.Add(1) > o.most {
		o.open.Add(-1)
		return fault.New(fault.Exhausted, "TOO_MANY_WATCHES", "this server has %d open watches and takes no more; close some, or try another server", o.most).
			With("limit", strconv.FormatInt(o.most, 10))
	}
	return nil
}

func (o *watchOptions) end() { o.open.Add(-1) }

func slowConsumer() error {
	return fault.New(fault.Exhausted, "SLOW_CONSUMER", "the reader took too long and was dropped; resume with the last resume_token")
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
	if err := s.watches.begin(); err != nil {
		return err
	}
	defer s.watches.end()
	w.out = rpc.NewSender(stream.Send, s.watches.slow, slowConsumer)
	defer w.out.Close()
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
	out      *rpc.Sender[contextv1.WatchContextResponse]

	// have and revision are what the reader has; told is false until it has anything.
	have     marks
	revision int64
	told     bool
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
	if err := w.send(ctx, got, r.freshness(got), memo); err != nil {
		return 0, err
	}
	if !got.Complete {
		return degradedRetry, nil
	}
	now := r.Now()
	if until, changes := domain.NextChange(got.View(r.Dictionary()), w.asker, now); changes {
		return min(max(until.Sub(now), watchPause), idle), nil
	}
	return idle, nil
}

// send sends a message, unless the reader has everything.
func (w *watching) send(ctx context.Context, got joined, freshness *contextv1.Freshness, memo *projector.Memo) error {
	parts, err := partsOf(memo)
	if err != nil {
		return err
	}
	revision := got.State.Revision
	d := parts.since(&w.have)
	full := len(d.changed) > 0 && w.have == marks{}
	if w.told && len(d.changed) == 0 && revision == w.revision {
		return nil
	}
	msg := &contextv1.WatchContextResponse{
		Context:         &contextv1.CustomerContext{Freshness: freshness, RequestedCustomer: got.requestedCustomer()},
		ChangedSections: d.changed,
		Full:            full || !w.told,
		ResumeToken:     aip.EncodeResume(parts.sums.encode(revision), w.binding()...),
	}
	msg.GetContext().ProtoReflect().SetUnknown(d.body)
	if err := w.out.Send(ctx, msg); err != nil {
		return err
	}
	w.have, w.revision, w.told = parts.sums, revision, true
	return nil
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
