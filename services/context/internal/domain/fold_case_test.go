package domain

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// about adds events that belong to a case.
func (s *story) about(id string, payloads ...Payload) *story {
	for _, p := range payloads {
		s.add(p)
		s.events[len(s.events)-1].CaseID = id
	}
	return s
}

func TestCaseTellsItsStory(t *testing.T) {
	kim := Actor{Kind: ActorAgent, ID: "kim"}
	opened := CaseOpened{
		Subject: "Lost card", Intent: "lost_card", Priority: PriorityHigh,
		Promise: Promised{Text: "a new card", DueTime: at(600)},
	}
	// The case as the first event of each story leaves it.
	first := Case{
		ID: "k1", Subject: "Lost card", Intent: "lost_card", Priority: PriorityHigh, OpenTime: day0, LastEventTime: day0,
		Promise:      Promise{Text: "a new card", DueTime: at(600), Time: day0, Actor: kim},
		Interactions: 1, RecentInteractions: []string{"i1"}, LastChannel: ChannelChat, LastRevision: 1, ChangeRevision: 1,
	}
	for name, tt := range map[string]struct {
		story func(*story)
		want  func(*Case)
	}{
		"opened": {func(*story) {}, func(*Case) {}},
		"talked about elsewhere": {
			func(s *story) { s.in("i2", ChannelEmail, kim).about("k1", MessageSent{Text: "Where is it?"}) },
			func(c *Case) {
				c.LastEventTime, c.LastRevision, c.LastChannel = at(1), 2, ChannelEmail
				c.Interactions, c.RecentInteractions = 2, []string{"i2", "i1"}
			},
		},
		"not talked about": {func(s *story) { s.add(MessageSent{Text: "Nice weather."}) }, func(*Case) {}},
		"an update": {
			func(s *story) {
				s.about("k1", CaseUpdated{Subject: "Stolen card", Intent: "stolen_card", Priority: PriorityUrgent, Status: "blocked"})
			},
			func(c *Case) {
				c.Subject, c.Intent, c.Priority, c.Status = "Stolen card", "stolen_card", PriorityUrgent, "blocked"
				c.LastEventTime, c.LastRevision, c.ChangeRevision = at(1), 2, 2
			},
		},
		"an update that says nothing": {
			func(s *story) { s.about("k1", CaseUpdated{}) },
			func(c *Case) { c.LastEventTime, c.LastRevision, c.ChangeRevision = at(1), 2, 2 },
		},
		"a promise put off": {
			func(s *story) { s.about("k1", CaseUpdated{Promise: Promised{DueTime: at(900)}}) },
			func(c *Case) {
				c.Promise.DueTime = at(900)
				c.LastEventTime, c.LastRevision, c.ChangeRevision = at(1), 2, 2
			},
		},
		"another promise": {
			func(s *story) { s.about("k1", CaseUpdated{Promise: Promised{Text: "a call"}, PromiseSettled: true}) },
			func(c *Case) {
				c.Promise = Promise{Text: "a call", Time: at(1), Actor: kim}
				c.LastEventTime, c.LastRevision, c.ChangeRevision = at(1), 2, 2
			},
		},
		"a promise kept": {
			func(s *story) { s.about("k1", CaseUpdated{PromiseSettled: true, Promise: Promised{DueTime: at(5)}}) },
			func(c *Case) {
				c.Promise = Promise{}
				c.LastEventTime, c.LastRevision, c.ChangeRevision = at(1), 2, 2
			},
		},
		"resolved": {
			func(s *story) { s.about("k1", CaseResolved{Resolution: "sent", Code: "ok"}) },
			func(c *Case) {
				c.Promise, c.ResolveTime, c.Resolution, c.Code = Promise{}, at(1), "sent", "ok"
				c.LastEventTime, c.LastRevision, c.ChangeRevision = at(1), 2, 2
			},
		},
		"reopened": {
			func(s *story) {
				s.about("k1", CaseResolved{Resolution: "sent", Code: "ok"}, CaseReopened{}, CaseReopened{})
			},
			func(c *Case) {
				c.Promise, c.Reopened = Promise{}, 1
				c.LastEventTime, c.LastRevision, c.ChangeRevision = at(3), 4, 4
			},
		},
		"opened again after it was resolved": {
			func(s *story) { s.about("k1", CaseResolved{}, CaseOpened{Subject: "Lost again"}) },
			func(c *Case) {
				c.Subject, c.Promise, c.Reopened = "Lost again", Promise{}, 1
				c.LastEventTime, c.LastRevision, c.ChangeRevision = at(2), 3, 3
			},
		},
		"a late event": {
			func(s *story) {
				s.about("k1", MessageSent{Text: "earlier"})
				s.events[1].OccurredAt = at(-60)
			},
			func(c *Case) { c.LastRevision = 2 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t).in("i1", ChannelChat, kim).about("k1", opened)
			tt.story(s)
			want := first
			tt.want(&want)
			got, err := s.state().Case("k1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Histories may begin in the middle: what changes a case makes it, what merely belongs to it does not.
func TestCaseThatWasNotOpenedHere(t *testing.T) {
	for name, tt := range map[string]struct {
		first    Payload
		known    bool
		open     bool
		reopened int64
	}{
		"a message":   {first: MessageSent{Text: "hello"}},
		"an update":   {first: CaseUpdated{Status: "waiting"}, known: true, open: true},
		"a solution":  {first: CaseResolved{Resolution: "done"}, known: true},
		"a reopening": {first: CaseReopened{}, known: true, open: true, reopened: 1},
	} {
		c, err := tell(t).about("k1", tt.first).state().Case("k1")
		if known := err == nil; known != tt.known {
			t.Errorf("%s: known is %v", name, known)
		} else if known && (c.Open() != tt.open || c.Reopened != tt.reopened || c.Priority != PriorityNormal) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	// The opening comes late, and is from before.
	s := tell(t).about("k1", CaseUpdated{Status: "waiting"}, CaseOpened{Subject: "a parcel"})
	s.events[1].OccurredAt = at(-10)
	if c, _ := s.state().Case("k1"); !c.OpenTime.Equal(at(-10)) || c.Subject != "a parcel" || c.Status != "waiting" {
		t.Errorf("%+v", c)
	}
}

func caseIDs(list []*Case) string {
	var all []string
	for _, c := range list {
		all = append(all, c.ID)
	}
	return strings.Join(all, " ")
}

func TestOrderOfCases(t *testing.T) {
	open := CaseOpened{Subject: "x"}
	s := tell(t).about("a", open).about("b", open).about("c", open).about("d", open)
	s.about("a", MessageSent{Text: "again"}) // touched last
	s.about("b", CaseResolved{}).about("c", CaseResolved{}).about("b", NoteAdded{Text: "filed"})
	state := s.state()
	if got := caseIDs(state.OpenCases); got != "a d" {
		t.Errorf("open: %s", got)
	}
	if got := caseIDs(state.ResolvedCases); got != "c b" {
		t.Errorf("resolved: %s", got)
	}
}

func TestInteractionsOfACase(t *testing.T) {
	s := tell(t).about("k", CaseOpened{Subject: "x"})
	for _, id := range strings.Fields("i2 i3 i4 i5 i6 i7 i8 i3 i9") {
		s.in(id, ChannelChat, Actor{}).about("k", MessageSent{Text: "x"})
	}
	s.in("", ChannelEmail, Actor{}).about("k", NoteAdded{Text: "outside any"})
	c, err := s.state().Case("k")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.RecentInteractions, " "); got != "i9 i3 i8 i7 i6 i5 i4 i2" || c.Interactions != 9 || c.LastInteraction() != "i9" {
		t.Errorf("%s, %d in all", got, c.Interactions)
	}
}

// Whatever happens: the lists are bounded, in order, without doubles, and hold what belongs on them.
func TestCasesAreKeptInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s *State
		for _, e := range genHistory(150).Draw(t, "history") {
			s = mustApply(t, s, e)
			seen := map[string]bool{}
			for _, c := range slices.Concat(s.OpenCases, s.ResolvedCases) {
				switch {
				case seen[c.ID]:
					t.Fatalf("case %s is there twice", c.ID)
				case c.Open() != slices.Contains(s.OpenCases, c):
					t.Fatalf("case %s is on the wrong list", c.ID)
				case c.ChangeRevision > c.LastRevision, c.LastRevision > s.Revision, c.ChangeRevision == 0:
					t.Fatalf("revisions of %+v at %d", c, s.Revision)
				case c.OpenTime.IsZero(), c.LastEventTime.IsZero(), len(c.RecentInteractions) > MaxCaseInteractions:
					t.Fatalf("%+v", c)
				case c.Interactions < int64(len(c.RecentInteractions)):
					t.Fatalf("%d interactions, %v", c.Interactions, c.RecentInteractions)
				}
				seen[c.ID] = true
			}
			byTouch := func(x, y *Case) int { return int(y.LastRevision - x.LastRevision) }
			byChange := func(x, y *Case) int { return int(y.ChangeRevision - x.ChangeRevision) }
			if !slices.IsSortedFunc(s.OpenCases, byTouch) || !slices.IsSortedFunc(s.ResolvedCases, byChange) ||
				len(s.OpenCases) > MaxOpenCases || len(s.ResolvedCases) > MaxResolvedCases {
				t.Fatalf("open %s, resolved %s", caseIDs(s.OpenCases), caseIDs(s.ResolvedCases))
			}
		}
	})
}

func TestChecksOfCases(t *testing.T) {
	open := CaseOpened{Subject: "x"}
	s := tell(t).about("gone", open, CaseResolved{})
	few := s.about("a", open).state()
	for n := range MaxOpenCases - 1 {
		s.about("b"+strings.Repeat("b", n), open)
	}
	full := s.state()
	reason := func(_ *Case, err error) string {
		if err == nil {
			return ""
		}
		reason, _, _ := strings.Cut(err.Error(), ":")
		return reason
	}
	for name, c := range map[string]struct{ got, want string }{
		"open":                {reason(few.OpenCase("a")), ""},
		"resolved":            {reason(few.ResolvedCase("gone")), ""},
		"new":                 {reason(nil, few.CheckNewCase("n")), ""},
		"no such case":        {reason(few.OpenCase("n")), ReasonCaseNotFound},
		"none to reopen":      {reason(few.ResolvedCase("n")), ReasonCaseNotFound},
		"not open":            {reason(few.OpenCase("gone")), ReasonCaseNotOpen},
		"not resolved":        {reason(few.ResolvedCase("a")), ReasonCaseNotResolved},
		"an open one exists":  {reason(nil, few.CheckNewCase("a")), ReasonCaseExists},
		"a resolved exists":   {reason(nil, few.CheckNewCase("gone")), ReasonCaseExists},
		"no room for another": {reason(nil, full.CheckNewCase("n")), ReasonTooManyCases},
		"no room to reopen":   {reason(nil, full.RoomForCase()), ReasonTooManyCases},
		"room to reopen":      {reason(nil, few.RoomForCase()), ""},
		"full, and exists":    {reason(nil, full.CheckNewCase("a")), ReasonCaseExists},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}
