package cli

import (
	"encoding/json"
	"fmt"

	"github.com/throughline-cx/throughline/services/suite/internal/build"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type versionCmd struct {
	JSON bool `name:"json" help:"Print a JSON object."`
}

// Run prints which build this is.
func (c *versionCmd) Run(tio *term.IO) error {
	b := build.Get()
	if c.JSON {
		text, err := json.Marshal(b)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(tio.Out, "%s\n", text)
		return err
	}
	_, err := fmt.Fprintf(tio.Out, "throughline %s, commit %s, %s\n", b.Version, b.Commit, b.Go)
	return err
}
