// Package house checks rules about the code base as a whole.
package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const root = "github.com/throughline-cx/throughline/"

// pkg is what the rule needs of `go list`.
type pkg struct {
	ImportPath string
	Imports    []string
}

// layer says what a package is to the import rule; "" for packages outside it.
func layer(importPath string) string {
	p, ok := strings.CutPrefix(importPath, root)
	if !ok {
		return ""
	}
	switch {
	case strings.HasPrefix(p, "services/internal/fault"):
		return "fault"
	case strings.HasPrefix(p, "services/internal/"):
		return "plumbing"
	case strings.HasPrefix(p, "gen/"):
		return "gen"
	case strings.HasPrefix(p, "services/client"):
		return "client"
	case strings.HasPrefix(p, "services/suite"), strings.HasPrefix(p, "services/e2e"):
		return "suite"
	case strings.Contains(p, "/cmd/"):
		return "cmd"
	case strings.Contains(p, "/internal/domain"):
		return "domain"
	case strings.Contains(p, "/internal/store/"):
		return "store"
	case strings.Contains(p, "/internal/"):
		return "server"
	default:
		return "root"
	}
}

// service is the module below services/ that a package belongs to.
func service(importPath string) string {
	p := strings.TrimPrefix(importPath, root+"services/")
	name, _, _ := strings.Cut(p, "/")
	return name
}

// allowed says which of our own layers a layer may import directly.
var allowed = map[string][]string{
	"fault":    {},
	"plumbing": {"fault", "plumbing", "gen"},
	"gen":      {"gen"},
	"domain":   {"fault", "domain"},
	"store":    {"fault", "domain", "store", "plumbing", "gen"},
	"server":   {"fault", "domain", "server", "plumbing", "gen"},
	"root":     {"fault", "domain", "store", "server", "plumbing", "gen"},
	"cmd":      {"fault", "root", "plumbing", "gen"},
	"client":   {"fault", "plumbing", "gen", "client"},
	"suite":    {"fault", "root", "plumbing", "gen", "client", "suite"},
}

// forClient names the plumbing that the client needs. It is built into other people's programs, so what it brings along
// is kept small: no server's configuration, no store.
var forClient = []string{"services/internal/rpc", "services/internal/auth", "services/internal/fault"}

// forbidden names packages that a layer must not reach even through others.
var forbidden = map[string][]string{
	"domain": {"google.golang.org/grpc", "go.etcd.io/bbolt", "github.com/jackc/pgx", "go.opentelemetry.io/", root + "gen/"},
	"client": {"go.etcd.io/bbolt", "github.com/jackc/pgx", root + "services/internal/boltkit", root + "services/internal/conf"},
}

func TestImportRule(t *testing.T) {
	pkgs := list(t)
	for _, p := range pkgs {
		from := layer(p.ImportPath)
		if from == "" {
			continue
		}
		for _, imp := range p.Imports {
			to := layer(imp)
			if to == "" {
				continue
			}
			if !contains(allowed[from], to) {
				t.Errorf("%s (%s) imports %s (%s)", p.ImportPath, from, imp, to)
			}
			if from != "suite" && to != "gen" && to != "plumbing" && to != "fault" && service(p.ImportPath) != service(imp) {
				t.Errorf("%s reaches into another service: %s", p.ImportPath, imp)
			}
			if from == "client" && (to == "plumbing" || to == "fault") && !contains(forClient, strings.TrimPrefix(imp, root)) {
				t.Errorf("%s imports %s, which the client does without", p.ImportPath, imp)
			}
		}
		for _, bad := range forbidden[from] {
			if chain := reach(pkgs, p.ImportPath, func(i string) bool { return strings.HasPrefix(i, bad) }); chain != nil {
				t.Errorf("%s must not reach %s: %s", from, bad, strings.Join(chain, " -> "))
			}
		}
		if from == "fault" {
			for _, imp := range p.Imports {
				if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") {
					t.Errorf("fault imports more than the standard library: %s", imp)
				}
			}
		}
	}
}

// reach finds a chain of imports from a package to one that matches.
func reach(pkgs map[string]pkg, from string, match func(string) bool) []string {
	seen := map[string]bool{from: true}
	queue := [][]string{{from}}
	for len(queue) > 0 {
		chain := queue[0]
		queue = queue[1:]
		for _, imp := range pkgs[chain[len(chain)-1]].Imports {
			if seen[imp] {
				continue
			}
			seen[imp] = true
			next := append(append([]string{}, chain...), imp)
			if match(imp) {
				return next
			}
			queue = append(queue, next)
		}
	}
	return nil
}

func list(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports", "work")
	cmd.Dir = "../../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	pkgs := map[string]pkg{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs[p.ImportPath] = p
	}
	if len(pkgs) < 100 {
		t.Fatalf("go list found only %d packages", len(pkgs))
	}
	return pkgs
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// The rule itself is tried on chains that break it.
func TestReachFindsChain(t *testing.T) {
	pkgs := map[string]pkg{
		"a": {Imports: []string{"b", "c"}},
		"b": {Imports: []string{"bad/x"}},
	}
	chain := reach(pkgs, "a", func(i string) bool { return strings.HasPrefix(i, "bad/") })
	if got, want := strings.Join(chain, " "), "a b bad/x"; got != want {
		t.Errorf("chain = %q, want %q", got, want)
	}
	if chain := reach(pkgs, "c", func(string) bool { return true }); chain != nil {
		t.Errorf("chain from a package without imports = %v", chain)
	}
}
