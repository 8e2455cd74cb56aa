package server

import (
	"context"
	"errors"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const reasonMergeNotFound = "MERGE_NOT_FOUND"

// UnmergeCustomers undoes a merge. The merged customer's history is written first, as in a merge, and that sets it free;
// the survivor's keeps the merge in its list until it is written, too, so that a call that was cut off in between can be
// completed by any other.
func (s *Server) UnmergeCustomers(ctx context.Context, req *contextv1.UnmergeCustomersRequest) (*contextv1.UnmergeCustomersResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	base, keyed, err := s.requestBase("unmerge", req.GetRequestId())
	if err != nil {
		return nil, err
	}
	u := &parting{p: p, req: req, base: base, keyed: keyed, named: projector.CustomerID(req.GetSurvivingCustomer())}
	j, err := s.read(ctx, p, u.named, projector.Want{Full: true})
	if err != nil {
		return nil, err
	}
	if u.find(&j) {
		return u.run(ctx)
	}
	return u.replay(ctx)
}

// parting is one call of UnmergeCustomers.
type parting struct {
	p     *tenant
	req   *contextv1.UnmergeCustomersRequest
	base  string
	keyed bool
	named string // the survivor, as the caller says

	holders []string // the customers whose merges the caller may mean
	holder  string   // the one whose history lists the merge
	merged  string
}

// find looks for the customer whose history lists the merge: the one that the caller names, or one merged into that,
// as the caller sees the merges of all of them in one list.
func (u *parting) find(j *joined) bool {
	u.holders = j.names()
	states := j.states()
	if j.root != u.named { // asked for by the name of a merged customer: only that one's own merges
		at := j.place(u.named)
		u.holders, states = u.holders[at:at+1], states[at:at+1]
	}
	for i, state := range states {
		for _, m := range state.Merges {
			if m.ID == u.req.GetMergeId() {
				u.holder, u.merged = u.holders[i], m.Customer
				return true
			}
		}
	}
	return false
}

func (u *parting) event(part string) *logv1.Event {
	e := header(u.base+"-"+part, u.req.GetOrigin())
	e.Payload = &logv1.Event_CustomersUnmerged{CustomersUnmerged: &logv1.CustomersUnmerged{
		MergeId: u.req.GetMergeId(), Reason: u.req.GetReason(),
	}}
	return e
}

func (u *parting) run(ctx context.Context) (*contextv1.UnmergeCustomersResponse, error) {
	wh, wm, err := lockBoth(ctx, u.p, u.holder, u.merged)
	if err != nil {
		return nil, err
	}
	defer wh.Close()
	defer wm.Close()
	if u.keyed {
		stored, _, _, err := wh.Probe(ctx, u.event("surviving"))
		switch {
		case err != nil:
			return nil, err
		case stored == projector.StoredOther:
			return nil, requestIDReused()
		}
	}
	_, err = wm.Append(ctx, func(cur *projector.Current) ([]*logv1.Event, error) {
		if cur.State.MergedInto.ID != u.req.GetMergeId() {
			return nil, errNothing
		}
		return []*logv1.Event{u.event("merged")}, nil
	})
	switch {
	case fault.ReasonOf(err) == reasonEventIDReused:
		return nil, requestIDReused()
	case err != nil && !errors.Is(err, errNothing):
		return nil, err
	}
	if _, err := wh.Append(ctx, func(*projector.Current) ([]*logv1.Event, error) {
		return []*logv1.Event{u.event("surviving")}, nil
	}); err != nil {
		return nil, err
	}
	return u.response(ctx, wm.Current().State.Revision)
}

// replay answers a request that was done before; it is MERGE_NOT_FOUND when none was.
func (u *parting) replay(ctx context.Context) (*contextv1.UnmergeCustomersResponse, error) {
	notFound := fault.New(fault.NotFound, reasonMergeNotFound, "the customer has no such merge in force").With("merge_id", u.req.GetMergeId())
	if !u.keyed {
		return nil, notFound
	}
	for _, holder := range u.holders {
		merged, err := u.undone(ctx, holder)
		if err != nil {
			return nil, err
		}
		if merged != "" {
			u.merged = merged
			return u.response(ctx, 0)
		}
	}
	return nil, notFound
}

// undone returns whose merge this very request has undone in a customer's history; empty when it has not.
func (u *parting) undone(ctx context.Context, holder string) (string, error) {
	w, err := u.p.Writer(ctx, holder)
	if err != nil {
		return "", err
	}
	defer w.Close()
	stored, _, _, err := w.Probe(ctx, u.event("surviving"))
	switch {
	case err != nil:
		return "", err
	case stored == projector.StoredOther:
		return "", requestIDReused()
	case stored == projector.StoredNot:
		return "", nil
	}
	made, err := w.FindNewest(ctx, historyPages, logv1.EventType_EVENT_TYPE_CUSTOMERS_MERGED, func(e *logv1.Event) bool {
		return e.GetCustomersMerged().GetMergeId() == u.req.GetMergeId()
	})
	return projector.CustomerID(made.GetCustomersMerged().GetMergedCustomer()), err
}

// response answers with what both customers are at now.
func (u *parting) response(ctx context.Context, mergedRevision int64) (*contextv1.UnmergeCustomersResponse, error) {
	surviving, err := u.p.Read(ctx, u.named, projector.Want{})
	if err != nil {
		return nil, err
	}
	merged, err := u.p.Read(ctx, u.merged, projector.Want{AtLeast: mergedRevision})
	if err != nil {
		return nil, err
	}
	return &contextv1.UnmergeCustomersResponse{
		MergedCustomer:         customerName(u.merged),
		Revision:               surviving.State.Revision,
		ConsistencyToken:       tokenOf(u.p, u.named, surviving.State.Revision),
		MergedConsistencyToken: tokenOf(u.p, u.merged, merged.State.Revision),
	}, nil
}
