package rest

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

//go:embed docs
var docsFiles embed.FS

// docsPolicy lets the page load its own script and style and the OpenAPI file, and nothing from anywhere else.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'"

// newPages returns the handlers of everything that is not the API.
func (e *edge) newPages() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := e.ready(r.Context()); err != nil {
			WriteError(w, r, err)
			return
		}
		writeText(w, "ready\n")
	})
	if e.o.Metrics != nil {
		mux.Handle("GET /metrics", e.o.Metrics)
	}
	if len(e.o.OpenAPI) > 0 {
		if !json.Valid(e.o.OpenAPI) {
			return nil, fmt.Errorf("rest: the OpenAPI file is not JSON")
		}
		if err := e.addDocs(mux); err != nil {
			return nil, err
		}
	}
	for pattern, h := range e.o.Extra {
		mux.Handle(pattern, h)
	}
	return mux, nil
}

// addDocs adds the OpenAPI file and the page that shows it. The page needs nothing from the network.
func (e *edge) addDocs(mux *http.ServeMux) error {
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", typeJSON)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(e.o.OpenAPI)
	})
	for pattern, file := range map[string]struct{ name, contentType string }{
		"GET /{$}":            {"docs/index.html", "text/html; charset=utf-8"},
		"GET /docs":           {"docs/index.html", "text/html; charset=utf-8"},
		"GET /docs/app.js":    {"docs/app.js", "text/javascript; charset=utf-8"},
		"GET /docs/style.css": {"docs/style.css", "text/css; charset=utf-8"},
	} {
		content, err := fs.ReadFile(docsFiles, file.name)
		if err != nil {
			return err
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", file.contentType)
			w.Header().Set("Content-Security-Policy", docsPolicy)
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(content)
		})
	}
	return nil
}

// ready says whether requests can be served.
func (e *edge) ready(ctx context.Context) error {
	if e.draining.Err() != nil {
		return rpc.DrainingFault()
	}
	err := e.o.Ready(ctx)
	if _, ok := fault.As(err); err != nil && !ok {
		return fault.New(fault.Unavailable, fault.ServiceUnavailable, "not ready").WithCause(err)
	}
	return err
}

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text))
}
