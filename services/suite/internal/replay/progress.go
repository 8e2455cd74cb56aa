package replay

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// How often progress is shown: a bar that moves, or a line in a log.
const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 10 * time.Second
)

// watch shows progress until the function it returns is called: a bar on a terminal, now and then a line elsewhere. total
// is how many dialogues there are; where that is not known, 0, the position in the file tells.
func (h *hall) watch(out io.Writer, src *source, total int) (stop func()) {
	show, every, end := h.lines(out), lineEvery, func() {}
	if term.IsTerminal(out) {
		size, done := int64(total), h.served
		if total == 0 {
			size, done = src.size, src.read.Load
		}
		bar := progressbar.NewOptions64(max(size, 1), progressbar.OptionSetWriter(out), progressbar.OptionSetWidth(30),
			progressbar.OptionSetDescription("replay"), progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(true))
		// The bar ends when everything has been played, not when the file has been read.
		show = func() {
			bar.Describe("replay: " + h.played())
			_ = bar.Set64(min(done(), max(size-1, 0)))
		}
		every, end = barEvery, func() { _ = bar.Finish() }
	}
	done := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				show()
			}
		}
	})
	return func() {
		close(done)
		ticking.Wait()
		end()
	}
}

// played is how much has been played so far.
func (h *hall) played() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return fmt.Sprintf("%d dialogues, %d legs, %d events", h.dialogues, h.counts.Legs, h.counts.Events)
}

func (h *hall) lines(out io.Writer) func() {
	began := time.Now()
	return func() {
		_, _ = fmt.Fprintf(out, "replay: %s, %d s\n", h.played(), int(time.Since(began).Seconds()))
	}
}

// served is how many dialogues have been played so far.
func (h *hall) served() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dialogues
}
