package boltstore

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// After a write of unknown outcome nothing more is written: what the page cache
// shows may be lost.
func TestAFailedWriteStopsTheStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s := mustOpen(t, path, Options{})
	key := storetest.Customer("ann")
	mustAppend(t, s, storetest.Numbered(key, 0, 1))
	restore := makeReadOnly(t, path)
	if err := s.Append(t.Context(), []*domain.Batch{storetest.Numbered(key, 1, 1)}); err == nil {
		t.Error("an append succeeds on a file that cannot be written")
	}
	restore()
	err := s.Append(t.Context(), []*domain.Batch{storetest.Numbered(key, 1, 1)})
	wantOneLine(t, err, fault.Unavailable, fault.ServiceUnavailable)
	if head, err := s.Head(t.Context(), key); err != nil || head.Revision != 1 {
		t.Errorf("a stopped store cannot be read: %v", err)
	}
	_ = s.Close()
	s = mustOpen(t, path, Options{})
	mustAppend(t, s, storetest.Expecting(storetest.Numbered(key, 1, 1), 1))
}

// makeReadOnly puts a descriptor that cannot be written in the place of the open
// file's own, as a disk that fails would behave.
func makeReadOnly(t *testing.T, path string) (restore func()) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc")
	}
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err != nil || target != path {
			continue
		}
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		kept, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		readOnly, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		put := func(from int) {
			if err := syscall.Dup3(from, fd, syscall.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
		}
		put(int(readOnly.Fd()))
		_ = readOnly.Close()
		return func() {
			put(kept)
			_ = syscall.Close(kept)
		}
	}
	t.Fatal("the open file was not found")
	return nil
}
