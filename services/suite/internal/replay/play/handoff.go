package play

import (
	"context"
	"fmt"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// Handoffs count what became of the handoffs between legs.
type Handoffs struct {
	// Created, Accepted and Completed are handoffs.
	Created, Accepted, Completed int64
	// SlotsOffered are the slots of the completed ones. Each was Read, Dropped or neither, which is Unread, by the end; any
	// of them may have been AskedAgain.
	SlotsOffered, SlotsRead, SlotsDropped, SlotsUnread, SlotsAskedAgain int64
}

func (h *Handoffs) add(o Handoffs) {
	h.Created += o.Created
	h.Accepted += o.Accepted
	h.Completed += o.Completed
	h.SlotsOffered += o.SlotsOffered
	h.SlotsRead += o.SlotsRead
	h.SlotsDropped += o.SlotsDropped
	h.SlotsUnread += o.SlotsUnread
	h.SlotsAskedAgain += o.SlotsAskedAgain
}

// Where a handoff's token can be put. Nobody is called there.
const (
	referTo = "sip:desk@example.com"
	landing = "https://desk.example.com/take-over"
)

// carry returns a handoff's token as the platforms between leg i and the next carry it: each way in turn, so that all of
// them are read back.
func carry(i int, made *contextv1.CreateHandoffResponse) string {
	r := made.GetRenderings()
	return []string{r.GetUserToUser(), r.GetReferTo(), r.GetUrl(), made.GetToken()}[i%4]
}

// handOver brings the handoff that led to leg i to its end, and begins the one to the next leg, where there is one.
func (r *run) handOver(ctx context.Context, name string, i int, now time.Time) error {
	last := i == len(r.dialogue.Legs)-1
	if last && r.taken == nil {
		return nil
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	if err := r.complete(ctx, name, now); err != nil || last {
		return err
	}
	return r.offer(ctx, name, i, now)
}

// offer offers the customer to the leg after leg i, with all that is known.
func (r *run) offer(ctx context.Context, name string, i int, now time.Time) error {
	next, to := r.dialogue.Legs[i+1], places[(i+1)%len(places)]
	req := &contextv1.CreateHandoffRequest{
		Customer: r.customer, To: to.actor(), TargetChannel: to.channel, Reason: next.Task,
		ReferToUri: referTo, LandingUrl: landing, Origin: r.origin(now), RequestId: name + ".handoff",
	}
	got, err := timed(r.Calls, "CreateHandoff", func() (*contextv1.CreateHandoffResponse, error) {
		return r.Context.CreateHandoff(ctx, req)
	})
	if err != nil {
		return err
	}
	r.token, r.carried = got.GetConsistencyToken(), carry(i, got)
	r.Counts.Events++
	r.Counts.Handoffs.Created++
	return nil
}

// takeOver accepts the handoff of the leg before, if there was one. An offer that has lapsed, because playing was
// interrupted in between, is left: the customer was found without it.
func (r *run) takeOver(ctx context.Context, name string, start time.Time) error {
	carried := r.carried
	r.carried, r.taken = "", nil
	if carried == "" {
		return nil
	}
	got, err := timed(r.Calls, "AcceptHandoff", func() (*contextv1.HandoffChange, error) {
		return r.Context.AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{
			Token: carried, Origin: r.origin(start), RequestId: name + ".accept",
		})
	})
	if err != nil {
		if fault.ReasonOf(rpc.FromError(err)) == "HANDOFF_NOT_OPEN" {
			return nil
		}
		return err
	}
	r.taken = got.GetHandoff()
	r.Counts.Handoffs.Accepted++
	r.changed(got)
	return nil
}

// acknowledge says which of the slots handed over the leg has read, because the plan let it use their values, and which
// it has no use for. One that it needs but may not use is neither. As with questions avoided, a leg that was played
// before has said so then.
func (r *run) acknowledge(ctx context.Context, name string, leg *dialogue.Leg, plans []*contextv1.SlotPlan) error {
	if r.taken == nil || r.again || len(r.taken.GetOfferedSlots()) == 0 {
		return nil
	}
	needed, used := map[string]bool{}, map[string]bool{}
	for _, p := range plans {
		slot := p.GetSlotId()
		if slot == "" {
			slot = p.GetSlot()
		}
		needed[fold(slot)] = true
		used[fold(slot)] = p.GetDecision() == contextv1.Decision_DECISION_USE
	}
	req := &contextv1.AcknowledgeHandoffRequest{
		Name: r.taken.GetName(), Origin: r.origin(leg.Start), RequestId: name + ".acknowledge",
	}
	for _, slot := range r.taken.GetOfferedSlots() {
		switch key := fold(slot); {
		case used[key]:
			req.ReadSlots = append(req.ReadSlots, slot)
		case !needed[key]:
			req.DroppedSlots = append(req.DroppedSlots, slot)
		}
	}
	if len(req.ReadSlots)+len(req.DroppedSlots) == 0 {
		return nil
	}
	got, err := timed(r.Calls, "AcknowledgeHandoff", func() (*contextv1.HandoffChange, error) {
		return r.Context.AcknowledgeHandoff(ctx, req)
	})
	if err != nil {
		return fmt.Errorf("acknowledge %s: %w", req.GetName(), err)
	}
	r.changed(got)
	return nil
}

// complete ends the handoff that brought the customer to this leg, and counts what became of its slots.
func (r *run) complete(ctx context.Context, name string, now time.Time) error {
	if r.taken == nil {
		return nil
	}
	got, err := timed(r.Calls, "CompleteHandoff", func() (*contextv1.HandoffChange, error) {
		return r.Context.CompleteHandoff(ctx, &contextv1.CompleteHandoffRequest{
			Name: r.taken.GetName(), Origin: r.origin(now), RequestId: name + ".complete",
		})
	})
	if err != nil {
		return err
	}
	r.changed(got)
	h, n := got.GetHandoff(), &r.Counts.Handoffs
	n.Completed++
	n.SlotsOffered += int64(len(h.GetOfferedSlots()))
	n.SlotsRead += int64(len(h.GetReadSlots()))
	n.SlotsDropped += int64(len(h.GetDroppedSlots()))
	n.SlotsUnread += int64(len(h.GetUnreadSlots()))
	n.SlotsAskedAgain += int64(len(h.GetAskedAgainSlots()))
	r.taken = nil
	return nil
}

// changed notes that a handoff was changed.
func (r *run) changed(c *contextv1.HandoffChange) {
	r.token = c.GetConsistencyToken()
	r.Counts.Events++
}
