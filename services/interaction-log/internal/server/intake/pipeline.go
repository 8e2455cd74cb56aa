// Package intake is the way of an event from a caller to the store: it is normalised, checked, cleaned of card data,
// looked at by the analysers and packed, in this order. Nothing past the cleaning ever sees a card number.
package intake

import (
	"context"
	"fmt"
	"strings"

	"buf.build/go/protovalidate"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// customerPrefix makes a customer's name of an id.
const customerPrefix = "customers/"

// Analyser derives something from a clean event and adds it, before the event is stored. It runs for every event, in
// the path of the caller, so it has to be quick; it cannot refuse an event. What it adds is no part of the content
// that tells a retry from a reused id: another version of the analyser may add something else.
type Analyser interface {
	Analyse(ctx context.Context, ev *interactionlogv1.Event)
}

// Pipeline prepares events. It is safe for concurrent use.
type Pipeline struct {
	validator protovalidate.Validator
	analysers []Analyser
	keys      *keyMemory
}

// New returns a pipeline with analysers, which run in the order given.
func New(analysers ...Analyser) *Pipeline {
	return &Pipeline{validator: protovalidate.GlobalValidator, analysers: analysers, keys: newKeyMemory()}
}

// Prepare takes the events of one request to where they can be stored, each on its own: what is wrong with one is in
// its draft. The error is about the request as a whole. Requests with events of one interaction are to be prepared in
// their order.
func (p *Pipeline) Prepare(ctx context.Context, src Source, events []*interactionlogv1.Event) ([]*Draft, error) {
	sizes, err := batchSizes(events)
	if err != nil {
		return nil, err
	}
	block := make([]Draft, len(events))
	drafts := make([]*Draft, len(events))
	w := newWorkbench()
	typed := false
	for i, ev := range events {
		d := &block[i]
		drafts[i] = d
		d.Event, d.size = ev, sizes[i]
		if d.Err = p.clean(d, &w.survey, src); d.Err == nil {
			typed = typed || ev.GetMenuSelected().GetDigits() != ""
		}
	}
	if typed {
		p.maskKeys(src.Tenant, drafts)
	}
	for _, d := range drafts {
		if d.Err == nil {
			p.finish(ctx, d, &w.packer, src)
		}
	}
	return drafts, nil
}

// workbench is the memory that the events of a request share on their way, one after the other.
type workbench struct {
	survey survey
	packer packer
	pieces [16]piece
	bytes  [768]byte
}

func newWorkbench() *workbench {
	w := &workbench{}
	w.survey.pieces, w.packer.content = w.pieces[:0], w.bytes[:0]
	return w
}

// clean takes an event up to the point where it holds no card data, except in menu keys.
func (p *Pipeline) clean(d *Draft, s *survey, src Source) *fault.Error {
	if d.Event == nil {
		return invalidField("", "must be an event")
	}
	if d.Event.GetCustomer() == "" {
		d.Event.Customer = src.Customer
	} else if src.Customer != "" && d.Event.GetCustomer() != src.Customer {
		return customerMismatch()
	}
	if err := checkEnvelope(d.Event, d.size); err != nil {
		return err
	}
	s.event(d.Event.ProtoReflect())
	if err := src.checkWriter(d.Event, s.kind); err != nil {
		return err
	}
	if err := p.check(d.Event, s, src.Now); err != nil {
		return err
	}
	found, refused := redactEvent(d.Event, s.pieces)
	if refused != nil {
		return refused
	}
	d.Event.Redactions = found
	d.kind = s.kind.eventType()
	return nil
}

// maskKeys masks menu keys, interaction by interaction.
func (p *Pipeline) maskKeys(tenant string, drafts []*Draft) {
	var order []interaction
	typed := map[interaction][]*Draft{}
	for _, d := range drafts {
		if d.Err != nil || d.Event.GetMenuSelected().GetDigits() == "" {
			continue
		}
		id := interaction{tenant, d.Event.GetCustomer(), d.Event.GetInteractionId()}
		if typed[id] == nil {
			order = append(order, id)
		}
		typed[id] = append(typed[id], d)
	}
	for _, id := range order {
		p.keys.mask(id, typed[id])
	}
}

// finish takes a clean event to the store's form.
func (p *Pipeline) finish(ctx context.Context, d *Draft, k *packer, src Source) {
	if err := k.encode(d.Event); err != nil {
		d.Err = fault.New(fault.Invalid, fault.InvalidRequest, "the event cannot be encoded: %w", err)
		return
	}
	digest := k.digest()
	if len(p.analysers) > 0 {
		for _, a := range p.analysers {
			a.Analyse(ctx, d.Event)
		}
		if err := k.encode(d.Event); err != nil {
			d.Err = fault.New(fault.Internal, fault.InternalError, "an analyser has spoiled the event: %w", err)
			return
		}
	}
	k.pack(d, src, digest)
}

// First returns the fault of the first event that was refused, with the way to it, or nil.
func First(drafts []*Draft) error {
	for i, d := range drafts {
		if d.Err != nil {
			return under(d.Err, fmt.Sprintf("events[%d]", i))
		}
	}
	return nil
}

// CustomerID returns the id in a customer's name.
func CustomerID(name string) string { return strings.TrimPrefix(name, customerPrefix) }

// CustomerName returns the name of the customer with an id.
func CustomerName(id string) string { return customerPrefix + id }
