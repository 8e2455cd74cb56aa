package cli

import (
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/enumtext"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// eventsCmd has the commands for the interaction log.
type eventsCmd struct {
	List   eventsListCmd   `cmd:"" help:"List a customer's events."`
	Tail   eventsTailCmd   `cmd:"" help:"Follow events as they are stored, of one customer or of all."`
	Append eventsAppendCmd `cmd:"" help:"Append events, given as JSON, to a customer's history."`
	Search eventsSearchCmd `cmd:"" help:"Search a customer's events for words."`
}

// eventFilter has the options that narrow a list of events.
type eventFilter struct {
	Type        []string  `help:"Only events of this kind: fact_stated, message_sent... May be repeated." placeholder:"KIND"`
	Channel     []string  `help:"Only events of this channel: ivr, chat, voice... May be repeated." placeholder:"CHANNEL"`
	Interaction string    `help:"Only events of this interaction." placeholder:"ID"`
	Case        string    `help:"Only events of this case." placeholder:"ID"`
	Since       time.Time `help:"Only events that occurred at this time or later (RFC 3339)." placeholder:"TIME"`
	Until       time.Time `help:"Only events that occurred before this time (RFC 3339)." placeholder:"TIME"`
}

func (f *eventFilter) proto() (*interactionlogv1.EventFilter, error) {
	out := &interactionlogv1.EventFilter{InteractionId: f.Interaction, CaseId: f.Case}
	for _, name := range f.Type {
		v, err := enumtext.Parse[interactionlogv1.EventType](name)
		if err != nil {
			return nil, usageError{fmt.Errorf("--type: %w", err)}
		}
		out.Types = append(out.Types, v)
	}
	for _, name := range f.Channel {
		v, err := enumtext.Parse[interactionlogv1.Channel](name)
		if err != nil {
			return nil, usageError{fmt.Errorf("--channel: %w", err)}
		}
		out.Channels = append(out.Channels, v)
	}
	if !f.Since.IsZero() {
		out.StartTime = timestamppb.New(f.Since)
	}
	if !f.Until.IsZero() {
		out.EndTime = timestamppb.New(f.Until)
	}
	return out, nil
}

// printer prints events one by one or page by page.
type printer struct {
	out      io.Writer
	json     bool
	customer bool // whether to print a column for the customer
	headed   bool
}

func (p *printer) print(events []*interactionlogv1.Event) error {
	if p.json {
		msgs := make([]proto.Message, len(events))
		for i, e := range events {
			msgs[i] = e
		}
		return term.JSON(p.out, msgs...)
	}
	if len(events) == 0 {
		return nil
	}
	t := term.NewTable(p.out)
	if !p.headed {
		p.headed = true
		t.Row(p.row("REV", "TIME", "CUSTOMER", "CHANNEL", "ACTOR", "KIND", "WHAT")...)
	}
	for _, e := range events {
		kind, text := payload(e)
		t.Row(p.row(fmt.Sprint(e.GetRevision()), term.Time(e.GetOccurredAt()), e.GetCustomer(), term.Enum(e.GetChannel()),
			actor(e.GetActor()), kind, term.Short(text, 160))...)
	}
	return t.Flush()
}

// end says so when there was nothing to print.
func (p *printer) end(errOut io.Writer) error {
	if p.json || p.headed {
		return nil
	}
	_, err := fmt.Fprintln(errOut, "no events")
	return err
}

func (p *printer) row(rev, at, customer string, rest ...string) []string {
	if p.customer {
		return append([]string{rev, at, customer}, rest...)
	}
	return append([]string{rev, at}, rest...)
}
