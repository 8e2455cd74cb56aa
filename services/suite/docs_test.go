package suite_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/gateway"
	"github.com/throughline-cx/throughline/services/internal/conf"
	suitecli "github.com/throughline-cx/throughline/services/suite/internal/cli"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// root is the repository's folder, seen from this one.
const root = "../../"

var update = flag.Bool("update", false, "write the generated documents instead of comparing them")

const configHead = `# Configuration

<!-- Generated from the flags of the binaries: go test ./services/suite -run TestConfigDocument -update -->

Every option is a flag, an environment variable and a key of a YAML file (` + "`--config FILE`" + `). The flag wins over the
variable, the variable over the file, the file over the default. The keys of the file are the names of the flags
without the dashes in front; a key that is no option is an error. An example:

` + "```yaml" + `
data: /var/lib/throughline
grpc-listen: 127.0.0.1:9090
log-format: json
` + "```" + `

`

// docs/config.md says what the binaries really take.
func TestConfigDocument(t *testing.T) {
	parts := []string{configHead}
	for _, app := range []conf.App{suitecli.App(&term.IO{}), contextservice.App(&contextservice.Flags{}), gateway.App(&gateway.Flags{})} {
		text, err := app.Markdown()
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, text)
	}
	got := strings.TrimSuffix(strings.Join(parts, "\n"), "\n") + "\n"
	const path = root + "docs/config.md"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/config.md is out of date; run with -update (-file +now):\n%s", diff)
	}
}
