package server

import (
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// answer returns a customer's context in wire format. It is built once for a state, a dictionary, a view and a clearance,
// and kept until time alone would change it. Where else the asker makes a difference, as it seldom does, it is built for
// this asker alone.
func (r *reader) answer(got joined, a domain.Asker, view domain.ContextView) (*projector.Memo, error) {
	cur := got.Current
	now, dict := r.Now(), r.Dictionary()
	if a != domain.Unrestricted {
		a = cur.State.Essential(a, now)
	}
	key := projector.MemoKey{View: max(view, domain.ViewFull), Clearance: a.Clearance}
	if r.nameless {
		return r.build(got, key, now, domain.BuildNameless(cur.State, a, key.View, now))
	}
	if a != (domain.Asker{Clearance: a.Clearance}) {
		return r.build(got, key, now, domain.BuildContext(cur.View(dict), a, key.View, now))
	}
	if m := cur.Memo(key, dict, now); m != nil {
		return m, nil
	}
	m, err := r.build(got, key, now, domain.BuildContext(cur.View(dict), a, key.View, now))
	if err != nil {
		return nil, err
	}
	m.Dictionary = dict
	if until, changes := domain.NextChange(cur.View(dict), a, now); changes {
		m.Until = until
	}
	if cur.Remember(m) {
		r.Weigh(got.root)
	}
	return m, nil
}

// build puts a context into wire format. The sections' statuses come last, so that an answer that is not complete can
// say so in place of them.
func (r *reader) build(got joined, key projector.MemoKey, now time.Time, c *domain.Context) (*projector.Memo, error) {
	msg := got.contextMessage(tokenOf(r.tenant, got.root, got.State.Revision), c, now)
	statuses := &contextv1.CustomerContext{Sections: sectionMessages(c.Sections)}
	size := proto.Size(msg)
	answer := make([]byte, 0, size+proto.Size(statuses))
	for _, part := range []*contextv1.CustomerContext{msg, statuses} {
		var err error
		if answer, err = (proto.MarshalOptions{UseCachedSize: true}).MarshalAppend(answer, part); err != nil {
			return nil, unmarshallable(err)
		}
	}
	return &projector.Memo{
		Key: key, From: now, Answer: answer, Sections: size, Statuses: c.Sections, Derived: new(atomic.Value),
	}, nil
}

func unmarshallable(err error) error {
	return fault.New(fault.Internal, fault.InternalError, "the context of a customer does not marshal: %w", err)
}
