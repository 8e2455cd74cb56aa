package rest

import (
	"bytes"
	"net/http"
	"sync"
	"time"
)

// writeTime bounds one write to a stream's reader; a reader that takes nothing for so long is cut off.
const writeTime = 30 * time.Second

// edgeWriter remembers how a request was answered. For event streams it also sends heartbeats, so writes are locked.
type edgeWriter struct {
	http.ResponseWriter
	mu      sync.Mutex
	control *http.ResponseController
	code    int
	reason  string
	stream  bool
	sse     bool
	// unwrap is set when an error ends a stream before its first message: the gateway writes {"error": status} then,
	// while every other error is the status itself.
	unwrap bool
	// form says how the answer is written; nil for like any other.
	form *formed
}

// Unwrap gives http.ResponseController the writer underneath.
func (w *edgeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader writes the status line.
func (w *edgeWriter) WriteHeader(code int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(code)
}

func (w *edgeWriter) writeHeader(code int) {
	if w.code != 0 {
		return
	}
	w.code = code
	if w.stream && code >= http.StatusBadRequest {
		w.unwrap = true
		w.Header().Set("Content-Type", typeJSON)
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write writes a part of the body.
func (w *edgeWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(http.StatusOK)
	n := len(b)
	if w.stream {
		_ = w.control.SetWriteDeadline(time.Now().Add(writeTime))
		if w.unwrap {
			b = unwrapError(b)
		}
	}
	if _, err := w.ResponseWriter.Write(b); err != nil {
		return 0, err
	}
	return n, nil
}

// Flush sends what is buffered.
func (w *edgeWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.control.Flush()
}

// streamError writes the error that ends a stream whose header is out already. It reports false when the header is
// still to be written, so that the error can be an ordinary answer.
func (w *edgeWriter) streamError(body []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stream || w.code == 0 {
		w.stream = false
		return false
	}
	if w.sse {
		_, _ = w.ResponseWriter.Write(append(append([]byte("event: error\ndata: "), body...), "\n\n"...)) //nolint:gosec // JSON in an event
	} else {
		_, _ = w.ResponseWriter.Write(append(append([]byte(`{"error":`), body...), "}\n"...)) //nolint:gosec // JSON, with nosniff
	}
	_ = w.control.Flush()
	return true
}

// heartbeat sends comments until stop is called, so that proxies keep a quiet stream. The first one commits the answer
// to 200: a stream that is quiet for so long has begun.
func (w *edgeWriter) heartbeat(every time.Duration) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				w.beat()
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func (w *edgeWriter) beat() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stream || w.unwrap {
		return
	}
	if w.code == 0 {
		w.Header().Set("Content-Type", typeSSE)
		w.writeHeader(http.StatusOK)
	}
	_ = w.control.SetWriteDeadline(time.Now().Add(writeTime))
	_, _ = w.ResponseWriter.Write([]byte(":\n\n"))
	_ = w.control.Flush()
}

// unwrapError takes the status out of {"error": status} or of an error event.
func unwrapError(b []byte) []byte {
	if rest, ok := bytes.CutPrefix(b, []byte("event: error\ndata: ")); ok {
		return bytes.TrimSpace(rest)
	}
	if rest, ok := bytes.CutPrefix(b, []byte(`{"error":`)); ok {
		return bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("}"))
	}
	return b
}
