package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds what a process may take; slow machines are no failures.
const patience = time.Minute

var binary string

// TestMain builds the binary, because signals and exit codes are what is tried here.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "throughline-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "throughline")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func command(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	return cmd, &stderr
}

// serve starts `throughline serve` on free ports and returns its ready line.
func serve(t *testing.T, env []string, args ...string) (cmd *exec.Cmd, ready string) {
	t.Helper()
	cmd, stderr := command(t, append([]string{"serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = t.TempDir()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ready, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("no ready line: %v\n%s", err, stderr)
	}
	return cmd, strings.TrimSpace(ready)
}

// refused runs a command that has to fail with one line.
func refused(t *testing.T, code int, want string, args ...string) {
	t.Helper()
	cmd, stderr := command(t, args...)
	err := cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		t.Errorf("%v: %v, want exit code %d", args, err, code)
	}
	if text := stderr.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, want) {
		t.Errorf("%v: stderr %q, want one line with %q", args, text, want)
	}
}

func TestServeAndTerminate(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	cmd, ready := serve(t, nil, "--data", data)
	line := regexp.MustCompile(`^throughline ready: grpc=(127\.0\.0\.1:\d+) http=(127\.0\.0\.1:\d+) data=(.*)$`)
	m := line.FindStringSubmatch(ready)
	if m == nil || m[3] != data || strings.HasSuffix(m[1], ":0") {
		t.Fatalf("ready line %q", ready)
	}
	health, stderr := command(t, "health", "--target", m[1])
	if err := health.Run(); err != nil {
		t.Errorf("%v: %s", err, stderr)
	}
	refused(t, 1, "stop that one, or use another data folder (STORE_LOCKED)",
		"serve", "--data", data, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

func TestServeRefusals(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	refused(t, 1, "LISTEN_NOT_LOOPBACK", "serve", "--data", data, "--grpc-listen", "0.0.0.0:9090")
	refused(t, 1, "LISTEN_NOT_LOOPBACK", "serve", "--data", data, "--http-listen", ":8080")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "context.db"), bytes.Repeat([]byte("x"), 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, "context.db", "serve", "--data", data, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")
}

// The flag goes before the variable, the variable before the file, the file before the default.
func TestPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "throughline.yaml")
	if err := os.WriteFile(file, []byte("data: ./from-file\nlog-level: error\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		env  []string
		args []string
		want string
	}{
		{"default", nil, nil, "./data"},
		{"file", nil, []string{"--config", file}, "./from-file"},
		{"file by variable", []string{"THROUGHLINE_CONFIG=" + file}, nil, "./from-file"},
		{"variable", []string{"THROUGHLINE_DATA=./from-env"}, []string{"--config", file}, "./from-env"},
		{"flag", []string{"THROUGHLINE_DATA=./from-env"}, []string{"--config", file, "--data", "./from-flag"}, "./from-flag"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, ready := serve(t, tc.env, tc.args...); !strings.HasSuffix(ready, " data="+tc.want) {
				t.Errorf("ready line %q, want data=%s", ready, tc.want)
			}
		})
	}
}

func TestConfigurationMistakes(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct{ text, want string }{
		"unknown key": {"data: x\ngrpc_listen: y\n", `:2: there is no option "grpc_listen"`},
		"no YAML":     {"data: [", "is not YAML"},
		"bad value":   {"drain-timeout: soon\n", "drain-timeout"},
		"bad enum":    {"log-level: loud\n", "log-level"},
	} {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".yaml")
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, 2, tc.want, "serve", "--config", file)
	}
	refused(t, 2, "cannot be read", "serve", "--config", filepath.Join(dir, "missing.yaml"))
	refused(t, 2, "unknown flag --dta", "serve", "--dta", "x")
}
