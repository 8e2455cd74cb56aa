package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protojson"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// maxInput bounds what append reads; the log takes at most 1 MiB in one batch, and JSON is larger than that.
const maxInput = 16 << 20

type eventsAppendCmd struct {
	client
	Customer         string `arg:"" help:"The customer: an id or customers/ID."`
	File             string `arg:"" optional:"" help:"File with events as JSON, one after the other or as a list; - is standard input." default:"-" type:"path"`
	ExpectedRevision int64  `help:"Append only when this is the customer's newest revision; -1 means whatever it is." default:"-1"`
}

// Run appends the events, all or none. An event without an id gets a random one.
func (c *eventsAppendCmd) Run(ctx context.Context, tio *term.IO) error {
	events, err := c.read(tio.In)
	if err != nil {
		return err
	}
	req := &interactionlogv1.AppendEventsRequest{Customer: resource("customers", c.Customer), Events: events}
	if c.ExpectedRevision >= 0 {
		req.ExpectedRevision = &c.ExpectedRevision
	}
	return c.log(func(log interactionlogv1.InteractionLogServiceClient) error {
		resp, err := call(ctx, &c.client, log.AppendEvents, req)
		if err != nil {
			return err
		}
		if c.JSON {
			return term.JSON(tio.Out, resp)
		}
		t := term.NewTable(tio.Out, "REV", "EVENT", "RESULT")
		for _, r := range resp.GetResults() {
			result := "stored"
			if r.GetReplayed() {
				result = "was stored before"
			}
			for _, x := range r.GetRedactions() {
				result += fmt.Sprintf(", %s masked in %s", term.Enum(x.GetKind()), x.GetField())
			}
			t.Row(fmt.Sprint(r.GetRevision()), r.GetEventId(), result)
		}
		return t.Flush()
	})
}

func (c *eventsAppendCmd) read(in io.Reader) ([]*interactionlogv1.Event, error) {
	name := "standard input"
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in, name = f, c.File
	}
	events, err := decodeEvents(io.LimitReader(in, maxInput))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("%s: there are no events", name)
	}
	return events, nil
}

// decodeEvents reads JSON values, each an event or a list of them.
func decodeEvents(in io.Reader) ([]*interactionlogv1.Event, error) {
	var events []*interactionlogv1.Event
	for dec := json.NewDecoder(in); ; {
		var value json.RawMessage
		if err := dec.Decode(&value); errors.Is(err, io.EOF) {
			return events, nil
		} else if err != nil {
			return nil, fmt.Errorf("event %d: %w", len(events)+1, err)
		}
		list := []json.RawMessage{value}
		if bytes.HasPrefix(value, []byte("[")) {
			if err := json.Unmarshal(value, &list); err != nil {
				return nil, err
			}
		}
		for _, text := range list {
			e := &interactionlogv1.Event{}
			if err := protojson.Unmarshal(text, e); err != nil {
				return nil, fmt.Errorf("event %d: %w", len(events)+1, err)
			}
			if e.GetEventId() == "" {
				e.EventId = "cli-" + rand.Text()
			}
			events = append(events, e)
		}
	}
}
