package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/local"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/play"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// small is a replay of three dialogues that were written for these tests.
func small() *Cmd {
	return &Cmd{
		Dataset: "star", By: "dialogue", Parallel: 2, JSON: true,
		File: "testdata/dialogues.jsonl", Gold: "testdata/gold.jsonl", Slots: "testdata/slots.yaml",
	}
}

func run(t *testing.T, c *Cmd) (*Report, string) {
	t.Helper()
	var out, notes bytes.Buffer
	if err := c.Run(t.Context(), &term.IO{Out: &out, Err: &notes}); err != nil {
		t.Fatalf("%v\n%s", err, notes.String())
	}
	var r Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return &r, notes.String()
}

// timing is what differs from run to run.
var timing = cmpopts.IgnoreFields(Report{}, "Seconds", "EventsPerSecond", "RPC")

func wantSmall() *Report {
	return &Report{
		Dataset: "star", By: "dialogue", DictionarySlots: 3,
		Dialogues: 3, DialoguesEmpty: 1, DialoguesWithoutGold: 1, GoldWithoutDialogue: 1,
		Legs: 5, Messages: 10, Queries: 6, Facts: 14, SecretsWithheld: 4, MessagesWithheld: 2,
		Needed: 8, Known: 1, Prefilled: 1, Correct: 1, CorrectKnown: 1, Precision: 1, Recall: 1, Ask: 7, Unanswered: 1,
		GenericNeeded: 1, SecretNeeded: 1, SecretKnown: 1,
		QuestionsAsked: 4, Repeats: 1, RepeatRate: 0.25, RepeatsAvoided: 1,
		Verifications: 3, VerificationsPassed: 2, VerificationsFailed: 1, DoubleVerifications: 1, DoubleVerificationRate: 0.333333,
		HandoffsCreated: 3, HandoffsAccepted: 3, HandoffsCompleted: 3,
		SlotsOffered: 9, SlotsRead: 1, SlotsDropped: 8, SlotsAskedAgain: 1,
	}
}

func TestReplay(t *testing.T) {
	got, notes := run(t, small())
	events := got.Events
	got.Events = 0
	if diff := cmp.Diff(wantSmall(), got, timing); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if events < 60 || got.Seconds <= 0 || got.EventsPerSecond <= 0 {
		t.Errorf("%d events in %v s, %v per second", events, got.Seconds, got.EventsPerSecond)
	}
	calls := map[string]int64{}
	for name, c := range got.RPC {
		calls[name] = c.Count
		if c.P50MS <= 0 || c.P99MS < c.P50MS {
			t.Errorf("%s: %+v", name, c)
		}
	}
	delete(calls, "AppendEvents")
	want := map[string]int64{
		"ResolveCustomer": 5, "GetContext": 5, "PlanQuestions": 5, "RecordQuestion": 5, "RecordFacts": 6, "RecordVerification": 3,
		"CreateHandoff": 3, "AcceptHandoff": 3, "AcknowledgeHandoff": 3, "CompleteHandoff": 3,
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls: -want +got:\n%s", diff)
	}
	if want := "replay: slot dictionary testdata/slots.yaml, 3 slots\n"; notes != want {
		t.Errorf("notes %q, want %q", notes, want)
	}
}

