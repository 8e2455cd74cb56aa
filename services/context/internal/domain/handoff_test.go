package domain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestHandoffChecks(t *testing.T) {
	const none = ""
	for state, want := range map[HandoffState]struct{ accept, decline, acknowledge, complete, cancel, look string }{
		HandoffOffering:  {none, none, ReasonHandoffNotOpen, ReasonHandoffNotOpen, none, none},
		HandoffTaken:     {ReasonHandoffAlreadyAccepted, ReasonHandoffAlreadyAccepted, none, none, none, ReasonHandoffNotOpen},
		HandoffDone:      {ReasonHandoffAlreadyAccepted, ReasonHandoffAlreadyAccepted, none, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen},
		HandoffRefused:   {ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen},
		HandoffLapsed:    {ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen},
		HandoffWithdrawn: {ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen, ReasonHandoffNotOpen},
	} {
		h := &Handoff{State: state, AcceptTime: at(1), ExpireTime: at(10)}
		if state == HandoffLapsed {
			h.State = HandoffOffering // an offer that nobody took, before the event says so
		}
		now := map[bool]time.Time{true: at(11), false: at(10)}[state == HandoffLapsed]
		for step, c := range map[string]struct {
			err  error
			want string
		}{
			"accept": {h.CheckAccept(now), want.accept}, "decline": {h.CheckDecline(now), want.decline},
			"acknowledge": {h.CheckAcknowledge(now), want.acknowledge}, "complete": {h.CheckComplete(now), want.complete},
			"cancel": {h.CheckCancel(now), want.cancel}, "look": {h.CheckLook(now), want.look},
		} {
			if got := fault.ReasonOf(c.err); got != c.want {
				t.Errorf("%s %s: %v, want %q", step, state, c.err, c.want)
			}
			if f, ok := fault.As(c.err); ok && f.Reason == ReasonHandoffNotOpen && f.Meta["state"] != state.String() {
				t.Errorf("%s %s: the fault says %v", step, state, f.Meta)
			}
		}
	}
	_, err := (&State{Handoffs: []*Handoff{{ID: "a"}}}).Handoff("b")
	if fault.ReasonOf(err) != ReasonHandoffNotFound {
		t.Error(err)
	}
}

