package replay

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/realdata"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// wholeVariable makes the tests on real dialogues play all of them instead of the first few hundred.
const wholeVariable = "THROUGHLINE_REPLAY_WHOLE"

// replayed plays the recorded dialogues of a dataset to a suite of its own, with the shipped dictionary.
func replayed(t *testing.T, c Cmd, file, gold string) Report {
	t.Helper()
	c.File, c.Gold = realdata.Path(t, file), realdata.Path(t, gold)
	c.Slots = realdata.Repository(t, "examples/"+c.Dataset+"/slots.yaml")
	c.JSON, c.Parallel = true, 64
	if os.Getenv(wholeVariable) != "" {
		c.Limit = 0
	}
	var out, notes bytes.Buffer
	if err := c.Run(t.Context(), &term.IO{Out: &out, Err: &notes}); err != nil {
		t.Fatalf("%v\n%s", err, notes.String())
	}
	var r Report
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if decoder.More() {
		t.Error("more than one JSON object on standard output")
	}
	t.Logf("%+v", r)
	return r
}

func TestStar(t *testing.T) {
	r := replayed(t, Cmd{Dataset: "star", By: "dialogue", Limit: 600}, "star/dialogues.dev.jsonl.gz", "star/carryover.dev.jsonl")
	if r.Precision < 0.90 || r.Recall < 0.90 {
		t.Errorf("precision %.4f, recall %.4f; want 0.90 both", r.Precision, r.Recall)
	}
	if r.SecretPrefilled != 0 {
		t.Errorf("%d secrets were prefilled", r.SecretPrefilled)
	}
}
