package server

import (
	"context"
	"slices"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

// maxMergeSteps bounds how far a chain of merges is followed.
const maxMergeSteps = 20

// joined is what is known of a customer, with those merged into it.
type joined struct {
	// Current is what to answer from: the customer's own, or that of all who are one. Never nil; its state has revision
	// 0 when nothing is known.
	*projector.Current
	// root is the customer that the answer is about, requested the one that was asked for.
	root, requested string
	// own is the root's own state, without those merged into it; members are these.
	own     *projector.Current
	members []projector.Member
	// full and asOf are as in projector.Reading, for the one that is behind most.
	full bool
	asOf time.Time
	// missing says that a customer who may belong to it could not be read.
	missing bool
}

// reason says why less is known than there may be.
func (j *joined) reason() contextv1.IncompleteReason {
	if j.missing {
		return contextv1.IncompleteReason_INCOMPLETE_REASON_MERGED_CUSTOMER_MISSING
	}
	return contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED
}

// requestedCustomer is the name of the customer that was asked for, when the answer is about another one.
func (j *joined) requestedCustomer() string {
	if j.requested == j.root {
		return ""
	}
	return customerName(j.requested)
}

// states returns the states that the answer is made of, the root's first.
func (j *joined) states() []*domain.State {
	all := []*domain.State{j.own.State}
	for _, m := range j.members {
		all = append(all, m.Current.State)
	}
	return all
}

// read returns what is known of a customer. One that is merged into another leads to that one, and what is known of all
// who are merged into it is put together.
//
// A merge is in force when both histories tell of it. They are written one after the other, the merged customer's first:
// as long as one of them does not say so, each customer stands alone, so that half a merge hides nobody. What is merged
// is put together once and kept until one of the customers changes.
func (s *Server) read(ctx context.Context, p *tenant, customer string, want projector.Want) (joined, error) {
	if want.Of != "" && want.Of != customer {
		return s.readFor(ctx, p, customer, want)
	}
	r, err := p.Read(ctx, customer, want)
	if err != nil {
		return joined{}, err
	}
	j := joined{Current: r.Current, own: r.Current, root: customer, requested: customer, full: r.Full, asOf: r.AsOf}
	if r.State.Alone() {
		return j, nil
	}
	want.AtLeast, want.Of = 0, ""
	return s.join(ctx, p, j, want)
}

// readFor reads a customer with a token of another one, which has to be one with it: as a merge answers with the
// surviving customer's token, and the next read asks for the other.
func (s *Server) readFor(ctx context.Context, p *tenant, customer string, want projector.Want) (joined, error) {
	if reserved(want.Of) {
		return joined{}, projector.OthersToken()
	}
	if _, err := p.Read(ctx, want.Of, want); err != nil {
		return joined{}, err
	}
	j, err := s.read(ctx, p, customer, projector.Want{Full: want.Full})
	if err == nil && !j.includes(want.Of) && !want.Full {
		// The token's customer is up to date; this one may have to hear of the merge first.
		j, err = s.read(ctx, p, customer, projector.Want{Full: true})
	}
	if err == nil && !j.includes(want.Of) {
		err = projector.OthersToken()
	}
	return j, err
}

func (j *joined) includes(customer string) bool { return j.place(customer) >= 0 }

// place is the customer's place among the states; -1 when it is none of them.
func (j *joined) place(customer string) int {
	if j.root == customer {
		return 0
	}
	i := slices.IndexFunc(j.members, func(m projector.Member) bool { return m.Customer == customer })
	if i < 0 {
		return -1
	}
	return i + 1
}

// join follows the merges of a customer up to the root, and then down to all members.
func (s *Server) join(ctx context.Context, p *tenant, j joined, want projector.Want) (joined, error) {
	c := &collector{ctx: ctx, p: p, want: want, joined: j}
	if err := c.climb(); err != nil {
		return joined{}, err
	}
	root := c.own
	kept := root.Joined.Load()
	if c.unchanged(kept) {
		c.adopt(kept)
		return c.joined, nil
	}
	whole, err := c.descend()
	if err != nil {
		return joined{}, err
	}
	made := &projector.Joined{Current: c.combined(), Members: c.seen}
	if whole {
		root.Joined.Store(made)
	}
	c.missing = c.missing || !whole
	c.adopt(made)
	return c.joined, nil
}

// collector finds out who is one with a customer.
type collector struct {
	joined

	ctx  context.Context //nolint:containedctx // lives for one call
	p    *tenant
	want projector.Want

	seen []projector.Member
}

// get reads a customer. One that cannot be read is nil: what there is has to do, unless everything was asked for.
func (c *collector) get(customer string) (*projector.Current, error) {
	if reserved(customer) {
		return nil, nil
	}
	r, err := c.p.Read(c.ctx, customer, c.want)
	switch {
	case err != nil && (c.want.Full || c.ctx.Err() != nil):
		return nil, err
	case err != nil || r.State.Revision == 0:
		return nil, nil
	}
	c.full = c.full && r.Full
	if r.AsOf.Before(c.asOf) {
		c.asOf = r.AsOf
	}
	return r.Current, nil
}

// climb goes from the customer to the root. A chain that leads back, or into nothing, ends where it is.
func (c *collector) climb() error {
	visited := []string{c.root}
	for range maxMergeSteps {
		into := c.own.State.MergedInto
		if into.ID == "" || slices.Contains(visited, into.Customer) {
			return nil
		}
		up, err := c.get(into.Customer)
		if err != nil {
			return err
		}
		if up == nil {
			c.missing = true
			return nil
		}
		if !up.State.Lists(into.ID, c.root) {
			return nil
		}
		c.root, c.own, c.Current = into.Customer, up, up
		visited = append(visited, into.Customer)
	}
	return nil
}

// unchanged reports whether what was put together before still holds. It reads all members, so that their age counts.
func (c *collector) unchanged(kept *projector.Joined) bool {
	if kept == nil {
		return false
	}
	for _, m := range kept.Members {
		cur, err := c.get(m.Customer)
		if err != nil || cur != m.Current {
			return false
		}
	}
	return true
}

func (c *collector) adopt(made *projector.Joined) {
	c.Current = made.Current
	for _, m := range made.Members {
		if m.InForce {
			c.members = append(c.members, m)
		}
	}
}

// descend collects the customers merged into the root, and those merged into them. It says whether all could be read.
func (c *collector) descend() (whole bool, err error) {
	whole = true
	visited := map[string]bool{c.root: true}
	type holder struct {
		name string
		cur  *projector.Current
	}
	count := 1
	for open := []holder{{c.root, c.own}}; len(open) > 0; {
		at := open[0]
		open = open[1:]
		for _, m := range at.cur.State.Merges {
			if visited[m.Customer] || count >= domain.MaxMerged {
				continue
			}
			member, err := c.member(m, at.name)
			if err != nil {
				return false, err
			}
			if member.Current == nil {
				whole = false
				continue
			}
			c.seen = append(c.seen, member)
			if member.InForce {
				visited[m.Customer] = true
				count++
				open = append(open, holder{m.Customer, member.Current})
			}
		}
	}
	return whole, nil
}

// member reads the other side of a merge that a customer's history tells of. If that does not agree, this server may
// not have heard of it yet: the merged customer's history was written first.
func (c *collector) member(m domain.Merge, holder string) (projector.Member, error) {
	agrees := func(cur *projector.Current) bool {
		into := cur.State.MergedInto
		return into.ID == m.ID && into.Customer == holder
	}
	cur, err := c.get(m.Customer)
	if err == nil && cur != nil && !agrees(cur) && !c.want.Full {
		newest, err := c.p.Read(c.ctx, m.Customer, projector.Want{Full: true})
		if err == nil {
			cur = newest.Current
		}
	}
	if err != nil || cur == nil {
		return projector.Member{}, err
	}
	return projector.Member{Customer: m.Customer, Current: cur, MergeID: m.ID, Holder: holder, InForce: agrees(cur)}, nil
}

// combined puts together what is known of all.
func (c *collector) combined() *projector.Current {
	var others []*domain.State
	for _, m := range c.seen {
		if m.InForce {
			others = append(others, m.Current.State)
		}
	}
	own := c.own.State
	switch {
	case len(others) > 0:
		return &projector.Current{State: domain.Join(own, others...)}
	case len(own.Merges) > 0: // none of them is in force
		return &projector.Current{State: own.WithMerges(nil)}
	}
	return c.own
}
