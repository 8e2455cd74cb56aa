package dial_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/dial"
)

// A key goes to another machine by TLS only, unless that was asked for.
func TestKeysDoNotLeaveTheMachineInTheOpen(t *testing.T) {
	_, key, err := apikey.New(apikey.Spec{Tenant: "acme", Roles: []string{"agent"}}, testkit.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	ca := testkit.NewCA(t).File
	for name, c := range map[string]struct {
		target string
		flags  dial.Flags
		ok     bool
	}{
		"this machine":                     {"127.0.0.1:9090", dial.Flags{APIKeyFile: file}, true},
		"this machine, by name":            {"localhost:9090", dial.Flags{APIKeyFile: file}, true},
		"another machine":                  {"throughline.example:9090", dial.Flags{APIKeyFile: file}, false},
		"another machine, by number":       {"10.0.0.7:9090", dial.Flags{APIKeyFile: file}, false},
		"another machine, by TLS":          {"throughline.example:9090", dial.Flags{APIKeyFile: file, TLSCA: ca}, true},
		"another machine, as was asked":    {"throughline.example:9090", dial.Flags{APIKeyFile: file, Insecure: true}, true},
		"another machine, without any key": {"throughline.example:9090", dial.Flags{}, true},
	} {
		conn, err := c.flags.Dial(c.target)
		if err == nil {
			_ = conn.Close()
		}
		if (err == nil) != c.ok || !c.ok && fault.ReasonOf(err) != fault.ConfigInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
