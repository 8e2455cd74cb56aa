package baseline

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

// Ways to write to bbolt.
const (
	// ModeBatch puts one event a call through db.Batch, which joins callers.
	ModeBatch = "batch"
	// ModeUpdate puts one event a call in a transaction of its own.
	ModeUpdate = "update"
	// ModeBulk puts many events in one transaction a call.
	ModeBulk = "bulk"
)

// BoltOptions say how to write.
type BoltOptions struct {
	Path  string
	Mode  string
	Delay time.Duration // of Batch; 0 = bbolt's default
	Bulk  int           // events a transaction
	Plan  measure.Plan
}

// Args are the arguments that make Bolt run with these options.
func (o BoltOptions) Args() []string {
	return []string{
		BoltName, "--path", o.Path, "--mode", o.Mode, "--delay", o.Delay.String(), "--bulk", fmt.Sprint(o.Bulk),
		"--callers", fmt.Sprint(o.Plan.Callers), "--warm-up", o.Plan.WarmUp.String(), "--duration", o.Plan.Duration.String(),
	}
}

// Bolt writes events to bbolt, durably, for a while and prints the sample as
// JSON. The events are those the log gets, encoded beforehand; the key is a
// sequence number, which is what costs bbolt least.
func Bolt(args []string, stdout io.Writer) error {
	var o BoltOptions
	flags := flag.NewFlagSet(BoltName, flag.ContinueOnError)
	flags.StringVar(&o.Path, "path", "", "the file")
	flags.StringVar(&o.Mode, "mode", ModeBatch, "batch, update or bulk")
	flags.DurationVar(&o.Delay, "delay", 0, "MaxBatchDelay; bbolt's default when 0")
	flags.IntVar(&o.Bulk, "bulk", 1000, "events a transaction")
	flags.IntVar(&o.Plan.Callers, "callers", 1, "callers at once")
	flags.DurationVar(&o.Plan.WarmUp, "warm-up", 0, "time before measuring")
	flags.DurationVar(&o.Plan.Duration, "duration", time.Second, "time to measure")
	if err := flags.Parse(args); err != nil {
		return err
	}
	sample, err := o.Run(context.Background())
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(sample)
}

// Run writes as the options say.
func (o BoltOptions) Run(ctx context.Context) (measure.Sample, error) {
	db, err := bbolt.Open(o.Path, 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return measure.Sample{}, err
	}
	defer func() { _ = db.Close() }()
	if o.Delay > 0 {
		db.MaxBatchDelay = o.Delay
	}
	events := []byte("events")
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucketIfNotExists(events); return err }); err != nil {
		return measure.Sample{}, err
	}
	values, err := workload.Bulk{Customers: 4096}.Encoded(4096)
	if err != nil {
		return measure.Sample{}, err
	}
	var next atomic.Uint64
	if err := db.View(func(tx *bbolt.Tx) error {
		if last, _ := tx.Bucket(events).Cursor().Last(); last != nil {
			next.Store(binary.BigEndian.Uint64(last))
		}
		return nil
	}); err != nil {
		return measure.Sample{}, err
	}
	put := func(n int) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			b := tx.Bucket(events)
			b.FillPercent = 0.95 // keys rise
			for range n {
				seq := next.Add(1)
				key := binary.BigEndian.AppendUint64(nil, seq)
				if err := b.Put(key, values[seq%uint64(len(values))]); err != nil {
					return err
				}
			}
			return nil
		}
	}
	calls := map[string]measure.Call{
		ModeBatch:  func(context.Context, int) (int, error) { return 1, db.Batch(put(1)) },
		ModeUpdate: func(context.Context, int) (int, error) { return 1, db.Update(put(1)) },
		ModeBulk:   func(context.Context, int) (int, error) { return o.Bulk, db.Update(put(o.Bulk)) },
	}
	call, ok := calls[o.Mode]
	if !ok {
		return measure.Sample{}, fmt.Errorf("unknown mode %q", o.Mode)
	}
	return measure.Drive(ctx, o.Plan, call)
}
