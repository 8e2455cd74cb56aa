package e2e

import (
	"fmt"
	"testing"

	"github.com/throughline-cx/throughline/services/e2e/apicase"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// The same calls over gRPC and over REST have the same outcome, with all
// services in one process and with each in its own.
func TestAPI(t *testing.T) {
	files, err := apicase.Load("testdata/cases")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no cases found")
	}
	deployments := map[string]func(testing.TB, string) harness.Suite{
		"one process": harness.StartSuite,
		"apart":       harness.StartApart,
	}
	for name, start := range deployments {
		t.Run(name, func(t *testing.T) {
			s := start(t, t.TempDir())
			for _, file := range files {
				t.Run(file.Name+"/grpc", func(t *testing.T) { runGRPC(t, s, file) })
				t.Run(file.Name+"/rest", func(t *testing.T) { runREST(t, s, file) })
			}
		})
	}
}

func runGRPC(t *testing.T, s harness.Suite, file apicase.File) {
	vars := map[string]string{"run": "grpc"}
	for _, c := range file.Cases {
		if c.RPC == "" {
			continue
		}
		c = c.Expanded(vars)
		o, err := apicase.GRPC(t.Context(), s.Conn(t, c.RPC), c)
		check(t, c, o, err, vars)
	}
}

func runREST(t *testing.T, s harness.Suite, file apicase.File) {
	vars := map[string]string{"run": "rest"}
	for _, c := range file.Cases {
		if c.REST == "" {
			continue
		}
		c = c.Expanded(vars)
		o, err := apicase.REST(t.Context(), "http://"+s.HTTP, c)
		check(t, c, o, err, vars)
	}
}

func check(t *testing.T, c apicase.Case, o apicase.Outcome, err error, vars map[string]string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	for _, diff := range c.Want.Check(o) {
		t.Errorf("%s: %s", c.Name, diff)
	}
	for name, path := range c.Save {
		v, ok := apicase.Lookup(o.Answer, path)
		if !ok {
			t.Fatalf("%s: the answer has no %s to save: %v", c.Name, path, o.Answer)
		}
		vars[name] = fmt.Sprint(v)
	}
}
