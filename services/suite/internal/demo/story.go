package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/enumtext"
)

// storyTime is how long ago the story begins; step is the time between two things that happen. The story has to be over
// before it reaches the present.
const (
	storyTime = 8 * time.Minute
	step      = 5 * time.Second
)

// What the customer has to say.
const (
	phone    = "+1 202 555 0143"
	account  = "88-204-117"
	name     = "Maria Lindqvist"
	address  = "12 Harbour Lane, Portsmouth"
	moveDate = "2026-05-01"
	email    = "maria.lindqvist@example.com"
	card     = "my card is 4111 1111 1111 1111"
	person   = "Can I talk to a person about it, please?"
)

// The matter, and what it takes to settle it.
const (
	caseID       = "CHG-1042"
	subject      = "New address for the bill"
	changeAction = "change_address"
)

// story is the state of the telling.
type story struct {
	*printer
	context contextv1.ContextServiceClient
	log     logv1.InteractionLogServiceClient
	rest    *rest
	// clock is the time of the story.
	clock time.Time
	// customer and token are what the last answers said.
	customer, token string
	// handoffToken is the token on its way to Anna, as the SIP header carries it; handoff is what it stands for.
	handoffToken, handoff string
	// annaTook is how long Anna had the customer before she had the context.
	annaTook time.Duration
	// call2 is the call that Anna takes and passes on.
	call2   string
	events  int
	avoided []string
}

func (s *story) prologue(grpcAddr, httpAddr string, slots int) {
	s.line(s.paint(bold, "Throughline: one customer, a dropped call, a chat, two transfers, and one question too many"))
	s.line("")
	s.wrap("", fmt.Sprintf("A suite runs on a temporary folder: gRPC on %s, REST on http://%s. It is open, to this machine "+
		"only (docs/security.md has keys and roles). Its slot dictionary has %d entries, because the channels call the same things "+
		"by different names (acct_no, AccountId, account_ref). A line with > is a call and what it is for, one with = what the "+
		"channel gets to see. $C stands for the customer.", grpcAddr, httpAddr, slots))
}

// rules sets the tenant's policy: what it takes to change an address.
func (s *story) rules(ctx context.Context) error {
	_, err := s.context.UpdatePolicy(ctx, &contextv1.UpdatePolicyRequest{
		Policy: &contextv1.Policy{Verification: &contextv1.VerificationPolicy{Actions: []*contextv1.ActionRule{{
			Action: changeAction, Description: "A new address for letters",
			Requirement: &contextv1.VerificationRequirement{
				MinLevel: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR, MaxAge: durationpb.New(time.Hour),
			},
		}}}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"verification.actions"}},
	})
	return err
}

// tick lets time pass.
func (s *story) tick() *timestamppb.Timestamp {
	s.clock = s.clock.Add(step)
	return timestamppb.New(s.clock)
}

// fresh demands that a read includes the newest write.
func (s *story) fresh() *contextv1.Consistency {
	return &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: s.token}}
}

// resolved notes and prints who the customer is.
func (s *story) resolved(p *place, got *contextv1.ResolveCustomerResponse) {
	s.customer, s.token, p.interaction = got.GetCustomer(), got.GetConsistencyToken(), got.GetInteractionId()
	if got.GetCreated() {
		s.result("a new customer: %s", s.customer)
		return
	}
	s.result("known: %s, matched by %s", s.customer, matched(got.GetMatches()))
}

func matched(matches []*contextv1.IdentifierMatch) string {
	var by []string
	for _, m := range matches {
		if m.GetOutcome() == contextv1.MatchOutcome_MATCH_OUTCOME_MATCHED {
			by = append(by, word(enumtext.Name(m.GetIdentifier().GetType()))+" "+m.GetIdentifier().GetValue())
		}
	}
	return strings.Join(by, ", ")
}

// planned prints the decisions and returns the slots whose questions are saved.
func (s *story) planned(got *contextv1.PlanQuestionsResponse) []string {
	var known []string
	for _, p := range got.GetPlans() {
		s.decision(enumtext.Name(p.GetDecision()), p.GetSlot(), p.GetValue(), p.GetExplanation())
		if p.GetDecision() == contextv1.Decision_DECISION_USE {
			known = append(known, p.GetSlot())
		}
	}
	return known
}

// word is the name of an enum's value as people write it: "single factor".
func word(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", " ")) }

// level is a level of assurance in words.
func level(l logv1.VerificationLevel) string { return word(enumtext.Name(l)) }

// clockTime is a time of today, as briefs and explanations write it.
func clockTime(t *timestamppb.Timestamp) string { return t.AsTime().Format("2006-01-02 15:04 UTC") }

// channelName is a channel as people say it.
func channelName(c logv1.Channel) string {
	switch c {
	case logv1.Channel_CHANNEL_IVR:
		return "the IVR"
	case logv1.Channel_CHANNEL_VIRTUAL_ASSISTANT:
		return "the chat"
	default:
		return "the telephone"
	}
}
