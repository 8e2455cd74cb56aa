package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
)

// side measures one side of a comparison once.
type side func(ctx context.Context, plan measure.Plan) (measure.Sample, error)

// pair is what one round gave.
type pair struct{ ours, baseline measure.Sample }

// outcome is what all rounds gave.
type outcome struct {
	pairs []pair
	// otherCPU is the share of the machine other programs used meanwhile.
	otherCPU float64
}

// rounds measures two sides in turns: ours first in one round, the baseline first
// in the next, so that neither gains from the order.
func (e *env) rounds(ctx context.Context, callers int, ours, baseline side) (outcome, error) {
	var out outcome
	plan := measure.Plan{Callers: callers, WarmUp: e.Duration / 5, Duration: e.Duration}
	noise := e.watchNoise()
	for round := range e.Rounds {
		var p pair
		steps := []struct {
			name string
			run  side
			to   *measure.Sample
		}{{"ours", ours, &p.ours}, {"baseline", baseline, &p.baseline}}
		if round%2 == 1 {
			steps[0], steps[1] = steps[1], steps[0]
		}
		for _, s := range steps {
			e.settle(ctx)
			_, before := e.cpu()
			servers := e.children()
			sample, err := s.run(ctx, plan)
			if err != nil {
				return outcome{}, err
			}
			_, after := e.cpu()
			// The warm-up counts on both sides of the division.
			work := sample.PerSecond * (plan.WarmUp + plan.Duration).Seconds()
			sample.CPU = time.Duration(float64(after-before) / work)
			sample.ServerCPU = time.Duration(float64(e.children()-servers) / work)
			*s.to = sample
		}
		e.logf("  round %d: ours %s, baseline %s", round+1, describe(p.ours), describe(p.baseline))
		out.pairs = append(out.pairs, p)
	}
	out.otherCPU = noise()
	return out, nil
}

// describe is a sample in the progress.
func describe(s measure.Sample) string {
	return fmt.Sprintf("%.0f/s p99 %s cpu %s (server %s)", s.PerSecond, s.P99.Round(time.Microsecond),
		s.CPU.Round(100*time.Nanosecond), s.ServerCPU.Round(100*time.Nanosecond))
}

// rates makes a row of the throughput.
func (o outcome) rates(name, unit, against string, goal report.Goal) report.Row {
	rounds := make([]report.Round, len(o.pairs))
	for i, p := range o.pairs {
		rounds[i] = report.Round{Ours: p.ours.PerSecond, Baseline: p.baseline.PerSecond}
	}
	return o.noted(report.NewRow(name, unit, against, goal, rounds))
}

// tails makes a row of the 99th percentiles, in milliseconds.
func (o outcome) tails(name, against string, goal report.Goal) report.Row {
	rounds := make([]report.Round, len(o.pairs))
	for i, p := range o.pairs {
		rounds[i] = report.Round{Ours: millis(p.ours.P99), Baseline: millis(p.baseline.P99)}
	}
	return o.noted(report.NewRow(name, "ms", against, goal, rounds))
}

// noted adds the noise to a row, and what a unit of work costs.
func (o outcome) noted(row report.Row) report.Row {
	rounds := make([]report.Round, len(o.pairs))
	for i, p := range o.pairs {
		rounds[i] = report.Round{Ours: micros(p.ours.CPU), Baseline: micros(p.baseline.CPU)}
	}
	row.CPU = report.Medians(rounds)
	row.OtherCPU = o.otherCPU
	return row
}

// goalRow makes a row of figures that only a number to reach is known for.
func goalRow(name, unit string, figures []float64, goal, otherCPU float64) report.Row {
	rounds := make([]report.Round, len(figures))
	for i, f := range figures {
		rounds[i] = report.Round{Ours: f, Baseline: goal}
	}
	row := report.NewRow(name, unit, "goal", report.Goal{Max: 1}, rounds)
	row.OtherCPU = otherCPU
	return row
}

// watchNoise begins to watch what other programs do to the machine; the function
// it returns says which share of it they took.
func (e *env) watchNoise() func() float64 {
	begin := time.Now()
	machine, own := e.cpu()
	return func() float64 {
		machineNow, ownNow := e.cpu()
		others := (machineNow - machine) - (ownNow - own)
		capacity := time.Since(begin) * time.Duration(runtime.NumCPU())
		return min(max(float64(others)/float64(capacity), 0), 1)
	}
}

// cpu is the processor time used by the machine and by the bench with all its
// processes; 0 where the system does not tell.
func (e *env) cpu() (machine, own time.Duration) {
	machine, err := measure.MachineCPU()
	if err != nil {
		return 0, 0
	}
	own, err = measure.ProcessCPU(os.Getpid())
	if err != nil {
		return 0, 0
	}
	return machine, own + e.children()
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
