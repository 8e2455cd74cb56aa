package server

import (
	"context"
	"slices"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// maxMergeSteps bounds how far a chain of merges is followed.
const maxMergeSteps = 20

// joined is what is known of a customer, with those merged into it.
type joined struct {
	// Reading is what to answer from, the customer's own or that of all who are one, and what it rests on: it is as
	// complete and as old as the one that is behind most.
	projector.Reading
	// root is the customer that the answer is about, requested the one that was asked for.
	root, requested string
	// own is the root's own, without those merged into it; members are these.
	own     *projector.Current
	members []member
	// short says that what the caller's token stands for is not there.
	short bool
}

// member is a customer that may be one with another: it is when the merge is in force.
type member struct {
	customer string
	*projector.Current
	inForce bool
}

// nobody is a customer of whom nothing is known.
func nobody(customer string) joined {
	none := &projector.Current{State: &domain.State{}}
	return joined{Reading: projector.Reading{Current: none, Complete: true}, own: none, root: customer, requested: customer}
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
		all = append(all, m.State)
	}
	return all
}

// names returns the customers that the answer is made of, in the order of states.
func (j *joined) names() []string {
	all := []string{j.root}
	for _, m := range j.members {
		all = append(all, m.customer)
	}
	return all
}

// holder returns the customer whose own history has something: who wants to change it has to write there. It is the root
// when none has it.
func (j *joined) holder(has func(*domain.State) bool) string {
	if holder, found := j.find(j.root, has); found {
		return holder
	}
	return j.root
}

// find looks for the customer whose own history has something: at one of them first, then at the root and its members.
func (j *joined) find(first string, has func(*domain.State) bool) (holder string, found bool) {
	names, states := j.names(), j.states()
	if at := slices.Index(names, first); at >= 0 && has(states[at]) {
		return first, true
	}
	if at := slices.IndexFunc(states, has); at >= 0 {
		return names[at], true
	}
	return "", false
}

// caseHolder returns the customer whose case it is.
func (j *joined) caseHolder(id string) string { return j.holder(hasCase(id)) }

func hasCase(id string) func(*domain.State) bool {
	return func(s *domain.State) bool {
		_, err := s.Case(id)
		return err == nil
	}
}

func hasHandoff(id string) func(*domain.State) bool {
	return func(s *domain.State) bool {
		_, err := s.Handoff(id)
		return err == nil
	}
}

// holderOf returns the customer in whose history something is that goes by a customer's name: of those who are one, any
// name will do. It is the named one where nobody has it, and then the log has been asked: what it knows is never missing
// only because the view is behind.
func (s *Server) holderOf(ctx context.Context, p *tenant, customer string, has func(*domain.State) bool) (string, error) {
	for _, want := range []projector.Want{{}, {Full: true}} {
		j, err := s.read(ctx, p, customer, want)
		if err != nil {
			return "", err
		}
		if holder, found := j.find(customer, has); found {
			return holder, nil
		}
		if j.Full {
			break
		}
	}
	return customer, nil
}

// lacks notes that less is known than there may be. Of several reasons the first one stands, unless somebody is missing.
func (j *joined) lacks(why projector.Why) {
	if why != projector.Complete && (j.Complete || why == projector.MemberMissing) {
		j.Complete, j.Why = false, why
	}
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
	j := joined{Reading: r, own: r.Current, root: customer, requested: customer, short: r.State.Revision < want.AtLeast}
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
	of, err := p.Read(ctx, want.Of, want)
	if err != nil {
		return joined{}, err
	}
	j, err := s.read(ctx, p, customer, projector.Want{Full: want.Full})
	if err == nil && !j.includes(want.Of) && !want.Full {
		// The token's customer is up to date; this one may have to hear of the merge first.
		j, err = s.read(ctx, p, customer, projector.Want{Full: true})
	}
	switch {
	case err != nil:
		return joined{}, err
	case !j.includes(want.Of):
		return joined{}, projector.OthersToken()
	}
	j.short = of.State.Revision < want.AtLeast
	j.lacks(of.Why)
	return j, nil
}

func (j *joined) includes(customer string) bool { return j.place(customer) >= 0 }

// place is the customer's place among the states; -1 when it is none of them.
func (j *joined) place(customer string) int { return slices.Index(j.names(), customer) }

