package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// sent is a server-sent event of a watch.
type sent struct {
	id   string
	data struct {
		Context struct {
			Facts []struct{ Value, Withheld string }
			Brief struct{ Text string }
		}
		ChangedSections []string
		Full            bool
	}
	raw string
}

// events watches a customer over REST as a browser does: lastID is what it sends when it connects again.
func (s *closedSuite) events(t *testing.T, key, customer, lastID string) func() sent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), harness.ReadyWithin)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.HTTP+"/v1/"+customer+"/context:watch", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+key)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("watching: %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	lines := bufio.NewReader(res.Body)
	return func() sent {
		t.Helper()
		var e sent
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("the stream ended: %v", err)
			}
			e.raw += line
			field, value, _ := strings.Cut(strings.TrimRight(line, "\n"), ": ")
			switch {
			case field == "id":
				e.id = value
			case field == "data":
				if err := json.Unmarshal([]byte(value), &e.data); err != nil {
					t.Fatalf("%s: %v", value, err)
				}
			case field == "" && value == "" && strings.Contains(e.raw, "data: "):
				return e
			}
		}
	}
}

func (e sent) values() []string {
	var values []string
	for _, f := range e.data.Context.Facts {
		values = append(values, f.Value)
	}
	slices.Sort(values)
	return values
}

// The screen pop as server-sent events: a change arrives, a browser that comes back is told what it missed and nothing
// else, and nobody is told what is above their clearance, neither at first nor later.
func TestWatchAsServerSentEvents(t *testing.T) {
	s, keys := startWithKeys(t, "admin", "agent", "bot")
	contexts := contextv1.NewContextServiceClient(harness.Dial(t, s.Context))
	if _, err := contexts.CreateSlot(withKey(t.Context(), keys["admin"]), &contextv1.CreateSlotRequest{
		SlotId: "iban", Slot: &contextv1.Slot{Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE},
	}); err != nil {
		t.Fatal(err)
	}
	const customer = "customers/sse"
	record := func(slot, value string) {
		t.Helper()
		if _, err := contexts.RecordFacts(withKey(t.Context(), keys["agent"]), &contextv1.RecordFactsRequest{
			Customer: customer, Facts: []*contextv1.FactInput{{Slot: slot, Value: value}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	record("iban", "DE02120300000000202051")

	next, nextOfBot := s.events(t, keys["agent"], customer, ""), s.events(t, keys["bot"], customer, "")
	first, firstOfBot := next(), nextOfBot()
	if first.id == "" || !first.data.Full || !slices.Equal(first.values(), []string{"DE02120300000000202051"}) {
		t.Errorf("first: %s", first.raw)
	}
	if !slices.Equal(firstOfBot.values(), []string{"***"}) || firstOfBot.data.Context.Facts[0].Withheld != "WITHHELD_REASON_NOT_CLEARED" {
		t.Errorf("first, to a bot: %s", firstOfBot.raw)
	}

	record("colour", "green")
	changed, changedOfBot := next(), nextOfBot()
	if changed.id == first.id || changed.data.Full || !slices.Contains(changed.values(), "green") {
		t.Errorf("changed: %s", changed.raw)
	}
	if !slices.Equal(changedOfBot.values(), []string{"***", "green"}) {
		t.Errorf("changed, to a bot: %s", changedOfBot.raw)
	}

	record("iban", "DE89370400440532013000")
	again, againOfBot := s.events(t, keys["agent"], customer, changed.id)(), s.events(t, keys["bot"], customer, changedOfBot.id)()
	if again.data.Full || !slices.Contains(again.values(), "DE89370400440532013000") ||
		!slices.Contains(again.data.ChangedSections, "CONTEXT_SECTION_FACTS") || slices.Contains(again.data.ChangedSections, "CONTEXT_SECTION_CASES") {
		t.Errorf("to one who came back: %s", again.raw)
	}
	for _, e := range []sent{firstOfBot, changedOfBot, againOfBot} {
		if strings.Contains(e.raw, "DE02") || strings.Contains(e.raw, "DE89") {
			t.Errorf("a bot is told what it may not see: %s", e.raw)
		}
	}
}
