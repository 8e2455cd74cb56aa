package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A document says that it is behind for the milliseconds that it takes the view of the log to catch up with a write. The
// next call comes later than that.
const (
	catchUp     = 2 * time.Second
	catchUpStep = 10 * time.Millisecond
)

// nextCall is what the IVR reads when she calls again.
func (s *story) nextCall(ctx context.Context) error {
	s.scene("6. The next call", "The IVR speaks VoiceXML. It wants one small document, in time and whatever happens.")
	const query = "/context:flat?scope=ivr&slots=acct_no&asker.channel=CHANNEL_IVR&format=xml"
	s.call("GET /v1/$C"+query, "")
	document, err := s.rest.get(ctx, "/v1/"+s.customer+query)
	for end := time.Now().Add(catchUp); err == nil && strings.Contains(document, `degraded="true"`) && time.Now().Before(end); {
		time.Sleep(catchUpStep)
		document, err = s.rest.get(ctx, "/v1/"+s.customer+query)
	}
	if err != nil {
		return err
	}
	s.xml(document, "decision_acct_no", "promise", "promise_due", "resume", "resume_likelihood", "verified")
	return nil
}

// xml prints the head of a document and those of its values that are named.
func (s *story) xml(document string, names ...string) {
	_, document, _ = strings.Cut(document, "?>")
	elements := strings.SplitAfter(strings.ReplaceAll(document, "><value", ">\n<value"), "\n")
	s.line("    " + strings.TrimSpace(elements[0]))
	left := 0
	for _, e := range elements[1:] {
		e = strings.TrimSuffix(strings.TrimSpace(e), "</context>")
		if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(e, `<value name="`+name+`"`) }) {
			s.line("      " + e)
		} else {
			left++
		}
	}
	s.line(fmt.Sprintf("      ... and %d more</context>", left))
}
