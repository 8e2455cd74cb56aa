package server

import (
	"context"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
)

// spokenTypes are the kinds of events that a transcript shows.
var spokenTypes = []int32{
	int32(interactionlogv1.EventType_EVENT_TYPE_MESSAGE_SENT),
	int32(interactionlogv1.EventType_EVENT_TYPE_MENU_SELECTED),
	int32(interactionlogv1.EventType_EVENT_TYPE_QUESTION_ASKED),
}

// GetTranscript returns what was said in one interaction.
func (s *Server) GetTranscript(ctx context.Context, req *interactionlogv1.GetTranscriptRequest) (*interactionlogv1.GetTranscriptResponse, error) {
	page, err := openPage(ctx, req, req.GetPageToken(), req.GetPageSize(), defaultPage)
	if err != nil {
		return nil, err
	}
	q := domain.Query{
		Key:    key(ctx, req.GetCustomer()),
		Filter: domain.Filter{Types: spokenTypes, InteractionID: req.GetInteractionId()},
		Limit:  page.size,
		Cursor: page.cursor,
	}
	found, err := s.firstOf(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(found.Events) == 0 && page.cursor == 0 {
		// An interaction in which nothing was said is not the same as none.
		q.Filter.Types, q.Limit = nil, 1
		known, err := s.firstOf(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(known.Events) == 0 {
			return nil, interactionNotFound()
		}
	}
	resp := &interactionlogv1.GetTranscriptResponse{NextPageToken: page.next(found.Next)}
	for _, e := range found.Events {
		ev, err := intake.Unpack(e)
		if err != nil {
			return nil, err
		}
		if entry := entryOf(ev); entry != nil {
			resp.Entries = append(resp.Entries, entry)
		}
	}
	return resp, nil
}

// firstOf returns the first page with an event, or the last page: a page may be empty while there is more.
func (s *Server) firstOf(ctx context.Context, q domain.Query) (*domain.Page, error) {
	for {
		found, err := s.log.List(ctx, q)
		if err != nil || len(found.Events) > 0 || found.Next == 0 {
			return found, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		q.Cursor = found.Next
	}
}

// entryOf returns the turn that an event is, or nil: not every question comes with its words.
func entryOf(ev *interactionlogv1.Event) *interactionlogv1.TranscriptEntry {
	var text string
	switch p := ev.GetPayload().(type) {
	case *interactionlogv1.Event_MessageSent:
		text = p.MessageSent.GetText()
	case *interactionlogv1.Event_MenuSelected:
		if text = p.MenuSelected.GetOption(); text == "" {
			text = p.MenuSelected.GetDigits()
		}
	case *interactionlogv1.Event_QuestionAsked:
		if text = p.QuestionAsked.GetPrompt(); text == "" {
			return nil
		}
	default:
		return nil
	}
	return &interactionlogv1.TranscriptEntry{
		EventId:    ev.GetEventId(),
		Revision:   ev.GetRevision(),
		OccurredAt: ev.GetOccurredAt(),
		Actor:      ev.GetActor(),
		Channel:    ev.GetChannel(),
		Text:       text,
		Type:       intake.TypeOf(ev),
	}
}
