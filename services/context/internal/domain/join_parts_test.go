package domain

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// history returns the state after payloads, an event a minute, from a minute on.
func history(t *testing.T, from int, interaction string, payloads ...Payload) *State {
	t.Helper()
	events := make([]Event, len(payloads))
	for i, p := range payloads {
		events[i] = Event{
			EventID: interaction + string(rune('a'+i)), Revision: int64(i + 1), OccurredAt: at(from + i), RecordedAt: at(from + i),
			InteractionID: interaction, CaseID: "c1", Payload: p,
		}
	}
	return mustApply(t, nil, events...)
}

func TestJoinAddsUp(t *testing.T) {
	phone, crm := Identifier{IdentifierPhone, "+1"}, Identifier{IdentifierCRMID, "7"}
	a := history(t, 10, "i1",
		InteractionStarted{Locale: "en"}, QuestionAsked{Slot: "city"}, CaseOpened{Subject: "a parcel"},
		VerificationAttempted{Result: VerificationFailed, Method: "pin"}, IdentifierLinked{Identifier: phone},
		CustomersMerged{MergeID: "m1", Other: "b", Survives: true}, CustomersMerged{MergeID: "m0", Other: "x", Survives: true},
	)
	b := history(t, 0, "i2",
		InteractionStarted{Locale: "de"}, QuestionAsked{Slot: "city"}, RepeatDetected{Slot: "city"},
		VerificationAttempted{Result: VerificationPassed, Method: "otp", Level: VerificationIdentified},
		IdentifierLinked{Identifier: crm}, IdentifierLinked{Identifier: phone}, CaseResolved{Resolution: "found"},
		CustomersMerged{MergeID: "m1", Other: "a"},
	)
	j := Join(a, b)
	if j.QuestionsAsked != 2 || j.Repeats != 1 || j.Verifications != 2 || j.InteractionsTotal != 2 || len(j.Open) != 2 {
		t.Errorf("%+v", j)
	}
	if !j.FirstSeen.Equal(at(0)) || !j.LastSeen.Equal(at(14)) || j.Locale != "en" {
		t.Errorf("seen %s to %s, locale %s", j.FirstSeen, j.LastSeen, j.Locale)
	}
	if diff := cmp.Diff([]Identifier{phone, crm}, j.IdentifierValues()); diff != "" {
		t.Errorf("identifiers (-want +got):\n%s", diff)
	}
	if !j.Identifiers[0].LinkTime.Equal(at(5)) {
		t.Errorf("the phone is linked since %s, want since it was first", j.Identifiers[0].LinkTime)
	}
	// The check that failed came after the one that was passed under the other name.
	if len(j.Passports) != 1 || j.FailedChecks.Count != 1 {
		t.Errorf("%d passports, %d failed checks", len(j.Passports), j.FailedChecks.Count)
	}
	if got := Join(b, a); got.Revision != b.Revision || len(got.Merges) != 0 || got.MergedInto.ID != "m1" {
		t.Errorf("from the other side: %+v", got)
	}
	if len(j.Merges) != 1 || j.Merges[0].ID != "m1" {
		t.Errorf("merges %+v, want the one that both tell of", j.Merges)
	}
	// The case was opened under one name and resolved, before, under the other: it was opened again.
	if len(j.OpenCases) != 1 || len(j.ResolvedCases) != 0 || j.OpenCases[0].Interactions != 2 {
		t.Errorf("cases %+v and %+v", j.OpenCases, j.ResolvedCases)
	}
}

func TestJoinMakesOneOfAnInteractionInTwoHistories(t *testing.T) {
	visitor := history(t, 0, "chat", InteractionStarted{Platform: "web", PlatformContactID: "7"}, MessageSent{Text: "hello"}, IntentDetected{Intent: "refund"})
	known := history(t, 5, "chat", MessageSent{Text: "my name is Ada"}, InteractionEnded{Outcome: 1})
	j := Join(known, visitor)
	if len(j.Open) != 0 || len(j.Ended) != 1 || j.InteractionsTotal != 1 {
		t.Fatalf("%d open, %d ended of %d", len(j.Open), len(j.Ended), j.InteractionsTotal)
	}
	x := j.Ended[0]
	if x.Messages != 2 || x.Platform != "web" || x.Topic != "refund" || !x.StartTime.Equal(at(0)) || !x.EndTime.Equal(at(6)) {
		t.Errorf("%+v", x)
	}
}

