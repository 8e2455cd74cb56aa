// Command throughline is the whole suite in one binary, and the command line for it.
package main

import (
	"os"

	"github.com/throughline-cx/throughline/services/internal/daemon"
	"github.com/throughline-cx/throughline/services/suite/internal/cli"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

func main() {
	ctx, stop := daemon.UntilSignal()
	code := cli.Main(ctx, os.Args[1:], &term.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
