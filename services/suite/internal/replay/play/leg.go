package play

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// source is the system that reports what is played.
const source = "throughline-replay"

// maxSlots is how many slots one PlanQuestions takes.
const maxSlots = 200

// run is a dialogue being played.
type run struct {
	*Player
	Result
	dialogue *dialogue.Dialogue
	// id begins all event ids of the dialogue, so that playing it again stores nothing twice.
	id string
	// customer and interaction are what the leg's ResolveCustomer answered.
	customer, interaction string
	// again is true when the leg was played before. What it did not ask was recorded then; by now the suite knows answers
	// from the leg's own future.
	again bool
	place place
	// carried is the token of the handoff to the next leg as that one gets it, and taken the handoff that brought the
	// customer to this one; empty and nil where there is none.
	carried string
	taken   *contextv1.Handoff
	// token stands for the newest write: what is read has to include it.
	token string
	// pending are events that were not sent yet.
	pending []*interactionlogv1.Event
	size    int
}

// leg plays a leg as a channel would: find the customer, take over from the leg before, see what is known, ask what may
// still be asked, and only then let the customer speak. All that came before is stored and acknowledged by then.
func (r *run) leg(ctx context.Context, i int, leg *dialogue.Leg) error {
	r.place = places[i%len(places)]
	name := fmt.Sprintf("%s.leg%d", r.id, i+1)
	if err := r.resolve(ctx, name, leg); err != nil {
		return err
	}
	if err := r.takeOver(ctx, name, leg.Start); err != nil {
		return err
	}
	if _, err := timed(r.Calls, "GetContext", func() (*contextv1.CustomerContext, error) {
		return r.Context.GetContext(ctx, &contextv1.GetContextRequest{Customer: r.customer, Consistency: r.fresh(), Asker: r.asker()})
	}); err != nil {
		return err
	}
	plans, err := r.plan(ctx, name, leg)
	if err != nil {
		return err
	}
	if err := r.acknowledge(ctx, name, leg, plans); err != nil {
		return err
	}
	if leg.Task != "" {
		started := &interactionlogv1.FlowStarted{FlowRunId: name, FlowId: leg.Task}
		e := r.event(name+".flow", leg.Start, r.actor())
		e.Payload = &interactionlogv1.Event_FlowStarted{FlowStarted: started}
		if err := r.add(ctx, e); err != nil {
			return err
		}
	}
	for _, item := range leg.Items {
		if err := r.item(ctx, name, leg, item); err != nil {
			return err
		}
	}
	return r.end(ctx, name, i, leg)
}

// resolve finds the customer and begins the interaction.
func (r *run) resolve(ctx context.Context, name string, leg *dialogue.Leg) error {
	req := &contextv1.ResolveCustomerRequest{
		Identifiers: []*interactionlogv1.Identifier{{
			Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: r.identifier(r.dialogue),
		}},
		Origin:          interactionlogv1.LinkOrigin_LINK_ORIGIN_SYSTEM_OF_RECORD,
		PlatformContact: &contextv1.PlatformContact{Platform: source, ContactId: name},
		Channel:         r.place.channel,
		Direction:       interactionlogv1.Direction_DIRECTION_INBOUND,
		OccurredAt:      timestamppb.New(leg.Start),
	}
	got, err := timed(r.Calls, "ResolveCustomer", func() (*contextv1.ResolveCustomerResponse, error) {
		return r.Context.ResolveCustomer(ctx, req)
	})
	if err != nil {
		return err
	}
	r.customer, r.interaction, r.token = got.GetCustomer(), got.GetInteractionId(), got.GetConsistencyToken()
	if r.again = !got.GetInteractionCreated(); r.again {
		r.Counts.Replayed++
	} else {
		r.Counts.Events++
	}
	for _, m := range got.GetMatches() {
		if m.GetOutcome() == contextv1.MatchOutcome_MATCH_OUTCOME_LINKED {
			r.Counts.Events++
		}
	}
	return nil
}

