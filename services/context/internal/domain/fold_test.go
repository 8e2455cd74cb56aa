package domain

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInteractionTellsItsStory(t *testing.T) {
	s := tell(t).in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"})
	s.add(
		InteractionStarted{Platform: "genesys", PlatformContactID: "c-1", Direction: DirectionInbound, Locale: "en-GB"},
		FlowStarted{FlowRunID: "r1", FlowID: "welcome"}, StepEntered{FlowRunID: "r1", StepID: "ask"},
		FlowStarted{FlowRunID: "r2", FlowID: "address"}, StepEntered{FlowRunID: "r2", StepID: "street"},
		StepEntered{FlowRunID: "r1", StepID: "late report"}, StepFailed{FlowRunID: "r2", StepID: "zip", Reason: "no-match"},
		IntentDetected{Intent: "change_address"}, QuestionAsked{Slot: "zip"}, RepeatDetected{},
		InteractionSegmentChanged{State: SegmentQueued, Queue: "billing"},
		InteractionSegmentChanged{State: SegmentTalking, Participant: Actor{Kind: ActorAgent, ID: "kim"}},
	)
	s.says("I want\n to move").by(Actor{Kind: ActorCustomer}, MessageSent{Text: withheld})
	s.by(Actor{Kind: ActorSystem}, DispositionSet{Code: "moved", Note: "will send papers"})
	s.by(Actor{Kind: ActorSystem}, InteractionEnded{Outcome: OutcomeCompleted})
	want := &Interaction{
		ID: "call-1", Channel: ChannelIVR, Direction: DirectionInbound, Platform: "genesys", PlatformContactID: "c-1",
		StartTime: day0, EndTime: at(15), LastEventTime: at(15), StartRevision: 1, LastRevision: 16, EndRevision: 16,
		Outcome: OutcomeCompleted, Topic: "change_address", Disposition: "moved", Note: "will send papers",
		LastParticipant: Actor{Kind: ActorAgent, ID: "kim"}, Segment: SegmentTalking, FlowRunID: "r2", FlowID: "address",
		StepID: "zip", LastFailedStep: "zip", LastFailure: "no-match", Messages: 2, Questions: 1, Repeats: 1, FailedSteps: 1,
		LastCustomerMessage: "I want to move", LastCustomerTime: at(12), LastCustomerRevision: 13,
	}
	state := s.state()
	if diff := cmp.Diff([]*Interaction{want}, state.Ended); diff != "" || len(state.Open) != 0 {
		t.Errorf("%d open, -want +got\n%s", len(state.Open), diff)
	}
	if state.Locale != "en-GB" || state.InteractionsTotal != 1 || state.QuestionsAsked != 1 || state.Repeats != 1 {
		t.Errorf("%+v", state)
	}
}

func ids(list []*Interaction) string {
	var all []string
	for _, x := range list {
		all = append(all, x.ID)
	}
	return strings.Join(all, " ")
}

