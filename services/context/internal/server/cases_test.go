package server_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

const k1 = c1 + "/cases/k1"

// caseOf asks for a case to be opened.
func caseOf(requestID, id, subject string) *contextv1.OpenCaseRequest {
	return &contextv1.OpenCaseRequest{Customer: c1, CaseId: id, RequestId: requestID, Case: &contextv1.Case{Subject: subject}}
}

func (n *node) open(req *contextv1.OpenCaseRequest) *contextv1.CaseChange {
	n.t.Helper()
	return must(n.OpenCase(n.ctx(), req))(n.t)
}

func (n *node) update(c *contextv1.Case, paths ...string) *contextv1.CaseChange {
	n.t.Helper()
	return must(n.UpdateCase(n.ctx(), updateOf(c, paths...)))(n.t)
}

func updateOf(c *contextv1.Case, paths ...string) *contextv1.UpdateCaseRequest {
	req := &contextv1.UpdateCaseRequest{Case: c}
	if len(paths) > 0 {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return req
}

func TestLifeOfACase(t *testing.T) {
	n := run(t)
	due := timestamppb.New(n.clock.Now().Add(time.Hour))
	opening := caseOf("", "k1", "A lost card")
	opening.Case.Intent, opening.Case.Status = "lost_card", "new"
	opening.Case.Promise = &contextv1.Promise{Text: "a new card", DueTime: due}
	opening.Origin = &contextv1.Origin{
		InteractionId: "i1", CaseId: "another", Channel: logv1.Channel_CHANNEL_CHAT, Source: "desk",
		Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: "kim"},
	}
	opened := n.open(opening)
	began := opened.GetCase().GetOpenTime()
	want := &contextv1.Case{
		Name: k1, CaseId: "k1", Subject: "A lost card", Intent: "lost_card", Status: "new",
		Priority: logv1.CasePriority_CASE_PRIORITY_NORMAL, State: contextv1.CaseState_CASE_STATE_OPEN,
		Promise:  &contextv1.Promise{Text: "a new card", DueTime: due, MakeTime: began, Actor: opening.GetOrigin().GetActor()},
		OpenTime: began, LastEventTime: began, Interactions: 1, LastInteractionId: "i1", LastChannel: logv1.Channel_CHANNEL_CHAT,
	}
	same := func(what string, got *contextv1.Case) {
		t.Helper()
		ignore := protocmp.IgnoreFields(&contextv1.Case{}, "etag", "last_event_time")
		if diff := cmp.Diff(want, got, protocmp.Transform(), ignore); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		if got.GetEtag() == "" || got.GetLastEventTime() == nil {
			t.Errorf("%s: %v", what, got)
		}
	}
	same("opened", opened.GetCase())
	if opened.GetRevision() != 2 || opened.GetEventId() != n.log.Events(c1)[0].GetEventId() || opened.GetConsistencyToken() == "" {
		t.Errorf("%v", opened)
	}
	same("read", must(n.GetCase(n.ctx(), &contextv1.GetCaseRequest{Name: k1}))(t))

	n.clock.Advance(2 * time.Hour)
	want.Promise.Overdue = true
	same("read later", must(n.GetCase(n.ctx(), &contextv1.GetCaseRequest{Name: k1}))(t))
	want.Priority, want.Status = logv1.CasePriority_CASE_PRIORITY_URGENT, "waiting"
	same("updated", n.update(&contextv1.Case{Name: k1, Priority: want.GetPriority(), Status: "waiting"}).GetCase())
	want.Promise = nil
	same("promise kept", n.update(&contextv1.Case{Name: k1, Subject: "not named"}, "promise").GetCase())

	done := must(n.ResolveCase(n.ctx(), &contextv1.ResolveCaseRequest{Name: k1, Resolution: "sent by post", Code: "sent"}))(t)
	want.State, want.ResolveTime = contextv1.CaseState_CASE_STATE_RESOLVED, done.GetCase().GetResolveTime()
	want.Resolution, want.ResolutionCode = "sent by post", "sent"
	same("resolved", done.GetCase())
	again := must(n.ReopenCase(n.ctx(), &contextv1.ReopenCaseRequest{Name: k1, Reason: "never came"}))(t)
	want.State, want.ResolveTime, want.Resolution, want.ResolutionCode, want.Reopened = contextv1.CaseState_CASE_STATE_OPEN, nil, "", "", 1
	same("reopened", again.GetCase())

	if diff := cmp.Diff([]string{"CASE_OPENED", "CASE_UPDATED", "CASE_UPDATED", "CASE_UPDATED", "CASE_RESOLVED", "CASE_REOPENED"}, n.types(c1)); diff != "" {
		t.Error(diff)
	}
	for i, e := range n.log.Events(c1) {
		if e.GetCaseId() != "k1" {
			t.Errorf("event %d belongs to case %q", i, e.GetCaseId())
		}
	}
	if reason := n.log.Events(c1)[5].GetCaseReopened().GetReason(); reason != "never came" {
		t.Errorf("reopened because %q", reason)
	}
}

