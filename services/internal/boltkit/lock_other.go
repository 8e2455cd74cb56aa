//go:build !unix

package boltkit

import (
	"errors"
	"os"
	"time"
)

var errLocked = errors.New("locked")

// lockFile does nothing here: bbolt takes its own lock right after, and only the checks before it go unguarded.
func lockFile(*os.File, bool, time.Duration) error { return nil }
