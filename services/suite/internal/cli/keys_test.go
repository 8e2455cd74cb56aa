package cli

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite"
)

// A key is made, shown once, shown to a server, listed and revoked.
func TestKeys(t *testing.T) {
	testkit.NoLeaks(t)
	data := t.TempDir()
	file := filepath.Join(data, "api-keys.json")
	text, said, code := run(t.Context(), "", "keys", "create", "--tenant", "default", "--role", "agent", "--role", "bot", "--name", "desk", "--expires-in", "720h", "--file", file)
	m := regexp.MustCompile(`^tlk_([a-z2-7]{13})_[a-z2-7]{52}\n$`).FindStringSubmatch(text)
	if code != 0 || m == nil || !strings.Contains(said, "key "+m[1]) || strings.Contains(said, strings.TrimSpace(text)) {
		t.Fatalf("code %d, stdout %q, stderr %q", code, text, said)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	content, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(content), text[len("tlk_")+14:len(text)-1]) {
		t.Errorf("the file has the secret, or %v", err)
	}
	list, _, _ := run(t.Context(), "", "keys", "list", "--file", file)
	if !regexp.MustCompile(m[1] + ` +active +default +agent, bot +\S+ +\d{4}-\d\d-\d\d +desk\n`).MatchString(list) {
		t.Errorf("list: %s", list)
	}

	keyFile := filepath.Join(data, "key")
	if err := os.WriteFile(keyFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := suite.Start(t.Context(), config(data), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	_, said, code = run(t.Context(), "", "events", "list", "7", "--target", s.GRPCAddr())
	if code != 1 || !strings.Contains(said, "UNAUTHENTICATED") {
		t.Errorf("without a key: %d %s", code, said)
	}
	_, said, code = run(t.Context(), "", "events", "list", "7", "--target", s.GRPCAddr(), "--api-key-file", keyFile)
	if code != 0 {
		t.Errorf("with the key: %d %s", code, said)
	}
	_, said, code = run(t.Context(), "", "events", "tail", "--target", s.GRPCAddr(), "--api-key-file", keyFile)
	if code != 1 || !strings.Contains(said, "PERMISSION_DENIED") {
		t.Errorf("beyond its roles: %d %s", code, said)
	}

	if out, _, code := run(t.Context(), "", "keys", "revoke", m[1], "--file", file); code != 0 || !strings.Contains(out, "revoked") {
		t.Errorf("revoke: %d %s", code, out)
	}
	list, _, _ = run(t.Context(), "", "keys", "list", "--json", "--file", file)
	var k struct{ ID, Revoked string }
	if err := json.Unmarshal([]byte(list), &k); err != nil || k.ID != m[1] || k.Revoked == "" {
		t.Errorf("%v, list: %s", err, list)
	}
	waitFor(t, "the revoked key is refused", func() bool {
		_, said, _ = run(t.Context(), "", "events", "list", "7", "--target", s.GRPCAddr(), "--api-key-file", keyFile)
		return strings.Contains(said, "UNAUTHENTICATED")
	})
}

func TestKeysRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"tenant":            {[]string{"create", "--tenant", "Acme Inc", "--role", "bot"}, "is not a tenant"},
		"role":              {[]string{"create", "--tenant", "acme", "--role", "boss"}, `there is no role "boss"`},
		"all tenants":       {[]string{"create", "--tenant", "*", "--role", "agent"}, "with the role service alone"},
		"all tenants, more": {[]string{"create", "--tenant", "*", "--role", "service", "--role", "agent"}, "with the role service alone"},
		"no tenant":         {[]string{"create", "--role", "bot"}, "--tenant"},
		"no role":           {[]string{"create", "--tenant", "acme"}, "--role"},
		"past":              {[]string{"create", "--tenant", "acme", "--role", "bot", "--expires-in=-1h"}, "expired before"},
		"no file":           {[]string{"list"}, "cannot be read"},
		"revoke of no file": {[]string{"revoke", "abc"}, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, said, code := run(t.Context(), "", append(append([]string{"keys"}, c.args...), "--file", file)...)
			if code == 0 || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
				t.Errorf("%d %q, want %q", code, said, c.want)
			}
		})
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a refused command has made the file")
	}
}

func config(data string) suite.Config {
	return suite.Config{
		Data: data, GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0", CallTimeout: 10 * time.Second,
		DrainTimeout: 10 * time.Second, Log: conf.Log{LogLevel: "warn"}, Telemetry: conf.Telemetry{TraceRatio: 1},
	}
}

func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("gave up waiting until %s", what)
		}
	}
}
