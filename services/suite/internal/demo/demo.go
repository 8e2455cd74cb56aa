// Package demo is the command that tells a story with a suite of its own: a customer changes her billing address. Her call
// drops, she goes on in the chat, is handed over twice, and says nothing twice but to the one who does not look.
package demo

import (
	"bytes"
	"context"
	_ "embed"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/local"
	"github.com/throughline-cx/throughline/services/suite/internal/slotfile"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// Cmd is `throughline demo`.
type Cmd struct {
	NoColor bool `help:"Print without colours. There are none either when the output is no terminal, or NO_COLOR is set."`
}

//go:embed slots.yaml
var dictionary []byte

// Run starts a suite on a temporary folder, tells the story, and removes everything.
func (c *Cmd) Run(ctx context.Context, tio *term.IO) (err error) {
	slots, err := slotfile.Read("slots.yaml", bytes.NewReader(dictionary))
	if err != nil {
		return err
	}
	suite, err := local.Start(ctx, local.Options{Slots: slots, Log: tio.Err})
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := suite.Close(); err == nil {
			err = closeErr
		}
	}()
	s := &story{
		printer: newPrinter(tio.Out, c.NoColor),
		context: contextv1.NewContextServiceClient(suite.Conn),
		log:     logv1.NewInteractionLogServiceClient(suite.Conn),
		rest:    newRest("http://" + suite.HTTPAddr),
		clock:   time.Now().Add(-storyTime).UTC().Truncate(time.Second),
	}
	defer s.rest.close()
	if err := s.rules(ctx); err != nil {
		return err
	}
	s.prologue(suite.GRPCAddr, suite.HTTPAddr, len(slots))
	for _, scene := range []func(context.Context) error{s.ivr, s.chat, s.anna, s.tom, s.namesake, s.nextCall, s.sum} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	return s.err
}
