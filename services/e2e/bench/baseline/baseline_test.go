package baseline

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
)

func TestBytesAnswerHasTheSize(t *testing.T) {
	for _, size := range []int{0, 3, 100, 129, 4096, 70_000} {
		if got := proto.Size(BytesAnswer(size)); got > size || got < size-1 {
			t.Errorf("asked for %d bytes, got %d", size, got)
		}
	}
}

// Every event that a round counts is in the file, under a key of its own, and a
// later round adds to it.
func TestBoltStoresWhatItCounts(t *testing.T) {
	for _, mode := range []string{ModeBatch, ModeUpdate, ModeBulk} {
		t.Run(mode, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bolt.db")
			o := BoltOptions{Path: path, Mode: mode, Delay: time.Millisecond, Bulk: 10, Plan: measure.Plan{Callers: 2, Duration: 20 * time.Millisecond}}
			before := 0
			for range 2 {
				var out bytes.Buffer
				if err := Bolt(o.Args()[1:], &out); err != nil {
					t.Fatal(err)
				}
				var sample measure.Sample
				if err := json.Unmarshal(out.Bytes(), &sample); err != nil {
					t.Fatal(err)
				}
				per := map[bool]int{true: o.Bulk, false: 1}[mode == ModeBulk]
				if stored := count(t, path) - before; sample.Calls == 0 || stored < sample.Calls*per {
					t.Errorf("counted %d calls of %d events, stored %d events", sample.Calls, per, stored)
				}
				before = count(t, path)
			}
		})
	}
}

func TestBoltRefusesUnknownModes(t *testing.T) {
	o := BoltOptions{Path: filepath.Join(t.TempDir(), "bolt.db"), Mode: "magic", Plan: measure.Plan{Callers: 1, Duration: time.Millisecond}}
	if _, err := o.Run(t.Context()); err == nil {
		t.Error("no error")
	}
}

func count(t *testing.T, path string) int {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	n := 0
	if err := db.View(func(tx *bbolt.Tx) error { n = tx.Bucket([]byte("events")).Stats().KeyN; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// An answer encoded beforehand decodes to what it was.
func TestEncodedIsTheMessage(t *testing.T) {
	want := wrapperspb.String("as it was")
	data, err := proto.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if data, err = proto.Marshal(Encoded(data)); err != nil {
		t.Fatal(err)
	}
	got := &wrapperspb.StringValue{}
	if err := proto.Unmarshal(data, got); err != nil || !proto.Equal(want, got) {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
}
