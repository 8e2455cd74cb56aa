package server

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	defaultSlotPage = 100
	maxSlotPage     = 1000
	// maxEntryBytes is what the log takes as the content of one event: a slot or the policy.
	maxEntryBytes = 32 << 10
)

// CreateSlot adds an entry to the slot dictionary.
func (s *Server) CreateSlot(ctx context.Context, req *contextv1.CreateSlotRequest) (*contextv1.Slot, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	name := wire.SlotName(req.GetSlotId())
	if got := req.GetSlot().GetName(); got != "" && got != name {
		return nil, fault.New(fault.Invalid, fault.InvalidRequest, "the slot's name does not agree with slot_id").
			WithField("slot.name", "must be empty or "+name)
	}
	slot := proto.CloneOf(req.GetSlot())
	slot.Name = name
	dict, err := p.DictionaryWrite(ctx, func(d *domain.Dictionary) (*logv1.Event, error) {
		if err := d.CheckCreate(wire.Slot(slot)); err != nil {
			return nil, below("slot", err)
		}
		return s.slotChanged(slot)
	})
	if err != nil {
		return nil, err
	}
	return slotOf(dict, req.GetSlotId())
}

// GetSlot returns an entry of the slot dictionary.
func (s *Server) GetSlot(ctx context.Context, req *contextv1.GetSlotRequest) (*contextv1.Slot, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	return slotOf(p.Dictionary(), wire.SlotID(req.GetName()))
}

// ListSlots returns the entries of the slot dictionary, by id.
func (s *Server) ListSlots(ctx context.Context, req *contextv1.ListSlotsRequest) (*contextv1.ListSlotsResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	size, err := aip.PageSize(req.GetPageSize(), defaultSlotPage, maxSlotPage)
	if err != nil {
		return nil, err
	}
	binding := []string{p.Name(), aip.RequestBinding(req)}
	after, err := aip.DecodePage(req.GetPageToken(), binding...)
	if err != nil {
		return nil, err
	}
	slots := p.Dictionary().Slots()
	first, found := slices.BinarySearchFunc(slots, string(after), func(x domain.Slot, id string) int { return strings.Compare(x.ID, id) })
	if found {
		first++
	}
	resp := &contextv1.ListSlotsResponse{}
	for _, x := range slots[first:min(first+size, len(slots))] {
		resp.Slots = append(resp.Slots, wire.SlotMessage(x))
	}
	if first+size < len(slots) {
		resp.NextPageToken = aip.EncodePage([]byte(slots[first+size-1].ID), binding...)
	}
	return resp, nil
}

// UpdateSlot changes an entry of the slot dictionary.
func (s *Server) UpdateSlot(ctx context.Context, req *contextv1.UpdateSlotRequest) (*contextv1.Slot, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	id := wire.SlotID(req.GetSlot().GetName())
	if id == "" {
		return nil, fault.New(fault.Invalid, fault.InvalidRequest, "the slot has no name").WithField("slot.name", "is required")
	}
	dict, err := p.DictionaryWrite(ctx, func(d *domain.Dictionary) (*logv1.Event, error) {
		next, err := changed(d, id, req)
		if err != nil {
			return nil, err
		}
		if err := d.CheckUpdate(wire.Slot(next)); err != nil {
			return nil, below("slot", err)
		}
		return s.slotChanged(next)
	})
	if err != nil {
		return nil, err
	}
	return slotOf(dict, id)
}

// changed returns the slot as a request wants it. Name, etag and times are not the caller's to set.
func changed(d *domain.Dictionary, id string, req *contextv1.UpdateSlotRequest) (*contextv1.Slot, error) {
	have, err := slotOf(d, id)
	if err != nil {
		return nil, err
	}
	if err := aip.CheckEtag(req.GetSlot().GetEtag(), have.GetEtag(), reasonETagMismatch); err != nil {
		return nil, err
	}
	next := proto.CloneOf(have)
	if err := aip.Update(next, req.GetSlot(), req.GetUpdateMask().GetPaths()); err != nil {
		return nil, err
	}
	next.Name, next.Etag, next.CreateTime, next.UpdateTime = have.GetName(), "", nil, nil
	return next, nil
}

// DeleteSlot removes an entry of the slot dictionary.
func (s *Server) DeleteSlot(ctx context.Context, req *contextv1.DeleteSlotRequest) (*emptypb.Empty, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	id := wire.SlotID(req.GetName())
	_, err = p.DictionaryWrite(ctx, func(d *domain.Dictionary) (*logv1.Event, error) {
		have, err := slotOf(d, id)
		if err != nil {
			return nil, err
		}
		if err := aip.CheckEtag(req.GetEtag(), have.GetEtag(), reasonETagMismatch); err != nil {
			return nil, err
		}
		if err := d.CheckDelete(id); err != nil {
			return nil, err
		}
		eventID, err := s.randomID()
		if err != nil {
			return nil, err
		}
		return wire.SlotDeleted("slot-"+eventID, id), nil
	})
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

// slotChanged returns the event that makes a slot what it is from now on.
func (s *Server) slotChanged(slot *contextv1.Slot) (*logv1.Event, error) {
	id, err := s.randomID()
	if err != nil {
		return nil, err
	}
	e, err := wire.SlotChanged("slot-"+id, slot)
	if err != nil {
		return nil, fault.New(fault.Internal, fault.InternalError, "a slot does not marshal: %w", err)
	}
	if n := proto.Size(e.GetCustomEvent().GetAttributes()); n > maxEntryBytes {
		return nil, fault.New(fault.Invalid, domain.ReasonInvalidSlot, "the slot is too large: %d bytes of at most %d", n, maxEntryBytes).
			With("slot", wire.SlotID(slot.GetName())).WithField("slot", "fewer or shorter aliases and allowed values are needed")
	}
	return e, nil
}

// below puts a field of the request in front of the fields that a fault blames.
func below(field string, err error) error {
	f, ok := fault.As(err)
	if !ok || len(f.Fields) == 0 {
		return err
	}
	c := *f
	c.Fields = slices.Clone(f.Fields)
	for i := range c.Fields {
		c.Fields[i].Path = field + "." + c.Fields[i].Path
	}
	return &c
}

// slotOf returns a slot as message.
func slotOf(d *domain.Dictionary, id string) (*contextv1.Slot, error) {
	slot, ok := d.Slot(id)
	if !ok {
		return nil, fault.New(fault.NotFound, domain.ReasonSlotNotFound, "the dictionary has no slot %q", id).With("slot", id)
	}
	return wire.SlotMessage(slot), nil
}
