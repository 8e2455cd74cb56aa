package client

import (
	"context"
	"errors"
)

// Answer is what came of asking the customer.
type Answer struct {
	// The value; when one was offered and the customer confirmed it, that one. Empty when the customer did not say.
	Value string
	// The words in which the question was put. At most 2,048 bytes.
	Prompt string
	// How certain the value is, 0 to 1, as a speech recogniser says; 0 means not given and counts as 1.
	Confidence float64
	// Where the value comes from; FactOriginCustomer when empty.
	Origin FactOrigin
}

// Filled is what is known of the slots after Fill.
type Filled struct {
	// The values, by the names of the slots; those without a value are missing. Secrets that were asked for are here, and
	// nowhere else.
	Values map[string]string
	// The slots that were asked for, or offered for confirmation.
	Asked []string
	// The slots that need not be asked for, in the order of the request. One that has no value is a secret for which a
	// valid verification stands.
	Known []string
	// The slots that are known, but not for this asker: verify the customer, or ask for consent, and call again.
	Withheld []string
}

// Fill gets the values of slots and asks the customer only for what is not known: it plans, takes what is known, calls
// ask for each slot with DecisionAsk or DecisionConfirm, one after the other in the order given, and records the
// questions, the answers, and the questions that were avoided. The value of a slot that is secret is not recorded; check
// it and record the verification.
//
// What came before an error is recorded and returned with it, so that a customer who hangs up is not asked again. An error
// of ask ends the asking and is among those returned (errors.Is finds it); a question or answer that could not be recorded
// does not. When the plan itself fails, nothing is asked and nothing returned.
//
// Errors: those of Plan, RecordQuestion and RecordFacts, joined.
func (c *Customer) Fill(
	ctx context.Context, slots []string, ask func(ctx context.Context, slot SlotPlan) (Answer, error), opts ...ReadOption,
) (*Filled, error) {
	plan, err := c.Plan(ctx, slots, opts...)
	if err != nil {
		return nil, err
	}
	f := &filling{customer: c, result: &Filled{Values: map[string]string{}}, bySlotID: map[string]string{}}
	for _, s := range plan.Slots {
		if err = f.slot(ctx, s, ask); err != nil {
			break
		}
	}
	f.recordKnown(ctx)
	return f.result, errors.Join(append([]error{err}, f.unrecorded...)...)
}

type filling struct {
	customer   *Customer
	result     *Filled
	bySlotID   map[string]string // values by the dictionary's ids: two names may mean one slot
	unrecorded []error
}

func (f *filling) slot(ctx context.Context, s SlotPlan, ask func(context.Context, SlotPlan) (Answer, error)) error {
	if value, ok := f.bySlotID[s.SlotID]; ok && s.SlotID != "" {
		f.result.Values[s.Slot] = value
		return nil
	}
	switch s.Decision {
	case DecisionAsk, DecisionConfirm:
		return f.ask(ctx, s, ask)
	case DecisionUse:
		f.result.Known = append(f.result.Known, s.Slot)
		f.set(s, s.Value)
	case DecisionWithhold:
		f.result.Withheld = append(f.result.Withheld, s.Slot)
	}
	return nil
}

func (f *filling) ask(ctx context.Context, s SlotPlan, ask func(context.Context, SlotPlan) (Answer, error)) error {
	answer, err := ask(ctx, s)
	f.result.Asked = append(f.result.Asked, s.Slot)
	f.recordQuestion(ctx, Question{Slot: s.Slot, Purpose: purposeOf(s), Prompt: answer.Prompt})
	if err != nil || answer.Value == "" {
		return err
	}
	f.set(s, answer.Value)
	if s.Reason != BecauseSecret {
		f.recordAnswer(ctx, s, answer)
	}
	return nil
}

func purposeOf(s SlotPlan) QuestionPurpose {
	switch {
	case s.Reason == BecauseSecret:
		return PurposeVerify
	case s.Decision == DecisionConfirm:
		return PurposeConfirm
	default:
		return PurposeCollect
	}
}

func (f *filling) set(s SlotPlan, value string) {
	if value == "" {
		return
	}
	f.result.Values[s.Slot] = value
	f.bySlotID[s.SlotID] = value
}

func (f *filling) recordAnswer(ctx context.Context, s SlotPlan, a Answer) {
	fact := FactInput{Slot: s.Slot, Value: a.Value, Confidence: a.Confidence, Origin: a.Origin}
	if fact.Origin == "" {
		fact.Origin = FactOriginCustomer
	}
	if s.Decision == DecisionConfirm && a.Value == s.Value {
		fact.Action = FactActionConfirm
	}
	_, err := f.customer.RecordFacts(context.WithoutCancel(ctx), []FactInput{fact})
	f.note(err)
}

// recordKnown comes last, so that nobody waits for it before they are asked.
func (f *filling) recordKnown(ctx context.Context) {
	for _, slot := range f.result.Known {
		f.recordQuestion(ctx, Question{Slot: slot, Action: QuestionAvoided})
	}
}

// recordQuestion records a question even if the customer has hung up meanwhile and ctx has ended with them.
func (f *filling) recordQuestion(ctx context.Context, q Question) {
	_, err := f.customer.RecordQuestion(context.WithoutCancel(ctx), q)
	f.note(err)
}

func (f *filling) note(err error) {
	if err != nil {
		f.unrecorded = append(f.unrecorded, err)
	}
}
