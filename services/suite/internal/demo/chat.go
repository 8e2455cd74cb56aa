package demo

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

var errCardKept = errors.New("the card number was not masked: this suite must not be used")

// chat goes on with the matter, verifies the customer and takes the new address, over REST.
func (s *story) chat(ctx context.Context) error {
	s.scene("2. The chatbot, over REST", "Maria opens the link. The bot has never met her, and calls everything by its own names.")
	p := &place{
		name: "Bot", scope: "webchat", channel: logv1.Channel_CHANNEL_VIRTUAL_ASSISTANT,
		actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_BOT, Id: "bot-7"}, rest: true,
	}
	for _, part := range []func(context.Context, *place) error{s.chatResume, s.chatVerify, s.chatCard, s.chatHandoff} {
		if err := part(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// chatResume finds out who chats, and what about.
func (s *story) chatResume(ctx context.Context, p *place) error {
	s.call("POST /v1/customers:resolve", "Who is (202) 555-0143, a number as the website has it?")
	var who contextv1.ResolveCustomerResponse
	if err := s.rest.post(ctx, "/v1/customers:resolve", &contextv1.ResolveCustomerRequest{
		Identifiers:     []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: "(202) 555-0143"}},
		DefaultRegion:   "US",
		Origin:          logv1.LinkOrigin_LINK_ORIGIN_PLATFORM,
		PlatformContact: &contextv1.PlatformContact{Platform: "demo-chat", ContactId: "chat-7"},
		Channel:         p.channel, Direction: logv1.Direction_DIRECTION_INBOUND, OccurredAt: s.tick(),
	}, &who); err != nil {
		return err
	}
	s.resolved(p, &who)
	if len(who.GetResumeCandidates()) == 0 {
		return errors.New("nothing to resume was offered")
	}
	matter := who.GetResumeCandidates()[0]
	s.result("about case %s? likelihood %.2f: %s", caseID, matter.GetLikelihood(), matter.GetExplanation())
	s.talk(p.name, "Is this about the new address for your bill?", "Maria", "Yes!")
	return nil
}

// chatVerify shows what is withheld until the customer is verified.
func (s *story) chatVerify(ctx context.Context, p *place) error {
	s.call("POST /v1/$C:planQuestions", "What may the bot ask for, and what may it use?")
	spared, err := s.plan(ctx, p, "AccountId", "PhoneNo", "FullName", "NewAddress", "MoveDate")
	if err != nil {
		return err
	}
	s.call("POST /v1/$C/verifications:record", "She types in the code that she was texted: a passport.")
	got, err := s.verify(ctx, p, "otp-sms")
	if err != nil {
		return err
	}
	s.result("verified: %s, until %s", level(got.GetStatus().GetEffectiveLevel()), clockTime(got.GetStatus().GetValidUntil()))

	s.call("POST /v1/$C:planQuestions", "And the account number now?")
	more, err := s.plan(ctx, p, "AccountId")
	if err != nil {
		return err
	}
	return s.chatQuestions(ctx, p, append(spared, more...))
}

// chatQuestions asks for what is not known.
func (s *story) chatQuestions(ctx context.Context, p *place, spared []string) error {
	asked := []struct{ slot, prompt, answer string }{
		{"FullName", "What is your name?", name},
		{"NewAddress", "What is the new address?", address},
		{"MoveDate", "From when on?", "the first of May, I think"},
	}
	s.call("POST /v1/$C/questions:record, facts:record", "Two saved, three asked. It is unsure of the day.")
	for _, q := range asked {
		s.talk(p.name, q.prompt, "Maria", q.answer)
	}
	if err := s.avoid(ctx, p, spared); err != nil {
		return err
	}
	for _, q := range asked {
		if _, err := s.ask(ctx, p, q.slot, q.prompt, logv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT); err != nil {
			return err
		}
	}
	unsure := said("MoveDate", moveDate)
	unsure.Confidence = 0.6
	facts, err := s.facts(ctx, p, said("FullName", name), said("NewAddress", address), unsure)
	if err != nil {
		return err
	}
	s.result("stored, revision %d; not asked: %s", facts.GetRevision(), often(s.avoided))
	return nil
}

// chatCard shows that a card number never reaches the disk.
func (s *story) chatCard(ctx context.Context, p *place) error {
	s.call("POST /v1/$C/events:append", "Then she types what a contact centre must not keep.")
	s.says("Maria", card)
	typed := s.message(p, card)
	var got logv1.AppendEventsResponse
	if err := s.rest.post(ctx, "/v1/"+s.customer+"/events:append", &logv1.AppendEventsRequest{
		Events: []*logv1.Event{typed, s.message(p, person)}, IncludeEvents: true,
	}, &got); err != nil {
		return err
	}
	s.token = got.GetConsistencyToken()
	stored := got.GetResults()[0].GetEvent().GetMessageSent()
	if proto.Equal(typed.GetMessageSent(), stored) {
		return errCardKept
	}
	s.result("stored as \"%s\": masked before it reached the disk", stored.GetText())
	return nil
}

// chatHandoff hands the customer over to a person. The token travels with the call.
func (s *story) chatHandoff(ctx context.Context, p *place) error {
	s.call("POST /v1/$C/handoffs, events:append", "She is put through. A token travels, no data.")
	s.says("Maria", person)
	var got contextv1.CreateHandoffResponse
	if err := s.rest.post(ctx, "/v1/"+s.customer+"/handoffs", &contextv1.CreateHandoffRequest{
		To: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT}, Target: "billing",
		TargetChannel: logv1.Channel_CHANNEL_VOICE, TransferKind: logv1.TransferKind_TRANSFER_KIND_COLD,
		Reason: "she wants a person", Summary: "All but the e-mail address is there.", Origin: s.origin(p),
	}, &got); err != nil {
		return err
	}
	s.token, s.handoffToken = got.GetConsistencyToken(), got.GetRenderings().GetUserToUser()
	s.result("offered to %s until %s, with %s. In the SIP INVITE:", got.GetHandoff().GetTarget(),
		clockTime(got.GetHandoff().GetExpireTime()), count(len(got.GetHandoff().GetOfferedSlots()), "value"))
	s.header("User-to-User: " + s.handoffToken)
	return s.rest.post(ctx, "/v1/"+s.customer+"/events:append", &logv1.AppendEventsRequest{
		Events: []*logv1.Event{s.ended(p, logv1.InteractionOutcome_INTERACTION_OUTCOME_TRANSFERRED, "")},
	}, &logv1.AppendEventsResponse{})
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
