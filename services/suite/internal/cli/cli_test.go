package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/local"
	"github.com/throughline-cx/throughline/services/suite/internal/slotfile"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// session runs commands against one suite and notes them with what they print.
type session struct {
	t      *testing.T
	target string
	notes  strings.Builder
}

func startSession(t *testing.T) *session {
	t.Helper()
	testkit.NoLeaks(t)
	i, err := local.Start(t.Context(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return &session{t: t, target: i.GRPCAddr}
}

// do runs one command and notes it. Words that begin with < are its standard input.
func (s *session) do(args ...string) (stdout string) {
	s.t.Helper()
	in := ""
	if last := len(args) - 1; strings.HasPrefix(args[last], "<") {
		in, args = args[last][1:], args[:last]
	}
	stdout, stderr, code := run(s.t.Context(), in, append(args, "--target", s.target)...)
	fmt.Fprintf(&s.notes, "$ throughline %s\n%s%s", strings.Join(args, " "), stdout, stderr)
	if code != 0 {
		fmt.Fprintf(&s.notes, "[exit code %d]\n", code)
	}
	s.notes.WriteByte('\n')
	return stdout
}

// changing matches what differs from run to run: the server's clock, random ids, and whether the view has just been found to be whole.
var changing = regexp.MustCompile(`"freshness":\{[^}]*\}|revision \d+, [-0-9: ]+Z|"(recordedAt|etag|createTime|updateTime|revisionTime|consistencyToken|asOfTime|traceparent)":"[^"]*"|"(shard|sequence)":"?\d+"?|cli-[A-Z0-9]{26}`)

func (s *session) compare(golden string) {
	s.t.Helper()
	text := changing.ReplaceAllStringFunc(s.notes.String(), func(m string) string {
		key, _, _ := strings.Cut(m, ":")
		if r, _, ok := strings.Cut(m, ","); ok && strings.HasPrefix(m, "revision ") {
			return r + ", …"
		}
		if strings.HasPrefix(m, "cli-") {
			return "cli-…"
		}
		return key + ":…"
	})
	testkit.Golden(s.t, filepath.Join("testdata", golden), []byte(text))
}

func run(ctx context.Context, in string, args ...string) (stdout, stderr string, code int) {
	var out, errOut bytes.Buffer
	code = Main(ctx, args, &term.IO{In: strings.NewReader(in), Out: &out, Err: &errOut})
	return out.String(), errOut.String(), code
}

func TestEvents(t *testing.T) {
	s := startSession(t)
	s.do("events", "list", "7")
	s.do("events", "append", "7", "testdata/events.jsonl")
	s.do("events", "append", "7", "testdata/events.jsonl")
	s.do("events", "append", "customers/7", "--expected-revision", "4", `<{"eventId": "late", "noteAdded": {"text": "x"}}`)
	s.do("events", "append", "7", `<{"eventId": "e1", "noteAdded": {"text": "x"}}`)
	s.do("events", "append", "7", "--json", `<{"occurredAt": "2026-03-02T09:03:00Z", "noteAdded": {"text": "without an id"}}`)
	s.do("events", "append", "7", "<[]")
	s.do("events", "append", "7", "<{")
	s.do("events", "list", "7")
	s.do("events", "list", "7", "--type", "message-sent", "--channel", "chat", "--json")
	s.do("events", "list", "7", "--newest-first", "--limit", "2")
	s.do("events", "list", "7", "--since", "2026-03-02T09:00:05Z", "--until", "2026-03-02T09:01:00Z", "--interaction", "call-1")
	s.do("events", "list", "7", "--type", "smoke_sent")
	s.do("events", "list", "not an id")
	s.do("events", "search", "7", "mov")
	s.do("events", "search", "7", "nothing", "like", "it")
	s.do("events", "tail", "7", "-n", "2", "--stop-at-head")
	s.compare("events.golden")
}

// A tail prints what is appended while it runs, and ends well when it is interrupted.
func TestTailFollows(t *testing.T) {
	s := startSession(t)
	for _, customer := range []string{"", "8"} {
		ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
		defer interrupt()
		var out testkit.Buffer
		ended := make(chan int, 1)
		args := []string{"events", "tail", "--target", s.target}
		if customer != "" {
			args = append(args, customer)
		}
		go func() { ended <- Main(ctx, args, &term.IO{Out: &out, Err: &out}) }()
		// Whether the tail has begun cannot be seen from outside, so events keep coming until one arrives.
		for n := 0; !strings.Contains(out.String(), "said in run"+customer); n++ {
			if ctx.Err() != nil {
				t.Fatalf("nothing arrives: %s", out.String())
			}
			s.do("events", "append", "8", fmt.Sprintf(`<{"messageSent": {"text": "said in run%s"}}`, customer))
			s.do("events", "append", "9", `<{"messageSent": {"text": "by somebody else"}}`)
		}
		interrupt()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d: %s", code, out.String())
		}
		if customer != "" && strings.Contains(out.String(), "somebody else") {
			t.Errorf("other customers' events: %s", out.String())
		}
	}
}

func TestSlots(t *testing.T) {
	s := startSession(t)
	s.do("slots", "import", "testdata/slots.yaml", "--dry-run")
	s.do("slots", "import", "testdata/slots.yaml")
	s.do("slots", "import", "testdata/slots.yaml")
	s.do("slots", "list")
	s.do("slots", "get", "billing_address")
	s.do("slots", "get", "slots/pin", "--json")
	s.do("slots", "get", "nothing")
	// An alias moves from one slot to another, which no order of plain updates could do at once.
	s.do("slots", "import", "-", "<slots: [{slot: account_number, aliases: [{name: id, scope: billing}]}, {slot: contract, aliases: [{name: acct_no}]}]")
	s.do("slots", "import", "-", "<slots: [{slot: other, aliases: [{name: ACCT-NO}]}]")
	s.do("slots", "import", "-", "<slots: [{slot: other, links: [{from: nowhere, action: USE}]}]")
	s.do("slots", "import", "-", "<slots: [{slot: other, type: COLOUR, alias: x}]")
	// Only the server sees that these two are one name.
	s.do("slots", "import", "-", "<slots: [{slot: street, aliases: [{name: Straße}]}, {slot: road, aliases: [{name: STRASSE}]}]")
	exported := s.do("slots", "export")
	s.do("slots", "delete", "contract")
	s.do("slots", "delete", "contract")
	s.do("slots", "delete", "billing_address")
	s.do("slots", "import", "-", "<"+exported)
	s.compare("slots.golden")

	path := filepath.Join(t.TempDir(), "out.yaml")
	s.do("slots", "export", "--output", path)
	got, err := os.ReadFile(path)
	if err != nil || string(got) != exported {
		t.Errorf("%v; -standard output +file:\n%s", err, cmp.Diff(exported, string(got)))
	}
	slots, err := slotfile.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := slotfile.Read("standard output", strings.NewReader(exported))
	if diff := cmp.Diff(slots, again, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestContext(t *testing.T) {
	s := startSession(t)
	s.do("slots", "import", "testdata/slots.yaml")
	s.do("context", "show", "7")
	s.do("events", "append", "7", "testdata/events.jsonl")
	s.do("context", "show", "7", "--fresh")
	s.do("context", "plan", "7", "--scope", "billing", "id", "address", "pin", "acct_no")
	s.do("context", "plan", "7", "--scope", "billing", "--json", "id")
	s.do("context", "show")
	s.do("context", "show", "7", "--phone", "+12025550123")
	s.do("context", "show", "--phone", "+12025550123")
	s.do("context", "show", "--email", "nobody@example.com")
	s.do("context", "plan", "not an id", "x")
	s.compare("context.golden")
}

func TestHealth(t *testing.T) {
	s := startSession(t)
	if stdout, stderr, code := run(t.Context(), "", "health", "--target", s.target); stdout != "ready\n" || code != 0 {
		t.Errorf("%d: %s%s", code, stdout, stderr)
	}
}

func TestNoServer(t *testing.T) {
	testkit.NoLeaks(t)
	for _, args := range [][]string{
		{"events", "list", "7"}, {"slots", "list"}, {"health"}, {"health", "--target", "http://127.0.0.1:1"},
	} {
		if !slices.Contains(args, "--target") {
			args = append(args, "--target", "127.0.0.1:1")
		}
		_, stderr, code := run(t.Context(), "", append(args, "--timeout", "2s")...)
		if code != 1 || !strings.HasPrefix(stderr, "throughline: ") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

func TestNoServerSaysWhatToDo(t *testing.T) {
	_, stderr, _ := run(context.Background(), "", "slots", "list", "--target", "127.0.0.1:1")
	if !strings.Contains(stderr, "no server answers at 127.0.0.1:1; see that it runs (throughline serve)") {
		t.Errorf("got %q", stderr)
	}
}

func TestUsage(t *testing.T) {
	for _, tc := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{nil, 0, "Usage: throughline <command>", ""},
		{[]string{"--help"}, 0, "Usage: throughline <command>", ""},
		{[]string{"serve", "--help"}, 0, "--grpc-listen", ""},
		{[]string{"version"}, 0, "throughline ", ""},
		{[]string{"version", "--json"}, 0, `{"version":"`, ""},
		{[]string{"swim"}, 2, "", "throughline: "},
		{[]string{"serve", "--dta", "x"}, 2, "", "unknown flag --dta"},
		{[]string{"slots", "import"}, 2, "", `expected "<file>"`},
	} {
		stdout, stderr, code := run(t.Context(), "", tc.args...)
		if code != tc.code || !strings.Contains(stdout, tc.stdout) || !strings.Contains(stderr, tc.stderr) {
			t.Errorf("%v: exit code %d\n%s\n%s", tc.args, code, stdout, stderr)
		}
	}
}
