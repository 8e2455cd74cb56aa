// Command bench compares the suite with what this machine could do at best.
// `bench --help` lists its flags.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/throughline-cx/throughline/services/e2e/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := bench.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
