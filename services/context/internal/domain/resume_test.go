package domain

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// ivr is who asks in most of the stories: a caller at the IVR whose wish is not known yet.
var ivr = Asker{Channel: ChannelIVR, InteractionID: "now"}

// dropped is a call that ends in the queue.
func dropped(s *story, id string) *story {
	return s.in(id, ChannelIVR, Actor{Kind: ActorIVR}).add(
		InteractionStarted{Direction: DirectionInbound}, IntentDetected{Intent: "lost card"},
		InteractionSegmentChanged{State: SegmentQueued, Queue: "cards"}, InteractionEnded{Outcome: OutcomeAbandoned},
	)
}

// served is a call that comes to a good end.
func served(s *story, id, intent string) *story {
	return s.in(id, ChannelIVR, Actor{Kind: ActorIVR}).add(
		InteractionStarted{Direction: DirectionInbound}, IntentDetected{Intent: intent}, InteractionEnded{Outcome: OutcomeCompleted},
	)
}

// mailed is a case of which an e-mail told.
func mailed(s *story, id string, opened CaseOpened) *story {
	return s.in("mail-"+id, ChannelEmail, Actor{Kind: ActorAgent}).add(InteractionStarted{}).about(id, opened).
		add(InteractionEnded{Outcome: OutcomeCompleted})
}

