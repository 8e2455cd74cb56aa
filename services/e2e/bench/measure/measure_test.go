package measure

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	tests := []struct {
		name   string
		sorted []float64
		p      float64
		want   float64
	}{
		{"none", nil, 0.5, 0},
		{"one", []float64{7}, 0.99, 7},
		{"median of two is the lower", []float64{1, 2}, 0.5, 1},
		{"p50 of hundred", hundred, 0.50, 50},
		{"p99 of hundred", hundred, 0.99, 99},
		{"p100 is the largest", hundred, 1, 100},
		{"p0 is the smallest", hundred, 0, 1},
		{"p99 of ten is the largest", hundred[:10], 0.99, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Percentile(test.sorted, test.p); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   float64
	}{
		{"none", nil, 0},
		{"odd", []float64{9, 1, 5}, 5},
		{"even", []float64{4, 1, 3, 2}, 2.5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Median(test.values); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// Calls of exactly 10 ms, in a bubble where time is exact.
func TestDriveMeasuresAfterTheWarmUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := Plan{Callers: 4, WarmUp: 95 * time.Millisecond, Duration: time.Second}
		sample, err := Drive(t.Context(), plan, func(context.Context, int) (int, error) {
			time.Sleep(10 * time.Millisecond)
			return 5, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// From 95 ms until the call that began at 1,090 ms has ended at 1,100 ms:
		// 101 calls of each caller.
		if want := 4 * 101; sample.Calls != want {
			t.Errorf("%d calls, want %d", sample.Calls, want)
		}
		if sample.P50 != 10*time.Millisecond || sample.P99 != 10*time.Millisecond {
			t.Errorf("p50 %s and p99 %s, want 10ms", sample.P50, sample.P99)
		}
		if want := 4 * 101 * 5 / 1.005; sample.PerSecond < want-0.01 || sample.PerSecond > want+0.01 {
			t.Errorf("%f/s, want %f/s", sample.PerSecond, want)
		}
	})
}

func TestDriveEndsWithTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	var calls atomic.Int32
	_, err := Drive(t.Context(), Plan{Callers: 8, Duration: time.Hour}, func(context.Context, int) (int, error) {
		if calls.Add(1) == 20 {
			return 0, broken
		}
		return 1, nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestDriveSaysWhenNothingWasDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := Drive(t.Context(), Plan{Duration: time.Second}, nil)
		if !errors.Is(err, ErrNothingDone) {
			t.Errorf("got %v, want %v", err, ErrNothingDone)
		}
	})
}

func TestProcessorTimesRise(t *testing.T) {
	before, err := ProcessCPU(os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	machine, err := MachineCPU()
	if err != nil {
		t.Fatal(err)
	}
	for spent := before; spent < before+2*tick; {
		if spent, err = ProcessCPU(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if later, err := MachineCPU(); err != nil || later <= machine {
		t.Errorf("the machine was busy for %s, then for %s (%v)", machine, later, err)
	}
}
