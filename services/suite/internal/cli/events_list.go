package cli

import (
	"context"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// maxPage is the largest page that the log gives.
const maxPage = 1000

type eventsListCmd struct {
	client
	eventFilter
	Customer    string `arg:"" help:"The customer: an id or customers/ID."`
	Limit       int    `help:"At most so many events; 0 for all." default:"100"`
	NewestFirst bool   `help:"Newest events first."`
}

// Run lists events.
func (c *eventsListCmd) Run(ctx context.Context, tio *term.IO) error {
	filter, err := c.proto()
	if err != nil {
		return err
	}
	req := &interactionlogv1.ListEventsRequest{Customer: resource("customers", c.Customer), Filter: filter}
	if c.NewestFirst {
		req.Order = interactionlogv1.EventOrder_EVENT_ORDER_NEWEST_FIRST
	}
	p := &printer{out: tio.Out, json: c.JSON}
	return c.log(func(log interactionlogv1.InteractionLogServiceClient) error {
		for left := c.Limit; ; {
			req.PageSize = maxPage
			if c.Limit > 0 {
				req.PageSize = int32(min(left, maxPage))
			}
			page, err := call(ctx, &c.client, log.ListEvents, req)
			if err != nil {
				return err
			}
			if err := p.print(page.GetEvents()); err != nil {
				return err
			}
			left -= len(page.GetEvents())
			if req.PageToken = page.GetNextPageToken(); req.PageToken == "" || c.Limit > 0 && left <= 0 {
				return p.end(tio.Err)
			}
		}
	})
}
