// Command interactionlogd serves the interaction log on its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/throughline-cx/throughline/services/internal/conf"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, conf.ErrShown) {
		fmt.Fprintln(os.Stderr, "interactionlogd:", oneLine(err))
		os.Exit(1)
	}
}
