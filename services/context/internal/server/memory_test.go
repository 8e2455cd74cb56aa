package server_test

import (
	"fmt"
	"strings"
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// What is put together of several customers, and the answers built from it, count in the memory's budget for as long as
// they are kept.
func TestWhatIsPutTogetherCountsInTheBudget(t *testing.T) {
	n := run(t)
	const facts, size = 20, 1000
	for _, name := range []string{cA, cB} {
		req := &contextv1.RecordFactsRequest{Customer: name}
		for i := range facts {
			req.Facts = append(req.Facts, &contextv1.FactInput{Slot: fmt.Sprint(name[len(name)-1:], i), Value: strings.Repeat("x", size)})
		}
		must(n.RecordFacts(n.ctx(), req))(t)
	}
	merge := n.merge(cA, cB)
	n.settle()
	before := n.view.CachedBytes()
	n.see(cA)
	joined := n.view.CachedBytes()
	if joined-before < 2*2*facts*size { // in the state and in the answer
		t.Errorf("what is put together counts as %d bytes", joined-before)
	}
	for _, view := range []contextv1.ContextView{contextv1.ContextView_CONTEXT_VIEW_BOT, contextv1.ContextView_CONTEXT_VIEW_IVR} {
		must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: cA, View: view}))(t)
	}
	answers := n.view.CachedBytes()
	if answers-joined < 2*2*facts*size {
		t.Errorf("two more answers count as %d bytes", answers-joined)
	}
	for range 10 { // what was put together before a change is not kept
		n.know(cB, "city", "Rome")
		n.see(cA)
	}
	n.settle()
	if got := n.view.CachedBytes(); got > joined+4*size {
		t.Errorf("after changes %d bytes are kept, before %d", got, joined)
	}
	n.unmerge(cA, merge.GetMerge().GetMergeId())
	n.settle()
	n.see(cA)
	if got := n.view.CachedBytes(); got > before+4*size {
		t.Errorf("parted they take %d bytes, %d when they were merged", got, before)
	}
}