func TestJoinTakesTheNewestDecision(t *testing.T) {
	state := func(status ConsentStatus, minute int) *State {
		return history(t, minute, "", ConsentChanged{Purpose: "marketing", Status: status})
	}
	for name, c := range map[string]struct {
		a, b *State
		want ConsentStatus
	}{
		"given later":   {state(ConsentDenied, 0), state(ConsentGranted, 1), ConsentGranted},
		"revoked later": {state(ConsentGranted, 0), state(ConsentRevoked, 1), ConsentRevoked},
		"at once":       {state(ConsentGranted, 0), state(ConsentDenied, 0), ConsentDenied},
	} {
		for _, j := range []*State{Join(c.a, c.b), Join(c.b, c.a)} {
			if len(j.Consents) != 1 || j.Consents[0].Status != c.want {
				t.Errorf("%s: got %+v, want %d", name, j.Consents, c.want)
			}
		}
	}
}

func TestJoinTakesTheNewestFinding(t *testing.T) {
	a := history(t, 0, "", PersonaAssigned{PersonaID: "hasty"}, AudienceEntered{AudienceID: "vip"}, StageEntered{JourneyID: "buy", StageID: "look"})
	b := history(t, 9, "", PersonaAssigned{PersonaID: "careful"}, AudienceEntered{AudienceID: "late"}, StageEntered{JourneyID: "buy", StageID: "pay"})
	for _, j := range []*State{Join(a, b), Join(b, a)} {
		if j.Persona.Value != "careful" || len(j.Stages) != 1 || j.Stages[0].Value != "pay" {
			t.Errorf("persona %+v, stages %+v", j.Persona, j.Stages)
		}
		if len(j.Audiences) != 2 || j.Audiences[0].ID != "late" || j.Audiences[1].ID != "vip" {
			t.Errorf("audiences %+v", j.Audiences)
		}
	}
}

// A value that was withdrawn under one name is withdrawn, if it was stated before under the other.
func TestJoinWithdrawsByTime(t *testing.T) {
	withdrawn := history(t, 10, "", FactRetracted{Slot: "city", Value: "Oslo"})
	for name, c := range map[string]struct {
		minute int
		want   bool
	}{"stated before": {0, false}, "stated after": {20, true}} {
		stated := history(t, c.minute, "", FactStated{Slot: "city", Value: "Oslo"})
		if _, known := KnownFact(NewView(Join(withdrawn, stated), nil), Unrestricted, at(30), at(30), "", "city"); known != c.want {
			t.Errorf("%s: known %t", name, known)
		}
	}
}

func TestMergesLeaveNoTraceOnceUndone(t *testing.T) {
	before := history(t, 0, "i1", InteractionStarted{}, FactStated{Slot: "city", Value: "Oslo"}, CaseOpened{})
	after := mustApply(t, before,
		Event{Revision: 4, OccurredAt: at(50), InteractionID: "i1", CaseID: "c1", Actor: Actor{Kind: ActorAgent, ID: "kim"}, Payload: CustomersMerged{MergeID: "m", Other: "b"}},
		Event{Revision: 5, OccurredAt: at(60), InteractionID: "i1", CaseID: "c1", Payload: CustomersUnmerged{MergeID: "m"}},
	)
	again := *after
	again.Revision, again.RevisionTime = before.Revision, before.RevisionTime
	if !again.Equal(before) {
		t.Errorf("something stayed:\n%s", cmp.Diff(shown(t, before), shown(t, &again)))
	}
}

