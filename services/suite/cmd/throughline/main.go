// Command throughline is the whole suite in one binary, and the command line for it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/throughline-cx/throughline/services/suite/internal/cli"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := cli.Main(ctx, os.Args[1:], &term.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