func TestHowLikelyAMatterIs(t *testing.T) {
	parcel := CaseOpened{Subject: "A parcel is missing", Intent: "missing_parcel"}
	day := 24 * time.Hour
	for name, tt := range map[string]struct {
		story  func(*story)
		asker  Asker
		after  time.Duration // since the story's last event
		lo, hi float64       // both 0: no candidate
	}{
		"a call dropped in the queue 4 minutes ago": {
			story: func(s *story) { dropped(s, "a") }, asker: ivr, after: 4 * time.Minute, lo: 0.9, hi: 0.96,
		},
		"the same, a day later":  {story: func(s *story) { dropped(s, "a") }, asker: ivr, after: day, lo: 0.35, hi: 0.5},
		"the same, 3 days later": {story: func(s *story) { dropped(s, "a") }, asker: ivr, after: 3 * day, lo: 0.2, hi: 0.25},
		"the same, 8 days later": {story: func(s *story) { dropped(s, "a") }, asker: ivr, after: 8 * day},
		"the same, to an agent":  {story: func(s *story) { dropped(s, "a") }, asker: Asker{Channel: ChannelVoice}, after: 4 * time.Minute, lo: 0.9, hi: 0.95},
		"the same, by e-mail":    {story: func(s *story) { dropped(s, "a") }, asker: Asker{Channel: ChannelEmail}, after: 4 * time.Minute, lo: 0.85, hi: 0.92},
		"the same intent":        {story: func(s *story) { dropped(s, "a") }, asker: Asker{Intent: "Lost Card"}, after: 4 * time.Minute, lo: 0.95, hi: 0.99},
		"another intent":         {story: func(s *story) { dropped(s, "a") }, asker: Asker{Intent: "opening_hours"}, after: 4 * time.Minute, lo: 0.6, hi: 0.75},
		"the contact itself":     {story: func(s *story) { dropped(s, "now") }, asker: ivr, after: 4 * time.Minute},
		"a call that was served": {story: func(s *story) { served(s, "a", "lost card") }, asker: ivr, after: 4 * time.Minute},
		"the only open case, touched yesterday": {
			story: func(s *story) { mailed(s, "k", parcel) }, asker: ivr, after: day, lo: 0.45, hi: 0.58,
		},
		"a case of 3 weeks ago, elsewhere, another intent": {
			story: func(s *story) { mailed(s, "k", parcel) }, asker: Asker{Channel: ChannelIVR, Intent: "lost card"}, after: 21 * day,
		},
		"a case of 3 weeks ago, the same intent": {
			story: func(s *story) { mailed(s, "k", parcel) }, asker: Asker{Channel: ChannelIVR, Intent: "missing_parcel"}, after: 21 * day, lo: 0.3, hi: 0.45,
		},
		"a resolved case": {
			story: func(s *story) { mailed(s, "k", parcel).about("k", CaseResolved{}) }, asker: ivr, after: time.Hour,
		},
		"a case the contact is about already": {
			story: func(s *story) { mailed(s, "k", parcel).in("now", ChannelIVR, Actor{}).about("k", MenuSelected{}) }, asker: ivr,
		},
		"a case the contact is about, and another interaction too": {
			story: func(s *story) {
				mailed(s, "k", parcel).in("now", ChannelIVR, Actor{}).about("k", MenuSelected{}).
					in("chat", ChannelChat, Actor{}).about("k", MessageSent{Text: "still there?"})
			}, asker: ivr,
		},
		"a case talked about today without naming it": {
			story: func(s *story) {
				s.in("a", ChannelEmail, Actor{}).about("k", parcel).wait(20*day).
					add(MessageSent{Text: "Any news?"}, InteractionEnded{Outcome: OutcomeCompleted})
			}, asker: ivr, lo: 0.65, hi: 0.72,
		},
		"an open case, and a call about the same that was dropped": {
			story: func(s *story) {
				mailed(s, "k", CaseOpened{Subject: "A card is lost", Intent: "lost_card"}).wait(10 * day)
				dropped(s, "a")
			}, asker: ivr, after: 4 * time.Minute, lo: 0.9, hi: 0.96,
		},
		"a case that the contact goes on with, and a call about the same that was dropped": {
			story: func(s *story) {
				dropped(s, "a").in("now", ChannelIVR, Actor{}).about("k", CaseOpened{Subject: "Lost card"})
			}, asker: ivr,
		},
		"a case that came to the contact by a handoff": {
			story: func(s *story) {
				s.in("a", ChannelIVR, Actor{}).about("k", parcel).
					add(HandoffOffered{HandoffID: "h"}, HandoffAccepted{HandoffID: "h", InteractionID: "now"})
			}, asker: ivr,
		},
		"an overdue promise": {
			story: func(s *story) {
				mailed(s, "k", CaseOpened{Subject: "x", Promise: Promised{Text: "a call", DueTime: at(10)}})
			}, asker: ivr, after: day, lo: 0.7, hi: 0.75,
		},
		"a promise due soon": {
			story: func(s *story) {
				mailed(s, "k", CaseOpened{Subject: "x", Promise: Promised{Text: "a call", DueTime: at(25 * 60)}})
			}, asker: ivr, after: day, lo: 0.6, hi: 0.66,
		},
		"an urgent case": {
			story: func(s *story) { mailed(s, "k", CaseOpened{Subject: "x", Priority: PriorityUrgent}) }, asker: ivr, after: day, lo: 0.6, hi: 0.66,
		},
		"a clock that is ahead": {story: func(s *story) { dropped(s, "a") }, asker: ivr, after: -time.Hour, lo: 0.9, hi: 0.96},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t)
			tt.story(s)
			now := s.now.Add(tt.after - time.Minute)
			got := Resume(s.state(), tt.asker, now)
			switch {
			case tt.hi == 0:
				if len(got) != 0 {
					t.Errorf("offered: %s", got[0].Explanation)
				}
			case len(got) != 1:
				t.Errorf("%d candidates", len(got))
			case got[0].Likelihood < tt.lo || got[0].Likelihood > tt.hi:
				t.Errorf("%.3f: %s\n%+v", got[0].Likelihood, got[0].Explanation, got[0].Factors)
			}
		})
	}
}