func TestWhichInteractionsAreOpen(t *testing.T) {
	started := InteractionStarted{}
	for _, tt := range []struct {
		name        string
		story       func(*story)
		open, ended string
		total       int64
	}{
		{name: "none", story: func(s *story) { s.in("", 0, Actor{}).add(started, MessageSent{Text: "x"}) }},
		{
			name: "the newest event first", open: "a c b", total: 3,
			story: func(s *story) {
				s.in("a", 1, Actor{}).add(started).in("b", 1, Actor{}).add(started).in("c", 1, Actor{}).add(started).in("a", 1, Actor{}).says("x")
			},
		},
		{name: "without a start", open: "a", total: 1, story: func(s *story) { s.in("a", 1, Actor{}).says("x").add(started) }},
		{name: "only the end is known", ended: "a", total: 1, story: func(s *story) { s.in("a", 1, Actor{}).add(InteractionEnded{}) }},
		{
			name: "reported after the end", ended: "a", total: 1,
			story: func(s *story) { s.in("a", 1, Actor{}).add(started, InteractionEnded{}).says("x").add(started) },
		},
		{
			name: "ends twice", ended: "b a", total: 2,
			story: func(s *story) {
				s.in("a", 1, Actor{}).add(InteractionEnded{}).in("b", 1, Actor{}).add(InteractionEnded{}).in("a", 1, Actor{}).add(InteractionEnded{})
			},
		},
		{
			name: "a survey long after makes none", total: 0,
			story: func(s *story) {
				s.in("z", 1, Actor{}).add(Other{Type: 58}, DispositionSet{}, NoteAdded{}, RepeatDetected{}, nil)
			},
		},
		{
			name: "too many open ones: the silent are retired, and come back", total: 22,
			open: "i0 i21 i20 i19 i18 i17 i16 i15 i14 i13 i12 i11 i10 i9 i8 i7 i6 i5 i4 i3", ended: "i2 i1",
			story: func(s *story) {
				for i := range 22 {
					s.in("i"+strconv.Itoa(i), 1, Actor{}).add(started)
				}
				s.in("i0", 1, Actor{}).says("I am still here")
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tell(t)
			tt.story(s)
			got := s.state()
			if ids(got.Open) != tt.open || ids(got.Ended) != tt.ended || got.InteractionsTotal != tt.total {
				t.Errorf("open %q, ended %q, %d in all; want %q, %q, %d", ids(got.Open), ids(got.Ended), got.InteractionsTotal, tt.open, tt.ended, tt.total)
			}
		})
	}
}

func TestIdentifiers(t *testing.T) {
	phone, mail := Identifier{IdentifierPhone, "+1"}, Identifier{IdentifierEmail, "a@b.example"}
	s := tell(t).add(
		IdentifierLinked{Identifier: phone, Origin: LinkOriginPlatform}, IdentifierLinked{Identifier: mail},
		IdentifierLinked{Identifier: Identifier{IdentifierPlatformContact, "sip:1"}},
		IdentifierLinked{Identifier: phone, Origin: LinkOriginVerified}, IdentifierLinked{Identifier: phone},
	)
	want := []LinkedIdentifier{
		{Identifier: phone, Origin: LinkOriginVerified, LinkTime: at(0), EventID: "e1", InteractionID: "i1"},
		{Identifier: mail, LinkTime: at(1), EventID: "e2", InteractionID: "i1"},
	}
	if diff := cmp.Diff(want, s.state().Identifiers); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	s.add(IdentifierUnlinked{Identifier: phone}, IdentifierUnlinked{Identifier: phone})
	if diff := cmp.Diff(want[1:], s.state().Identifiers); diff != "" {
		t.Errorf("after an unlink: -want +got\n%s", diff)
	}
	for i := range 60 {
		s.add(IdentifierLinked{Identifier: Identifier{IdentifierDevice, strconv.Itoa(i)}})
	}
	if got := s.state().Identifiers; len(got) != MaxIdentifiers || got[0].Identifier.Value != "59" {
		t.Errorf("%d identifiers, %v first", len(got), got[0])
	}
}

