package replay

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/local"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/realdata"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/star"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// sample writes every nth of the dialogues that have right answers to a file, and of the others, which have one task
// only and add nothing to the rates, every so many; none of these when that is 0.
func sample(t *testing.T, file, gold string, nth, others int) (dialogues, answers string) {
	t.Helper()
	dir := t.TempDir()
	hasGold, wanted := map[string]bool{}, map[string]bool{}
	answers = filepath.Join(dir, "gold.jsonl")
	count := 0
	pick(t, gold, answers, func(id string) bool {
		count++
		hasGold[id], wanted[id] = true, count%nth == 0
		return wanted[id]
	})
	dialogues, count = filepath.Join(dir, "dialogues.jsonl"), 0
	pick(t, file, dialogues, func(id string) bool {
		if hasGold[id] || others == 0 {
			return wanted[id]
		}
		count++
		return count%others == 0
	})
	return dialogues, answers
}

// pick copies the lines of the dialogues wanted.
func pick(t *testing.T, from, to string, want func(id string) bool) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	for line, err := range dialogue.Lines(from, in) {
		var d struct {
			Star json.RawMessage `json:"DialogueID"`
			Sgd  json.RawMessage `json:"dialogue_id"`
		}
		if err != nil || line.Decode(&d) != nil {
			t.Fatal(line.Number, err)
		}
		if want(dialogue.IDText(d.Star) + dialogue.IDText(d.Sgd)) {
			_, _ = w.Write(append(line.Text, '\n'))
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// wholeVariable makes the test play all dialogues, which takes minutes under the race detector.
const wholeVariable = "THROUGHLINE_REPLAY_WHOLE"

// Real dialogues, the dictionary that is shipped for them, and the rates that it is shipped for. Few calls wait for each
// other here, so that many customers at once make the test short.
func TestRealDialogues(t *testing.T) {
	for _, tc := range []struct {
		dataset, file, gold string
		nth, others         int
		precision, recall   float64
	}{
		{"star", "star/dialogues.dev.jsonl.gz", "star/carryover.dev.jsonl", 3, 12, 0.90, 0.90},
		{"sgd", "sgd/dev.jsonl.gz", "sgd/carryover.dev.jsonl", 12, 0, 0.85, 0.85},
	} {
		t.Run(tc.dataset, func(t *testing.T) {
			tc.nth, tc.others = tc.nth*thin, tc.others*thin
			if os.Getenv(wholeVariable) != "" {
				tc.nth, tc.others = 1, 1
			}
			c := &Cmd{Dataset: tc.dataset, By: "dialogue", JSON: true, Parallel: 64}
			c.File, c.Gold = sample(t, realdata.Path(t, tc.file), realdata.Path(t, tc.gold), tc.nth, tc.others)
			c.Slots = realdata.Repository(t, "examples/"+tc.dataset+"/slots.yaml")
			s := start(t)
			c.Target = s.GRPCAddr
			r, _ := run(t, c)
			t.Logf("%+v", *r)
			if r.Precision < tc.precision || r.Recall < tc.recall {
				t.Errorf("precision %.4f, recall %.4f; want %.2f and %.2f", r.Precision, r.Recall, tc.precision, tc.recall)
			}
			if r.SecretPrefilled != 0 || r.Unanswered != 0 || r.GoldWithoutDialogue != 0 {
				t.Errorf("%d secrets prefilled, %d rows unanswered, %d dialogues in the gold only", r.SecretPrefilled, r.Unanswered, r.GoldWithoutDialogue)
			}
			handedOver(t, r)
			if tc.dataset == "star" {
				noSecrets(t, s, c.File)
			}
			agrees(t, s, c.File, r)
		})
	}
}

// handedOver holds the counts of handoffs against each other: every leg but a dialogue's first is reached by one.
func handedOver(t *testing.T, r *Report) {
	t.Helper()
	if between := r.Legs - (r.Dialogues - r.DialoguesEmpty); r.HandoffsCreated != between || r.HandoffsAccepted != between ||
		r.HandoffsCompleted != between || between == 0 {
		t.Errorf("%d times from leg to leg, %d handoffs created, %d accepted, %d completed",
			between, r.HandoffsCreated, r.HandoffsAccepted, r.HandoffsCompleted)
	}
	if sum := r.SlotsRead + r.SlotsDropped + r.SlotsUnread; sum != r.SlotsOffered || r.SlotsRead == 0 || r.SlotsDropped == 0 {
		t.Errorf("%d slots read, %d dropped and %d unread of %d", r.SlotsRead, r.SlotsDropped, r.SlotsUnread, r.SlotsOffered)
	}
	if r.SlotsRead > r.RepeatsAvoided || r.SlotsAskedAgain > r.Repeats {
		t.Errorf("%d slots read but %d used, %d asked again but %d repeats", r.SlotsRead, r.RepeatsAvoided, r.SlotsAskedAgain, r.Repeats)
	}
}

// noSecrets reads back what the suite has stored of each dialogue with a PIN or a security answer, and looks for it.
func noSecrets(t *testing.T, s *local.Instance, file string) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	checked, withheld := 0, 0
	for d, err := range dialogue.Read(file, in, star.Parse) {
		if err != nil {
			t.Fatal(err)
		}
		secrets := map[string]bool{}
		for _, leg := range d.Legs {
			for _, item := range leg.Items {
				for _, f := range item.Facts {
					if star.IsSecret(f.Scope, f.Slot) {
						secrets[strings.ToLower(f.Value)] = true
					}
				}
			}
		}
		if len(secrets) == 0 {
			continue
		}
		checked++
		for _, e := range history(t, s, "star-"+d.ID) {
			if f := e.GetFactStated(); f != nil && (star.IsSecret("", f.GetSlot()) || secrets[strings.ToLower(f.GetValue())]) {
				t.Errorf("dialogue %s: fact %s of %s holds a secret", d.ID, f.GetSlot(), f.GetScope())
			}
			said := strings.ToLower(e.GetMessageSent().GetText() + e.GetQuestionAsked().GetPrompt())
			if strings.Contains(said, "[withheld]") {
				withheld++
			}
			for secret := range secrets {
				if strings.Contains(said, secret) {
					t.Errorf("dialogue %s, event %s: the text holds a secret", d.ID, e.GetEventId())
				}
			}
		}
	}
	if checked < 10 || withheld < 10 {
		t.Errorf("only %d dialogues with secrets, %d messages withheld: this proves nothing", checked, withheld)
	}
}

// history returns all events of a customer.
func history(t *testing.T, s *local.Instance, key string) []*interactionlogv1.Event {
	t.Helper()
	who, err := contextv1.NewContextServiceClient(s.Conn).ResolveCustomer(t.Context(), &contextv1.ResolveCustomerRequest{
		Identifiers:   []*interactionlogv1.Identifier{{Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: key}},
		CreateMissing: new(bool),
	})
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	log := interactionlogv1.NewInteractionLogServiceClient(s.Conn)
	var all []*interactionlogv1.Event
	req := &interactionlogv1.ListEventsRequest{Customer: who.GetCustomer(), PageSize: 1000}
	for {
		page, err := log.ListEvents(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.GetEvents()...)
		if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
			return all
		}
	}
}
