package demo

import (
	"context"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// chat takes the new address, over REST.
func (s *story) chat(ctx context.Context) error {
	s.scene("2. The chatbot, over REST", "Maria opens the link. The bot has never met her, and calls everything by its own names.")
	p := &place{
		name: "Bot", scope: "webchat", channel: interactionlogv1.Channel_CHANNEL_VIRTUAL_ASSISTANT,
		actor: &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_BOT, Id: "bot-7"},
	}

	s.call("POST /v1/customers:resolve", "Who is (202) 555-0143, a number as the website has it?")
	var who contextv1.ResolveCustomerResponse
	if err := s.rest.post(ctx, "/v1/customers:resolve", &contextv1.ResolveCustomerRequest{
		Identifiers:     []*interactionlogv1.Identifier{{Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: "(202) 555-0143"}},
		DefaultRegion:   "US",
		Origin:          interactionlogv1.LinkOrigin_LINK_ORIGIN_PLATFORM,
		PlatformContact: &contextv1.PlatformContact{Platform: "demo-chat", ContactId: "chat-7"},
		Channel:         p.channel, Direction: interactionlogv1.Direction_DIRECTION_INBOUND, OccurredAt: s.tick(),
	}, &who); err != nil {
		return err
	}
	s.resolved(p, &who)

	s.call("GET /v1/"+s.customer+"/context", "What has happened so far?")
	var known contextv1.CustomerContext
	if err := s.rest.get(ctx, "/v1/"+s.customer+"/context?consistency.atLeastAsFresh="+s.token, &known); err != nil {
		return err
	}
	s.pop(&known)

	s.call("POST /v1/"+s.customer+":planQuestions", "What may the bot ask for?")
	var plan contextv1.PlanQuestionsResponse
	if err := s.rest.post(ctx, "/v1/"+s.customer+":planQuestions", &contextv1.PlanQuestionsRequest{
		Scope: p.scope, Slots: needs("AccountId", "PhoneNo", "FullName", "NewAddress", "MoveDate"), Consistency: s.fresh(),
	}, &plan); err != nil {
		return err
	}
	spared := s.planned(&plan)
	if err := s.chatQuestions(ctx, p, spared); err != nil {
		return err
	}
	if err := s.chatFacts(ctx, p); err != nil {
		return err
	}
	return s.chatCard(ctx, p)
}

// chatQuestions records what the bot does not ask, and what it does.
func (s *story) chatQuestions(ctx context.Context, p *place, spared []string) error {
	path := "/v1/" + s.customer + "/questions:record"
	s.call("POST "+path, "The bot records what it need not ask, and asks for the rest.")
	for _, slot := range spared {
		var got contextv1.RecordQuestionResponse
		if err := s.rest.post(ctx, path, &contextv1.RecordQuestionRequest{
			Slot: slot, Scope: p.scope, Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED, Origin: s.origin(p),
		}, &got); err != nil {
			return err
		}
		s.notAsked(&got)
	}
	for _, q := range []struct{ slot, prompt, answer string }{
		{"FullName", "What is your name?", name},
		{"NewAddress", "What is the new address?", address},
		{"MoveDate", "From when on?", "the first of May, I think"},
	} {
		s.says(p.name, q.prompt)
		var got contextv1.RecordQuestionResponse
		if err := s.rest.post(ctx, path, &contextv1.RecordQuestionRequest{
			Slot: q.slot, Scope: p.scope, Action: contextv1.QuestionAction_QUESTION_ACTION_ASKED, Prompt: q.prompt,
			Purpose: interactionlogv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT, Origin: s.origin(p),
		}, &got); err != nil {
			return err
		}
		s.token = got.GetConsistencyToken()
		s.says("Maria", q.answer)
	}
	return nil
}

// chatFacts records the answers. The bot is not sure of the day.
func (s *story) chatFacts(ctx context.Context, p *place) error {
	path := "/v1/" + s.customer + "/facts:record"
	s.call("POST "+path, "The answers. Of the day the bot is only 60 % sure.")
	var got contextv1.RecordFactsResponse
	said := interactionlogv1.FactOrigin_FACT_ORIGIN_CUSTOMER
	if err := s.rest.post(ctx, path, &contextv1.RecordFactsRequest{
		Scope: p.scope, Origin: s.origin(p),
		Facts: []*contextv1.FactInput{
			{Slot: "FullName", Value: name, Origin: said},
			{Slot: "NewAddress", Value: address, Origin: said},
			{Slot: "MoveDate", Value: moveDate, Origin: said, Confidence: 0.6},
		},
	}, &got); err != nil {
		return err
	}
	s.token = got.GetConsistencyToken()
	s.result("stored, revision %d", got.GetRevision())
	return nil
}

// chatCard shows that a card number never reaches the disk, and ends the chat.
func (s *story) chatCard(ctx context.Context, p *place) error {
	path := "/v1/" + s.customer + "/events:append"
	s.call("POST "+path, "Then she types something that a contact centre must not keep:")
	s.says("Maria", card)
	typed := s.message(p, card)
	var got interactionlogv1.AppendEventsResponse
	if err := s.rest.post(ctx, path, &interactionlogv1.AppendEventsRequest{
		Events:        []*interactionlogv1.Event{typed, s.message(p, person), s.ended(p, interactionlogv1.InteractionOutcome_INTERACTION_OUTCOME_TRANSFERRED)},
		IncludeEvents: true,
	}, &got); err != nil {
		return err
	}
	s.token = got.GetConsistencyToken()
	stored := got.GetResults()[0].GetEvent().GetMessageSent().GetText()
	s.result("stored as \"%s\": masked before it reached the disk", stored)
	s.says("Maria", person)
	if proto.Equal(typed.GetMessageSent(), got.GetResults()[0].GetEvent().GetMessageSent()) {
		return errCardKept
	}
	return nil
}
