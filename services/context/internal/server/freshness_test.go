package server_test

import (
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

// An answer that may lack something says so, and why.
func TestDegradedAnswers(t *testing.T) {
	n := run(t)
	n.append(c1, stated("e1", "city", "Oslo"))
	n.followed()
	freshness := func(c *contextv1.Consistency) (pop, plan *contextv1.Freshness) {
		t.Helper()
		answer := must(n.pop(c))(t)
		if len(answer.GetFacts()) != 1 {
			t.Errorf("facts %v", answer.GetFacts())
		}
		planned := must(n.PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{
			Customer: c1, Slots: []*contextv1.SlotRequest{{Slot: "city"}}, Consistency: c,
		}))(t)
		return answer.GetFreshness(), planned.GetFreshness()
	}
	want := func(when string, c *contextv1.Consistency, degraded bool, reason contextv1.IncompleteReason) {
		t.Helper()
		n.eventually(when, func() bool {
			pop, plan := freshness(c)
			return pop.GetDegraded() == degraded && pop.GetReason() == reason &&
				plan.GetDegraded() == degraded && plan.GetReason() == reason
		})
	}
	want("all is well", nil, false, contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED)
	n.log.Down()
	want("the log is down", nil, true, contextv1.IncompleteReason_INCOMPLETE_REASON_LOG_UNREACHABLE)
	token := aip.EncodeToken(auth.DefaultTenant, aip.Position{Customer: "c1", Revision: 2})
	want("the log is down and more is asked for", &contextv1.Consistency{
		Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: token},
	}, true, contextv1.IncompleteReason_INCOMPLETE_REASON_BEHIND)
	n.log.Up()
	want("all is well again", nil, false, contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED)
}
