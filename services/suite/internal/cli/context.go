package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// contextCmd has the commands for customers' contexts.
type contextCmd struct {
	Show contextShowCmd `cmd:"" help:"Show what is known about a customer: the story so far, and the facts."`
	Plan contextPlanCmd `cmd:"" help:"Ask which slots may be used, are to be confirmed, or must be asked."`

	Watch contextWatchCmd `cmd:"" help:"Show a context and follow what changes in it, until interrupted."`

	Export contextExportCmd `cmd:"" help:"Write everything that is kept about a customer, as JSON lines: the context, then all events."`
	Erase  contextEraseCmd  `cmd:"" help:"Erase a customer, and all who are one with it, for ever."`
}

type contextShowCmd struct {
	client
	Customer string `arg:"" optional:"" help:"The customer: an id or customers/ID."`
	Phone    string `help:"The customer's telephone number instead." placeholder:"NUMBER" xor:"identifier"`
	Email    string `help:"The customer's e-mail address instead." placeholder:"ADDRESS" xor:"identifier"`
	Region   string `help:"Region by which a number without country code is read, such as US." placeholder:"CC"`
	Fresh    bool   `help:"Include everything that the log holds at this moment."`
}

// Run shows a context.
func (c *contextShowCmd) Run(ctx context.Context, tio *term.IO) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	return c.context(func(client contextv1.ContextServiceClient) error {
		got, err := call(ctx, &c.client, client.GetContext, req)
		switch {
		case err != nil:
			return err
		case c.JSON:
			return term.JSON(tio.Out, got)
		default:
			return showContext(tio.Out, got)
		}
	})
}

func (c *contextShowCmd) request() (*contextv1.GetContextRequest, error) {
	req := &contextv1.GetContextRequest{DefaultRegion: c.Region}
	identifier := c.Phone != "" || c.Email != ""
	switch {
	case c.Customer == "" && !identifier:
		return nil, usageError{errors.New("say which customer: an id, --phone or --email")}
	case c.Customer != "" && identifier:
		return nil, usageError{errors.New("give either the customer's id or an identifier")}
	case c.Customer != "":
		req.Customer = resource("customers", c.Customer)
	case c.Phone != "":
		req.Identifier = &interactionlogv1.Identifier{Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: c.Phone}
	default:
		req.Identifier = &interactionlogv1.Identifier{Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_EMAIL, Value: c.Email}
	}
	if c.Fresh {
		req.Consistency = &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}}
	}
	return req, nil
}

func showContext(out io.Writer, c *contextv1.CustomerContext) error {
	head := c.GetCustomer()
	if name := c.GetIdentity().GetDisplayName(); name != "" {
		head += "  " + name
	}
	_, _ = fmt.Fprintf(out, "%s  revision %d, %s\n", term.Clean(head), c.GetRevision(), term.Time(c.GetRevisionTime()))
	for _, i := range c.GetIdentity().GetIdentifiers() {
		_, _ = fmt.Fprintf(out, "  %s %s\n", term.Enum(i.GetIdentifier().GetType()), term.Clean(i.GetIdentifier().GetValue()))
	}
	if items := c.GetBrief().GetItems(); len(items) > 0 {
		_, _ = fmt.Fprintln(out)
		for _, i := range items {
			_, _ = fmt.Fprintln(out, term.Clean(i.GetText()))
		}
	}
	if len(c.GetFacts()) > 0 {
		_, _ = fmt.Fprintln(out)
		if err := showFacts(out, c.GetFacts()); err != nil {
			return err
		}
		if more := int(c.GetFactsTotal()) - len(c.GetFacts()); more > 0 {
			_, _ = fmt.Fprintf(out, "and %d more\n", more)
		}
	}
	r := c.GetRepeats()
	_, err := fmt.Fprintf(out, "\nquestions asked %d, avoided %d, repeats %d\n", r.GetQuestionsAsked(), r.GetQuestionsAvoided(), r.GetRepeats())
	return err
}

func showFacts(out io.Writer, facts []*contextv1.Fact) error {
	t := term.NewTable(out, "SLOT", "VALUE", "STATUS", "CHANNEL", "STATED", "BY")
	for _, f := range facts {
		slot, p := f.GetSlotId(), f.GetProvenance()
		if slot == "" {
			slot = p.GetSlot() + " (not in the dictionary)"
		}
		t.Row(slot, term.Short(f.GetValue(), 60), term.Enum(f.GetStatus()), term.Enum(p.GetChannel()), term.Time(p.GetTime()), actor(p.GetActor()))
	}
	return t.Flush()
}

type contextPlanCmd struct {
	client
	Customer string    `arg:"" help:"The customer: an id or customers/ID."`
	Slots    []string  `arg:"" name:"slot" help:"The slots needed, by the asker's own names."`
	Scope    string    `help:"The flow or system that asks." placeholder:"NAME"`
	AsOf     time.Time `help:"Judge ages by this time instead of now (RFC 3339). What may no longer be shown stays withheld, but for the role service." placeholder:"TIME"`
}

// Run shows what may still be asked.
func (c *contextPlanCmd) Run(ctx context.Context, tio *term.IO) error {
	req := &contextv1.PlanQuestionsRequest{Customer: resource("customers", c.Customer), Scope: c.Scope, AsOfTime: timestamp(c.AsOf)}
	for _, s := range c.Slots {
		req.Slots = append(req.Slots, &contextv1.SlotRequest{Slot: s})
	}
	return c.context(func(client contextv1.ContextServiceClient) error {
		got, err := call(ctx, &c.client, client.PlanQuestions, req)
		if err != nil {
			return err
		}
		if c.JSON {
			return term.JSON(tio.Out, got)
		}
		t := term.NewTable(tio.Out, "SLOT", "DECISION", "VALUE", "WHY")
		for _, p := range got.GetPlans() {
			t.Row(p.GetSlot(), term.Enum(p.GetDecision()), term.Short(p.GetValue(), 60), p.GetExplanation())
		}
		return t.Flush()
	})
}
