package replay

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// How often progress is shown: a bar that moves, or a line in a log.
const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 10 * time.Second
)

// watch shows progress until the function it returns is called: a bar on a terminal, now and then a line elsewhere. src is
// the file; when it is read as a whole before the first dialogue is played, its position says nothing.
func (h *hall) watch(out io.Writer, src *source, whole bool) (stop func()) {
	show, every, end := h.lines(out), lineEvery, func() {}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		total := src.size
		if whole || total == 0 {
			total = -1 // unknown: the bar only shows that something happens
		}
		bar := progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionSetWidth(30),
			progressbar.OptionSetDescription("replay"), progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(true))
		show, every = h.bar(bar, src), barEvery
		end = func() { _ = bar.Finish() }
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

func (h *hall) bar(bar *progressbar.ProgressBar, src *source) func() {
	return func() {
		bar.Describe("replay: " + h.played())
		_ = bar.Set64(min(src.read.Load(), max(src.size-1, 0)))
	}
}
