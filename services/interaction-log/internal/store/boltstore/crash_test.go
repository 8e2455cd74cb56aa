package boltstore

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
)

const crashEnv = "THROUGHLINE_TEST_CRASH_FILE"

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashEnv); path != "" {
		writeUntilKilled(path)
		return
	}
	leakTest(m)
}

// writeUntilKilled appends for ever and prints each event once it is acknowledged.
func writeUntilKilled(path string) {
	s, err := Open(path, Options{Shards: 4})
	check(err)
	s.limits = limits{shard: totals{40, 1 << 20}, all: totals{100, 1 << 20}}
	l, err := domain.NewLog(context.Background(), s, domain.Options{})
	check(err)
	var mu sync.Mutex
	var all sync.WaitGroup
	for c := range 8 {
		all.Go(func() {
			key := storetest.Customer(fmt.Sprintf("c%d", c))
			head, err := l.Head(context.Background(), key)
			check(err)
			for i := int(head.Revision); ; i += 2 {
				b := storetest.Numbered(key, i, 2)
				check(l.Append(context.Background(), b))
				mu.Lock()
				_, err := fmt.Printf("%s %d %d\n", key.Customer, b.Results[1].Revision, b.Results[1].Sequence)
				mu.Unlock()
				check(err)
			}
		})
	}
	all.Wait()
}

// A process that is killed while it appends loses nothing that it acknowledged,
// stores no half batch, and leaves no gap.
func TestKill(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	path := filepath.Join(t.TempDir(), "log.db")
	acked := map[string]int64{}
	total := 0
	for range rounds {
		total += crash(t, path, acked)
		s := mustOpen(t, path, Options{})
		checkAfterCrash(t, s, acked)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d appends acknowledged", rounds, total)
	if total < 10*rounds {
		t.Error("too few appends for the test to show anything")
	}
}

// crash runs the writer for a moment, kills it, and notes what it acknowledged.
func crash(t *testing.T, path string, acked map[string]int64) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := 50 + rand.IntN(200)
	lines := 0
	for in := bufio.NewScanner(out); in.Scan(); {
		// A line may be cut off by the kill.
		var customer string
		var revision, sequence int64
		if n, _ := fmt.Sscanf(in.Text(), "%s %d %d", &customer, &revision, &sequence); n == 3 && !strings.Contains(in.Text(), "panic") {
			acked[customer] = max(acked[customer], revision)
			lines++
		}
		if lines == kill {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait()
	return lines
}

func checkAfterCrash(t *testing.T, s *Store, acked map[string]int64) {
	t.Helper()
	for customer, revision := range acked {
		key := storetest.Customer(customer)
		head, err := s.Head(t.Context(), key)
		if err != nil || head.Revision < revision {
			t.Fatalf("%s is at %d, %d was acknowledged: %v", customer, head.Revision, revision, err)
		}
		if head.Revision%2 != 0 {
			t.Fatalf("%s is at %d: half a batch", customer, head.Revision)
		}
		for from := int64(0); from < head.Revision; {
			events, err := s.List(t.Context(), key, domain.Range{After: from, Limit: 1000, MaxBytes: 1 << 20})
			if err != nil || len(events) == 0 {
				t.Fatalf("%s after %d: %v", customer, from, err)
			}
			for _, e := range events {
				if e.Revision != from+1 || e.EventID != fmt.Sprintf("event-%d", from) {
					t.Fatalf("%s: %d is %s", customer, e.Revision, e.EventID)
				}
				from++
			}
		}
	}
	heads, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for shard, head := range heads {
		for at := int64(0); at < head; {
			events, err := s.Tail(t.Context(), int32(shard), at, 1000, 1<<20)
			if err != nil || len(events) == 0 {
				t.Fatalf("shard %d after %d of %d: %v", shard, at, head, err)
			}
			at = events[len(events)-1].Sequence
		}
	}
}
