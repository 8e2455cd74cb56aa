package slotfile

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Change is what an import does to one slot.
type Change struct {
	// ID is the slot's id.
	ID string
	// Action is what is to be done.
	Action Action
	// Done says whether it has been done.
	Done bool

	want, have *contextv1.Slot
}

// Action is the kind of a change.
type Action string

// The kinds of change.
const (
	Create    Action = "create"
	Update    Action = "update"
	Unchanged Action = "unchanged"
)

// contentFields are the fields of a slot that a file decides.
var contentFields = []string{
	"display_name", "description", "aliases", "type", "validation", "sensitivity", "max_age", "expire_after",
	"min_confidence", "on_conflict", "links", "min_verification", "consent_purpose",
}

// Plan compares slots with the server's dictionary, changes nothing, and returns one change a slot, in their order.
// Slots of the server that are not among them stay as they are.
func Plan(ctx context.Context, client contextv1.ContextServiceClient, slots []*contextv1.Slot) ([]*Change, error) {
	stored, err := List(ctx, client)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*contextv1.Slot, len(stored))
	for _, s := range stored {
		byID[ID(s)] = s
	}
	changes := make([]*Change, len(slots))
	for i, want := range slots {
		c := &Change{ID: ID(want), Action: Create, want: want, have: byID[ID(want)]}
		if c.have != nil {
			c.Action = Update
			if proto.Equal(content(c.have), content(want)) {
				c.Action = Unchanged
			}
		}
		changes[i] = c
	}
	return changes, checkAgainst(changes, byID)
}

// List returns the server's whole dictionary, by id.
func List(ctx context.Context, client contextv1.ContextServiceClient) ([]*contextv1.Slot, error) {
	var all []*contextv1.Slot
	req := &contextv1.ListSlotsRequest{PageSize: 1000}
	for {
		page, err := client.ListSlots(ctx, req)
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetSlots()...)
		if page.GetNextPageToken() == "" {
			return all, nil
		}
		req.PageToken = page.GetNextPageToken()
	}
}

// checkAgainst finds what the server would refuse because of slots that it has already.
func checkAgainst(changes []*Change, stored map[string]*contextv1.Slot) error {
	wanted := map[string]bool{}
	for _, c := range changes {
		wanted[c.ID] = true
	}
	taken := map[nameKey]string{}
	for id, s := range stored {
		if wanted[id] {
			continue // its aliases are about to be replaced
		}
		taken[keyFor(id, "")] = id
		for _, a := range s.GetAliases() {
			taken[keyFor(a.GetName(), a.GetScope())] = id
		}
	}
	for _, c := range changes {
		if id, ok := taken[keyFor(c.ID, "")]; ok {
			return fmt.Errorf("slot %q: its id is a name of slot %q on the server", c.ID, id)
		}
		for _, l := range c.want.GetLinks() {
			if !wanted[l.GetFromSlot()] && stored[l.GetFromSlot()] == nil {
				return fmt.Errorf("slot %q: its link is from slot %q, which is neither in the file nor on the server", c.ID, l.GetFromSlot())
			}
		}
		for _, a := range c.want.GetAliases() {
			if id, ok := taken[keyFor(a.GetName(), a.GetScope())]; ok {
				return fmt.Errorf("slot %q: alias %s is taken by slot %q on the server", c.ID, alias{a.GetName(), a.GetScope()}, id)
			}
		}
	}
	return nil
}

// content returns what a file can say about a slot, in the form in which two slots compare equal when they mean the
// same.
func content(s *contextv1.Slot) *contextv1.Slot {
	c := proto.CloneOf(s)
	c.Etag, c.CreateTime, c.UpdateTime = "", nil, nil
	if c.Validation != nil && proto.Size(c.Validation) == 0 {
		c.Validation = nil
	}
	return c
}

// fewerAliases returns the slot as the server has it without the aliases that it is about to lose, and false when it
// loses none.
func (c *Change) fewerAliases() (*contextv1.Slot, bool) {
	kept := slices.DeleteFunc(slices.Clone(c.have.GetAliases()), func(a *contextv1.SlotAlias) bool {
		return !slices.ContainsFunc(c.want.GetAliases(), func(b *contextv1.SlotAlias) bool {
			return keyFor(a.GetName(), a.GetScope()) == keyFor(b.GetName(), b.GetScope())
		})
	})
	if len(kept) == len(c.have.GetAliases()) {
		return nil, false
	}
	return &contextv1.Slot{Name: c.have.GetName(), Etag: c.have.GetEtag(), Aliases: kept}, true
}
