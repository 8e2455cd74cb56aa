// Package e2e tests the built binaries from outside, over gRPC and REST.
package e2e

import (
	"os"
	"testing"

	"github.com/throughline-cx/throughline/services/e2e/harness"
)

func TestMain(m *testing.M) {
	code := m.Run()
	harness.Clean()
	os.Exit(code)
}
