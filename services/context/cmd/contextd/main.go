// Command contextd serves the context service on its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/internal/conf"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	var f contextservice.Flags
	_, err := contextservice.App(&f).Parse(os.Args[1:])
	if errors.Is(err, conf.ErrShown) {
		return 0
	}
	if err == nil {
		err = f.Run(ctx, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "contextd:", strings.Join(strings.Fields(err.Error()), " "))
		return 1
	}
	return 0
}
