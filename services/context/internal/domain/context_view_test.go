package domain

import (
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// fullStory is a customer of whom something of every kind is known.
func fullStory(t *testing.T) *story {
	s := tell(t).in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"}).inCase("c1")
	s.add(InteractionStarted{Platform: "sip", Subject: "A subject in the customer's words"})
	s.add(IdentifierLinked{Identifier: Identifier{IdentifierPhone, "+12025550123"}}, passed1("otp", VerificationMultiFactor))
	s.add(CaseOpened{Subject: "A lost parcel", Promise: Promised{Text: "call back"}}).says("Where is it?")
	s.stated("ivr", "name", "Ada").stated("ivr", "account", "A-1").stated("crm", "city", "Oslo").stated("ivr", "city", "Rome")
	s.add(FlowStarted{FlowRunID: "r1", FlowID: "track"}, FlowEnded{FlowRunID: "r1", Outcome: FlowOutcomeFailed}, FlowStarted{FlowRunID: "r2", FlowID: "claim"})
	s.add(HandoffOffered{HandoffID: "h1", Summary: "In the giver's words"}, HandoffDeclined{HandoffID: "h1"}, HandoffOffered{HandoffID: "h2", Summary: "Again"})
	s.add(InteractionEnded{}).inCase("c2").add(CaseOpened{Subject: "An old matter"}, CaseResolved{Resolution: "Paid back"})
	s.in("chat-1", ChannelChat, Actor{Kind: ActorBot}).inCase("").add(InteractionStarted{}, IntentDetected{Intent: "track"})
	s.add(PersonaAssigned{PersonaID: "p"}, AudienceEntered{AudienceID: "a"}, StageEntered{JourneyID: "j", StageID: "s"}, RecommendationMade{RecommendationID: "r", Action: "call"})
	s.add(SurveyAnswered{Metric: MetricCSAT, Score: 5, ScaleMin: 1, ScaleMax: 5}, ConsentChanged{Purpose: "service", Status: ConsentGranted, ExpireTime: at(500)})
	return s.add(CustomersMerged{MergeID: "m", Other: "b", Survives: true})
}

var fullSlots = []Slot{
	slot("customer_name", "name").but(func(s *Slot) { s.Type, s.Sensitivity = SlotTypePersonName, SensitivityPersonal }),
	slot("account").but(func(s *Slot) { s.Sensitivity = SensitivitySensitive }), slot("city"),
}

// content says how much a context has of what a view may leave out.
type content struct {
	Facts, Alternatives, Live, Recent, OpenCases, RecentCases, Pending, RecentHandoffs, Runs int
	Sentiment, Persona, Stages, Recommendations, Consents, Merges, Brief, Words              bool
}

func contentOf(c *Context) content {
	s := content{
		Facts: len(c.Facts), Live: len(c.Live), Recent: len(c.Recent), OpenCases: len(c.OpenCases), RecentCases: len(c.RecentCases),
		Pending: len(c.PendingHandoffs), RecentHandoffs: len(c.RecentHandoffs), Runs: len(c.FlowRuns),
		Sentiment: c.Sentiment.Mood != 0, Persona: c.Persona.Value != "" && len(c.Audiences) > 0, Stages: len(c.Stages) > 0,
		Recommendations: len(c.Recommendations) > 0, Consents: len(c.Consents) > 0, Merges: len(c.Merges) > 0, Brief: c.Brief.Text != "",
	}
	for i := range c.Facts {
		s.Alternatives += len(c.Facts[i].Alternatives)
	}
	for _, x := range append(append([]*Interaction{}, c.Live...), c.Recent...) {
		s.Words = s.Words || x.LastCustomerMessage != "" || x.HasSubject && x.Topic != ""
	}
	for _, h := range append(append([]*Handoff{}, c.PendingHandoffs...), c.RecentHandoffs...) {
		s.Words = s.Words || h.Summary != ""
	}
	return s
}

func TestViews(t *testing.T) {
	s := fullStory(t)
	v := s.view(fullSlots...)
	full := content{
		Facts: 3, Alternatives: 1, Live: 1, Recent: 1, OpenCases: 1, RecentCases: 1, Pending: 1, RecentHandoffs: 1, Runs: 2,
		Sentiment: true, Persona: true, Stages: true, Recommendations: true, Consents: true, Merges: true, Brief: true, Words: true,
	}
	agent := full
	agent.Alternatives = 0
	for view, want := range map[ContextView]content{
		ViewUnspecified: full, ViewFull: full, ViewAgent: agent,
		// The conflicting city is not usable.
		ViewBot: {Facts: 2, Live: 1, OpenCases: 1, Pending: 1, RecentHandoffs: 1, Runs: 1, Recommendations: true},
		ViewIVR: {OpenCases: 1, Pending: 1},
	} {
		c := BuildContext(v, Unrestricted, view, s.now)
		if diff := cmp.Diff(want, contentOf(c)); diff != "" {
			t.Errorf("view %d: -want +got\n%s", view, diff)
		}
		var sections []Section
		for _, st := range c.Sections {
			sections = append(sections, st.Section)
			if st.Completeness != Complete {
				t.Errorf("view %d: %+v is not complete", view, st)
			}
			if st.LastEventTime.IsZero() {
				t.Errorf("view %d: section %d has no time", view, st.Section)
			}
		}
		if diff := cmp.Diff(view.Sections(), sections); diff != "" {
			t.Errorf("view %d: sections\n%s", view, diff)
		}
		if len(c.DoNotAsk) != 2 || c.Identity.DisplayName != "Ada" || c.Standing.Level != VerificationMultiFactor {
			t.Errorf("view %d: do not ask %+v, name %q, level %v", view, c.DoNotAsk, c.Identity.DisplayName, c.Standing.Level)
		}
	}
	if c := BuildContext(v, Unrestricted, ViewAgent, s.now); c.Consents[0].Purpose != "service" || !c.Consents[0].Time.IsZero() || !c.Consents[0].ExpireTime.IsZero() {
		t.Errorf("consents in detail: %+v", c.Consents)
	}
}

// statusOf returns the status of one section.
func statusOf(t *testing.T, c *Context, s Section) SectionStatus {
	t.Helper()
	for _, st := range c.Sections {
		if st.Section == s {
			return SectionStatus{Section: s, Completeness: st.Completeness, Reason: st.Reason}
		}
	}
	t.Fatalf("no section %d", s)
	return SectionStatus{}
}

func TestSectionsSayWhatIsMissing(t *testing.T) {
	s := fullStory(t)
	few := tell(t).stated("", "city", "Oslo")
	many := tell(t)
	for i := range 21 {
		many.in("i"+string(rune('a'+i)), ChannelChat, Actor{}).add(InteractionStarted{}, InteractionEnded{})
	}
	admin := Asker{Clearance: SensitivityInternal}
	for _, tt := range []struct {
		name    string
		story   *story
		asker   Asker
		section Section
		want    Completeness
		why     IncompleteReason
	}{
		{"nobody told", few, Unrestricted, SectionSentiment, Missing, IncompleteNoSource},
		{"nobody told", few, Unrestricted, SectionPersona, Missing, IncompleteNoSource},
		{"nobody told", few, Unrestricted, SectionStages, Missing, IncompleteNoSource},
		{"nobody told", few, Unrestricted, SectionRecommendations, Missing, IncompleteNoSource},
		{"there are none", few, Unrestricted, SectionCases, Complete, 0},
		{"there are more", many, Unrestricted, SectionInteractions, Partial, IncompleteTruncated},
		{"one is masked", s, Asker{Clearance: SensitivityPersonal}, SectionFacts, Partial, IncompleteNotCleared},
		{"most is masked", s, admin, SectionFacts, Partial, IncompleteNotCleared},
		{"all is masked", s, Asker{}, SectionFacts, Withheld, IncompleteNotCleared},
		{"personal", s, admin, SectionIdentity, Partial, IncompleteNotCleared},
		{"personal", s, admin, SectionInteractions, Partial, IncompleteNotCleared},
		{"personal", s, admin, SectionCases, Partial, IncompleteNotCleared},
		{"personal", s, admin, SectionBrief, Withheld, IncompleteNotCleared},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := BuildContext(tt.story.view(fullSlots...), tt.asker, ViewFull, tt.story.now)
			if got, want := statusOf(t, c, tt.section), (SectionStatus{Section: tt.section, Completeness: tt.want, Reason: tt.why}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	v := s.view(append([]Slot{slot("balance").but(func(s *Slot) { s.MinVerification = VerificationInPerson })}, fullSlots...)...)
	s.stated("", "balance", "1")
	v = NewView(s.state(), v.Dictionary())
	if got := statusOf(t, BuildContext(v, Unrestricted, ViewFull, s.now), SectionFacts); got.Reason != IncompleteVerificationTooLow || got.Completeness != Partial {
		t.Errorf("got %+v", got)
	}
	if got := statusOf(t, BuildContext(v, Unrestricted, ViewBot, s.now), SectionFacts); got.Reason != IncompleteVerificationTooLow || got.Completeness != Partial {
		t.Errorf("what the bot's view leaves out is not said: %+v", got)
	}
	if d := Degraded([]SectionStatus{{Section: SectionFacts, Completeness: Complete}, {Section: SectionStages, Completeness: Missing, Reason: IncompleteNoSource}}, IncompleteLogSlow); d[0].Completeness != Partial || d[0].Reason != IncompleteLogSlow || d[1].Reason != IncompleteNoSource {
		t.Errorf("degraded: %+v", d)
	}
}

func TestTheManyFactsOfAnAgent(t *testing.T) {
	s := tell(t)
	for i := range 70 {
		s.stated("", "slot"+strconv.Itoa(i), "x")
	}
	c := BuildContext(s.view(), Unrestricted, ViewAgent, s.now)
	if got := statusOf(t, c, SectionFacts); len(c.Facts) != 60 || c.FactsTotal != 70 || got.Reason != IncompleteTruncated {
		t.Errorf("%d facts of %d, %+v", len(c.Facts), c.FactsTotal, got)
	}
}

func TestWhatIsPersonalIsConcealed(t *testing.T) {
	s := fullStory(t)
	v := s.view(fullSlots...)
	before := *s.state()
	c := BuildContext(v, Asker{Clearance: SensitivityInternal}, ViewFull, s.now)
	if c.Identity.DisplayName != "" || len(c.Identity.Identifiers) > 0 || c.Brief.Text != "" || c.NextStep != "" {
		t.Errorf("identity %+v, brief %q, next step %q", c.Identity, c.Brief.Text, c.NextStep)
	}
	if x := c.Recent[0]; x.LastCustomerMessage != Mask || x.Topic != Mask {
		t.Errorf("interaction %+v", x)
	}
	if x := c.OpenCases[0]; x.Subject != Mask || x.Promise.Text != Mask || c.RecentCases[0].Resolution != Mask || c.Owed.Promise.Text != Mask {
		t.Errorf("case %+v", x)
	}
	if c.PendingHandoffs[0].Summary != Mask {
		t.Errorf("handoff %+v", c.PendingHandoffs[0])
	}
	if !v.State().Equal(&before) {
		t.Error("the state was changed")
	}
}

func TestARefusedPurposeLeavesTheConsents(t *testing.T) {
	s := fullStory(t).add(ConsentChanged{Purpose: "marketing", Status: ConsentDenied})
	c := BuildContext(s.view(fullSlots...), Asker{Clearance: FullClearance, Purpose: "marketing"}, ViewFull, s.now)
	for _, st := range c.Sections {
		if open := st.Section == SectionConsents; open != (st.Completeness == Complete) || !open && (st.Completeness != Withheld || st.Reason != IncompleteConsentMissing) {
			t.Errorf("%+v", st)
		}
	}
	if len(c.Consents) != 2 {
		t.Errorf("consents %+v", c.Consents)
	}
	want := &Context{View: ViewFull, Revision: c.Revision, RevisionTime: c.RevisionTime, Consents: c.Consents, Sections: c.Sections}
	if diff := cmp.Diff(want, c, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("more is told: %s", diff)
	}
	later := BuildContext(s.view(fullSlots...), Asker{Clearance: FullClearance, Purpose: "service"}, ViewFull, at(501))
	if len(later.Facts) > 0 || later.Consents[1].Status != ConsentRevoked {
		t.Errorf("after the consent has expired: %d facts, consents %+v", len(later.Facts), later.Consents)
	}
}

func TestSentiment(t *testing.T) {
	for _, tt := range []struct {
		survey Survey
		mood   Mood
		score  float64
	}{
		{Survey{}, MoodUnspecified, 0},
		{Survey{Score: 1, ScaleMin: 1, ScaleMax: 5}, MoodNegative, -1},
		{Survey{Score: 3, ScaleMin: 1, ScaleMax: 5}, MoodNeutral, 0},
		{Survey{Score: 10, ScaleMin: 0, ScaleMax: 10}, MoodPositive, 1},
		{Survey{Score: 2, ScaleMin: 0, ScaleMax: 3}, MoodNeutral, 2.0/3*2 - 1},
		{Survey{Score: 99, ScaleMin: 0, ScaleMax: 10}, MoodPositive, 1},
	} {
		got := tt.survey.Sentiment()
		if got.Mood != tt.mood || got.Score-tt.score > 1e-9 || tt.score-got.Score > 1e-9 {
			t.Errorf("%+v: got %v %v", tt.survey, got.Mood, got.Score)
		}
	}
}

func TestThePromiseThatWeighsMost(t *testing.T) {
	made := func(minute, due int) *Case {
		c := &Case{ID: "c", Promise: Promise{Text: "x", Time: at(minute)}}
		if due > 0 {
			c.Promise.DueTime = at(due)
		}
		return c
	}
	old, newer, early, late := made(1, 0), made(2, 500), made(1, 10), made(3, 20)
	for _, tt := range []struct {
		cases   []*Case
		want    *Case
		overdue bool
	}{
		{nil, nil, false}, {[]*Case{{ID: "none"}}, nil, false}, {[]*Case{old, newer}, newer, false},
		{[]*Case{newer, late, early, old}, early, true},
	} {
		got := owed(tt.cases, at(100))
		if (got == nil) != (tt.want == nil) || got != nil && (got.Case != tt.want || got.Overdue != tt.overdue) {
			t.Errorf("got %+v, want %+v", got, tt.want)
		}
	}
}

// Whatever the view, it is the same until the next change, and within its bounds.
func TestEveryViewHoldsUntilTheNextChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := mustApply(t, nil, genHistory(120).Draw(t, "history")...)
		v, a, now := NewView(s, genDictionary().Draw(t, "dictionary")), anyAsker().Draw(t, "asker"), genTime().Draw(t, "now")
		view := ContextView(rapid.IntRange(0, 4).Draw(t, "view"))
		c := BuildContext(v, a, view, now)
		next, ok := NextChange(v, a, now)
		if !ok {
			next = now.AddDate(100, 0, 0)
		}
		between := next.Add(-time.Duration(rapid.Int64Range(1, int64(next.Sub(now))).Draw(t, "before")))
		if still := BuildContext(v, a, view, between); !reflect.DeepEqual(c, still) {
			t.Fatalf("changed between %v and %v", now, between)
		}
		if len(c.PendingHandoffs) > 20 || len(c.RecentHandoffs) > 10 || len(c.FlowRuns) > 20 || len(c.Sections) != len(view.Sections()) {
			t.Fatal("a list has the wrong length")
		}
	})
}
