package harness

import (
	"testing"
	"time"
)

// Eventually waits until a condition holds. It fails only after a minute, far
// beyond what a slow machine needs.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(ReadyWithin)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting until %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
