package play

import (
	"context"
	"fmt"
	"slices"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// facts records what became known. A request is recorded whole or not at all, so that values which the dictionary does not
// accept are left out and counted, as an application would drop them and keep the rest.
func (r *run) facts(ctx context.Context, id string, item *dialogue.Item) error {
	if len(item.Facts) == 0 {
		return nil
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	req := &contextv1.RecordFactsRequest{Customer: r.customer, Origin: r.origin(item.Time), RequestId: id}
	for _, f := range item.Facts {
		req.Facts = append(req.Facts, fact(f))
	}
	for len(req.Facts) > 0 {
		got, err := timed(r.Calls, "RecordFacts", func() (*contextv1.RecordFactsResponse, error) {
			return r.Context.RecordFacts(ctx, req)
		})
		if err == nil {
			r.token = got.GetConsistencyToken()
			r.Counts.Facts += int64(len(req.GetFacts()))
			r.Counts.Events += int64(len(got.GetEventIds()))
			return nil
		}
		bad := refused(err, len(req.GetFacts()))
		if len(bad) == 0 {
			return err
		}
		r.Counts.FactsRefused += int64(len(bad))
		for _, i := range slices.Backward(bad) {
			req.Facts = slices.Delete(req.Facts, i, i+1)
		}
	}
	return nil
}

func fact(f dialogue.Fact) *contextv1.FactInput {
	origin := interactionlogv1.FactOrigin_FACT_ORIGIN_CUSTOMER
	if f.FromSystem {
		origin = interactionlogv1.FactOrigin_FACT_ORIGIN_SYSTEM_OF_RECORD
	}
	return &contextv1.FactInput{
		Slot: f.Slot, Scope: f.Scope, Value: f.Value, Action: contextv1.FactAction_FACT_ACTION_STATE, Origin: origin,
	}
}

// refused returns the places of the facts that the service found invalid, rising; none when the error is another one.
func refused(err error, n int) []int {
	f := rpc.FromError(err)
	if f == nil || f.Kind != fault.Invalid {
		return nil
	}
	var bad []int
	for i := range n {
		place := fmt.Sprintf("facts[%d]", i)
		if slices.ContainsFunc(f.Fields, func(v fault.Field) bool {
			return v.Path == place || len(v.Path) > len(place) && v.Path[:len(place)+1] == place+"."
		}) {
			bad = append(bad, i)
		}
	}
	return bad
}
