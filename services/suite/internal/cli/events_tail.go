package cli

import (
	"context"
	"errors"
	"io"
	"slices"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type eventsTailCmd struct {
	client
	Customer   string `arg:"" optional:"" help:"The customer: an id or customers/ID; all customers when absent."`
	Last       int    `short:"n" help:"Begin with so many of the customer's newest events." default:"10"`
	StopAtHead bool   `help:"End when everything that is stored has been printed, instead of waiting for more."`
}

// Run follows the log until it is interrupted.
func (c *eventsTailCmd) Run(ctx context.Context, tio *term.IO) error {
	customer := ""
	if c.Customer != "" {
		customer = resource("customers", c.Customer)
	}
	p := &printer{out: tio.Out, json: c.JSON, customer: customer == ""}
	err := c.log(func(log interactionlogv1.InteractionLogServiceClient) error {
		from, err := c.start(ctx, log, customer, p)
		if err != nil {
			return err
		}
		return c.follow(ctx, log, from, customer, p)
	})
	if ctx.Err() != nil {
		return nil // interrupting is how one ends a tail
	}
	return err
}

// start prints the customer's newest events and returns the positions that follow them.
func (c *eventsTailCmd) start(ctx context.Context, log interactionlogv1.InteractionLogServiceClient, customer string, p *printer) ([]*interactionlogv1.ShardPosition, error) {
	// The heads come first: what is stored after them is either in the list below or in the stream.
	shards, err := call(ctx, &c.client, log.ListShards, &interactionlogv1.ListShardsRequest{})
	if err != nil {
		return nil, err
	}
	var heads []*interactionlogv1.ShardPosition
	for _, s := range shards.GetShards() {
		heads = append(heads, &interactionlogv1.ShardPosition{Shard: s.GetShard(), Sequence: s.GetHeadSequence()})
	}
	if customer == "" {
		return heads, nil
	}
	page, err := call(ctx, &c.client, log.ListEvents, &interactionlogv1.ListEventsRequest{
		Customer: customer, Order: interactionlogv1.EventOrder_EVENT_ORDER_NEWEST_FIRST,
		PageSize: int32(min(max(c.Last, 1), maxPage)),
	})
	events := page.GetEvents()
	if err != nil || len(events) == 0 {
		return heads, err // a customer without events may live in any shard
	}
	newest := events[0]
	shown := slices.Clone(events[:min(max(c.Last, 0), len(events))])
	slices.Reverse(shown)
	return []*interactionlogv1.ShardPosition{{Shard: newest.GetShard(), Sequence: newest.GetSequence()}}, p.print(shown)
}

func (c *eventsTailCmd) follow(ctx context.Context, log interactionlogv1.InteractionLogServiceClient, from []*interactionlogv1.ShardPosition, customer string, p *printer) error {
	stream, err := log.TailEvents(ctx, &interactionlogv1.TailEventsRequest{Positions: from, StopAtHead: c.StopAtHead})
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
		events := slices.DeleteFunc(msg.GetEvents(), func(e *interactionlogv1.Event) bool {
			return customer != "" && e.GetCustomer() != customer
		})
		if err := p.print(events); err != nil {
			return err
		}
	}
}