func TestCollisions(t *testing.T) {
	crm := func(values ...string) *State {
		var ps []Payload
		for _, v := range values {
			ps = append(ps, IdentifierLinked{Identifier: Identifier{IdentifierCRMID, v}})
		}
		return history(t, 0, "", ps...)
	}
	side := func(s *State) MergeSide { return MergeSide{Joined: s, Customers: 1, Root: true} }
	for name, c := range map[string]struct {
		policy            IdentityPolicy
		surviving, merged MergeSide
		want              []CollisionKind
	}{
		"nothing":                 {surviving: side(crm("1")), merged: side(crm())},
		"the same id":             {surviving: side(crm("1")), merged: side(crm("1"))},
		"two ids":                 {surviving: side(crm("1")), merged: side(crm("2")), want: []CollisionKind{CollisionIdentifierLimit}},
		"two ids allowed":         {IdentityPolicy{Limits: []IdentifierLimit{{IdentifierCRMID, 2}}}, side(crm("1")), side(crm("2")), nil},
		"too many before already": {surviving: side(crm("1", "2")), merged: side(crm())},
		"merged away":             {surviving: side(crm()), merged: MergeSide{Joined: crm(), Customers: 1}, want: []CollisionKind{CollisionAlreadyMerged}},
		"no root":                 {surviving: MergeSide{Joined: crm(), Customers: 1}, merged: side(crm()), want: []CollisionKind{CollisionAlreadyMerged}},
		"20 together":             {surviving: MergeSide{crm(), 12, 11, true}, merged: MergeSide{crm(), 8, 7, true}},
		"21 together":             {surviving: MergeSide{crm(), 12, 11, true}, merged: MergeSide{crm(), 9, 8, true}, want: []CollisionKind{CollisionTooManyMerged}},
		"a full list":             {surviving: MergeSide{crm(), 1, 19, true}, merged: side(crm()), want: []CollisionKind{CollisionTooManyMerged}},
	} {
		var got []CollisionKind
		for _, x := range Collisions(&c.policy, c.surviving, c.merged) {
			got = append(got, x.Kind)
			if x.Explanation == "" {
				t.Errorf("%s: no explanation", name)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSlotConflicts(t *testing.T) {
	dict := NewDictionary(1, []Slot{{ID: "city", Aliases: []Alias{{Name: "town"}}, Sensitivity: SensitivitySensitive}})
	a := history(t, 0, "", FactStated{Slot: "city", Value: "Oslo"}, FactStated{Slot: "name", Value: "Ada"}, FactStated{Slot: "age", Value: "40"})
	b := history(t, 0, "", FactStated{Slot: "town", Value: "Rome"}, FactStated{Slot: "Name", Value: "ADA "}, FactStated{Slot: "age", Scope: "bot", Value: "41"})
	want := []SlotConflict{{Slot: "city", SurvivingValue: "Oslo", MergedValue: "Rome", Sensitivity: SensitivitySensitive}}
	if diff := cmp.Diff(want, SlotConflicts(NewView(a, dict), NewView(b, dict), at(9))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := SlotConflicts(NewView(a, dict), NewView(b, dict), at(9).Add(24*time.Hour)); len(got) != 1 {
		t.Errorf("a day later: %+v", got)
	}
}

func TestAnonymous(t *testing.T) {
	visitor := IdentifierLinked{Identifier: Identifier{IdentifierWebVisitor, "v"}}
	for name, c := range map[string]struct {
		payloads []Payload
		want     bool
	}{
		"nobody":  {nil, false},
		"visitor": {[]Payload{visitor, IdentifierLinked{Identifier: Identifier{IdentifierDevice, "d"}}}, true},
		"known":   {[]Payload{visitor, IdentifierLinked{Identifier: Identifier{IdentifierEmail, "a@b.example"}}}, false},
	} {
		if got := history(t, 0, "", c.payloads...).Anonymous(); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// A change of a case that was reported under another customer than its opening takes nothing away of what that one said.
func TestJoinKeepsWhatACaseIsAbout(t *testing.T) {
	opened := history(t, 0, "i1", CaseOpened{Subject: "a parcel", Intent: "where-is-it"}, CaseUpdated{Status: "searching"})
	changed := history(t, 10, "i2", CaseUpdated{Priority: PriorityHigh})
	for _, j := range []*State{Join(opened, changed), Join(changed, opened)} {
		if len(j.OpenCases) != 1 {
			t.Fatalf("cases %+v", j.OpenCases)
		}
		c := j.OpenCases[0]
		if c.Subject != "a parcel" || c.Intent != "where-is-it" || c.Status != "searching" || c.Priority != PriorityHigh {
			t.Errorf("%+v", c)
		}
	}
}
