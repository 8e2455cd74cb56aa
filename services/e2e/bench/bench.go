// Package bench compares the suite, as its users run it, with what the machine
// could do at best: a bare gRPC echo, raw bbolt. Both sides of a comparison run in
// turns on the same machine, each in its own process, and the medians of several
// rounds count, so that noise hits both.
package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/throughline-cx/throughline/services/e2e/bench/baseline"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
)

// Options are the program's flags.
type Options struct {
	// Out is the file for the rows as JSON; none when empty.
	Out string
	// Only are patterns of row names, divided by commas; all rows when empty.
	Only string
	// Rounds is how often each side is measured, Duration for how long each time.
	Rounds   int
	Duration time.Duration
	// Binary is the throughline to measure; built from the working tree when
	// empty.
	Binary string
	// Scale divides the sizes of the data sets: 1 for real runs.
	Scale int
	// List only prints what there is.
	List bool
}

// Main runs the program, or the baseline its arguments name, and returns the exit
// code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var err error
	switch {
	case len(args) > 0 && args[0] == baseline.EchoName:
		err = baseline.Echo(args[1:], stdout)
	case len(args) > 0 && args[0] == baseline.BoltName:
		err = baseline.Bolt(args[1:], stdout)
	default:
		err = run(ctx, args, stdout, stderr)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o Options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Out, "out", "", "write the rows as JSON to this `file`")
	flags.StringVar(&o.Only, "only", "", "only rows of these `names`, divided by commas; * stands for anything")
	flags.IntVar(&o.Rounds, "rounds", 5, "measure each side so often and take the medians")
	flags.DurationVar(&o.Duration, "duration", 2*time.Second, "measure so long each time")
	flags.StringVar(&o.Binary, "binary", "", "measure this throughline `binary` instead of building one")
	flags.IntVar(&o.Scale, "scale", 1, "divide the sizes of the data sets by this, for a quick look")
	flags.BoolVar(&o.List, "list", false, "list the rows and end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || o.Rounds < 1 || o.Duration <= 0 || o.Scale < 1 {
		return errors.New("rounds, duration and scale must be positive, and there are no arguments; see --help")
	}
	chosen, err := choose(o.Only)
	if err != nil {
		return err
	}
	if o.List {
		return list(stdout, chosen)
	}
	return compare(ctx, o, chosen, stdout, stderr)
}

// compare runs the scenarios and reports their rows. Rows that could be measured
// are reported even when a later scenario fails.
func compare(ctx context.Context, o Options, chosen []scenario, stdout, stderr io.Writer) error {
	env, err := newEnv(o, stderr)
	if err != nil {
		return err
	}
	defer env.close()
	if err := env.build(ctx); err != nil {
		return err
	}
	var rows []report.Row
	var failed error
	for _, s := range chosen {
		env.logf("%s: %s", s.rows[0], s.about)
		got, err := env.measure(ctx, s)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", s.rows[0], err))
			env.logf("  failed: %v", err)
		}
		for i := range got {
			if wanted(o.Only, got[i].Name) {
				rows = append(rows, got[i])
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	if err := report.Table(stdout, rows); err != nil {
		return err
	}
	if o.Out != "" {
		if err := report.Write(o.Out, rows); err != nil {
			return err
		}
		env.logf("written to %s", o.Out)
	}
	return failed
}

// choose returns the scenarios that make any of the rows wanted.
func choose(only string) ([]scenario, error) {
	var chosen []scenario
	known := make([]string, 0, len(scenarios))
	for _, s := range scenarios {
		known = append(known, s.rows...)
		for _, row := range s.rows {
			if wanted(only, row) {
				chosen = append(chosen, s)
				break
			}
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no row is called %q; there are %s", only, strings.Join(known, ", "))
	}
	return chosen, nil
}

// wanted says whether a row's name matches the patterns.
func wanted(only, row string) bool {
	if only == "" {
		return true
	}
	for pattern := range strings.SplitSeq(only, ",") {
		if ok, _ := path.Match(strings.TrimSpace(pattern), row); ok {
			return true
		}
	}
	return false
}

// list prints the rows of scenarios.
func list(w io.Writer, chosen []scenario) error {
	for _, s := range chosen {
		if _, err := fmt.Fprintf(w, "%s\n    %s\n", strings.Join(s.rows, "\n"), s.about); err != nil {
			return err
		}
	}
	return nil
}
