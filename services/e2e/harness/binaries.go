// Package harness builds the project's binaries and runs them as their users
// do: as processes, over loopback.
package harness

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
)

// Binaries are the programs the project ships, with their main packages, whose
// folders are named like them.
var Binaries = map[string]string{
	"throughline":     "./services/suite/cmd/throughline",
	"interactionlogd": "./services/interaction-log/cmd/interactionlogd",
	"contextd":        "./services/context/cmd/contextd",
	"gatewayd":        "./services/gateway/cmd/gatewayd",
}

var (
	buildOnce sync.Once
	buildDir  string
	errBuild  error
)

// Root is the repository's folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// Build builds all binaries, once a test process, and returns their folder.
func Build() (string, error) {
	buildOnce.Do(func() {
		if buildDir, errBuild = os.MkdirTemp("", "throughline-bin-"); errBuild != nil {
			return
		}
		// One command for all: it links them at the same time.
		args := append([]string{"build", "-o", buildDir}, slices.Collect(maps.Values(Binaries))...)
		cmd := exec.Command("go", args...) //nolint:gosec // the packages named above
		cmd.Dir = Root()
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			errBuild = fmt.Errorf("building: %w\n%s", err, out)
		}
	})
	return buildDir, errBuild
}

// Clean removes what Build made; call it at the end of TestMain.
func Clean() {
	if buildDir != "" {
		_ = os.RemoveAll(buildDir)
	}
}
