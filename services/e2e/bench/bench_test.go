package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The bench starts itself as a baseline; here that is the test's program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "baseline-") {
		os.Exit(Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestWanted(t *testing.T) {
	tests := []struct {
		only, row string
		want      bool
	}{
		{"", "append_vs_bbolt", true},
		{"append_vs_bbolt", "append_vs_bbolt", true},
		{"append", "append_vs_bbolt", false},
		{"append*", "append_vs_bbolt", true},
		{"ingest*, append_vs_bbolt", "append_vs_bbolt", true},
		{"ingest*", "append_vs_bbolt", false},
	}
	for _, test := range tests {
		if got := wanted(test.only, test.row); got != test.want {
			t.Errorf("wanted(%q, %q) = %v", test.only, test.row, got)
		}
	}
}

func TestRowNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range scenarios {
		for _, row := range s.rows {
			if seen[row] {
				t.Errorf("%s is there twice", row)
			}
			seen[row] = true
		}
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{"--only", "no_such_row"}, {"--rounds", "0"}, {"--duration", "0s"}, {"--scale", "0"}, {"extra"}, {"--nonsense"},
	} {
		if code := Main(t.Context(), args, io.Discard, io.Discard); code != 1 {
			t.Errorf("%v: exit code %d, want 1", args, code)
		}
	}
}

func TestList(t *testing.T) {
	var out bytes.Buffer
	if code := Main(t.Context(), []string{"--list", "--only", "ingest_vs*"}, &out, io.Discard); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if !strings.Contains(out.String(), "ingest_vs_bbolt\n") || strings.Contains(out.String(), "append_vs_bbolt") {
		t.Errorf("got %q", out.String())
	}
}

// The whole bench, with tiny rounds and data sets: it runs, and every row has
// figures. What they are is no matter of tests.
func TestSmoke(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the suite")
	}
	out := filepath.Join(t.TempDir(), "latest.json")
	var stdout, stderr bytes.Buffer
	args := []string{"--rounds", "1", "--duration", "50ms", "--scale", "500", "--out", out}
	if code := Main(t.Context(), args, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr.String())
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name                  string
		Ours, Baseline, Ratio float64
		Unit                  string
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, s := range scenarios {
		want = append(want, s.rows...)
	}
	for _, r := range rows {
		got = append(got, r.Name)
		if r.Baseline <= 0 || r.Ours < 0 || r.Unit == "" || !strings.Contains(stdout.String(), r.Name) {
			t.Errorf("row %+v", r)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("rows %v, want %v", got, want)
	}
}
