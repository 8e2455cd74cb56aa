package domain

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestBuildContext(t *testing.T) {
	s := tell(t).in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"})
	s.add(InteractionStarted{Platform: "sip", PlatformContactID: "77", Direction: DirectionInbound, Locale: "en-GB"})
	s.stated("ivr", "acct", "A-1").stated("ivr", "city", "Oslo").stated("ivr", "pin", "1234").stated("ivr", "card", "********1111")
	s.add(InteractionEnded{Outcome: OutcomeTransferred})
	s.in("chat-1", ChannelChat, Actor{Kind: ActorAgent, ID: "kim"})
	s.stated("chat", "full name", "Ada Lovelace").stated("chat", "seat", "12a").stated("chat", "size", "large")
	s.add(QuestionAsked{Slot: "city"}, RepeatDetected{}, QuestionAvoided{})
	v := s.view(
		slot("account_number", "acct").but(func(s *Slot) { s.Sensitivity, s.DisplayName = SensitivitySensitive, "Account number" }),
		slot("city").but(func(s *Slot) { s.MaxAge = 30 * time.Minute }),
		slot("destination").but(linked("city", LinkUse)),
		slot("weather").but(linked("city", LinkConfirm)),
		slot("pin").but(func(s *Slot) { s.Sensitivity = SensitivitySecret }),
		slot("customer_name", "FullName").but(func(s *Slot) { s.Type = SlotTypePersonName }),
		slot("size").but(func(s *Slot) { s.Type = SlotTypeNumber }),
	)
	c := BuildContext(v, Unrestricted, ViewFull, s.now)
	type row struct {
		slot, name, value string
		status            FactStatus
	}
	var facts []row
	for _, f := range c.Facts {
		facts = append(facts, row{f.SlotID, f.DisplayName, f.Value, f.Status})
	}
	if diff := cmp.Diff([]row{
		{"size", "size", "large", FactInvalid}, {"", "seat", "12a", FactFresh}, {"customer_name", "customer_name", "Ada Lovelace", FactFresh},
		{"", "card", "********1111", FactInvalid}, {"city", "city", "Oslo", FactFresh}, {"account_number", "Account number", "A-1", FactFresh},
	}, facts, cmp.AllowUnexported(row{})); diff != "" || c.FactsTotal != 6 {
		t.Errorf("%d facts, -want +got\n%s", c.FactsTotal, diff)
	}
	var dont []string
	for _, d := range c.DoNotAsk {
		dont = append(dont, d.SlotID+"/"+d.DisplayName)
	}
	if diff := cmp.Diff([]string{"/seat", "customer_name/customer_name", "city/city", "destination/destination", "account_number/Account number"}, dont); diff != "" {
		t.Errorf("do not ask: -want +got\n%s", diff)
	}
	if c.DoNotAsk[3].UntilTime.IsZero() || !c.DoNotAsk[3].UntilTime.Equal(at(2+30)) {
		t.Errorf("destination may not be asked until %v, want the age limit of the slot that it comes from", c.DoNotAsk[3].UntilTime)
	}
	if c.Identity.DisplayName != "Ada Lovelace" || c.Identity.Locale != "en-GB" || !c.Identity.FirstSeen.Equal(day0) {
		t.Errorf("identity %+v", c.Identity)
	}
	if len(c.Live) != 1 || c.Live[0].ID != "chat-1" || c.Live[0].Questions != 1 || c.Live[0].Repeats != 1 || c.Live[0].LastParticipant.ID != "kim" {
		t.Errorf("live %+v", c.Live)
	}
	if len(c.Recent) != 1 || c.Recent[0].ID != "call-1" || c.Recent[0].Outcome != OutcomeTransferred || c.Recent[0].EndTime.IsZero() {
		t.Errorf("recent %+v", c.Recent)
	}
	if c.Repeats != (RepeatSummary{QuestionsAsked: 1, QuestionsAvoided: 1, Repeats: 1}) || c.InteractionsTotal != 2 || c.Revision != 12 {
		t.Errorf("counts %+v, %d interactions, revision %d", c.Repeats, c.InteractionsTotal, c.Revision)
	}

	next, ok := NextChange(v, Unrestricted, s.now)
	if want := at(11).Add(ResumeSilence); !ok || !next.Equal(want) {
		t.Errorf("changes next at %v, %v, want %v, when the chat has fallen silent", next, ok, want)
	}
	next, ok = NextChange(v, Unrestricted, at(2+30))
	if want := at(2 + 30).Add(time.Nanosecond); !ok || !next.Equal(want) {
		t.Errorf("changes next at %v, %v, want %v, when the city is stale", next, ok, want)
	}
	later := BuildContext(v, Unrestricted, ViewFull, next)
	if later.Facts[4].Status != FactStale {
		t.Errorf("after that, city is %+v", later.Facts[4])
	}
	silent := BuildContext(v, Unrestricted, ViewFull, s.now.Add(LiveIdle))
	if len(silent.Live) != 0 || len(silent.Recent) != 2 || silent.Recent[0].ID != "chat-1" || !silent.Recent[0].EndTime.IsZero() {
		t.Errorf("a silent interaction: live %d, recent %d", len(silent.Live), len(silent.Recent))
	}
}

