// Package realdata finds recorded dialogues for tests. They are not part of the repository.
package realdata

import (
	"os"
	"path/filepath"
	"testing"
)

// Variable names the folder with the data; without it, shared/data beside the repository is looked for.
const Variable = "THROUGHLINE_TESTDATA"

// Path returns where a file of the data is, such as "star/carryover.dev.jsonl". A test without its data is skipped, but
// fails where CI is set: there the data has to be.
func Path(t testing.TB, name string) string {
	t.Helper()
	if dir := os.Getenv(Variable); dir != "" {
		if path := filepath.Join(dir, name); exists(path) {
			return path
		}
	} else if path := beside(t, filepath.Join("shared", "data", name)); path != "" {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("the data for this test, %s, is not here; set %s to its folder", name, Variable)
	}
	t.Skipf("the data for this test, %s, is not here; set %s to its folder", name, Variable)
	return ""
}

// Repository returns a path below the repository's root.
func Repository(t testing.TB, name string) string {
	t.Helper()
	if path := beside(t, name); path != "" {
		return path
	}
	t.Fatalf("%s is not in the repository", name)
	return ""
}

// beside looks for name in the working directory and all folders above it.
func beside(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if path := filepath.Join(dir, name); exists(path) {
			return path
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

func exists(path string) bool {
	_, err := os.Stat(path) //nolint:gosec // whoever runs the tests says where the data is
	return err == nil
}