// plan asks which of the slots that the leg needs may be used, and records the questions that this saves. That a secret
// need not be proved again, because a verification stands for it, is no answer known.
func (r *run) plan(ctx context.Context, name string, leg *dialogue.Leg) ([]*contextv1.SlotPlan, error) {
	var plans []*contextv1.SlotPlan
	for from := 0; from < len(leg.Needs); from += maxSlots {
		req := &contextv1.PlanQuestionsRequest{
			Customer: r.customer, Scope: leg.Task, AsOfTime: timestamppb.New(leg.Start), Consistency: r.fresh(), Asker: r.asker(),
		}
		for _, slot := range leg.Needs[from:min(from+maxSlots, len(leg.Needs))] {
			req.Slots = append(req.Slots, &contextv1.SlotRequest{Slot: slot})
		}
		got, err := timed(r.Calls, "PlanQuestions", func() (*contextv1.PlanQuestionsResponse, error) {
			return r.Context.PlanQuestions(ctx, req)
		})
		if err != nil {
			return nil, err
		}
		plans = append(plans, got.GetPlans()...)
		for i, p := range got.GetPlans() {
			r.Answers = append(r.Answers, Answer{
				Task: leg.Task, Slot: p.GetSlot(), Decision: p.GetDecision(), Reason: p.GetReason(), Value: p.GetValue(),
			})
			if p.GetDecision() != contextv1.Decision_DECISION_USE || p.GetReason() == contextv1.DecisionReason_DECISION_REASON_VERIFIED {
				continue
			}
			r.Counts.RepeatsAvoided++
			if r.again {
				continue
			}
			q := &contextv1.RecordQuestionRequest{
				Slot: p.GetSlot(), Scope: leg.Task, Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED,
				RequestId: fmt.Sprintf("%s.avoided%d", name, from+i+1),
			}
			if err := r.question(ctx, q, leg.Start); err != nil {
				return nil, err
			}
		}
	}
	return plans, nil
}

// end closes the flow, hands the customer over to the next leg, if there is one, and closes the interaction. It waits
// until everything is stored.
func (r *run) end(ctx context.Context, name string, i int, leg *dialogue.Leg) error {
	now := leg.Start
	if n := len(leg.Items); n > 0 && leg.Items[n-1].Time.After(now) {
		now = leg.Items[n-1].Time
	}
	flow, interaction := interactionlogv1.FlowOutcome_FLOW_OUTCOME_COMPLETED, interactionlogv1.InteractionOutcome_INTERACTION_OUTCOME_TRANSFERRED
	if i == len(r.dialogue.Legs)-1 {
		interaction = interactionlogv1.InteractionOutcome_INTERACTION_OUTCOME_COMPLETED
		if !r.dialogue.Completed {
			flow, interaction = interactionlogv1.FlowOutcome_FLOW_OUTCOME_ABANDONED, interactionlogv1.InteractionOutcome_INTERACTION_OUTCOME_ABANDONED
		}
	}
	if leg.Task != "" {
		ended := &interactionlogv1.FlowEnded{FlowRunId: name, Outcome: flow}
		e := r.event(name+".flowend", now, r.actor())
		e.Payload = &interactionlogv1.Event_FlowEnded{FlowEnded: ended}
		if err := r.add(ctx, e); err != nil {
			return err
		}
	}
	if err := r.handOver(ctx, name, i, now); err != nil {
		return err
	}
	ended := &interactionlogv1.InteractionEnded{Outcome: interaction}
	e := r.event(name+".end", now, r.actor())
	e.Payload = &interactionlogv1.Event_InteractionEnded{InteractionEnded: ended}
	if err := r.add(ctx, e); err != nil {
		return err
	}
	return r.flush(ctx)
}

// fresh demands that a read includes the newest write.
func (r *run) fresh() *contextv1.Consistency {
	return &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: r.token}}
}

// asker is the leg as one who asks: what a verification passed before counts for depends on it.
func (r *run) asker() *contextv1.Asker {
	return &contextv1.Asker{Channel: r.place.channel, InteractionId: r.interaction}
}

// actor is who serves the customer in this leg.
func (r *run) actor() *interactionlogv1.Actor {
	return r.place.actor()
}

// origin says where and when for what is recorded through the context service.
func (r *run) origin(t time.Time) *contextv1.Origin {
	return &contextv1.Origin{
		InteractionId: r.interaction, Channel: r.place.channel, Actor: r.actor(), Source: source, OccurredAt: timestamppb.New(t),
	}
}
