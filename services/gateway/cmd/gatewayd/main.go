// Command gatewayd serves the REST API of Throughline in front of separate services.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/throughline-cx/throughline/services/gateway"
	"github.com/throughline-cx/throughline/services/internal/conf"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	var f gateway.Flags
	_, err := gateway.App(&f).Parse(os.Args[1:])
	if errors.Is(err, conf.ErrShown) {
		return 0
	}
	if err == nil {
		err = f.Run(ctx, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gatewayd:", strings.Join(strings.Fields(err.Error()), " "))
		return 1
	}
	return 0
}
