package daemon

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

const (
	// headroom is how much garbage may pile up before it is collected. The services keep little alive and make much
	// garbage: by Go's default, which allows as much garbage as there is alive, the collector took 10 to 12 percent of the
	// CPU under load. A fixed amount costs the same work however little is alive, and less memory when much is.
	headroom = 96 << 20
	// The bounds of the percentage that the headroom comes to, and where it begins.
	gcPercent, leastPercent, mostPercent = 400, 75, 800
	// memoryLimit is what a process may take: near it the collector runs as often as it must.
	memoryLimit = 460 << 20
)

// Tune sets how the process uses memory. GOGC and GOMEMLIMIT in the environment go before it.
func Tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
		followLive()
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// percentFor returns the percentage of garbage that makes the headroom out of what is alive, stacks and globals included.
func percentFor(live uint64) int {
	if live == 0 {
		return gcPercent
	}
	return int(min(max(headroom*100/live, leastPercent), mostPercent))
}

// followLive keeps the percentage right: each collection frees a sentinel, whose cleanup looks at what is alive.
var followLive = sync.OnceFunc(func() { adjust(gcPercent) })

func adjust(have int) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(sample)
	alive := uint64(0)
	for _, s := range sample {
		alive += s.Value.Uint64()
	}
	// Setting it stops the world for a moment, so small differences are let be.
	if want := percentFor(alive); want*10 < have*9 || want*9 > have*10 {
		debug.SetGCPercent(want)
		have = want
	}
	// With a pointer in it, it is not put together with other small objects.
	sentinel := &struct{ self *int }{new(int)}
	runtime.AddCleanup(sentinel, adjust, have)
}
