package testkit

import (
	"testing"

	"go.uber.org/goleak"
)

// Main runs a package's tests and fails them when goroutines are left over: func TestMain(m *testing.M) { testkit.Main(m) }.
func Main(m *testing.M) { goleak.VerifyTestMain(m) }

// NoLeaks fails the test when goroutines that it started are left over at its end. Call it first, so that it checks
// last; it does not go with parallel tests.
func NoLeaks(t testing.TB) {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignore) })
}