// Which interactions without a case count as broken off.
func TestWhatBrokeOff(t *testing.T) {
	chat := func(s *story) *story {
		return s.in("a", ChannelChat, Actor{Kind: ActorBot}).add(InteractionStarted{}, IntentDetected{Intent: "refund"})
	}
	for name, tt := range map[string]struct {
		story func(*story)
		quiet time.Duration
		want  string
	}{
		"abandoned":                    {story: func(s *story) { chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned}) }, want: "a"},
		"failed":                       {story: func(s *story) { chat(s).add(InteractionEnded{Outcome: OutcomeFailed}) }, want: "a"},
		"sent on to nobody":            {story: func(s *story) { chat(s).add(InteractionEnded{Outcome: OutcomeTransferred}) }, want: "a"},
		"completed":                    {story: func(s *story) { chat(s).add(InteractionEnded{Outcome: OutcomeCompleted}) }},
		"contained":                    {story: func(s *story) { chat(s).add(InteractionEnded{Outcome: OutcomeContained}) }},
		"ended somehow":                {story: func(s *story) { chat(s).add(InteractionEnded{}) }},
		"ended somehow, in the queue":  {story: func(s *story) { chat(s).add(InteractionSegmentChanged{State: SegmentQueued}, InteractionEnded{}) }, want: "a"},
		"ended somehow, within a flow": {story: func(s *story) { chat(s).add(FlowStarted{FlowRunID: "r"}, InteractionEnded{}) }, want: "a"},
		"ended somehow, after a flow": {story: func(s *story) {
			chat(s).add(FlowStarted{FlowRunID: "r"}, FlowEnded{FlowRunID: "r", Outcome: FlowOutcomeCompleted}, InteractionEnded{})
		}},
		"ended somehow, the flow failed": {story: func(s *story) {
			chat(s).add(FlowStarted{FlowRunID: "r"}, FlowEnded{FlowRunID: "r", Outcome: FlowOutcomeFailed}, InteractionEnded{})
		}, want: "a"},
		"going on": {story: func(s *story) { chat(s) }, quiet: 9 * time.Minute},
		"silent":   {story: func(s *story) { chat(s) }, quiet: 11 * time.Minute, want: "a"},
		"silent, but done": {story: func(s *story) {
			chat(s).add(FlowStarted{FlowRunID: "r"}, FlowEnded{FlowRunID: "r", Outcome: FlowOutcomeCompleted})
		}, quiet: time.Hour},
		"silent, about nothing": {story: func(s *story) { s.in("a", ChannelWeb, Actor{}).add(InteractionStarted{}) }, quiet: time.Hour},
		"calls again": {story: func(s *story) {
			s.in("a", ChannelVoice, Actor{}).add(InteractionStarted{}, IntentDetected{Intent: "x"})
		}, want: "a"},
		"among colleagues": {story: func(s *story) {
			s.in("a", ChannelVoice, Actor{}).add(InteractionStarted{Direction: DirectionInternal}, InteractionEnded{Outcome: OutcomeAbandoned})
		}},
		"a survey": {story: func(s *story) {
			s.in("a", ChannelSurvey, Actor{}).add(InteractionStarted{Subject: "How was it?"}, InteractionEnded{Outcome: OutcomeAbandoned})
		}},
		"of a resolved case": {story: func(s *story) {
			chat(s).about("k", CaseOpened{Subject: "refund"}, CaseResolved{}).add(InteractionEnded{Outcome: OutcomeAbandoned})
		}},
		"sent on, and taken over": {story: func(s *story) {
			chat(s).add(HandoffOffered{HandoffID: "h"}, HandoffAccepted{HandoffID: "h"}, InteractionEnded{Outcome: OutcomeTransferred})
		}},
		"sent on, and another began": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeTransferred})
			served(s, "b", "something")
		}},
		"abandoned, then the same was served": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned})
			served(s, "b", "Refund")
		}},
		"abandoned, then another matter was served": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned})
			served(s, "b", "opening_hours")
		}, want: "a"},
		"abandoned, then asked in a survey": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned}).in("b", ChannelSurvey, Actor{}).
				add(InteractionStarted{}, InteractionEnded{Outcome: OutcomeCompleted})
		}, want: "a"},
		"abandoned, then another case was told of": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned})
			mailed(s, "k", CaseOpened{Subject: "x", Intent: "parcel"}).about("k", CaseResolved{})
		}, want: "a"},
		"abandoned, then a case was made of it": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned})
			mailed(s, "k", CaseOpened{Subject: "x", Intent: "refund"}).about("k", CaseResolved{})
		}},
		"abandoned twice": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned})
			s.in("b", ChannelChat, Actor{}).add(InteractionStarted{}, InteractionEnded{Outcome: OutcomeAbandoned})
		}, want: "b"},
		"abandoned, then another that has come to nothing yet": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned}).in("b", ChannelChat, Actor{Kind: ActorBot}).add(InteractionStarted{})
		}, want: "a"},
		"abandoned, then an agent was there": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned}).in("b", ChannelChat, Actor{Kind: ActorAgent}).add(InteractionStarted{})
		}},
		"abandoned, and half a day later again": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned}).wait(halfLifeBroken)
			s.in("b", ChannelChat, Actor{}).add(InteractionStarted{}, InteractionEnded{Outcome: OutcomeAbandoned})
		}, want: "b a"},
		"abandoned twice, about two things": {story: func(s *story) {
			chat(s).add(InteractionEnded{Outcome: OutcomeAbandoned})
			dropped(s, "b")
		}, want: "b a"},
	} {
		s := tell(t)
		tt.story(s)
		var got []string
		for _, c := range Resume(s.state(), ivr, s.now.Add(tt.quiet-time.Minute)) {
			got = append(got, c.InteractionID)
			if c.Case != nil {
				t.Errorf("%s: a case", name)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %q", name, got, tt.want)
		}
	}
}

