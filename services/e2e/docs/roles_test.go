package docs

import (
	"os"
	"strings"
	"testing"

	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// docs/security.md says who may call what as the contract does.
func TestDocsSecurity(t *testing.T) {
	path := root + "/docs/security.md"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := WithRoles(string(content))
	if err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, path, []byte(got))
}

func TestRoles(t *testing.T) {
	table := Roles()
	for _, want := range []string{
		"| method | ivr | bot | agent | supervisor | admin | service |\n",
		"| IngestEvents |  |  |  |  |  | x |\n",
		"| ListShards |  |  |  |  | x | x |\n",
		"| GetContext | x | x | x | x |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("there is no %q in\n%s", want, table)
		}
	}
}
