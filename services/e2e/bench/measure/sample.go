// Package measure drives work for a while and says how fast it went.
package measure

import (
	"math"
	"slices"
	"time"
)

// Sample is what one round of work gave.
type Sample struct {
	// PerSecond is the throughput, in whatever the work counts.
	PerSecond float64 `json:"per_second"`
	// P50 and P99 are percentiles of the time one call took.
	P50 time.Duration `json:"p50"`
	P99 time.Duration `json:"p99"`
	// Calls is the number of calls that finished in the measured time.
	Calls int `json:"calls"`
	// CPU is the processor time used for one unit of work, by all processes that
	// took part; 0 when not known. Unlike the rest it hardly depends on what else
	// the machine does.
	CPU time.Duration `json:"-"`
	// ServerCPU is the part of it that other processes than the caller used.
	ServerCPU time.Duration `json:"-"`
}

// Percentile returns the p-quantile (0 to 1) of sorted values by the
// nearest-rank rule: the smallest value that at least that share does not
// exceed. It is 0 when there are no values.
func Percentile[T time.Duration | float64](sorted []T, p float64) T {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p*float64(len(sorted)))) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// Median returns the middle of the values, the mean of the two in the middle
// when their number is even. The values stay as they are.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// Summarise makes a sample of calls that took these times and did that much
// work. It sorts the times.
func Summarise(took []time.Duration, work int, elapsed time.Duration) Sample {
	slices.Sort(took)
	return Sample{
		PerSecond: float64(work) / elapsed.Seconds(),
		P50:       Percentile(took, 0.50),
		P99:       Percentile(took, 0.99),
		Calls:     len(took),
	}
}
