package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/realdata"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/star"
)

// seedVariable makes the dialogues those of an earlier run.
const seedVariable = "THROUGHLINE_REPLAY_SEED"

// Real dialogues are over within the hour and hold few contradictions. These are made up to have what those lack: values
// that grow old, that contradict each other between tasks, that come over links, and checks days apart.
func TestAgreesOnMadeUpDialogues(t *testing.T) {
	seed := rand.Uint64()
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("play the same again with %s=%d", seedVariable, seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	var lines []string
	for id := range 112 / thin / thin {
		lines = append(lines, madeUp(t, r, id))
	}
	c := &Cmd{
		Dataset: "star", By: "dialogue", JSON: true, Parallel: 32,
		File: filepath.Join(dir, "dialogues.jsonl"), Gold: filepath.Join(dir, "gold.jsonl"),
		Slots: realdata.Repository(t, "examples/star/slots.yaml"),
	}
	for path, text := range map[string]string{c.File: strings.Join(lines, "\n"), c.Gold: `{"dialogue_id": "none", "needed_later": []}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t)
	c.Target = s.GRPCAddr
	report, _ := run(t, c)
	agrees(t, s, c.File, report)
	handedOver(t, report)
}

// madeUp is a dialogue of questions and queries in random order. Values are few, so that they often meet.
func madeUp(t *testing.T, r *rand.Rand, id int) string {
	t.Helper()
	names := map[string][]string{}
	labels := slices.Sorted(maps.Keys(star.Asks))
	for _, label := range labels {
		for _, a := range star.Asks[label] {
			for _, task := range a.Tasks {
				if !slices.Contains(names[task], a.Slot) {
					names[task] = append(names[task], a.Slot)
				}
			}
		}
	}
	all := slices.Sorted(maps.Keys(names))
	// A dialogue is about few tasks, and those that have something in common meet more often than they would by chance.
	tasks := [][]string{
		{"bank_balance", "bank_fraud_report"}, {"weather", "party_plan", "apartment_schedule", "meeting_schedule"},
		{"weather", "plane_search", "plane_book"}, {"hotel_search", "hotel_book", "hotel_service_request"},
		{"apartment_search", "apartment_schedule", "ride_book", "trip_directions"},
		{"bank_balance", "doctor_schedule", "ride_book", "party_rsvp"}, {all[r.IntN(len(all))], all[r.IntN(len(all))]},
	}[id%7]
	values := []string{"Oslo", "oslo", " Oslo.", "Bergen", "5 pm", "17:00", "3", "03"}
	now := 1_600_000_000
	var events []map[string]any
	for range 12 + r.IntN(20) {
		// Mostly the next moment, now and then hours later: the limits of age and of conflicts lie at 2, 12 and 24 hours.
		now += []int{5, 5, 5, 60, 60, 3000, 3000, 3 * 3600, 11 * 3600, 20 * 3600}[r.IntN(10)]
		task := tasks[r.IntN(len(tasks))]
		if r.IntN(2) == 0 {
			label := labels[r.IntN(len(labels))]
			for try := 0; try < 200 && !slices.ContainsFunc(star.Asks[label], func(a star.Ask) bool { return slices.Contains(a.Tasks, task) }); try++ {
				label = labels[r.IntN(len(labels))]
			}
			events = append(events, map[string]any{"Agent": "Wizard", "Action": "pick_suggestion", "ActionLabel": label, "Text": "Well?", "UnixTime": now})
			continue
		}
		var constraints []map[string]string
		for _, name := range names[task] {
			switch r.IntN(4) {
			case 0:
				constraints = append(constraints, map[string]string{name: "null"})
			case 1, 2:
				v := values[r.IntN(len(values))]
				if strings.HasPrefix(name, "Security") || name == "PIN" || name == "Code" {
					v = fmt.Sprint("secret", r.IntN(3))
				}
				constraints = append(constraints, map[string]string{name: fmt.Sprintf("%q", v)})
			}
		}
		item := map[string]any{"BankBalance": 5}
		if r.IntN(3) == 0 {
			item = map[string]any{"Message": "We cannot authenticate the user otherwise."}
		}
		events = append(events, map[string]any{"Agent": "Wizard", "Action": "query", "APIName": task, "Constraints": constraints, "UnixTime": now},
			map[string]any{"Agent": "KnowledgeBase", "Action": "return_item", "Item": item})
	}
	text, err := json.Marshal(map[string]any{"DialogueID": id, "CompletionLevel": "Complete", "Events": events})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
