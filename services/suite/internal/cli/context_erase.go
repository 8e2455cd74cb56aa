package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type contextEraseCmd struct {
	client
	Customer string `arg:"" help:"The customer: an id or customers/ID."`
	Reason   string `help:"Why, for people who look at it later, such as \"request 4711\". It stays, so it must say nothing of the customer." placeholder:"TEXT"`
	Yes      bool   `short:"y" help:"Do not ask. Needed where nobody can answer."`
}

// Run erases a customer, after it has said whom that is and was told to go on.
func (c *contextEraseCmd) Run(ctx context.Context, tio *term.IO) error {
	if !c.Yes && !term.IsTerminal(tio.In) {
		return usageError{errors.New("nobody can be asked whether to erase the customer: give --yes")}
	}
	return c.context(func(client contextv1.ContextServiceClient) error {
		req := &contextv1.EraseCustomerRequest{Customer: resource("customers", c.Customer), Reason: c.Reason}
		if !c.Yes {
			sure, err := c.ask(ctx, tio, client, req)
			if err != nil || !sure {
				return err
			}
		}
		got, err := call(ctx, &c.client, client.EraseCustomer, req)
		if err != nil {
			return err
		}
		return c.show(tio, got)
	})
}

// ask says what would be erased, and whether that is wanted.
func (c *contextEraseCmd) ask(ctx context.Context, tio *term.IO, client contextv1.ContextServiceClient, req *contextv1.EraseCustomerRequest) (bool, error) {
	got, err := call(ctx, &c.client, client.EraseCustomer, &contextv1.EraseCustomerRequest{Customer: req.GetCustomer(), DryRun: true})
	if err != nil {
		return false, err
	}
	for _, e := range got.GetCustomers() {
		if e.GetEraseTime() != nil {
			return false, c.show(tio, got) // there is nothing to ask
		}
		_, _ = fmt.Fprintf(tio.Err, "%s, with %d events\n", term.Clean(e.GetCustomer()), e.GetEvents())
	}
	_, _ = fmt.Fprint(tio.Err, "Erase for ever? This cannot be undone. [y/N] ")
	answer, err := bufio.NewReader(tio.In).ReadString('\n')
	if err != nil && answer == "" {
		return false, errors.New("nothing was erased: there was no answer")
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	_, err = fmt.Fprintln(tio.Err, "Nothing was erased.")
	return false, err
}

func (c *contextEraseCmd) show(tio *term.IO, got *contextv1.EraseCustomerResponse) error {
	if c.JSON {
		return term.JSON(tio.Out, got)
	}
	t := term.NewTable(tio.Out, "CUSTOMER", "EVENTS", "ERASED")
	for _, e := range got.GetCustomers() {
		t.Row(e.GetCustomer(), fmt.Sprint(e.GetEvents()), term.Time(e.GetEraseTime()))
	}
	return t.Flush()
}
