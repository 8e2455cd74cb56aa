package demo

import (
	"context"
	"fmt"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// sum counts what was asked and what was not.
func (s *story) sum(ctx context.Context) error {
	s.scene("What it was worth", "Throughline has counted, from the events alone.")
	got, err := s.context.GetContext(ctx, &contextv1.GetContextRequest{Customer: s.customer, Consistency: s.fresh()})
	if err != nil {
		return err
	}
	r := got.GetRepeats()
	s.line("")
	s.fact("questions asked", fmt.Sprint(r.GetQuestionsAsked()))
	s.fact("questions avoided", fmt.Sprintf("%d (%s)", r.GetQuestionsAvoided(), often(s.avoided)))
	s.fact("repeats", fmt.Sprintf("%d (Tom)", r.GetRepeats()))
	s.fact("verifications", fmt.Sprint(r.GetVerifications()))
	s.fact("double verifications", fmt.Sprintf("%d (Tom)", r.GetDoubleVerifications()))
	s.fact("time to context", fmt.Sprintf("%s (Anna)", s.annaTook))
	s.line("")
	s.wrap("", "The suite is gone now. One that stays: throughline serve. Real dialogues: throughline replay.")
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
