package boltkit_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// holdEnv makes the test binary open the store it names and hold it: the "other process" of TestSecondProcess.
const holdEnv = "BOLTKIT_TEST_HOLD"

func TestMain(m *testing.M) {
	if path := os.Getenv(holdEnv); path != "" {
		if _, err := boltkit.Open(path, opts); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		os.Exit(0)
	}
	testkit.Main(m)
}

var (
	opts   = boltkit.Options{App: "throughline-test", Schema: 2, LockTimeout: 50 * time.Millisecond}
	bucket = []byte("b")
)

// newStore makes a store with some records in it and returns its path.
func newStore(t *testing.T, records int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data", "test.db")
	db, err := boltkit.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < records; i += 100 {
		err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(bucket)
			if err != nil {
				return err
			}
			for j := i; j < min(i+100, records); j++ {
				k := fmt.Appendf(nil, "key-%06d", j)
				if err := b.Put(k, boltkit.Seal(k, 1, bytes.Repeat(k, 10))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll reads and checks all records.
func readAll(db *boltkit.DB) (n int, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			_, payload, err := boltkit.Unseal(k, v)
			if err != nil {
				return err
			}
			if !bytes.Equal(payload, bytes.Repeat(k, 10)) {
				return fmt.Errorf("wrong value served as the truth: %q: %q", k, payload)
			}
			n++
			return nil
		})
	})
	return n, err
}

func TestReopen(t *testing.T) {
	path := newStore(t, 500)
	db, err := boltkit.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := readAll(db); n != 500 || err != nil {
		t.Errorf("read %d records, %v", n, err)
	}
	if size, err := db.Size(); size == 0 || err != nil || db.Path() != path {
		t.Errorf("size %d, %v, path %s", size, err, db.Path())
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if err := db.View(func(*bbolt.Tx) error { return nil }); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("closed: %v", err)
	}
}

func TestEmptyFileIsNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	for _, f := range []string{path, path + ".new"} {
		// An empty file, and half of one that a crash left behind.
		if err := os.WriteFile(f, bytes.Repeat([]byte("x"), len(f)-len(path)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := boltkit.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestRefusedFilesStayAsTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(t *testing.T, path string)
		open   boltkit.Options
		reason string
		says   string
	}{
		"text":        {spoil: write("hello, this is no database\n"), reason: fault.StoreForeign, says: "not a store"},
		"long text":   {spoil: write(strings.Repeat("hello\n", 10_000)), reason: fault.StoreForeign, says: "not a store"},
		"one byte":    {spoil: write("x"), reason: fault.StoreForeign, says: "not a store"},
		"plain bbolt": {spoil: plainBolt, reason: fault.StoreForeign, says: "not a store"},
		"other app": {
			spoil: nothing, open: boltkit.Options{App: "other", Schema: 2}, reason: fault.StoreForeign, says: `"throughline-test"`,
		},
		"newer schema": {
			spoil: nothing, open: boltkit.Options{App: opts.App, Schema: 1}, reason: fault.StoreSchemaNewer, says: "newer version",
		},
		"older schema, no migration": {
			spoil: nothing, open: boltkit.Options{App: opts.App, Schema: 3}, reason: fault.StoreForeign, says: "too old",
		},
		"cut to half":           {spoil: cut(func(n int64) int64 { return n / 2 }), reason: fault.StoreDamaged, says: "cut off"},
		"cut to a page":         {spoil: cut(func(int64) int64 { return 4096 }), reason: fault.StoreDamaged, says: "damaged"},
		"cut to two pages":      {spoil: cut(func(int64) int64 { return 8192 }), reason: fault.StoreDamaged, says: "cut off"},
		"cut inside a page":     {spoil: cut(func(int64) int64 { return 8192 + 100 }), reason: fault.StoreDamaged, says: "cut off"},
		"page 0 zeroed":         {spoil: zero(0), reason: fault.StoreDamaged, says: "first header"},
		"page 1 zeroed":         {spoil: zero(1), reason: fault.StoreDamaged, says: "second header"},
		"bit in page 0":         {spoil: flip(16+40, 3), reason: fault.StoreDamaged, says: "damaged"},
		"bit in page 1":         {spoil: flip(4096+16+48, 0), reason: fault.StoreDamaged, says: "damaged"},
		"page id of page 1":     {spoil: flip(4096, 1), reason: fault.StoreDamaged, says: "damaged"},
		"all but headers zeros": {spoil: zeroFrom(2), reason: fault.StoreDamaged, says: "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			path := newStore(t, 300)
			c.spoil(t, path)
			before := read(t, path)
			stat, _ := os.Stat(path)
			o := c.open
			if o.App == "" {
				o = opts
			}
			o.LockTimeout = 50 * time.Millisecond
			db, err := boltkit.Open(path, o)
			if err == nil {
				_ = db.Close()
			}
			f, ok := fault.As(err)
			if !ok || f.Reason != c.reason || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s saying %q", err, c.reason, c.says)
			}
			after, _ := os.Stat(path)
			if !bytes.Equal(before, read(t, path)) || !after.ModTime().Equal(stat.ModTime()) {
				t.Error("the file was touched")
			}
			if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestDirectoryIsRefused(t *testing.T) {
	if _, err := boltkit.Open(t.TempDir(), opts); fault.ReasonOf(err) != fault.StoreForeign {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	write("x")(t, file)
	if _, err := boltkit.Open(filepath.Join(file, "s.db"), opts); fault.ReasonOf(err) != fault.ConfigInvalid {
		t.Errorf("got %v", err)
	}
}

func TestLockedBySomeoneElse(t *testing.T) {
	path := newStore(t, 10)
	db, err := boltkit.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := boltkit.Open(path, opts); fault.ReasonOf(err) != fault.StoreLocked {
		t.Errorf("same process: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdEnv+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the other process said %q", line)
	}
	before := read(t, path)
	_, err = boltkit.Open(path, opts)
	if fault.ReasonOf(err) != fault.StoreLocked || !strings.Contains(err.Error(), "another process") {
		t.Errorf("other process: %v", err)
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the file was touched")
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if db, err = boltkit.Open(path, opts); err != nil {
		t.Fatalf("after the other process ended: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// TestCreateOnce opens one new store from many goroutines: one gets it, the others find it locked, and it is whole.
func TestCreateOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []*boltkit.DB
	for range 16 {
		wg.Go(func() {
			db, err := boltkit.Open(path, opts)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				open = append(open, db)
			} else if fault.ReasonOf(err) != fault.StoreLocked {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(open) != 1 {
		t.Fatalf("%d have it open", len(open))
	}
	if err := open[0].Close(); err != nil {
		t.Error(err)
	}
}

func TestMigrate(t *testing.T) {
	path := newStore(t, 100)
	o := opts
	o.Schema = 4
	o.Migrate = func(_ *bbolt.Tx, from int) error { return fmt.Errorf("cannot, from %d", from) }
	if _, err := boltkit.Open(path, o); err == nil || !strings.Contains(err.Error(), "cannot, from 2") {
		t.Fatalf("got %v", err)
	}
	from := 0
	o.Migrate = func(tx *bbolt.Tx, f int) error {
		from = f
		_, err := tx.CreateBucket([]byte("new"))
		return err
	}
	for range 2 { // the second time there is nothing to do
		db, err := boltkit.Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := readAll(db); n != 100 || err != nil || from != 2 {
			t.Errorf("%d records, %v, migrated from %d", n, err, from)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := boltkit.Open(path, opts); fault.ReasonOf(err) != fault.StoreSchemaNewer {
		t.Errorf("the old version must refuse it: %v", err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func nothing(*testing.T, string) {}

func write(text string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func plainBolt(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func cut(size func(int64) int64) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		if err := os.Truncate(path, size(int64(len(read(t, path))))); err != nil {
			t.Fatal(err)
		}
	}
}

func change(t *testing.T, path string, f func([]byte)) {
	t.Helper()
	b := read(t, path)
	f(b)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func zero(page int) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		change(t, path, func(b []byte) { clear(b[page*4096 : (page+1)*4096]) })
	}
}

func zeroFrom(page int) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		change(t, path, func(b []byte) { clear(b[page*4096:]) })
	}
}

func flip(at int, bit uint) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		change(t, path, func(b []byte) { b[at] ^= 1 << bit })
	}
}
