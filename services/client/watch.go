package client

import (
	"context"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// How long a watch waits before it connects again: doubled from one failure to the next, with some chance in it, so that
// the desktops of a whole floor do not all come back at once.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 10 * time.Second
)

// Update is a change of a customer's context.
type Update struct {
	// The whole context after the change. It is not touched again; do not change what it refers to.
	Context *CustomerContext
	// The sections that changed, in the order of their constants; all of the view in a full update, none when only a new
	// revision is told.
	Changed []Section
	// True for the first update, and for one after a break in which too much was missed to say what changed.
	Full bool
}

// Watch streams the screen pop on change: the first update has the context as it is, each later one what has changed since;
// several changes in a row may come as one. It ends when the loop is left or ctx is done.
//
//	for update, err := range customer.Watch(ctx, client.ViewAgent) {
//		if err != nil {
//			return err
//		}
//		show(update.Context)
//	}
//
// Once the first update is there, a connection that breaks, a server that shuts down and a reader that was too slow are no
// errors: the watch connects again, with pauses up to 10 s, and goes on where it stopped. The loop then only sees that
// nothing changes for a while; Context.Freshness says how old an answer is. Any other error is yielded once, as the last.
//
// Errors: INVALID_REQUEST, CUSTOMER_NOT_FOUND, TOO_MANY_WATCHES, PERMISSION_DENIED, UNAVAILABLE (at the beginning),
// CANCELLED and DEADLINE_EXCEEDED (of ctx).
func (c *Customer) Watch(ctx context.Context, view View) iter.Seq2[*Update, error] {
	return func(yield func(*Update, error) bool) {
		w := &watch{client: c.client, req: &contextv1.WatchContextRequest{Customer: c.name}}
		err := encode(w.req, struct {
			View  View
			Asker asker
		}{view, c.place.asker()})
		if err == nil {
			err = w.run(ctx, func(u *Update) bool { return yield(u, nil) })
		}
		if err != nil && !errors.Is(err, errLeft) {
			yield(nil, err)
		}
	}
}

// errLeft says that the loop over a watch was left.
var errLeft = errors.New("the loop was left")

type watch struct {
	client *Client
	req    *contextv1.WatchContextRequest
	state  *CustomerContext
	pause  time.Duration
}

// run connects again and again, until there is no point in it any more.
func (w *watch) run(ctx context.Context, each func(*Update) bool) error {
	w.pause = firstPause
	for {
		err := w.connect(ctx, each)
		switch {
		case errors.Is(err, ReasonInvalidResumeToken) && w.req.GetResumeToken() != "":
			w.req.ResumeToken = "" // made by a server that is no more: begin anew
		case w.state == nil || !resumable(err):
			return err
		}
		if err := w.client.pause(ctx, w.pause/2+rand.N(w.pause/2)); err != nil { //nolint:gosec // a pause is no secret
			return fromCall(err, nil)
		}
		w.pause = min(2*w.pause, lastPause)
	}
}

// resumable reports whether a stream that ended so is to be opened again.
func resumable(err error) bool {
	return errors.Is(err, CodeUnavailable) || errors.Is(err, ReasonSlowConsumer)
}

// connect receives from one stream until it breaks.
func (w *watch) connect(ctx context.Context, each func(*Update) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.client.context.WatchContext(ctx, w.req)
	if err != nil {
		return fromCall(err, nil)
	}
	for {
		m, err := stream.Recv()
		if err != nil {
			return broken(stream, err)
		}
		w.pause = firstPause
		w.req.ResumeToken = m.GetResumeToken()
		if !each(w.take(m)) {
			return errLeft
		}
	}
}

// broken returns why a stream ended. A server that just ends it is shutting down without saying so.
func broken(stream grpc.ClientStream, err error) error {
	if errors.Is(err, io.EOF) {
		return &Error{Code: CodeUnavailable, Reason: ReasonUnavailable, Message: "the server ended the stream", cause: err}
	}
	return fromCall(err, stream.Trailer())
}

// take applies a message to the context known so far. Contexts that were handed out stay as they are.
func (w *watch) take(m *contextv1.WatchContextResponse) *Update {
	u := decoded[struct {
		Context         CustomerContext
		ChangedSections []Section
		Full            bool
		ResumeToken     string
	}](m)
	next := u.Context
	if !u.Full && w.state != nil {
		next = *w.state
		next.apply(&u.Context, u.ChangedSections)
	}
	w.state = &next
	return &Update{Context: &next, Changed: u.ChangedSections, Full: u.Full}
}

// pause waits, unless ctx is done before.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
