package suite_test

import (
	"strings"
	"testing"

	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/gateway"
	interactionlog "github.com/throughline-cx/throughline/services/interaction-log"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/testkit"
	suitecli "github.com/throughline-cx/throughline/services/suite/internal/cli"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// root is the repository's folder, seen from this one.
const root = "../../"

const configHead = `# Configuration

<!-- Generated from the flags of the binaries: UPDATE_GOLDEN=1 go test ./services/suite -run TestDocsConfig -->

Every option is a flag, an environment variable and a key of a YAML file (` + "`--config FILE`" + `). The flag wins over the
variable, the variable over the file, the file over the default. The keys of the file are the names of the flags
without the dashes in front; a key that is no option is an error. An example:

` + "```yaml" + `
data: /var/lib/throughline
grpc-listen: 127.0.0.1:9090
log-format: json
` + "```" + `

The servers also heed the variables of the Go runtime GOGC and GOMEMLIMIT. Without them garbage is
collected when 96 MiB of it have piled up, under a limit of 400 MiB for all: memory is spent on speed, but not more
than that.

`

// docs/config.md says what the binaries really take, in the order of the README's table.
func TestDocsConfig(t *testing.T) {
	parts := []string{configHead}
	for _, app := range []conf.App{
		suitecli.App(&term.IO{}),
		interactionlog.App(&interactionlog.Flags{}),
		contextservice.App(&contextservice.Flags{}),
		gateway.App(&gateway.Flags{}),
	} {
		text, err := app.Markdown()
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, text)
	}
	testkit.Golden(t, root+"docs/config.md", []byte(strings.TrimSuffix(strings.Join(parts, "\n"), "\n")+"\n"))
}
