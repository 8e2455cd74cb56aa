package cli

import (
	"context"

	"github.com/throughline-cx/throughline/services/suite"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type serveCmd struct {
	suite.Config
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, tio *term.IO) error {
	return suite.Run(ctx, c.Config, tio.Out, tio.Err)
}