// Whose call drops, and drops again before anything is said, still calls about what the first call was about.
func TestDroppedTwice(t *testing.T) {
	again := func(s *story) *story {
		return s.in("b", ChannelVoice, Actor{}).add(InteractionStarted{}, InteractionEnded{Outcome: OutcomeAbandoned})
	}
	got := Resume(again(dropped(tell(t), "a")).state(), Asker{Channel: ChannelIVR, Intent: "Lost Card"}, at(6))
	if len(got) != 1 || got[0].InteractionID != "b" || got[0].Topic != "lost card" || got[0].Factors[1].Kind != ResumeIntent ||
		got[0].Explanation != "Very likely: the call about 'lost card' broke off 1 minute ago, in a kindred channel; the intent is the same; nothing else is open." {
		t.Errorf("%+v", got)
	}
	// A call about the matter of an open case is offered as the case.
	s := dropped(mailed(tell(t), "k", CaseOpened{Subject: "A card is lost", Intent: "lost_card"}), "a")
	got = Resume(s.state(), ivr, s.now)
	if len(got) != 1 || got[0].Case == nil || got[0].InteractionID != "a" || got[0].Explanation !=
		"Very likely: the open case about 'A card is lost', whose last call broke off 1 minute ago in the queue, in the same channel; nothing else is open." {
		t.Errorf("%+v", got)
	}
	// What a case was made of is settled with the case.
	s = again(dropped(tell(t), "a")).in("a", ChannelIVR, Actor{}).about("k", CaseOpened{Subject: "Lost card"}, CaseResolved{})
	if got := Resume(s.state(), ivr, s.now); len(got) != 1 || got[0].Topic != "" {
		t.Errorf("of a resolved case: %+v", got)
	}
}

func TestResumeSpeaksToPeople(t *testing.T) {
	s := dropped(tell(t), "a")
	mailed(s, "k", CaseOpened{
		Subject: "A parcel\nis missing", Intent: "missing_parcel", Priority: PriorityHigh, Promise: Promised{Text: "call", DueTime: at(5)},
	})
	s.in("c", ChannelChat, Actor{}).add(InteractionStarted{}, FlowStarted{FlowRunID: "r", FlowID: "f"}, StepEntered{FlowRunID: "r", StepID: "address"})
	s.add(StepEntered{FlowRunID: "r", StepID: "zip"}).about("old", CaseOpened{Subject: "An old matter"})
	// Three hours later, at the IVR again, nothing is known of the wish.
	got := Resume(s.state(), ivr, s.now.Add(3*time.Hour))
	want := []string{
		"Perhaps: the call about 'lost card' broke off 3 hours ago in the queue, in the same channel; one of 2 other matters may be meant.",
		"Less likely: the open case about 'A parcel is missing' was touched 3 hours ago, a promise is overdue; its priority is high; " +
			"one of 2 other matters may be meant.",
		"Less likely: the open case about 'An old matter', whose last chat fell silent 3 hours ago at step zip, one of 2 other matters may be meant.",
	}
	var said []string
	for _, c := range got {
		said = append(said, c.Explanation)
	}
	if strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(said, "\n"))
	}
	// What is for everyone to read holds no words about the matter.
	for _, c := range got {
		for _, f := range c.Factors {
			if strings.Contains(f.Explanation, "parcel") || strings.Contains(f.Explanation, "card") || f.Explanation == "" {
				t.Errorf("factor %d: %s", f.Kind, f.Explanation)
			}
		}
	}
	one := Resume(dropped(tell(t), "a").state(), ivr, at(7))
	if got := one[0].Explanation; got != "Very likely: the call about 'lost card' broke off 4 minutes ago in the queue, in the same channel; nothing else is open." {
		t.Error(got)
	}
}

