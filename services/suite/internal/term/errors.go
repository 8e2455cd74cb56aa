package term

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc/status"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Error prints what went wrong: the message and the reason on the first line, then each field at fault and each fact, a
// line each.
func Error(out io.Writer, program string, err error) {
	err = alone(err)
	f, ok := asFault(err)
	if !ok {
		for i, line := range strings.Split(err.Error(), "\n") {
			_, _ = fmt.Fprintf(out, "%s%s\n", []string{program + ": ", "  "}[min(i, 1)], Clean(line))
		}
		return
	}
	_, _ = fmt.Fprintf(out, "%s: %s%s (%s)\n", program, context(err), Clean(f.Msg), f.Reason)
	for _, v := range f.Fields {
		_, _ = fmt.Fprintf(out, "  %s: %s\n", Clean(v.Path), Clean(v.Msg))
	}
	for _, k := range slices.Sorted(maps.Keys(f.Meta)) {
		if f.Meta[k] == "" {
			continue
		}
		_, _ = fmt.Fprintf(out, "  %s: %s\n", Clean(k), Clean(f.Meta[k]))
	}
}

// alone takes an error out of a join that has no other; the command line parser returns such joins.
func alone(err error) error {
	for {
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok || len(joined.Unwrap()) != 1 {
			return err
		}
		err = joined.Unwrap()[0]
	}
}

// asFault returns the fault in err, or in the status of a failed call.
func asFault(err error) (*fault.Error, bool) {
	if f, ok := fault.As(err); ok {
		return f, true
	}
	if s, ok := grpcStatus(err); ok {
		return rpc.FromError(s.Err()), true
	}
	return nil, false
}

func grpcStatus(err error) (*status.Status, bool) {
	var g interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &g) {
		return nil, false
	}
	return g.GRPCStatus(), true
}

// context returns what was said around the fault or status: "create slot "x": ".
func context(err error) string {
	whole := err.Error()
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		if rest, ok := strings.CutSuffix(whole, inner.Error()); ok && isEnd(inner) {
			return Clean(rest)
		}
	}
	return ""
}

// isEnd tells the fault or status itself from what was wrapped around it.
func isEnd(err error) bool {
	switch err.(type) { //nolint:errorlint // the link itself is meant, not its chain
	case *fault.Error, interface{ GRPCStatus() *status.Status }:
		return true
	default:
		return false
	}
}