// join follows the merges of a customer up to the root, and then down to all members.
func (s *Server) join(ctx context.Context, p *tenant, j joined, want projector.Want) (joined, error) {
	c := &collector{ctx: ctx, p: p, want: want, joined: j}
	if err := c.climb(); err != nil {
		return joined{}, err
	}
	root := c.own
	if kept := root.Joined.Load(); c.unchanged(kept) {
		c.adopt(kept.Current)
		return c.joined, nil
	}
	whole, err := c.descend()
	if err != nil {
		return joined{}, err
	}
	made := c.combined()
	if whole {
		kept := &projector.Joined{Current: made}
		for _, m := range c.seen {
			kept.Members = append(kept.Members, projector.Member{Customer: m.customer, Revision: m.State.Revision, InForce: m.inForce})
		}
		root.Joined.Store(kept)
		p.Weigh(c.root)
	} else {
		c.lacks(projector.MemberMissing)
	}
	c.adopt(made)
	return c.joined, nil
}

// collector finds out who is one with a customer.
type collector struct {
	joined

	ctx  context.Context //nolint:containedctx // lives for one call
	p    *tenant
	want projector.Want

	// seen are the customers that were looked at: those who are one with the root, and those who turned out not to be.
	seen []member
}

// get reads a customer. It is nil when nothing is known of it, and unread then says that it might be known: what there is
// has to do, unless everything was asked for.
func (c *collector) get(customer string) (cur *projector.Current, unread bool, err error) {
	if reserved(customer) {
		return nil, false, nil
	}
	r, err := c.p.Read(c.ctx, customer, c.want)
	switch {
	case fault.ReasonOf(err) == domain.ReasonCustomerErased:
		return nil, false, nil // and never will be
	case err != nil && (c.want.Full || c.ctx.Err() != nil):
		return nil, true, err
	case err != nil:
		return nil, true, nil
	case r.State.Revision == 0:
		return nil, !r.Complete, nil
	}
	c.Full = c.Full && r.Full
	c.lacks(r.Why)
	if r.AsOf.Before(c.AsOf) {
		c.AsOf = r.AsOf
	}
	return r.Current, false, nil
}

// climb goes from the customer to the root. A chain that leads back, or into nothing, ends where it is.
func (c *collector) climb() error {
	visited := []string{c.root}
	for range maxMergeSteps {
		into := c.own.State.MergedInto
		if into.ID == "" || slices.Contains(visited, into.Customer) {
			return nil
		}
		up, unread, err := c.get(into.Customer)
		if unread {
			c.lacks(projector.MemberMissing)
		}
		if err != nil || up == nil || !up.State.Lists(into.ID, c.root) {
			return err
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
	seen := make([]member, 0, len(kept.Members))
	for _, m := range kept.Members {
		cur, _, err := c.get(m.Customer)
		if err != nil || cur == nil || cur.State.Revision != m.Revision {
			return false
		}
		seen = append(seen, member{m.Customer, cur, m.InForce})
	}
	c.seen = seen
	return true
}

func (c *collector) adopt(made *projector.Current) {
	c.Current = made
	c.members = slices.DeleteFunc(c.seen, func(m member) bool { return !m.inForce })
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
			other, unread, err := c.member(m, at.name)
			if err != nil {
				return false, err
			}
			whole = whole && !unread
			if other.Current == nil {
				continue
			}
			c.seen = append(c.seen, other)
			if other.inForce {
				visited[m.Customer] = true
				count++
				open = append(open, holder{m.Customer, other.Current})
			}
		}
	}
	return whole, nil
}

// member reads the other side of a merge that a customer's history tells of. If that does not agree, this server may
// not have heard of it yet: the merged customer's history was written first.
func (c *collector) member(m domain.Merge, holder string) (other member, unread bool, err error) {
	agrees := func(cur *projector.Current) bool {
		into := cur.State.MergedInto
		return into.ID == m.ID && into.Customer == holder
	}
	cur, unread, err := c.get(m.Customer)
	if err != nil || cur == nil {
		return member{}, unread, err
	}
	if !agrees(cur) && !c.want.Full {
		if newest, err := c.p.Read(c.ctx, m.Customer, projector.Want{Full: true}); err == nil {
			cur = newest.Current
		}
	}
	return member{m.Customer, cur, agrees(cur)}, false, nil
}

// combined puts together what is known of all.
func (c *collector) combined() *projector.Current {
	var others []*domain.State
	for _, m := range c.seen {
		if m.inForce {
			others = append(others, m.State)
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