func TestTTL(t *testing.T) {
	for name, c := range map[string]struct {
		policy HandoffPolicy
		ask    time.Duration
		want   time.Duration
	}{
		"nothing stated":          {HandoffPolicy{}, 0, DefaultHandoffTTL},
		"asked for":               {HandoffPolicy{}, time.Hour, time.Hour},
		"at the bound":            {HandoffPolicy{}, DefaultHandoffMax, DefaultHandoffMax},
		"above the bound":         {HandoffPolicy{}, DefaultHandoffMax + 1, 0},
		"the policy's default":    {HandoffPolicy{DefaultTTL: time.Minute}, 0, time.Minute},
		"the policy's bound":      {HandoffPolicy{MaxTTL: time.Hour}, time.Hour + 1, 0},
		"a bound below a default": {HandoffPolicy{MaxTTL: time.Minute}, 0, time.Minute},
		"both":                    {HandoffPolicy{DefaultTTL: time.Hour, MaxTTL: time.Minute}, 0, time.Minute},
	} {
		got, err := c.policy.TTL(c.ask)
		if got != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if f, ok := fault.As(err); ok && (f.Reason != ReasonInvalidHandoff || f.Fields[0].Path != "ttl") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLapsedHandoffs(t *testing.T) {
	s := &State{Handoffs: []*Handoff{
		{ID: "later", State: HandoffOffering, ExpireTime: at(20)},
		{ID: "newer", State: HandoffOffering, ExpireTime: at(10)},
		{ID: "taken", State: HandoffTaken, ExpireTime: at(5)},
		{ID: "for ever", State: HandoffOffering},
		{ID: "older", State: HandoffOffering, ExpireTime: at(5)},
	}}
	for minute, want := range map[int][]string{4: nil, 5: {"older"}, 10: {"older", "newer"}, 99: {"older", "newer", "later"}} {
		var got []string
		for _, h := range s.LapsedHandoffs(at(minute)) {
			got = append(got, h.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("minute %d: %s", minute, diff)
		}
	}
	if a, b := HandoffExpiredEventID("a"), HandoffExpiredEventID("b"); a == b || a != HandoffExpiredEventID("a") || len(a) > 100 {
		t.Errorf("ids %s, %s", a, b)
	}
}

// machine is what the contract's picture says of one handoff, and nothing else.
type machine struct {
	state  string
	expire time.Time
}

func (m *machine) step(command string, now time.Time) bool {
	open := m.state == "OFFERED" && !now.After(m.expire)
	next := map[string]string{"accept": "ACCEPTED", "decline": "DECLINED", "complete": "COMPLETED", "cancel": "CANCELLED", "expire": "EXPIRED"}
	ok := false
	switch command {
	case "accept", "decline":
		ok = open
	case "cancel":
		ok = open || m.state == "ACCEPTED"
	case "complete":
		ok = m.state == "ACCEPTED"
	case "expire":
		ok = m.state == "OFFERED" && !now.Before(m.expire)
	}
	if ok {
		m.state = next[command]
	}
	return ok
}

// Random commands have the outcome that the picture in the contract says, in checks and fold alike; and whatever direct
// writers add, the fold takes no step that the picture does not have.
func TestHandoffMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := machine{state: "OFFERED", expire: at(30)}
		s := mustApply(t, nil, Event{EventID: "e", Revision: 1, OccurredAt: at(0), Payload: HandoffOffered{HandoffID: "h", ExpireTime: m.expire}})
		minute, accepted := 0, 0
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			minute += rapid.IntRange(0, 9).Draw(t, "minutes")
			now := at(minute)
			command := rapid.SampledFrom([]string{"accept", "decline", "complete", "cancel", "expire"}).Draw(t, "command")
			h, err := s.Handoff("h")
			if err != nil {
				t.Fatal(err)
			}
			var payload Payload
			switch command {
			case "accept":
				err, payload = h.CheckAccept(now), HandoffAccepted{HandoffID: "h"}
			case "decline":
				err, payload = h.CheckDecline(now), HandoffDeclined{HandoffID: "h"}
			case "complete":
				err, payload = h.CheckComplete(now), HandoffCompleted{HandoffID: "h"}
			case "cancel":
				err, payload = h.CheckCancel(now), HandoffCancelled{HandoffID: "h"}
			case "expire":
				payload = HandoffExpired{HandoffID: "h"}
				if len(s.LapsedHandoffs(now)) == 0 {
					err = HandoffNotFound()
				}
			}
			ok := m.step(command, now)
			if ok != (err == nil) {
				t.Fatalf("%s at minute %d in %s: %v", command, minute, m.state, err)
			}
			if err != nil && h.State == HandoffOffering && passed(h.ExpireTime, now) || command == "expire" && err != nil {
				continue // only the clock forbids it: the fold does not know the time
			}
			s = mustApply(t, s, Event{EventID: "e", Revision: s.Revision + 1, OccurredAt: now, Payload: payload})
			if h, _ = s.Handoff("h"); h.State.String() != m.state {
				t.Fatalf("after %s the fold says %s, want %s", command, h.State, m.state)
			}
			if command == "accept" && ok {
				accepted++
			}
			if ended := m.state != "OFFERED" && m.state != "ACCEPTED"; ended == h.EndTime.IsZero() {
				t.Fatalf("in %s the end is %v", m.state, h.EndTime)
			}
		}
		if accepted > 1 {
			t.Fatalf("accepted %d times", accepted)
		}
	})
}

// foldHistory folds payloads, a minute apart, all in one interaction unless they say otherwise.
func foldHistory(t *testing.T, steps ...Event) *State {
	t.Helper()
	for i := range steps {
		steps[i].EventID, steps[i].Revision = "e", int64(i+1)
		steps[i].OccurredAt, steps[i].RecordedAt = at(i), at(i)
	}
	return mustApply(t, nil, steps...)
}

func happensIn(interaction string, p Payload) Event {
	return Event{InteractionID: interaction, Actor: Actor{Kind: ActorAgent, ID: "of " + interaction}, Payload: p}
}