func TestNothingKnown(t *testing.T) {
	c := BuildContext(NewView(nil, nil), Unrestricted, ViewFull, day0)
	if c.Revision != 0 || len(c.Facts) > 0 || c.Brief.Text != "" || c.Brief.Items != nil {
		t.Errorf("%+v", c)
	}
	if next, ok := NextChange(NewView(nil, nil), Unrestricted, day0); ok {
		t.Errorf("nothing changes at %v", next)
	}
}

func TestTheCustomersNameIsPreferred(t *testing.T) {
	name := func(s *Slot) { s.Type = SlotTypePersonName }
	s := tell(t).stated("", "customer_name", "Ada").stated("", "guest", "Bob")
	slots := []Slot{slot("customer_name").but(name), slot("guest").but(name)}
	if got := BuildContext(s.view(slots...), Unrestricted, ViewFull, s.now).Identity.DisplayName; got != "Ada" {
		t.Errorf("got %q, want the customer's name", got)
	}
	s.add(FactRetracted{Slot: "customer_name"})
	if got := BuildContext(s.view(slots...), Unrestricted, ViewFull, s.now).Identity.DisplayName; got != "Bob" {
		t.Errorf("got %q, want the newest name", got)
	}
}

func TestContextIsDeterministicAndBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := mustApply(t, nil, genHistory(150).Draw(t, "history")...)
		d := genDictionary().Draw(t, "dictionary")
		now, a := genTime().Draw(t, "now"), anyAsker().Draw(t, "asker")
		v := NewView(s, d)
		c := BuildContext(v, a, ViewFull, now)
		if alike := BuildContext(v, s.Essential(a, now), ViewFull, now); !reflect.DeepEqual(c, alike) {
			t.Fatalf("what makes no difference makes one:\n%s", cmp.Diff(c.Brief, alike.Brief))
		}
		if again := BuildContext(NewView(s, d), a, ViewFull, now); !reflect.DeepEqual(c, again) {
			t.Fatalf("two contexts of one state: %+v\n%+v", c, again)
		}
		checkBrief(t, c.Brief)
		if len(c.Facts) > MaxContextFacts || len(c.DoNotAsk) > MaxDoNotAsk || len(c.Live) > 20 || len(c.Recent) > 20 {
			t.Fatal("a list is too long")
		}
		if int64(len(c.Live)+len(c.Recent)) > c.InteractionsTotal {
			t.Fatalf("%d interactions listed, %d counted", len(c.Live)+len(c.Recent), c.InteractionsTotal)
		}

		// Until the next change nothing changes.
		next, ok := NextChange(v, a, now)
		if !ok {
			next = now.AddDate(100, 0, 0)
		}
		if !next.After(now) {
			t.Fatalf("the next change, %v, is not after %v", next, now)
		}
		between := next.Add(-time.Duration(rapid.Int64Range(1, int64(next.Sub(now))).Draw(t, "before")))
		if still := BuildContext(v, a, ViewFull, between); !reflect.DeepEqual(c, still) {
			t.Fatalf("the context changed between %v and %v, at %v:\n%s", now, next, between, cmp.Diff(c.Brief, still.Brief))
		}
		var requests []SlotRequest
		for _, n := range fewNames {
			requests = append(requests, SlotRequest{Slot: n, Scope: "crm"})
		}
		if !reflect.DeepEqual(Plan(v, a, now, requests), Plan(v, a, between, requests)) {
			t.Fatal("the plan changed before the next change")
		}
	})
}

func checkBrief(t rapid.TB, b Brief) {
	var lines []string
	for _, item := range b.Items {
		if item.Text == "" || len(item.Text) > MaxBriefItemBytes || strings.ContainsAny(item.Text, "\r\n") || item.Kind == BriefUnspecified {
			t.Fatalf("item %+v of %d bytes", item, len(item.Text))
		}
		lines = append(lines, item.Text)
	}
	if len(b.Items) > MaxBriefItems || len(b.Text) > MaxBriefBytes || !utf8.ValidString(b.Text) || b.Text != strings.Join(lines, "\n") {
		t.Fatalf("%d items, %d bytes: %q", len(b.Items), len(b.Text), b.Text)
	}
}

func TestViewsServeManyReaders(t *testing.T) {
	s := tell(t)
	for i := range 30 {
		s.stated("", "city"+string(rune('a'+i)), "Oslo").stated("crm", "town", "Rome")
	}
	state, d := s.state(), NewDictionary(1, []Slot{slot("city", "town").but(linked("place", LinkUse)), slot("place", "citya")})
	v := NewView(state, d)
	want := BuildContext(NewView(state, d), Unrestricted, ViewFull, s.now)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			if got := BuildContext(v, Unrestricted, ViewFull, s.now); !reflect.DeepEqual(got, want) {
				t.Error("a concurrent reader sees something else")
			}
			Plan(v, Unrestricted, s.now, []SlotRequest{{Slot: "town"}, {Slot: "cityb", Scope: "x"}})
			BuildContext(NewView(state, NewDictionary(2, d.Slots())), Unrestricted, ViewFull, s.now) // another dictionary at the same time
			if _, err := Apply(state, Event{Revision: state.Revision + 1, Payload: FactStated{Slot: "cityc", Value: "x"}}); err != nil {
				t.Error(err)
			}
		})
	}
	readers.Wait()
}
