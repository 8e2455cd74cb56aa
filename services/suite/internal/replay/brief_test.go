package replay

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/realdata"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/star"
)

// briefs is how many real dialogues' briefs are compared.
const briefs = 12

// The brief of a real dialogue is bounded, and the same in every run. The words of the dialogues are not part of the
// repository, so the golden file has the shape of each brief and a hash of its text.
func TestBriefsOfRealDialogues(t *testing.T) {
	c := &Cmd{Dataset: "star", By: "dialogue", JSON: true, Parallel: 4}
	c.File, c.Gold = sample(t, realdata.Path(t, "star/dialogues.dev.jsonl.gz"), realdata.Path(t, "star/carryover.dev.jsonl"), 40, 0)
	c.Limit = briefs
	c.Slots = realdata.Repository(t, "examples/star/slots.yaml")
	s := start(t)
	c.Target = s.GRPCAddr
	run(t, c)
	client := contextv1.NewContextServiceClient(s.Conn)
	var got strings.Builder
	for i, d := range someDialogues(t, c.File) {
		answer, err := client.GetContext(t.Context(), &contextv1.GetContextRequest{Identifier: &interactionlogv1.Identifier{
			Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: "star-" + d.ID,
		}})
		if err != nil {
			t.Fatal(err)
		}
		b := answer.GetBrief()
		if len(b.GetText()) > 1500 || len(b.GetItems()) > 12 || !utf8.ValidString(b.GetText()) {
			t.Errorf("dialogue %s: a brief of %d bytes, %d items", d.ID, len(b.GetText()), len(b.GetItems()))
		}
		noSensitiveValues(t, d.ID, answer)
		_, _ = fmt.Fprintf(&got, "brief %d: %d bytes, sha256 %x\n", i, len(b.GetText()), sha256.Sum256([]byte(b.GetText())))
		for _, item := range b.GetItems() {
			kind := strings.TrimPrefix(item.GetKind().String(), "BRIEF_ITEM_KIND_")
			_, _ = fmt.Fprintf(&got, "  %-12s %3d bytes, %s\n", kind, len(item.GetText()), item.GetTime().AsTime().Format("2006-01-02T15:04:05Z"))
		}
	}
	testkit.Golden(t, filepath.Join("testdata", "briefs.golden"), []byte(got.String()))
}

// someDialogues returns the first dialogues of a file.
func someDialogues(t *testing.T, file string) []*dialogue.Dialogue {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var all []*dialogue.Dialogue
	for d, err := range first(briefs, dialogue.Read(file, in, star.Parse)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	if len(all) != briefs {
		t.Fatalf("%d dialogues, want %d", len(all), briefs)
	}
	return all
}

// noSensitiveValues sees to it that no value of a sensitive slot is among what the brief knows of the slots. It may be in
// the customer's last words.
func noSensitiveValues(t *testing.T, id string, c *contextv1.CustomerContext) {
	t.Helper()
	for _, item := range c.GetBrief().GetItems() {
		if k := item.GetKind(); k != contextv1.BriefItemKind_BRIEF_ITEM_KIND_KNOWN && k != contextv1.BriefItemKind_BRIEF_ITEM_KIND_CONFIRM {
			continue
		}
		for _, f := range c.GetFacts() {
			if f.GetSensitivity() >= 4 && len(f.GetValue()) > 3 && strings.Contains(item.GetText(), f.GetValue()) {
				t.Errorf("dialogue %s: the brief tells %s", id, f.GetSlotId())
			}
		}
	}
}
