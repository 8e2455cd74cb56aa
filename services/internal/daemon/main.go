package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/throughline-cx/throughline/services/internal/conf"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main is the main function of a daemon but for leaving: it fills the flags of app from the command line, runs until a
// signal tells it to stop, and returns the exit code: 0 for success, 1 when run failed, 2 when the command line or the
// configuration is wrong. A failure is one line on stderr.
func Main(app conf.App, run func(ctx context.Context, stdout, stderr io.Writer) error) int {
	ctx, stop := UntilSignal()
	defer stop()
	return execute(ctx, app, os.Args[1:], run, os.Stdout, os.Stderr)
}

// UntilSignal returns a context that ends when the process is told to stop. A second signal ends the process at once.
func UntilSignal() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func execute(
	ctx context.Context, app conf.App, args []string,
	run func(ctx context.Context, stdout, stderr io.Writer) error, stdout, stderr io.Writer,
) int {
	app.Out = stdout
	code := exitUsage
	_, err := app.Parse(args)
	if errors.Is(err, conf.ErrShown) {
		return exitOK
	}
	if err == nil {
		code, err = exitFailed, run(ctx, stdout, stderr)
	}
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintf(stderr, "%s: %s\n", app.Name, strings.Join(strings.Fields(err.Error()), " "))
	return code
}
