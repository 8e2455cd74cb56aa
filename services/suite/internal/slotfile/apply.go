package slotfile

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Import creates and updates the server's slots so that they are those given.
func Import(ctx context.Context, client contextv1.ContextServiceClient, slots []*contextv1.Slot) ([]*Change, error) {
	changes, err := Plan(ctx, client, slots)
	if err != nil {
		return nil, err
	}
	return changes, Apply(ctx, client, changes)
}

// Apply does what a plan says and marks in it what has been done; it stops at the first refusal. The steps are ordered
// so that no state in between is against the rules: first every slot lets go of the aliases it loses (another may
// be waiting for one), then the new slots come without their links (which may go round in a circle), and then
// everything gets its final form.
func Apply(ctx context.Context, client contextv1.ContextServiceClient, changes []*Change) error {
	for _, c := range changes {
		if c.Action != Update {
			continue
		}
		if s, loses := c.fewerAliases(); loses {
			if err := c.update(ctx, client, s, "aliases"); err != nil {
				return err
			}
		}
	}
	for _, c := range changes {
		if c.Action != Create {
			continue
		}
		if err := c.create(ctx, client); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.Done || c.Action == Unchanged {
			continue
		}
		s := proto.CloneOf(c.want)
		s.Etag = c.have.GetEtag()
		if err := c.update(ctx, client, s, contentFields...); err != nil {
			return err
		}
		c.Done = true
	}
	return nil
}

func (c *Change) create(ctx context.Context, client contextv1.ContextServiceClient) error {
	s := proto.CloneOf(c.want)
	s.Links = nil
	made, err := client.CreateSlot(ctx, &contextv1.CreateSlotRequest{Slot: s, SlotId: c.ID})
	if err != nil {
		return fmt.Errorf("create slot %q: %w", c.ID, err)
	}
	c.have = made
	c.Done = len(c.want.GetLinks()) == 0
	return nil
}

func (c *Change) update(ctx context.Context, client contextv1.ContextServiceClient, s *contextv1.Slot, fields ...string) error {
	got, err := client.UpdateSlot(ctx, &contextv1.UpdateSlotRequest{Slot: s, UpdateMask: &fieldmaskpb.FieldMask{Paths: fields}})
	if err != nil {
		return fmt.Errorf("update slot %q: %w", c.ID, err)
	}
	c.have = got
	return nil
}