// start starts a suite for --target.
func start(t *testing.T) *local.Instance {
	t.Helper()
	s, err := local.Start(t.Context(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// stored counts the events in the log.
func stored(t *testing.T, s *local.Instance) int64 {
	t.Helper()
	shards, err := interactionlogv1.NewInteractionLogServiceClient(s.Conn).ListShards(t.Context(), &interactionlogv1.ListShardsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, shard := range shards.GetShards() {
		n += shard.GetHeadSequence()
	}
	return n
}

func TestReplayAgainStoresNothing(t *testing.T) {
	s := start(t)
	c := small()
	c.Target, c.Limit = s.GRPCAddr, 1
	first, _ := run(t, c)
	before := stored(t, s)
	if first.GoldWithoutDialogue != 0 || first.Dialogues != 1 || first.EventsReplayed != 0 {
		t.Errorf("%+v", first)
	}
	again, _ := run(t, c)
	if after := stored(t, s); after != before {
		t.Errorf("%d events, and after the second replay %d", before, after)
	}
	if again.EventsReplayed == 0 {
		t.Errorf("%+v", again)
	}
	// What the suite answers to what is recorded again is what it answered the first time.
	same := cmp.FilterPath(func(p cmp.Path) bool {
		switch p.String() {
		case "Events", "EventsReplayed", "Seconds", "EventsPerSecond", "RPC", "Prefilled", "Correct", "CorrectKnown", "Precision",
			"Ask", "RepeatsAvoided", "GenericPrefilled", "GenericCorrect", "GenericPrecision":
			return true
		}
		return false
	}, cmp.Ignore())
	if diff := cmp.Diff(first, again, same); diff != "" {
		t.Errorf("-first +again:\n%s", diff)
	}
}

func TestEventsAreCounted(t *testing.T) {
	s := start(t)
	c := small()
	c.Target = s.GRPCAddr
	c.Limit, c.File = 0, filepath.Join(t.TempDir(), "none.jsonl")
	if err := os.WriteFile(c.File, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, c) // only imports the dictionary
	before := stored(t, s)
	c.File = small().File
	r, _ := run(t, c)
	if got := stored(t, s) - before; got != r.Events {
		t.Errorf("the log has %d events more, the report says %d", got, r.Events)
	}
}

func TestByWorker(t *testing.T) {
	s := start(t)
	c := small()
	c.Target, c.By = s.GRPCAddr, "worker"
	r, _ := run(t, c)
	// The second dialogue is the same customer now, whose name and account number are known from the first.
	if r.Prefilled != 3 || r.Correct != 1 || r.RepeatsAvoided < 3 {
		t.Errorf("%+v", r)
	}
	got, err := contextv1.NewContextServiceClient(s.Conn).GetContext(t.Context(), &contextv1.GetContextRequest{
		Identifier:  &interactionlogv1.Identifier{Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: "star-worker-w1"},
		Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetInteractionsTotal() != 5 || len(got.GetLiveInteractions()) != 0 {
		t.Errorf("%d interactions, %d live", got.GetInteractionsTotal(), len(got.GetLiveInteractions()))
	}
}

func TestRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := write("bad.jsonl", `{"DialogueID": 1, "Events": []}`+"\n{")
	for _, tc := range []struct {
		name   string
		change func(*Cmd)
		want   string
	}{
		{"no file", func(c *Cmd) { c.File = dir + "/none" }, "open " + dir + "/none: no such file or directory"},
		{"a folder", func(c *Cmd) { c.File = dir }, dir + " is a folder"},
		{"no gold", func(c *Cmd) { c.Gold = dir + "/none" }, "open " + dir + "/none: no such file or directory"},
		{"dialogues as gold", func(c *Cmd) { c.Gold = c.File }, "testdata/dialogues.jsonl:1: dialogue_id is missing"},
		{"gold as dialogues", func(c *Cmd) { c.File = c.Gold }, "testdata/gold.jsonl:1: DialogueID is missing: this is no dialogue of the star dataset"},
		{"bad line", func(c *Cmd) { c.File = bad }, bad + ":2: no JSON of the expected form: unexpected end of JSON input"},
		{"bad line, by worker", func(c *Cmd) { c.File, c.By = bad, "worker" }, bad + ":2: no JSON of the expected form: unexpected end of JSON input"},
		{"bad slots", func(c *Cmd) { c.Slots = write("slots.yaml", "slots: [{slot: A}]") },
			dir + "/slots.yaml: line 1, slot \"A\": slot: does not match regex pattern `^(slots/[a-z][a-z0-9_]{0,62})?$`"},
		{"sgd by worker", func(c *Cmd) { c.Dataset, c.By = "sgd", "worker" }, "--by worker: the dialogues of sgd do not say who the customer is"},
		{"negative limit", func(c *Cmd) { c.Limit = -1 }, "--limit: a number of dialogues, 0 for all"},
		{"nobody at work", func(c *Cmd) { c.Parallel = 0 }, "--parallel: 1 to 1024 customers at once"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := small()
			tc.change(c)
			var out, notes bytes.Buffer
			err := c.Run(t.Context(), &term.IO{Out: &out, Err: &notes})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if out.Len() > 0 {
				t.Errorf("printed: %s", out.String())
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	s := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := small()
	c.Target = s.GRPCAddr
	if err := c.Run(ctx, &term.IO{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}); err == nil {
		t.Error("no error")
	}
}

func TestDefaultDictionary(t *testing.T) {
	t.Chdir(t.TempDir())
	var notes bytes.Buffer
	slots, err := (&Cmd{Dataset: "star"}).dictionary(&notes)
	if err != nil || slots != nil {
		t.Fatal(slots, err)
	}
	if err := os.MkdirAll("examples/star", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("examples/star/slots.yaml", []byte("slots: [{slot: a}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	slots, err = (&Cmd{Dataset: "star"}).dictionary(&notes)
	if err != nil || len(slots) != 1 {
		t.Fatal(slots, err)
	}
	want := "replay: no --slots and no examples/star/slots.yaml: playing with the dictionary that the suite has\n" +
		"replay: slot dictionary examples/star/slots.yaml, 1 slots\n"
	if diff := cmp.Diff(want, notes.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	r := wantSmall()
	r.Events, r.EventsReplayed, r.FactsRefused, r.Seconds, r.EventsPerSecond = 70, 3, 2, 1.5, 46.7
	r.RPC = map[string]play.Time{"PlanQuestions": {P50MS: 0.5, P99MS: 2.25, Count: 5}, "AppendEvents": {P50MS: 1, P99MS: 4, Count: 20}}
	var out bytes.Buffer
	if err := r.table(&out); err != nil {
		t.Fatal(err)
	}
	r.Dataset, r.By = "sgd", "worker" // never both in reality: the notes of each
	r.Prefilled, r.Known = 0, 0
	out.WriteString("\n")
	if err := r.table(&out); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/table.golden", out.Bytes())
}
