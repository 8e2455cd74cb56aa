// Package report presents measurements: as a table for people, as JSON for
// programs.
package report

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
)

// Row is one comparison: the medians of all rounds.
type Row struct {
	// Name says what was measured, in snake_case.
	Name string `json:"name"`
	// Ours and Baseline are in Unit, Ratio is Ours / Baseline.
	Ours     float64 `json:"ours"`
	Baseline float64 `json:"baseline"`
	Ratio    float64 `json:"ratio"`
	Unit     string  `json:"unit"`
	// Against says what the baseline is; "goal" where no other system is, and
	// the baseline is the number to reach.
	Against string `json:"against"`
	// Goal is what the ratio should be, and Met whether it is.
	Goal Goal `json:"goal"`
	Met  bool `json:"met"`
	// Rounds has the figures of each round.
	Rounds []Round `json:"rounds"`
	// CPU is the processor time a unit of work costs each side, caller included,
	// in microseconds: a comparison that other programs hardly disturb. Absent
	// where it says nothing.
	CPU *Round `json:"cpu_micros,omitempty"`
	// OtherCPU is the share of the machine that programs other than the bench
	// used meanwhile: a measure of the noise.
	OtherCPU float64 `json:"other_cpu"`
}

// Round is what one round measured.
type Round struct {
	Ours     float64 `json:"ours"`
	Baseline float64 `json:"baseline"`
}

// Goal is a bound of a ratio: at least Min, or at most Max, whichever is set.
type Goal struct {
	Min float64
	Max float64
}

// String is the goal as people write it: ">= 0.8".
func (g Goal) String() string {
	switch {
	case g.Min > 0:
		return ">= " + strconv.FormatFloat(g.Min, 'g', 3, 64)
	case g.Max > 0:
		return "<= " + strconv.FormatFloat(g.Max, 'g', 3, 64)
	}
	return ""
}

// MarshalText writes the goal as String does.
func (g Goal) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// met says whether a ratio reaches the goal; no goal is always reached.
func (g Goal) met(ratio float64) bool {
	return (g.Min == 0 || ratio >= g.Min) && (g.Max == 0 || ratio <= g.Max)
}

// Medians returns the median of each side.
func Medians(rounds []Round) *Round {
	var ours, baseline []float64
	for _, r := range rounds {
		ours, baseline = append(ours, r.Ours), append(baseline, r.Baseline)
	}
	return &Round{round(measure.Median(ours)), round(measure.Median(baseline))}
}

// NewRow makes a row of the medians of rounds.
func NewRow(name, unit, against string, goal Goal, rounds []Round) Row {
	var ours, baseline []float64
	for i, r := range rounds {
		rounds[i] = Round{round(r.Ours), round(r.Baseline)}
		ours, baseline = append(ours, r.Ours), append(baseline, r.Baseline)
	}
	row := Row{
		Name: name, Unit: unit, Against: against, Goal: goal, Rounds: rounds,
		Ours: round(measure.Median(ours)), Baseline: round(measure.Median(baseline)),
	}
	if b := measure.Median(baseline); b > 0 {
		ratio := measure.Median(ours) / b
		row.Ratio, row.Met = round(ratio), goal.met(ratio)
	}
	return row
}

// Write writes the rows as a JSON list, and makes the folder for it.
func Write(path string, rows []Row) error {
	if rows == nil {
		rows = []Row{}
	}
	data, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o600)
}

// round keeps four significant digits: more would be noise.
func round(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	digits := 3 - math.Floor(math.Log10(math.Abs(v)))
	if digits <= 0 {
		return math.Round(v)
	}
	scale := math.Pow(10, digits)
	return math.Round(v*scale) / scale
}

// number is a figure for people: "12,345", "3.21", "0.0421".
func number(v float64) string {
	if math.Abs(v) < 1000 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