// The asker's own interaction tells what the asker does not.
func TestResumeLooksAtTheContact(t *testing.T) {
	s := dropped(tell(t), "a").in("now", ChannelIVR, Actor{}).add(InteractionStarted{}, IntentDetected{Intent: "LOST_CARD"})
	got := Resume(s.state(), Asker{InteractionID: "now"}, s.now)
	if len(got) != 1 || !slices.ContainsFunc(got[0].Factors, func(f ResumeFactor) bool { return f.Kind == ResumeIntent && f.Weight == weightSameIntent }) ||
		!slices.ContainsFunc(got[0].Factors, func(f ResumeFactor) bool { return f.Kind == ResumeChannel && f.Weight == weightSameChannel }) {
		t.Errorf("%+v", got)
	}
}

func genResumeAsker() *rapid.Generator[Asker] {
	return rapid.Custom(func(t *rapid.T) Asker {
		return Asker{
			Channel:       Channel(rapid.IntRange(0, int(ChannelOther)).Draw(t, "channel")),
			InteractionID: rapid.SampledFrom(fewIDs).Draw(t, "interaction"),
			Intent:        rapid.SampledFrom([]string{"", "change-address", "where-is-it", "billing"}).Draw(t, "intent"),
		}
	})
}

func TestResumeHoldsWhatItPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := mustApply(t, nil, genHistory(80).Draw(t, "history")...)
		a, now := genResumeAsker().Draw(t, "asker"), genTime().Draw(t, "now")
		got := Resume(s, a, now)
		if len(got) > MaxResumeCandidates {
			t.Fatalf("%d candidates", len(got))
		}
		all := 0.0
		for i, c := range got {
			sum, alone := 0.0, 0.0
			all += c.Likelihood
			for j, f := range c.Factors {
				sum += f.Weight
				if f.Kind != ResumeOthers {
					alone += f.Weight
				}
				if f.Weight == 0 || j > 0 && math.Abs(f.Weight) > math.Abs(c.Factors[j-1].Weight) {
					t.Fatalf("factors %+v", c.Factors)
				}
			}
			switch {
			case c.Likelihood <= 0 || c.Likelihood >= 1 || likelihood(alone) < MinResumeLikelihood:
				t.Fatalf("likelihood %v, alone %v", c.Likelihood, likelihood(alone))
			case math.Abs(c.Likelihood-1/(1+math.Exp(-sum))) > 0.0006:
				t.Fatalf("likelihood %v of a sum of %v", c.Likelihood, sum)
			case i > 0 && (c.Likelihood > got[i-1].Likelihood || c.Likelihood == got[i-1].Likelihood && c.LastEventTime.After(got[i-1].LastEventTime)):
				t.Fatalf("place %d: %+v after %+v", i, c, got[i-1])
			case c.InteractionID != "" && c.InteractionID == a.InteractionID:
				t.Fatal("the contact itself is a candidate")
			case c.Case != nil && !c.Case.Open():
				t.Fatal("a resolved case is a candidate")
			case c.Case == nil && c.InteractionID == "":
				t.Fatal("a candidate of nothing")
			}
		}
		if all >= 1 {
			t.Fatalf("likelihoods add up to %v", all)
		}
		// The order of the lists that the fold happens to keep decides nothing.
		mixed := *s
		mixed.OpenCases, mixed.Open, mixed.Ended = slices.Clone(s.OpenCases), slices.Clone(s.Open), slices.Clone(s.Ended)
		slices.Reverse(mixed.OpenCases)
		slices.Reverse(mixed.Open)
		slices.Reverse(mixed.Ended)
		if again := Resume(&mixed, a, now); fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", got) {
			t.Fatalf("in another order: %+v\n%+v", again, got)
		}
	})
}