func TestFacts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		story func(*story)
		want  string // values as text/revision, with "+" when confirmed and "!" when withdrawn
	}{
		{name: "newest first", story: func(s *story) { s.stated("", "x", "a").stated("", "x", "b") }, want: "b/2 a/1"},
		{name: "said again", story: func(s *story) { s.stated("", "x", "a").stated("", "x", "b").stated("", "x", " A ") }, want: "A/3 b/2"},
		{name: "five values", story: func(s *story) {
			for _, v := range []string{"a", "b", "c", "d", "e", "f"} {
				s.stated("", "x", v)
			}
		}, want: "f/6 e/5 d/4 c/3 b/2"},
		{name: "confirmed", story: func(s *story) {
			s.stated("", "x", "a").stated("", "x", "b").add(FactConfirmed{Slot: "x", Value: "A"})
		}, want: "a/3+ b/2"},
		{name: "confirmed without a statement", story: func(s *story) { s.add(FactConfirmed{Slot: "x", Value: "a"}) }, want: "a/1+"},
		{name: "confirmed stays confirmed", story: func(s *story) { s.add(FactConfirmed{Slot: "x", Value: "a"}).stated("", "x", "a") }, want: "a/2+"},
		{name: "withdrawn", story: func(s *story) {
			s.stated("", "x", "a").stated("", "x", "b").add(FactRetracted{Slot: "x", Value: "a"})
		}, want: "b/2 a/1!"},
		{name: "all withdrawn", story: func(s *story) { s.stated("", "x", "a").stated("", "x", "b").add(FactRetracted{Slot: "x"}) }, want: "b/2! a/1!"},
		{name: "withdrawn and stated again", story: func(s *story) {
			s.add(FactConfirmed{Slot: "x", Value: "a"}, FactRetracted{Slot: "x"}).stated("", "x", "a")
		}, want: "a/3"},
		{name: "no value", story: func(s *story) { s.stated("", "x", " \t").add(FactConfirmed{Slot: "x"}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tell(t)
			tt.story(s)
			var got []string
			for _, f := range s.state().Facts {
				for _, v := range f.Values {
					text := v.Text + "/" + strconv.FormatInt(v.Revision, 10)
					if v.Confirmed {
						text += "+"
					}
					if v.Retracted != 0 {
						text += "!"
					}
					got = append(got, text)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", strings.Join(got, " "), tt.want)
			}
		})
	}
}

func TestTimesOfAValue(t *testing.T) {
	s := tell(t).wait(time.Hour)
	s.add(FactStated{Slot: "x", Value: "a", Confidence: 0.9, ExpireTime: at(90)})
	s.wait(-time.Hour - time.Minute).add(FactStated{Slot: "x", Value: "a", Confidence: 0.3, ExpireTime: at(90)})
	v := s.state().Facts[0].Values[0]
	if !v.FirstTime.Equal(at(0)) || !v.Time.Equal(at(60)) || v.Confidence != 0.9 || v.EventID != "e2" {
		t.Errorf("said twice, the second report being older: %+v", v)
	}
	s.wait(80 * time.Minute).add(FactConfirmed{Slot: "x", Value: "a"})
	if v = s.state().Facts[0].Values[0]; !v.ExpireTime.Equal(at(90)) || !v.Confirmed || v.EventID != "e2" {
		t.Errorf("confirmed before it expired: %+v", v)
	}
	s.wait(time.Hour).add(FactConfirmed{Slot: "x", Value: "a"})
	if v = s.state().Facts[0].Values[0]; !v.ExpireTime.IsZero() || !v.Time.Equal(s.now.Add(-time.Minute)) {
		t.Errorf("confirmed after it had expired: %+v", v)
	}
}

func TestRetractionsAreBounded(t *testing.T) {
	s := tell(t).add(FactRetracted{Slot: "x"})
	for i := range 9 {
		s.add(FactRetracted{Slot: "x", Value: strconv.Itoa(i)})
	}
	var got []string
	for _, r := range s.state().Facts[0].Retractions {
		got = append(got, r.Text)
	}
	if want := "8 7 6 5 "; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q: the newest, and the one of all values", strings.Join(got, " "), want)
	}
}

func TestTextsAreCut(t *testing.T) {
	s := tell(t).says(strings.Repeat("ä ", 20_000)).add(NoteAdded{Text: "a\xff\u2028b\u202ec"})
	x := s.state().Open[0]
	if len(x.LastCustomerMessage) > MaxTextBytes || !strings.HasSuffix(x.LastCustomerMessage, ellipsis) {
		t.Errorf("%d bytes: %q", len(x.LastCustomerMessage), x.LastCustomerMessage)
	}
	if want := "a\uFFFD b c"; x.Note != want {
		t.Errorf("got %q, want %q", x.Note, want)
	}
}
