package conf_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

type binary struct {
	conf.Base
	conf.Log
	conf.Telemetry
	Serve struct {
		Listen string        `help:"Address to listen on." default:"127.0.0.1:9090"`
		Grace  time.Duration `help:"How long to wait | at most." default:"10s"`
		Sizes  []int         `help:"Some sizes."`
		Data   string        `help:"Folder." required:""`
	} `cmd:"" default:"withargs" help:"Run it"`
	Replay struct {
		File  string `arg:"" help:"What to play."`
		Speed int    `help:"How fast." default:"1"`
		Dark  bool   `hidden:""`
	} `cmd:"" help:"Play a file."`
}

func app(b *binary) conf.App {
	return conf.App{Name: "prog", Description: "Does things.", Config: b, Out: &bytes.Buffer{}}
}

func TestPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	text := "listen: file:1\ngrace: 30s\nsizes: [1, 2]\ndata: /file\nlog-level: warn\ntrace-ratio: 0.5\nspeed: 7\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("THROUGHLINE_GRACE", "20s")
	t.Setenv("THROUGHLINE_LISTEN", "env:1")
	for name, args := range map[string][]string{"file by flag": {"--config", file}, "file by variable": nil} {
		t.Run(name, func(t *testing.T) {
			if args == nil {
				t.Setenv("THROUGHLINE_CONFIG", file)
			}
			var b binary
			if _, err := app(&b).Parse(append(args, "serve", "--listen=flag:1")); err != nil {
				t.Fatal(err)
			}
			got := []any{b.Serve.Listen, b.Serve.Grace, b.Serve.Data, b.LogLevel, b.LogFormat, b.TraceRatio, b.Serve.Sizes}
			want := []any{"flag:1", 20 * time.Second, "/file", "warn", "text", 0.5, []int{1, 2}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	var b binary
	if _, err := app(&b).Parse([]string{"--data=d"}); err != nil {
		t.Fatal(err)
	}
	if b.Serve.Listen != "127.0.0.1:9090" || b.Serve.Grace != 10*time.Second || b.TraceRatio != 1 {
		t.Errorf("%+v", b.Serve)
	}
	if o := b.TelemetryOptions("s", "v"); o.Service != "s" || o.TraceRatio != 1 {
		t.Errorf("%+v", o)
	}
	if o := b.LogOptions(nil); o.Level != "info" || o.Format != "text" {
		t.Errorf("%+v", o)
	}
}

func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		args []string
		says string
	}{
		"unknown key":      {"data: d\nlisten: x\n\nlissten: y\n", nil, `c.yaml:4: there is no option "lissten"`},
		"key twice":        {"data: d\ndata: e\n", nil, `"data"`},
		"nested":           {"data: {a: b}\n", nil, `c.yaml:1: option "data"`},
		"nested list":      {"sizes: [[1]]\n", nil, `option "sizes"`},
		"list for one":     {"data: [a, b]\n", nil, `option "data" takes one value`},
		"no value":         {"data:\n", nil, "no value"},
		"config in config": {"config: x\n", nil, `no option "config"`},
		"a list":           {"- data\n", nil, "not a list of option: value"},
		"no YAML":          {"data: [\n", nil, "not YAML"},
		"bad value":        {"data: d\ngrace: soon\n", nil, "grace"},
		"bad flag value":   {"", []string{"--data=d", "--grace=soon"}, "grace"},
		"bad enum":         {"", []string{"--data=d", "--log-level=loud"}, "log-level"},
		"unknown flag":     {"", []string{"--data=d", "--no-such"}, "no-such"},
		"missing":          {"", nil, "--data"},
		"no file":          {"-", []string{"--data=d", "--config=/no/such/file"}, "/no/such/file"},
	} {
		t.Run(name, func(t *testing.T) {
			args := c.args
			if c.file != "-" {
				file := filepath.Join(t.TempDir(), "c.yaml")
				if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
				args = append([]string{"--config", file}, args...)
			}
			var b binary
			_, err := app(&b).Parse(args)
			if fault.ReasonOf(err) != fault.ConfigInvalid || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
		})
	}
}

func TestBadVariable(t *testing.T) {
	t.Setenv("THROUGHLINE_GRACE", "soon")
	var b binary
	_, err := app(&b).Parse([]string{"--data=d"})
	if fault.ReasonOf(err) != fault.ConfigInvalid || !strings.Contains(err.Error(), "THROUGHLINE_GRACE") {
		t.Errorf("got %v", err)
	}
}

func TestHelp(t *testing.T) {
	var b binary
	a := app(&b)
	if _, err := a.Parse([]string{"--help"}); !errors.Is(err, conf.ErrShown) {
		t.Errorf("got %v", err)
	}
	if out := a.Out.(*bytes.Buffer).String(); !strings.Contains(out, "THROUGHLINE_LOG_LEVEL") || !strings.Contains(out, "Does things.") {
		t.Errorf("help is\n%s", out)
	}
}

func TestMarkdown(t *testing.T) {
	var b binary
	text, err := app(&b).Markdown()
	if err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/config.md", []byte(text))
}
