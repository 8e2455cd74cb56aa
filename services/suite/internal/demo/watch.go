package demo

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// watch is a desktop that shows a customer and what changes.
type watch struct {
	stream contextv1.ContextService_WatchContextClient
	close  func()
}

// watch opens a watch, and waits for the message that has everything.
func (s *story) watch(ctx context.Context, p *place) (*watch, error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := s.context.WatchContext(ctx, &contextv1.WatchContextRequest{
		Customer: s.customer, View: contextv1.ContextView_CONTEXT_VIEW_AGENT, Asker: p.asker(),
	})
	if err == nil {
		_, err = stream.Recv()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &watch{stream: stream, close: cancel}, nil
}

// told prints what a watch was told of trouble up to a revision, in one message or in several, as it came.
func (s *story) told(w *watch, revision int64) error {
	var trouble string
	for at := int64(0); at < revision; {
		msg, err := w.stream.Recv()
		if err != nil {
			return err
		}
		at = msg.GetContext().GetRevision()
		for _, item := range msg.GetContext().GetBrief().GetItems() {
			if item.GetKind() == contextv1.BriefItemKind_BRIEF_ITEM_KIND_FRICTION {
				trouble = item.GetText()
			}
		}
	}
	s.result("%s", trouble)
	return nil
}
