package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

type testFlags struct {
	GRPCFlags
	StoreFlags
}

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		args    []string
		err     error
		code    int
		out, to string
	}{
		"success":      {nil, nil, 0, "", ""},
		"help":         {[]string{"--help"}, nil, 0, "Address for gRPC", ""},
		"failure":      {nil, errors.New("one\n  two"), 1, "", "testd: one two\n"},
		"usage":        {[]string{"--lisen=x"}, nil, 2, "", "testd: CONFIG_INVALID: unknown flag --lisen"},
		"no such file": {[]string{"--config=/no/such/file"}, nil, 2, "", "testd: CONFIG_INVALID: the configuration file cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			var f testFlags
			app := conf.App{Name: "testd", Config: &f, Vars: Words{Listen: "127.0.0.1:1", Memory: "forgets"}.Vars()}
			var out, errOut strings.Builder
			code := execute(t.Context(), app, c.args, func(context.Context, io.Writer, io.Writer) error { return c.err }, &out, &errOut)
			if code != c.code || !strings.Contains(out.String(), c.out) || !strings.HasPrefix(errOut.String(), c.to) {
				t.Errorf("code %d, stdout %q, stderr %q", code, out.String(), errOut.String())
			}
			if n := strings.Count(errOut.String(), "\n"); n != min(code, 1) {
				t.Errorf("%d lines on stderr", n)
			}
		})
	}
}

func TestFlagsShowTheirWords(t *testing.T) {
	var f testFlags
	app := conf.App{Name: "testd", Config: &f, Vars: Words{Listen: "127.0.0.1:7", Data: "Mind it.", Memory: "forgets"}.Vars()}
	text, err := app.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"`127.0.0.1:7`", "does not exist. Mind it. |", "memory forgets. |"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if _, err := app.Parse([]string{"--metrics-listen=127.0.0.1:8"}); err != nil {
		t.Fatal(err)
	}
	if o := f.Options("testd"); o.Name != "testd" || o.Listen != "127.0.0.1:7" || o.MetricsListen != "127.0.0.1:8" || o.DrainGrace == 0 {
		t.Errorf("%+v", o)
	}
}

func TestQuietHoldsBack(t *testing.T) {
	var out testkit.Buffer
	log, loud := Quiet(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	log.Debug("too low")
	log.With("a", 1).WithGroup("g").Info("one", "b", 2)
	log.Warn("two")
	if got, want := out.String(), "level=WARN msg=two\n"; got != want {
		t.Errorf("before: %q, want %q", got, want)
	}
	for range 2 * heldRecords {
		log.Info("many")
	}
	loud()
	log.Info("three")
	text := strings.TrimPrefix(out.String(), "level=WARN msg=two\n")
	if !strings.HasPrefix(text, "level=INFO msg=one a=1 g.b=2\n") || !strings.HasSuffix(text, "level=INFO msg=three\n") {
		t.Errorf("after: %q", text)
	}
	if n := strings.Count(text, "\n"); n != heldRecords+1 {
		t.Errorf("%d lines", n)
	}
}

func TestBackgroundStops(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		atEnd error
		want  error
	}{
		"well":      {nil, nil},
		"cancelled": {fmt.Errorf("ended: %w", context.Canceled), nil},
		"badly":     {broken, broken},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.NoLeaks(t)
			parent, end := context.WithCancel(t.Context())
			end()
			stop := Background(parent, func(ctx context.Context) error {
				<-ctx.Done()
				return c.atEnd
			}, func(err error) { t.Errorf("failed: %v", err) })
			for range 2 {
				if err := stop(); !errors.Is(err, c.want) {
					t.Errorf("stopped with %v", err)
				}
			}
		})
	}
}

func gogc() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func TestTune(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(limit) })
	const other = 1 << 40
	for _, c := range []struct {
		gogc, memory string
		tuned        bool
		limit        int64
	}{
		{"", "", true, memoryLimit},
		{"50", "", false, memoryLimit},
		{"", "off", true, other},
		{"off", "1GiB", false, other},
	} {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(other)
		t.Setenv("GOGC", c.gogc)
		t.Setenv("GOMEMLIMIT", c.memory)
		Tune()
		if p, l := gogc(), debug.SetMemoryLimit(-1); p != 100 != c.tuned || l != c.limit {
			t.Errorf("GOGC=%q GOMEMLIMIT=%q: %d %%, %d bytes", c.gogc, c.memory, p, l)
		}
	}
}

func TestGarbageIsCollectedByItsAmount(t *testing.T) {
	for live, want := range map[uint64]int{
		0: gcPercent, 1 << 20: mostPercent, 24 << 20: 400, 48 << 20: 200, 96 << 20: 100, 1 << 30: leastPercent,
	} {
		if got := percentFor(live); got != want {
			t.Errorf("%d MiB alive: %d %%, want %d", live>>20, got, want)
		}
	}
	percent := debug.SetGCPercent(gcPercent)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	adjust(gcPercent)
	much := make([]byte, 256<<20)
	for end := time.Now().Add(time.Minute); gogc() >= 100; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Now().After(end) {
			t.Fatalf("with %d MiB alive the percentage is still %d", len(much)>>20, gogc())
		}
	}
	runtime.KeepAlive(much)
}
