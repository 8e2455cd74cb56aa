package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// [SC1] Card numbers, in every spelling and from every door, are in no file and
// no log line.
func TestNoCardNumberAnywhere(t *testing.T) {
	data := t.TempDir()
	s := harness.StartSuite(t, data)
	contexts := contextv1.NewContextServiceClient(harness.Dial(t, s.Context))
	logs := interactionlogv1.NewInteractionLogServiceClient(harness.Dial(t, s.Log))
	const customer = "customers/card-holder"
	keys := &interactionlogv1.Event{
		EventId: "keys", InteractionId: "ivr-1", Channel: interactionlogv1.Channel_CHANNEL_IVR,
		Payload: &interactionlogv1.Event_MenuSelected{MenuSelected: &interactionlogv1.MenuSelected{Digits: "5555555555554444#"}},
	}
	if _, err := logs.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{Customer: customer, Events: []*interactionlogv1.Event{
		harness.Message("spaced", "it is 4111 1111 1111 1111"),
		harness.Message("dashed", "or 3782-822463-10005, cvv 7391"),
		keys,
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := contexts.RecordFacts(t.Context(), &contextv1.RecordFactsRequest{
		Customer: customer,
		Facts:    []*contextv1.FactInput{{Slot: "remark", Value: "pays with 6011111111111117"}},
	}); err != nil {
		t.Fatal(err)
	}
	// A request that is refused must not be logged with its content either.
	_, err := logs.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{Customer: "4012888888881881", Events: []*interactionlogv1.Event{harness.Message("x", "4012888888881881")}})
	if err == nil {
		t.Error("a customer without collection was accepted")
	}
	if code := s.Processes[0].Terminate(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	planted := []string{"4111 1111 1111 1111", "4111111111111111", "3782-822463-10005", "378282246310005", "7391", "5555555555554444", "6011111111111117", "4012888888881881"}
	haystacks := map[string][]byte{"standard error": []byte(s.Processes[0].Stderr())}
	err = filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		haystacks[path] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for name, content := range haystacks {
		for _, secret := range planted {
			if holds(content, secret) {
				t.Errorf("%s has %s", name, secret)
			}
		}
		found = found || bytes.Contains(content, []byte("card-holder"))
	}
	if !found {
		t.Error("the files looked through do not hold the customer at all")
	}
}

// holds reports whether a text has a secret. A short one counts only where it stands by itself: times and durations have
// many digits.
func holds(content []byte, secret string) bool {
	if len(secret) > 4 {
		return bytes.Contains(content, []byte(secret))
	}
	return regexp.MustCompile(`(^|[^0-9.])` + secret + `($|[^0-9.])`).Match(content)
}
