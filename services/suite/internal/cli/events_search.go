package cli

import (
	"context"
	"fmt"
	"strings"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type eventsSearchCmd struct {
	client
	eventFilter
	Customer string   `arg:"" help:"The customer: an id or customers/ID."`
	Words    []string `arg:"" help:"The words; the last one may be a beginning."`
	Limit    int      `help:"At most so many events; 0 for all." default:"20"`
}

// Run searches, newest first. A page may be empty while there is more, so only the token ends the search.
func (c *eventsSearchCmd) Run(ctx context.Context, tio *term.IO) error {
	filter, err := c.proto()
	if err != nil {
		return err
	}
	req := &interactionlogv1.SearchEventsRequest{
		Customer: resource("customers", c.Customer), Query: strings.Join(c.Words, " "), Filter: filter,
	}
	return c.log(func(log interactionlogv1.InteractionLogServiceClient) error {
		var hits []*interactionlogv1.SearchHit
		for {
			req.PageSize = maxPage
			if c.Limit > 0 {
				req.PageSize = int32(min(c.Limit-len(hits), maxPage))
			}
			page, err := call(ctx, &c.client, log.SearchEvents, req)
			if err != nil {
				return err
			}
			hits = append(hits, page.GetHits()...)
			if req.PageToken = page.GetNextPageToken(); req.PageToken == "" || c.Limit > 0 && len(hits) >= c.Limit {
				return c.print(tio, hits)
			}
		}
	})
}

func (c *eventsSearchCmd) print(tio *term.IO, hits []*interactionlogv1.SearchHit) error {
	if c.JSON {
		for _, h := range hits {
			if err := term.JSON(tio.Out, h); err != nil {
				return err
			}
		}
		return nil
	}
	if len(hits) == 0 {
		_, err := fmt.Fprintln(tio.Err, "nothing found")
		return err
	}
	t := term.NewTable(tio.Out, "REV", "TIME", "CHANNEL", "ACTOR", "KIND", "TEXT")
	for _, h := range hits {
		e := h.GetEvent()
		kind, _ := payload(e)
		t.Row(fmt.Sprint(e.GetRevision()), term.Time(e.GetOccurredAt()), term.Enum(e.GetChannel()), actor(e.GetActor()), kind, h.GetSnippet())
	}
	return t.Flush()
}
