package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type contextWatchCmd struct {
	client
	Customer string `arg:"" help:"The customer: an id or customers/ID."`
}

// Run prints the context, and what changes in it, until it is interrupted.
func (c *contextWatchCmd) Run(ctx context.Context, tio *term.IO) error {
	req := &contextv1.WatchContextRequest{Customer: resource("customers", c.Customer)}
	err := c.context(func(client contextv1.ContextServiceClient) error {
		stream, err := client.WatchContext(ctx, req)
		if err != nil {
			return err
		}
		for {
			msg, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := c.print(tio.Out, msg); err != nil {
				return err
			}
		}
	})
	if ctx.Err() != nil {
		return nil // interrupting is how one ends a watch
	}
	return err
}

func (c *contextWatchCmd) print(out io.Writer, msg *contextv1.WatchContextResponse) error {
	if c.JSON {
		return term.JSON(out, msg)
	}
	if msg.GetFull() {
		return showContext(out, msg.GetContext())
	}
	var names []string
	for _, s := range msg.GetChangedSections() {
		names = append(names, strings.ToLower(term.Enum(s)))
	}
	_, err := fmt.Fprintf(out, "\n%s  revision %d: %s\n", time.Now().UTC().Format(time.TimeOnly),
		msg.GetContext().GetRevision(), strings.Join(names, ", "))
	for _, i := range msg.GetContext().GetBrief().GetItems() {
		_, err = fmt.Fprintln(out, "  "+term.Clean(i.GetText()))
	}
	return err
}
