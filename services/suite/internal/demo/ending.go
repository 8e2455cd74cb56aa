package demo

import (
	"context"
	"fmt"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// sum counts what was asked and what was not.
func (s *story) sum(ctx context.Context) error {
	s.scene("What it was worth", "The context service has counted, from the events alone.")
	s.call("ContextService/GetContext", "")
	got, err := s.context.GetContext(ctx, &contextv1.GetContextRequest{Customer: s.customer, Consistency: s.fresh()})
	if err != nil {
		return err
	}
	r := got.GetRepeats()
	s.line("")
	s.fact("questions asked", fmt.Sprint(r.GetQuestionsAsked()))
	s.fact("questions avoided", fmt.Sprintf("%d (%s)", r.GetQuestionsAvoided(), often(s.avoided)))
	s.fact("repeats", fmt.Sprint(r.GetRepeats()))
	s.line("")
	s.wrap("  ", fmt.Sprintf("The same without Throughline: %d questions asked, %d of them for what had been said already.",
		r.GetQuestionsAsked()+r.GetQuestionsAvoided(), r.GetQuestionsAvoided()))
	return nil
}

// often lists names, each once, with how often it occurs.
func often(names []string) string {
	counts := map[string]int{}
	var list []string
	for _, n := range names {
		if counts[n]++; counts[n] == 1 {
			list = append(list, n)
		}
	}
	for i, n := range list {
		if counts[n] > 1 {
			list[i] = fmt.Sprintf("%s %d times", n, counts[n])
		}
	}
	return strings.Join(list, ", ")
}

// anyway shows that a repeat does not go unnoticed.
func (s *story) anyway(ctx context.Context) error {
	s.scene("And if somebody asks anyway", "Maria calls once more, and another agent does not look at the screen.")
	p := s.desk()
	p.name, p.actor = "Tom", &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_AGENT, Id: "tom"}
	s.call("ContextService/RecordQuestion", "Tom asks for the account number.")
	got, err := s.ask(ctx, p, "account_ref", "Could you tell me your account number?", interactionlogv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT)
	if err != nil {
		return err
	}
	from := got.GetKnownFact().GetProvenance()
	s.result("%s was stated to %s, as %s of %s. The repeat is an event of its own, RepeatDetected, and counts.",
		got.GetKnownFact().GetDisplayName(), channelName(from.GetChannel()), from.GetSlot(), from.GetScope())
	s.line("")
	s.wrap("", "The demo's suite and its folder are gone now. Start one that stays: throughline serve. Real dialogues instead of a story: throughline replay --help.")
	return nil
}

// refused prints the error of a call.
func (s *story) refused(err error) {
	f := rpc.FromError(err)
	s.result("%s: %s", f.Reason, f.Msg)
}
