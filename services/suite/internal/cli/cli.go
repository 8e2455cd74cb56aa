// Package cli is the command line of the throughline binary.
package cli

import (
	"context"
	"errors"

	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/suite/internal/demo"
	"github.com/throughline-cx/throughline/services/suite/internal/replay"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// Name is the binary's name.
const Name = "throughline"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the whole command line. A command is a struct with a Run method, which may take the context of the
// process and its *term.IO.
type commands struct {
	conf.Base

	Serve   serveCmd   `cmd:"" help:"Serve the whole suite: gRPC, REST, and the stores in one folder."`
	Demo    demo.Cmd   `cmd:"" help:"Tell the story of one customer from IVR to chat to agent, with a suite of its own."`
	Replay  replay.Cmd `cmd:"" help:"Play recorded dialogues through the API and measure what carries over."`
	Events  eventsCmd  `cmd:"" help:"Look into the interaction log, follow it, and append to it."`
	Context contextCmd `cmd:"" help:"Look at customers' contexts, export and erase them."`
	Slots   slotsCmd   `cmd:"" help:"Manage the slot dictionary."`
	Policy  policyCmd  `cmd:"" help:"Read and change the tenant's policy."`
	Keys    keysCmd    `cmd:"" help:"Manage the API keys that callers show."`
	Health  healthCmd  `cmd:"" help:"Ask a server whether it is ready; the exit code says the same."`
	Version versionCmd `cmd:"" help:"Print which build this is."`
}

// App returns the command line, for running it and for documenting it.
func App(tio *term.IO) conf.App {
	return conf.App{
		Name:        Name,
		Description: "One context per customer, shared by IVR, chat and the agent desktop, so that nobody is asked twice.",
		Config:      &commands{},
		Out:         tio.Out,
		Bind:        []any{tio},
		Vars:        map[string]string{"api_keys": " Without the option, " + apikey.FileName + " in the data folder as soon as there is one."},
	}
}

// Main runs the command in args, which do not have the program's name, and returns the exit code: 0 for success, 1 when
// the command failed, 2 when the command line or the configuration is wrong. ctx ends when the process is told to stop.
func Main(ctx context.Context, args []string, tio *term.IO) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := App(tio).Parse(args)
	switch {
	case errors.Is(err, conf.ErrShown):
		return exitOK
	case err != nil:
		term.Error(tio.Err, Name, err)
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run()
	if err == nil {
		return exitOK
	}
	term.Error(tio.Err, Name, err)
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

// usageError is a mistake in the command line that the parser cannot see.
type usageError struct{ error }
