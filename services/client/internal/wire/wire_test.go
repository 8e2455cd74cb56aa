package wire

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

func TestFieldNames(t *testing.T) {
	for name, want := range map[string]string{
		"Customer": "customer", "CaseID": "case_id", "EventIDs": "event_ids", "TTL": "ttl", "ReferToURI": "refer_to_uri",
		"URL": "url", "UserToUser": "user_to_user", "LandingURL": "landing_url", "FlowRunID": "flow_run_id", "DoNotAsk": "do_not_ask",
	} {
		if got := fieldName(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestValueNames(t *testing.T) {
	values := logv1.Channel(0).Descriptor().Values()
	for n, want := range []string{"", "IVR", "VOICE", "CHAT", "VIRTUAL_ASSISTANT"} {
		if got := ValueName(values.Get(n)); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

type actor struct {
	Kind string
	ID   string
}

type stranger struct{}

func TestZeroIsAbsent(t *testing.T) {
	m := &contextv1.Origin{}
	if err := Encode(m, struct {
		Actor      actor
		OccurredAt time.Time
		Source     string
		Hidden     string `wire:"-"`
	}{Hidden: "x"}); err != nil || proto.Size(m) != 0 {
		t.Errorf("got %v, %v", m, err)
	}
	got := struct {
		Actor      *actor
		OccurredAt time.Time
	}{}
	Decode(&got, m)
	if got.Actor != nil || !got.OccurredAt.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestValuesOfANewerServer(t *testing.T) {
	var got actor
	Decode(&got, &logv1.Actor{Kind: 99, Id: "robot"})
	if diff := cmp.Diff(actor{"99", "robot"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatDoesNotFitIsToldByItsPath(t *testing.T) {
	for name, tc := range map[string]struct {
		m     proto.Message
		src   any
		field string
	}{
		"a value": {&contextv1.Origin{}, struct{ Actor actor }{actor{Kind: "ROBOT"}}, "actor.kind"},
		"in a list": {&contextv1.MergeCustomersResponse{}, struct {
			Identifiers []struct{ Type string }
		}{[]struct{ Type string }{{"PHONE"}, {"FAX"}}}, "identifiers.type"},
		"a time":   {&contextv1.Origin{}, struct{ OccurredAt time.Time }{time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}, "occurred_at"},
		"a number": {&contextv1.Handoff{}, struct{ Hop int }{math.MaxInt32 + 1}, "hop"},
	} {
		err := Encode(tc.m, tc.src)
		var e *Error
		if !errors.As(err, &e) || e.Field != tc.field || e.Problem == "" {
			t.Errorf("%s: got %v, want field %s", name, err, tc.field)
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	for name, use := range map[string]func(){
		"no such field":    func() { _ = Encode(&logv1.Actor{}, struct{ Nick string }{"x"}) },
		"another type":     func() { _ = Encode(&logv1.Actor{}, struct{ ID int }{1}) },
		"a list of others": func() { Decode(&struct{ Facts []string }{}, &contextv1.CustomerContext{}) },
		"no such kind":     func() { _ = EncodeAs(&logv1.Event{}, stranger{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			use()
		}()
	}
}
