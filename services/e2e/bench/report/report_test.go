package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rows = []Row{
	NewRow("get_context_vs_echo", "requests/s", "echo", Goal{Min: 0.8}, []Round{{17_000, 20_000}, {18_000, 20_000}, {16_000, 21_000}}),
	NewRow("get_context_p99_vs_echo", "ms", "echo", Goal{Max: 2}, []Round{{9, 4}}),
	NewRow("list_page_vs_echo", "pages/s", "echo", Goal{}, []Round{{1234.56, 4000}}),
}

func TestNewRow(t *testing.T) {
	want := Row{
		Name: "get_context_vs_echo", Ours: 17_000, Baseline: 20_000, Ratio: 0.85, Unit: "requests/s", Against: "echo",
		Goal: Goal{Min: 0.8}, Met: true, Rounds: []Round{{17_000, 20_000}, {18_000, 20_000}, {16_000, 21_000}},
	}
	if diff := cmp.Diff(want, rows[0]); diff != "" {
		t.Error(diff)
	}
	if rows[1].Met {
		t.Errorf("a ratio of %v meets %v", rows[1].Ratio, rows[1].Goal)
	}
	if empty := NewRow("x", "s", "goal", Goal{Max: 1}, []Round{{1, 0}}); empty.Ratio != 0 || empty.Met {
		t.Errorf("against nothing: ratio %v, met %v", empty.Ratio, empty.Met)
	}
}

func TestRound(t *testing.T) {
	for in, want := range map[float64]float64{0: 0, 123456.7: 123457, 1234.56: 1235, 12.3456: 12.35, 0.123456: 0.1235, -9.87654: -9.877} {
		if got := round(in); got != want {
			t.Errorf("round(%v) = %v, want %v", in, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for in, want := range map[float64]string{0: "0", 0.04213: "0.0421", 3.2149: "3.21", 999: "999", 1000: "1,000", 1234567.8: "1,234,568"} {
		if got := number(in); got != want {
			t.Errorf("number(%v) = %q, want %q", in, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	if err := Table(&out, rows); err != nil {
		t.Fatal(err)
	}
	want := `name                       ours  baseline  unit        ratio  goal            against  others' CPU
get_context_vs_echo      17,000    20,000  requests/s   0.85  >= 0.8  ok      echo              0%
get_context_p99_vs_echo       9         4  ms           2.25  <= 2    MISSED  echo              0%
list_page_vs_echo         1,235     4,000  pages/s      0.31                  echo              0%
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// The file is a list of objects whose names other programs rely on.
func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench", "latest.json")
	if err := Write(path, rows); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name": "get_context_p99_vs_echo", "ours": 9.0, "baseline": 4.0, "ratio": 2.25, "unit": "ms",
		"against": "echo", "goal": "<= 2", "met": false, "other_cpu": 0.0,
		"rounds": []any{map[string]any{"ours": 9.0, "baseline": 4.0}},
	}
	if len(got) != len(rows) {
		t.Fatalf("%d rows, want %d", len(got), len(rows))
	}
	if diff := cmp.Diff(want, got[1]); diff != "" {
		t.Error(diff)
	}
}

func TestWriteNoRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "latest.json")
	if err := Write(path, nil); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(path); string(data) != "[]\n" {
		t.Errorf("got %q, want an empty list", data)
	}
}
