package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table prints rows for people, one a line, in columns.
func Table(w io.Writer, rows []Row) error {
	cells := [][]string{{"name", "ours", "baseline", "unit", "ratio", "goal", "", "against", "others' CPU"}}
	for i := range rows {
		r := &rows[i]
		mark := ""
		switch {
		case r.Goal == Goal{}:
		case r.Met:
			mark = "ok"
		default:
			mark = "MISSED"
		}
		cells = append(cells, []string{
			r.Name, number(r.Ours), number(r.Baseline), r.Unit, fmt.Sprintf("%.2f", r.Ratio), r.Goal.String(), mark,
			r.Against, fmt.Sprintf("%.0f%%", 100*r.OtherCPU),
		})
	}
	right := map[int]bool{1: true, 2: true, 4: true, 8: true}
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, c := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for _, line := range cells {
		var b strings.Builder
		for i, c := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if right[i] {
				c, pad = pad+c, ""
			}
			b.WriteString(c + pad + "  ")
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
