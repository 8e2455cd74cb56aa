package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type contextExportCmd struct {
	client
	Customer string `arg:"" help:"The customer: an id or customers/ID."`
	Out      string `short:"o" help:"File to write, readable by its owner only; standard output when absent." placeholder:"FILE" type:"path"`
}

// Run writes the parts of the export as JSON, one a line. A file is put in place only when it is whole.
func (c *contextExportCmd) Run(ctx context.Context, tio *term.IO) error {
	return c.context(func(client contextv1.ContextServiceClient) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		write := func(out io.Writer) error { return c.export(ctx, client, out, tio) }
		if c.Out == "" {
			return write(tio.Out)
		}
		return writeFile(c.Out, write)
	})
}

func (c *contextExportCmd) export(ctx context.Context, client contextv1.ContextServiceClient, out io.Writer, tio *term.IO) error {
	stream, err := client.ExportCustomer(ctx, &contextv1.ExportCustomerRequest{Customer: resource("customers", c.Customer)})
	if err != nil {
		return err
	}
	p := exportProgress{out: tio.Err, shown: c.Out != "" && term.IsTerminal(tio.Err), last: time.Now()}
	for {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return p.end()
		case err != nil:
			return err
		}
		if err := term.JSON(out, part); err != nil {
			return err
		}
		p.add(len(part.GetEvents().GetEvents()))
	}
}

// exportProgress shows on a terminal how far an export is.
type exportProgress struct {
	out    io.Writer
	shown  bool
	events int
	last   time.Time
}

func (p *exportProgress) add(events int) {
	p.events += events
	if p.shown && time.Since(p.last) > time.Second/5 {
		p.last = time.Now()
		_, _ = fmt.Fprintf(p.out, "\r%d events", p.events)
	}
}

func (p *exportProgress) end() error {
	if !p.shown {
		return nil
	}
	_, err := fmt.Fprintf(p.out, "\r%d events\n", p.events)
	return err
}
