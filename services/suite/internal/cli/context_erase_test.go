package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// What is exported has the context in its first line, and all events in the others.
func TestExport(t *testing.T) {
	s := startSession(t)
	s.do("events", "append", "7", "testdata/events.jsonl")
	path := filepath.Join(t.TempDir(), "7.jsonl")
	if out := s.do("context", "export", "7", "--out", path); out != "" {
		t.Errorf("printed: %s", out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	printed, stderr, code := run(t.Context(), "", "context", "export", "customers/7", "--target", s.target)
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	for name, text := range map[string]string{"file": string(data), "output": printed} {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		var first struct{ Context struct{ Customer string } }
		var second struct {
			Events struct{ Events []json.RawMessage }
		}
		if len(lines) != 2 {
			t.Fatalf("%s: %d lines", name, len(lines))
		}
		if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first.Context.Customer != "customers/7" {
			t.Errorf("%s: %v: %s", name, err, lines[0])
		}
		if err := json.Unmarshal([]byte(lines[1]), &second); err != nil || len(second.Events.Events) != 5 {
			t.Errorf("%s: %v: %s", name, err, lines[1])
		}
	}
	gone := filepath.Join(t.TempDir(), "nobody.jsonl")
	if _, stderr, code := run(t.Context(), "", "context", "export", "nobody", "--out", gone, "--target", s.target); code != 1 || !strings.Contains(stderr, "CUSTOMER_NOT_FOUND") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if _, err := os.Stat(gone); !os.IsNotExist(err) {
		t.Errorf("a file is left: %v", err)
	}
}

// Without a terminal nobody can be asked, so nothing happens without --yes.
func TestEraseAsks(t *testing.T) {
	s := startSession(t)
	s.do("events", "append", "7", "testdata/events.jsonl")
	_, stderr, code := run(t.Context(), "y\n", "context", "erase", "7", "--target", s.target)
	if code != 2 || !strings.Contains(stderr, "--yes") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if out := s.do("events", "list", "7", "--json"); strings.Count(out, "\n") != 5 {
		t.Errorf("events after it:\n%s", out)
	}
}

// Who is asked is told whom it is about, and only a clear yes counts.
func TestEraseTakesAnswers(t *testing.T) {
	s := startSession(t)
	s.do("events", "append", "7", "testdata/events.jsonl")
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, "\n": false, "n\n": false, "yesterday\n": false, "": false} {
		c := contextEraseCmd{client: client{Target: s.target, Timeout: time.Minute}}
		var told bytes.Buffer
		var sure bool
		err := c.context(func(client contextv1.ContextServiceClient) (err error) {
			sure, err = c.ask(t.Context(), &term.IO{In: strings.NewReader(answer), Err: &told}, client,
				&contextv1.EraseCustomerRequest{Customer: "customers/7"})
			return err
		})
		if sure != want || (err != nil) != (answer == "") || !strings.HasPrefix(told.String(), "customers/7, with 5 events\n") {
			t.Errorf("%q: %t, %v, told %q", answer, sure, err, told.String())
		}
	}
}

func TestErase(t *testing.T) {
	s := startSession(t)
	s.do("events", "append", "7", "testdata/events.jsonl")
	out := s.do("context", "erase", "7", "--yes", "--reason", "request 4711")
	if lines := strings.Split(out, "\n"); len(lines) != 3 || !strings.HasPrefix(lines[1], "customers/7  5 ") {
		t.Errorf("printed:\n%s", out)
	}
	if again := s.do("context", "erase", "7", "--yes"); again != out {
		t.Errorf("the second time:\n%s", again)
	}
	if _, stderr, code := run(t.Context(), "", "context", "show", "7", "--target", s.target); code != 1 || !strings.Contains(stderr, "CUSTOMER_ERASED") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