// A contact is about one matter: of two that are alike neither is likely, and each intent decides for its own.
func TestOneOfTwoMatters(t *testing.T) {
	s := mailed(mailed(tell(t), "k", CaseOpened{Subject: "A parcel", Intent: "parcel"}), "l", CaseOpened{Subject: "A bill", Intent: "bill"})
	for intent, want := range map[string][]string{
		"": {
			"Less likely: the open case about 'A bill' was touched 1 minute ago, another matter may be meant.",
			"Less likely: the open case about 'A parcel' was touched 4 minutes ago, another matter may be meant.",
		},
		"parcel": {
			"Very likely: the open case about 'A parcel' was touched 4 minutes ago, the intent is the same; another matter may be meant.",
			"Less likely: the open case about 'A bill' was touched 1 minute ago, the intent is another one; another matter may be meant.",
		},
	} {
		var said []string
		for _, c := range Resume(s.state(), Asker{Channel: ChannelIVR, Intent: intent}, s.now) {
			said = append(said, c.Explanation)
		}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Errorf("intent %q (-want +got):\n%s", intent, diff)
		}
	}
	s = tell(t).in("b", ChannelChat, Actor{}).add(InteractionStarted{}, IntentDetected{Intent: "refund"}, InteractionEnded{Outcome: OutcomeAbandoned})
	v := NewView(dropped(s, "c").state(), nil)
	if got := BuildContext(v, Unrestricted, ViewFull, s.now).NextStep; got != "Ask whether it is about: lost card; or about: refund." {
		t.Errorf("next: %s", got)
	}
}

// More recent never lowers the likelihood, and the same intent never does.
func TestLikelihoodIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &Case{
			ID: "k", Subject: "x", Intent: "refund", LastEventTime: at(rapid.IntRange(0, 60*24*40).Draw(t, "touched")),
			Priority: CasePriority(rapid.IntRange(0, 4).Draw(t, "priority")), LastChannel: Channel(rapid.IntRange(0, 18).Draw(t, "channel")),
			Promise: Promise{Text: "x", DueTime: rapid.SampledFrom([]time.Time{{}, at(60 * 24 * 39), at(60 * 24 * 41)}).Draw(t, "due")},
		}
		broke := breakKind(rapid.IntRange(0, int(brokeOff)).Draw(t, "broke"))
		only, now := rapid.Bool().Draw(t, "only"), at(60*24*40)
		weigh := func(at time.Time, intent string) float64 {
			m := matter{asker: Asker{Channel: ChannelIVR, Intent: intent}, kase: c, broke: broke, at: at, channel: c.LastChannel}
			m.weigh(only, now)
			return m.likelihood
		}
		later := c.LastEventTime.Add(time.Duration(rapid.IntRange(0, 60*24*50).Draw(t, "later")) * time.Minute)
		for _, intent := range []string{"", "refund", "other"} {
			if before, after := weigh(c.LastEventTime, intent), weigh(later, intent); after < before {
				t.Fatalf("touched later, %v < %v", after, before)
			}
		}
		same := weigh(c.LastEventTime, "Refund")
		if unknown, other := weigh(c.LastEventTime, ""), weigh(c.LastEventTime, "other"); same < unknown || unknown < other {
			t.Fatalf("same %v, unknown %v, other %v", same, unknown, other)
		}
	})
}

// The table for people says what the code does.
func TestWeightsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for found, weight := range map[string]float64{
		"recency | touched just now": resumeFresh, "recency | an open case loses, half of it in 3 days": -resumeFadeCase,
		"recency | an interaction without case loses, half of it in 12 hours": -resumeFadeBroken,
		"broken off | abandoned, failed, or sent on and arrived nowhere":      weightBrokeOff,
		"broken off | silent for 10 minutes, without an end":                  weightWentSilent,
		"intent | the same":    weightSameIntent,
		"intent | another one": weightOtherIntent,
		"channel | the same":   weightSameChannel,
		"channel | a kindred one: calls, the site and the app, texts": weightKinChannel,
		"promise | overdue":               weightOverdue,
		"promise | due within 24 hours":   weightDueSoon,
		"priority | urgent":               weightUrgent,
		"priority | high":                 weightHigh,
		"priority | low":                  weightLow,
		"only one | nothing else is open": weightOnlyOne,
	} {
		if row := fmt.Sprintf("| %s | %+g |", found, weight); !strings.Contains(string(page), row) {
			t.Errorf("docs/architecture.md lacks the row %s", row)
		}
	}
	if halfLifeCase != 72*time.Hour || halfLifeBroken != 12*time.Hour || ResumeSilence != 10*time.Minute || PromiseSoon != 24*time.Hour ||
		ResumeWindow != 7*24*time.Hour || MinResumeLikelihood != 0.2 || MaxResumeCandidates != 5 {
		t.Error("docs/architecture.md tells other times and bounds")
	}
}
