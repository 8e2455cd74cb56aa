package suite_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/gateway"
	interactionlog "github.com/throughline-cx/throughline/services/interaction-log"
	"github.com/throughline-cx/throughline/services/internal/conf"
	suitecli "github.com/throughline-cx/throughline/services/suite/internal/cli"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

const binDir = "/usr/local/bin/"

func loadCompose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{root + "docker-compose.yml"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := options.LoadProject(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each service runs a binary that the Dockerfile builds, without rights it does not need.
func TestComposeServices(t *testing.T) {
	dockerfile, err := os.ReadFile(root + "Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	p := loadCompose(t)
	if got := p.ServiceNames(); !slices.Equal(got, []string{"context", "gateway", "interaction-log"}) {
		t.Errorf("services %v", got)
	}
	for name, s := range p.Services {
		if s.NetworkMode != "" || len(s.Networks) != 1 || !s.ReadOnly || len(s.CapDrop) == 0 || s.User != "" || s.Image != "throughline" {
			t.Errorf("%s: network %q %v, read only %v, cap_drop %v, user %q, image %q", name, s.NetworkMode, s.Networks, s.ReadOnly, s.CapDrop, s.User, s.Image)
		}
		for _, p := range s.Ports {
			if name != "gateway" || p.HostIP != "127.0.0.1" {
				t.Errorf("%s is open on %s:%s", name, p.HostIP, p.Published)
			}
		}
		for _, path := range []string{s.Command[0], s.HealthCheck.Test[1]} {
			binary, ok := strings.CutPrefix(path, binDir)
			if !ok || !regexp.MustCompile(`/cmd/`+binary+`\b`).Match(dockerfile) {
				t.Errorf("%s runs %s, which the Dockerfile does not build", name, path)
			}
		}
		for _, v := range s.Volumes {
			if v.Target != "/data" && (v.Target != "/keys" || !v.ReadOnly) {
				t.Errorf("%s writes to %s, which does not belong to its user", name, v.Target)
			}
		}
	}
	for _, want := range []string{"USER 65532:65532", "--chown=65532:65532 /out/data /data", "FROM scratch"} {
		if !strings.Contains(string(dockerfile), want) {
			t.Errorf("the Dockerfile has no %q", want)
		}
	}
}

// Every command line in the file is one that its binary takes.
func TestComposeCommands(t *testing.T) {
	p := loadCompose(t)
	apps := map[string]func() conf.App{
		"interactionlogd": func() conf.App { return interactionlog.App(&interactionlog.Flags{}) },
		"contextd":        func() conf.App { return contextservice.App(&contextservice.Flags{}) },
		"gatewayd":        func() conf.App { return gateway.App(&gateway.Flags{}) },
		"throughline":     func() conf.App { return suitecli.App(&term.IO{}) },
	}
	for name, s := range p.Services {
		for _, line := range [][]string{s.Command, s.HealthCheck.Test[1:]} {
			app, ok := apps[strings.TrimPrefix(line[0], binDir)]
			if !ok {
				t.Errorf("%s runs %s, whose command line is not known here", name, line[0])
				continue
			}
			if _, err := app().Parse(line[1:]); err != nil {
				t.Errorf("%s: %v: %v", name, line, err)
			}
		}
	}
}

// Who calls whom on which port.
func TestComposePorts(t *testing.T) {
	p := loadCompose(t)
	flag := func(service, name string) string {
		for _, word := range p.Services[service].Command {
			if v, ok := strings.CutPrefix(word, "--"+name+"="); ok {
				return v
			}
		}
		t.Errorf("%s has no --%s", service, name)
		return ""
	}
	port := func(addr string) string { return addr[strings.LastIndexByte(addr, ':'):] }
	log, customers, edge := port(flag("interaction-log", "listen")), port(flag("context", "listen")), port(flag("gateway", "http-listen"))
	for what, pair := range map[string][2]string{
		"context to log":        {"interaction-log" + log, flag("context", "log-target")},
		"gateway to log":        {"interaction-log" + log, flag("gateway", "log-target")},
		"gateway to context":    {"context" + customers, flag("gateway", "context-target")},
		"host to gateway":       {edge, fmt.Sprintf(":%d", p.Services["gateway"].Ports[0].Target)},
		"health of the log":     {"--target=127.0.0.1" + log, p.Services["interaction-log"].HealthCheck.Test[3]},
		"health of the context": {"--target=127.0.0.1" + customers, p.Services["context"].HealthCheck.Test[3]},
		"health of the gateway": {"--target=http://127.0.0.1" + edge, p.Services["gateway"].HealthCheck.Test[3]},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %s is not %s", what, pair[1], pair[0])
		}
	}
}

// Who listens where others reach him asks for keys, or passes on only to those that do.
func TestComposeAsksForKeys(t *testing.T) {
	p := loadCompose(t)
	for name, want := range map[string]string{
		"interaction-log": "--api-keys=/keys/api-keys.json", "context": "--api-keys=/keys/api-keys.json", "gateway": "--guarded",
	} {
		if !slices.Contains(p.Services[name].Command, want) {
			t.Errorf("%s has no %s", name, want)
		}
	}
	if !slices.Contains(p.Services["context"].Command, "--log-key-file=/keys/context") {
		t.Error("the context service has no key for the log")
	}
}