// Fields named without a value, and values without a name.
func TestWhatAnUpdateChanges(t *testing.T) {
	due := timestamppb.New(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	for name, tt := range map[string]struct {
		give  *contextv1.Case
		paths []string
		want  *logv1.CaseUpdated
	}{
		"what is set": {
			give: &contextv1.Case{Subject: "s", Intent: "i", State: contextv1.CaseState_CASE_STATE_RESOLVED, Reopened: 7},
			want: &logv1.CaseUpdated{Subject: "s", Intent: "i"},
		},
		"only what is named":      {give: &contextv1.Case{Subject: "s", Status: "t"}, paths: []string{"status"}, want: &logv1.CaseUpdated{Status: "t"}},
		"no priority":             {give: &contextv1.Case{}, paths: []string{"priority"}, want: &logv1.CaseUpdated{Priority: logv1.CasePriority_CASE_PRIORITY_NORMAL}},
		"no promise":              {give: &contextv1.Case{}, paths: []string{"promise"}, want: &logv1.CaseUpdated{PromiseSettled: true}},
		"a promise put off":       {give: &contextv1.Case{Promise: &contextv1.Promise{DueTime: due}}, want: &logv1.CaseUpdated{PromiseDueTime: due}},
		"a promise":               {give: &contextv1.Case{Promise: &contextv1.Promise{Text: "p"}}, paths: []string{"promise"}, want: &logv1.CaseUpdated{Promise: "p"}},
		"a status never said":     {give: &contextv1.Case{Intent: "i"}, paths: []string{"status", "intent"}, want: &logv1.CaseUpdated{Intent: "i"}},
		"everything":              {give: &contextv1.Case{Subject: "s", Intent: "i", Promise: &contextv1.Promise{Text: "p", DueTime: due}}, paths: []string{"*"}, want: &logv1.CaseUpdated{Subject: "s", Intent: "i", Priority: logv1.CasePriority_CASE_PRIORITY_NORMAL, Promise: "p", PromiseDueTime: due}},
		"read, changed, and sent": {give: nil, want: &logv1.CaseUpdated{Subject: "changed", Intent: "lost", Priority: logv1.CasePriority_CASE_PRIORITY_NORMAL, Promise: "a card"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			opening := caseOf("", "k1", "A lost card")
			opening.Case.Intent, opening.Case.Promise = "lost", &contextv1.Promise{Text: "a card"}
			opened := n.open(opening).GetCase()
			give := tt.give
			if give == nil {
				give = opened
				give.Subject = "changed"
			}
			give.Name = k1
			n.update(give, tt.paths...)
			if diff := cmp.Diff(tt.want, n.log.Events(c1)[1].GetCaseUpdated(), protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every change that comes again is answered as the first time, whatever has happened to the case since; and done once.
func TestChangesOfCasesAreIdempotent(t *testing.T) {
	open := caseOf("r1", "k1", "A lost card")
	full := caseOf("r1", "", "A lost card")
	full.Case.Status = "new"
	// Due by the time of the second call, and not by that of the first.
	full.Case.Promise = &contextv1.Promise{Text: "a call", DueTime: timestamppb.New(testkit.Epoch.Add(24 * time.Hour))}
	resolve := func(id string) *contextv1.ResolveCaseRequest {
		return &contextv1.ResolveCaseRequest{Name: k1, RequestId: id, Resolution: "sent"}
	}
	for name, tt := range map[string]struct {
		before func(n *node)
		do     func(n *node) (*contextv1.CaseChange, error)
		after  func(n *node, name string)
	}{
		"open": {
			do: func(n *node) (*contextv1.CaseChange, error) { return n.OpenCase(n.ctx(), proto.CloneOf(open)) },
		},
		"open, with a status and without an id": {
			do: func(n *node) (*contextv1.CaseChange, error) { return n.OpenCase(n.ctx(), proto.CloneOf(full)) },
		},
		"update": {
			before: func(n *node) { n.open(open) },
			do: func(n *node) (*contextv1.CaseChange, error) {
				req := updateOf(&contextv1.Case{Name: k1, Status: "waiting"})
				req.RequestId = "u1"
				return n.UpdateCase(n.ctx(), req)
			},
		},
		"resolve": {
			before: func(n *node) { n.open(open) },
			do:     func(n *node) (*contextv1.CaseChange, error) { return n.ResolveCase(n.ctx(), resolve("r2")) },
			after: func(n *node, name string) {
				must(n.ReopenCase(n.ctx(), &contextv1.ReopenCaseRequest{Name: name}))(n.t)
			},
		},
		"reopen": {
			before: func(n *node) { n.open(open); must(n.ResolveCase(n.ctx(), resolve("")))(n.t) },
			do: func(n *node) (*contextv1.CaseChange, error) {
				return n.ReopenCase(n.ctx(), &contextv1.ReopenCaseRequest{Name: k1, RequestId: "o1", Reason: "lost"})
			},
		},
	} {
		for how, wait := range map[string]bool{"at once": false, "after changes": true} {
			t.Run(name+", "+how, func(t *testing.T) {
				n := run(t)
				if tt.before != nil {
					tt.before(n)
				}
				first := must(tt.do(n))(t)
				if wait {
					n.clock.Advance(48 * time.Hour)
					switch {
					case tt.after != nil:
						tt.after(n, first.GetCase().GetName())
					default:
						n.update(&contextv1.Case{Name: first.GetCase().GetName(), Subject: "Something else"})
						must(n.ResolveCase(n.ctx(), &contextv1.ResolveCaseRequest{Name: first.GetCase().GetName()}))(t)
					}
				}
				events := n.types(c1)
				again := must(tt.do(n))(t)
				if again.GetRevision() != int64(len(events)) {
					t.Errorf("revision %d of %d", again.GetRevision(), len(events))
				}
				again.Revision, again.ConsistencyToken = first.GetRevision(), first.GetConsistencyToken()
				if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
					t.Errorf("-first +again:\n%s", diff)
				}
				if diff := cmp.Diff(events, n.types(c1)); diff != "" {
					t.Errorf("events (-before +after the repetition):\n%s", diff)
				}
			})
		}
	}
}

func TestRequestIDsOfCasesReused(t *testing.T) {
	n := run(t)
	n.open(caseOf("r1", "k1", "A lost card"))
	with := caseOf("r2", "k2", "A parcel")
	with.Case.Status = "new"
	n.open(with)
	update := updateOf(&contextv1.Case{Name: k1, Status: "waiting"})
	update.RequestId = "u1"
	must(n.UpdateCase(n.ctx(), update))(t)
	events := n.types(c1)

	otherStatus := proto.CloneOf(with)
	otherStatus.Case.Status = "old"
	otherUpdate, otherCase := proto.CloneOf(update), proto.CloneOf(update)
	otherUpdate.Case.Status = "done"
	otherCase.Case.Name = c1 + "/cases/k2"
	more := caseOf("r1", "k1", "A lost card")
	more.Case.Status = "new"
	open := func(req *contextv1.OpenCaseRequest) error { _, err := n.OpenCase(n.ctx(), req); return err }
	change := func(req *contextv1.UpdateCaseRequest) error { _, err := n.UpdateCase(n.ctx(), req); return err }
	for name, err := range map[string]error{
		"another subject":        open(caseOf("r1", "k1", "A lost parcel")),
		"another id":             open(caseOf("r1", "k3", "A lost card")),
		"another status":         open(otherStatus),
		"a status more":          open(more),
		"a status less":          open(caseOf("r2", "k2", "A parcel")),
		"another update":         change(otherUpdate),
		"the same, another case": change(otherCase),
	} {
		wantReason(t, err, "REQUEST_ID_REUSED")
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if diff := cmp.Diff(events, n.types(c1)); diff != "" {
		t.Error(diff)
	}
}

// Requests without ids are never repetitions; ids made by the server differ, or derive from the request's.
func TestIDsOfCases(t *testing.T) {
	n := run(t)
	a := n.open(caseOf("", "", "x")).GetCase().GetCaseId()
	b := n.open(caseOf("", "", "x")).GetCase().GetCaseId()
	c := n.open(caseOf("r1", "", "x")).GetCase().GetCaseId()
	other := caseOf("r1", "", "x")
	other.Customer = "customers/c2"
	d := n.open(other).GetCase().GetCaseId()
	if a == b || c == d || len(a) > 128 || a == "" || c == "" {
		t.Errorf("%s %s %s %s", a, b, c, d)
	}
	crm := n.open(caseOf("", "2026-17+a@crm=x:~.", "x")).GetCase()
	if got := must(n.GetCase(n.ctx(), &contextv1.GetCaseRequest{Name: crm.GetName()}))(t); !proto.Equal(got, crm) {
		t.Errorf("%v, want %v", got, crm)
	}
}

// Of two who edit the same version, one is told to look again. What the customer says meanwhile disturbs neither.
func TestEtagsOfCases(t *testing.T) {
	n := run(t)
	etag := n.open(caseOf("", "k1", "A lost card")).GetCase().GetEtag()
	n.append(c1, &logv1.Event{
		EventId: "m1", CaseId: "k1", InteractionId: "i1", Payload: &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{Text: "Hello?"}},
	})
	n.followed()
	if got := must(n.GetCase(n.ctx(), &contextv1.GetCaseRequest{Name: k1}))(t); got.GetEtag() != etag || got.GetInteractions() != 1 {
		t.Errorf("after a message: %v", got)
	}
	const editors = 8
	var wait sync.WaitGroup
	errs := make([]error, editors)
	for i := range editors {
		wait.Go(func() {
			_, errs[i] = n.UpdateCase(context.Background(), updateOf(&contextv1.Case{Name: k1, Etag: etag, Status: fmt.Sprint("by ", i)}))
		})
	}
	wait.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case err == nil:
			t.Errorf("editors %d and %d both won", won, i)
		default:
			wantReason(t, err, "ETAG_MISMATCH")
		}
	}
	if won < 0 {
		t.Fatal("nobody won")
	}
	got := must(n.GetCase(n.ctx(), &contextv1.GetCaseRequest{Name: k1}))(t)
	if got.GetStatus() != fmt.Sprint("by ", won) || got.GetEtag() == etag {
		t.Errorf("%v", got)
	}
	_, err := n.ResolveCase(n.ctx(), &contextv1.ResolveCaseRequest{Name: k1, Etag: etag})
	wantReason(t, err, "ETAG_MISMATCH")
	must(n.ResolveCase(n.ctx(), &contextv1.ResolveCaseRequest{Name: k1, Etag: got.GetEtag()}))(t)
	_, err = n.ReopenCase(n.ctx(), &contextv1.ReopenCaseRequest{Name: k1, Etag: got.GetEtag()})
	wantReason(t, err, "ETAG_MISMATCH")
}

// A server that has not yet heard of a case neither refuses its change nor opens it a second time.
func TestCasesOfAnotherServer(t *testing.T) {
	w := newWorld(t)
	a := w.start(memstore.New())
	a.ready()
	b := w.start(memstore.New())
	b.ready()
	b.open(caseOf("", "other", "x")) // b knows the customer
	a.followed()
	b.followed()
	w.log.Intercept(func(ctx context.Context, method string) error {
		if method == "TailEvents" {
			<-ctx.Done()
		}
		return nil
	})
	w.log.CutTails()
	a.open(caseOf("", "k1", "A lost card"))
	w.clock.Advance(time.Second)
	_, err := b.OpenCase(b.ctx(), caseOf("", "k1", "A lost card"))
	wantReason(t, err, "CASE_EXISTS")
	a.open(caseOf("r2", "k2", "A parcel"))
	w.clock.Advance(time.Second)
	must(b.ResolveCase(b.ctx(), &contextv1.ResolveCaseRequest{Name: c1 + "/cases/k2"}))(t)
	if got := a.open(caseOf("r2", "k2", "A parcel")); got.GetCase().GetState() != contextv1.CaseState_CASE_STATE_OPEN {
		t.Errorf("the repetition is answered by what happened later: %v", got)
	}
	w.log.Intercept(nil)
	w.log.CutTails()
}

// What is refused changes nothing, and says which field is wrong.
func TestBadChangesOfCases(t *testing.T) {
	n := run(t)
	opening := caseOf("", "k1", "A lost card")
	opening.Case.Intent = "lost"
	n.open(opening)
	open := func(change func(*contextv1.OpenCaseRequest)) error {
		req := caseOf("", "k2", "A parcel")
		change(req)
		_, err := n.OpenCase(n.ctx(), req)
		return err
	}
	update := func(c *contextv1.Case, paths ...string) error {
		if c.Name == "" {
			c.Name = k1
		}
		_, err := n.UpdateCase(n.ctx(), updateOf(c, paths...))
		return err
	}
	nameless := func() error { _, err := n.UpdateCase(n.ctx(), updateOf(&contextv1.Case{Status: "x"})); return err }
	due := timestamppb.New(n.clock.Now())
	for name, tt := range map[string]struct {
		err           error
		reason, field string
	}{
		"no case":                {open(func(r *contextv1.OpenCaseRequest) { r.Case = nil }), "INVALID_REQUEST", "case"},
		"no subject":             {open(func(r *contextv1.OpenCaseRequest) { r.Case.Subject = " " }), "INVALID_REQUEST", "case.subject"},
		"an id with spaces":      {open(func(r *contextv1.OpenCaseRequest) { r.CaseId = "a b" }), "INVALID_REQUEST", "case_id"},
		"another name":           {open(func(r *contextv1.OpenCaseRequest) { r.Case.Name = k1 }), "INVALID_REQUEST", "case.name"},
		"another id inside":      {open(func(r *contextv1.OpenCaseRequest) { r.Case.CaseId = "k1" }), "INVALID_REQUEST", "case.case_id"},
		"due, but what":          {open(func(r *contextv1.OpenCaseRequest) { r.Case.Promise = &contextv1.Promise{DueTime: due} }), "INVALID_REQUEST", "case.promise.text"},
		"a service's customer":   {open(func(r *contextv1.OpenCaseRequest) { r.Customer = "customers/_slots" }), "INVALID_REQUEST", "customer"},
		"an update without name": {nameless(), "INVALID_REQUEST", "case.name"},
		"nothing to change":      {update(&contextv1.Case{Resolution: "x"}), "INVALID_REQUEST", "case"},
		"an unknown field":       {update(&contextv1.Case{}, "colour"), "UNKNOWN_FIELD", "update_mask"},
		"the state":              {update(&contextv1.Case{}, "state"), "INVALID_REQUEST", "update_mask"},
		"a part of the promise":  {update(&contextv1.Case{}, "promise.text"), "INVALID_REQUEST", "update_mask"},
		"no subject any more":    {update(&contextv1.Case{}, "subject"), "INVALID_REQUEST", "case.subject"},
		"no intent any more":     {update(&contextv1.Case{Status: "x"}, "status", "intent"), "INVALID_REQUEST", "case.intent"},
		"put off, but what":      {update(&contextv1.Case{Promise: &contextv1.Promise{DueTime: due}}), "INVALID_REQUEST", "case.promise.text"},
		"no such case":           {update(&contextv1.Case{Name: c1 + "/cases/k9", Status: "x"}), "CASE_NOT_FOUND", ""},
	} {
		if reasonOf(tt.err) != tt.reason {
			t.Errorf("%s: got %v, want %s", name, tt.err, tt.reason)
		}
		if got := fieldsOf(tt.err); tt.field != "" && (len(got) != 1 || got[0] != tt.field) {
			t.Errorf("%s: blames %v, want %s", name, got, tt.field)
		}
	}
	if got := len(n.log.Events(c1)); got != 1 {
		t.Errorf("%d events", got)
	}
}