// Three hops in a row: each goes on from the one before, and what was verified at the beginning still counts at the end.
func TestChainOfHops(t *testing.T) {
	s := foldHistory(t,
		Event{InteractionID: "ivr", Channel: ChannelIVR, Payload: VerificationAttempted{Method: "pin", Result: VerificationPassed, Level: VerificationMultiFactor}},
		happensIn("ivr", HandoffOffered{HandoffID: "h1"}), happensIn("chat", HandoffAccepted{HandoffID: "h1", InteractionID: "chat"}),
		happensIn("chat", HandoffOffered{HandoffID: "h2"}), happensIn("call", HandoffAccepted{HandoffID: "h2", InteractionID: "call"}),
		happensIn("call", HandoffOffered{HandoffID: "h3"}), happensIn("expert", HandoffAccepted{HandoffID: "h3", InteractionID: "expert"}),
		happensIn("elsewhere", HandoffOffered{HandoffID: "h4"}), happensIn("", HandoffOffered{HandoffID: "h5"}),
		happensIn("x", HandoffOffered{HandoffID: "h6", PreviousHandoffID: "h2"}), happensIn("x", HandoffOffered{HandoffID: "h7", PreviousHandoffID: "long ago"}),
	)
	type link struct {
		Previous string
		Hop      int32
	}
	got := map[string]link{}
	for _, h := range s.Handoffs {
		got[h.ID] = link{h.Previous, h.Hop}
	}
	want := map[string]link{
		"h1": {"", 1}, "h2": {"h1", 2}, "h3": {"h2", 3}, "h4": {"", 1}, "h5": {"", 1}, "h6": {"h2", 3}, "h7": {"long ago", 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for interaction, level := range map[string]VerificationLevel{"expert": VerificationMultiFactor, "stranger": VerificationMultiFactor - 1} {
		if st := s.Standing(&Policy{}, Asker{Channel: ChannelVoice, InteractionID: interaction}, at(20)); st.Level != level {
			t.Errorf("in %s the customer is verified at %v, want %v", interaction, st.Level, level)
		}
	}
}

// An offer that was not accepted, or that was taken back, leads nowhere.
func TestBrokenChain(t *testing.T) {
	s := foldHistory(t,
		happensIn("a", HandoffOffered{HandoffID: "h1"}), happensIn("b", HandoffAccepted{HandoffID: "h1", InteractionID: "b"}),
		happensIn("a", HandoffCancelled{HandoffID: "h1", Reason: "back again"}), happensIn("b", HandoffOffered{HandoffID: "h2"}),
	)
	if h, _ := s.Handoff("h2"); h.Previous != "" || h.Hop != 1 {
		t.Errorf("it goes on from one that was taken back: %+v", h)
	}
	if s.leadsTo("a", "b") {
		t.Error("a handoff that was taken back leads to its receiver")
	}
}

func TestWhatBecomesOfSlots(t *testing.T) {
	long := strings.Repeat("s", 3*MaxSummaryBytes)
	s := foldHistory(t,
		happensIn("a", HandoffOffered{HandoffID: "h1", Offered: []string{"name", "city", "account", "order"}, Summary: long}),
		happensIn("b", HandoffRead{HandoffID: "h1", Read: []string{"name"}}), // before it was accepted: counts for nothing
		happensIn("b", HandoffAccepted{HandoffID: "h1", InteractionID: "b"}),
		happensIn("b", RepeatDetected{Slot: "Account No", SlotID: "account"}),
		happensIn("b", RepeatDetected{Slot: "City"}), happensIn("b", RepeatDetected{Slot: "city"}), happensIn("b", RepeatDetected{Slot: "shoe_size"}),
		happensIn("c", RepeatDetected{Slot: "name"}), // another interaction
		happensIn("b", HandoffRead{HandoffID: "h1", Read: []string{"name", "never offered"}, Dropped: []string{"city"}}),
		happensIn("b", HandoffRead{HandoffID: "h1", Read: []string{"name", "account"}}),
	)
	h, err := s.Handoff("h1")
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ got, want []string }{
		"read": {h.Read, []string{"name", "account"}}, "dropped": {h.Dropped, []string{"city"}}, "unread": {h.Unread(), []string{"order"}},
		"asked again": {h.AskedAgain, []string{"account", "city"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	if d, ok := h.TimeToContext(); !ok || d != 6*time.Minute {
		t.Errorf("time to context %v, %v", d, ok)
	}
	if h.Summary != long {
		t.Error("the receiver does not get the whole summary")
	}
	if done := mustApply(t, s, Event{Revision: s.Revision + 1, Payload: HandoffCompleted{HandoffID: "h1"}}); len(done.Handoffs[0].Summary) > MaxSummaryBytes {
		t.Error("the summary of a handoff that has ended is kept in full")
	}
	if _, ok := (&Handoff{AcceptTime: at(1)}).TimeToContext(); ok {
		t.Error("there is a time to context before anything was read")
	}
	if d, ok := (&Handoff{AcceptTime: at(2), FirstReadTime: at(1)}).TimeToContext(); !ok || d != 0 {
		t.Errorf("clocks that differ make it %v", d)
	}
}

// Open handoffs are kept longer than those that have ended.
func TestManyHandoffs(t *testing.T) {
	var events []Event
	for i := range MaxHandoffs + 5 {
		id := "h" + string(rune('A'+i))
		events = append(events, happensIn("a", HandoffOffered{HandoffID: id}))
		if i%2 == 0 {
			events = append(events, happensIn("a", HandoffDeclined{HandoffID: id}))
		}
	}
	s := foldHistory(t, events...)
	if len(s.Handoffs) != MaxHandoffs {
		t.Fatalf("%d handoffs", len(s.Handoffs))
	}
	for i := 1; i < MaxHandoffs+5; i += 2 {
		if _, err := s.Handoff("h" + string(rune('A'+i))); err != nil {
			t.Errorf("the open one %d was forgotten", i)
		}
	}
	if !slices.IsSortedFunc(s.Handoffs, func(a, b *Handoff) int { return int(b.Revision - a.Revision) }) {
		t.Error("they are not newest first")
	}
}

// Where nobody says that a handoff is completed, it is told of for as long as the customer is with the receiver.
func TestHandoverThatNobodyCompletes(t *testing.T) {
	taken := func(interaction string) *story {
		s := tell(t).add(HandoffOffered{HandoffID: "h", Reason: "too hard"}, HandoffAccepted{HandoffID: "h", InteractionID: interaction})
		return s.in("call", ChannelVoice, Actor{Kind: ActorAgent})
	}
	for name, tt := range map[string]struct {
		story *story
		after time.Duration // since the newest event
		told  bool
	}{
		"in the receiver's hands":            {taken("call").add(InteractionStarted{}), time.Hour, true},
		"the receiver has hung up":           {taken("call").add(InteractionStarted{}, InteractionEnded{}), 0, false},
		"the receiver has been silent":       {taken("call").add(InteractionStarted{}), LiveIdle + 1, false},
		"nothing of the receiver":            {taken("call"), LiveIdle, true},
		"nothing of the receiver for a day":  {taken("call"), LiveIdle + 1, false},
		"no interaction was given":           {taken(""), LiveIdle, true},
		"none was given, a day ago":          {taken(""), LiveIdle + 1, false},
		"an offer that waits behind it":      {taken("call").add(InteractionStarted{}, InteractionEnded{}, HandoffOffered{HandoffID: "h2"}), 0, true},
		"an offer that waits in front of it": {tell(t).add(HandoffOffered{HandoffID: "h0"}, HandoffOffered{HandoffID: "h"}, HandoffAccepted{HandoffID: "h"}), LiveIdle + 1, true},
	} {
		v := NewView(tt.story.state(), nil)
		last := tt.story.now.Add(-time.Minute)
		c := BuildContext(v, Unrestricted, ViewFull, last.Add(tt.after))
		_, flat := Flatten("customers/c", c, Unrestricted, nil).Values["handoff_id"]
		line := slices.ContainsFunc(c.Brief.Items, func(i BriefItem) bool { return i.Kind == BriefHandoff })
		if flat != tt.told || line != tt.told || len(c.PendingHandoffs) == 0 {
			t.Errorf("%s: in the flat form %v, in the brief %v", name, flat, line)
		}
		if next, ok := NextChange(v, Unrestricted, last); tt.after > LiveIdle && (!ok || next.After(last.Add(LiveIdle+1))) {
			t.Errorf("%s: changes at %v, %v", name, next, ok)
		}
	}
}
