package daemon

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow to five times of what is live before it is collected. The services keep little alive
	// and make much garbage, so that with Go's default of 100 the collector took 10 to 12 percent of the CPU under load.
	gcPercent = 400
	// memoryLimit keeps that within what a process may take: near it the collector runs as often as it must.
	memoryLimit = 400 << 20
)

// Tune sets how the process uses memory. GOGC and GOMEMLIMIT in the environment go before it.
func Tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
