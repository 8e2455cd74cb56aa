package server

import (
	"time"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// answerFor returns a customer's context in wire format. It is built once for a state, a dictionary, a view and a
// clearance, and kept until time alone would change it. Where else the asker makes a difference, as it seldom does, it is
// built for this asker alone.
func answerFor(p *tenant, customer string, cur *projector.Current, a domain.Asker, view domain.ContextView) (*projector.Memo, error) {
	now, dict := p.Now(), p.Dictionary()
	if a != domain.Unrestricted {
		a = cur.State.Essential(a, now)
	}
	key := projector.MemoKey{View: max(view, domain.ViewFull), Clearance: a.Clearance}
	if a != (domain.Asker{Clearance: a.Clearance}) {
		return build(p, customer, cur, a, key, now, dict)
	}
	if m := cur.Memo(key, dict, now); m != nil {
		return m, nil
	}
	m, err := build(p, customer, cur, a, key, now, dict)
	if err != nil {
		return nil, err
	}
	if until, changes := domain.NextChange(cur.View(dict), now); changes {
		m.Until = until
	}
	cur.Remember(m)
	return m, nil
}

// build builds an answer. The sections' statuses come last, so that an answer that is not complete can say so in place
// of them.
func build(p *tenant, customer string, cur *projector.Current, a domain.Asker, key projector.MemoKey, now time.Time, dict *domain.Dictionary) (*projector.Memo, error) {
	c := domain.BuildContext(cur.View(dict), a, key.View, now)
	answer, err := proto.Marshal(contextMessage(customer, tokenOf(p, customer, cur.State.Revision), c, now))
	if err != nil {
		return nil, unmarshallable(err)
	}
	m := &projector.Memo{Key: key, Dictionary: dict, From: now, Sections: len(answer), Statuses: c.Sections}
	m.Answer, err = proto.MarshalOptions{}.MarshalAppend(answer, &contextv1.CustomerContext{Sections: each(c.Sections, sectionMessage)})
	if err != nil {
		return nil, unmarshallable(err)
	}
	return m, nil
}

func unmarshallable(err error) error {
	return fault.New(fault.Internal, fault.InternalError, "the context of a customer does not marshal: %w", err)
}
