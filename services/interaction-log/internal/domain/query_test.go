package domain_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// history stores n events that differ in all that filters look at.
func history(t testing.TB, l *domain.Log, n int) []*domain.Event {
	t.Helper()
	b := storetest.Numbered(ann, 0, n)
	for i, e := range b.Events {
		e.Type, e.Channel = int32(20+i%3), int32(i%4)
		e.InteractionID, e.CaseID = fmt.Sprintf("i%d", i/10), fmt.Sprintf("c%d", i/20)
		e.OccurredAt = storetest.Epoch.Add(time.Duration(i*7%n) * time.Minute)
	}
	for part := range slices.Chunk(b.Events, 100) {
		mustAppend(t, l, storetest.Batch(part...))
	}
	return b.Events
}

func TestFilter(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	all := history(t, l, 60)
	at := func(m int) time.Time { return storetest.Epoch.Add(time.Duration(m) * time.Minute) }
	tests := []struct {
		name   string
		filter domain.Filter
		want   func(i int, e *domain.Event) bool
	}{
		{"none", domain.Filter{}, func(int, *domain.Event) bool { return true }},
		{"types", domain.Filter{Types: []int32{20, 22}}, func(i int, _ *domain.Event) bool { return i%3 != 1 }},
		{"channels", domain.Filter{Channels: []int32{0}}, func(i int, _ *domain.Event) bool { return i%4 == 0 }},
		{"interaction", domain.Filter{InteractionID: "i2"}, func(i int, _ *domain.Event) bool { return i/10 == 2 }},
		{"case", domain.Filter{CaseID: "c1"}, func(i int, _ *domain.Event) bool { return i/20 == 1 }},
		{"from a time", domain.Filter{Start: at(30)}, func(_ int, e *domain.Event) bool { return !e.OccurredAt.Before(at(30)) }},
		{"to a time", domain.Filter{End: at(30)}, func(_ int, e *domain.Event) bool { return e.OccurredAt.Before(at(30)) }},
		{"revisions", domain.Filter{After: 10, Through: 20}, func(i int, _ *domain.Event) bool { return i >= 10 && i < 20 }},
		{"two", domain.Filter{CaseID: "c1", Types: []int32{20}}, func(i int, _ *domain.Event) bool { return i/20 == 1 && i%3 == 0 }},
		{"nothing", domain.Filter{CaseID: "c9"}, func(int, *domain.Event) bool { return false }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var want []string
			for i, e := range all {
				if tc.want(i, e) {
					want = append(want, e.EventID)
				}
			}
			for _, newest := range []bool{false, true} {
				q := domain.Query{Key: ann, Filter: tc.filter, Newest: newest, Limit: 7}
				if diff := cmp.Diff(want, pageThrough(t, l, q)); diff != "" {
					t.Errorf("newest %v (-want +got):\n%s", newest, diff)
				}
				slices.Reverse(want)
			}
		})
	}
}

// pageThrough returns the ids of all pages.
func pageThrough(t testing.TB, l *domain.Log, q domain.Query) []string {
	t.Helper()
	var ids []string
	for range 100_000 {
		page, err := l.List(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Events) > q.Limit {
			t.Fatalf("a page has %d events", len(page.Events))
		}
		for _, e := range page.Events {
			ids = append(ids, e.EventID)
		}
		if page.Next == 0 {
			return ids
		}
		q.Cursor = page.Next
	}
	t.Fatal("paging does not end")
	return nil
}

func TestPagesAreStableWhileEventsAreAppended(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, err := domain.NewLog(context.Background(), newMemory(t), domain.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		n := rapid.IntRange(1, 60).Draw(rt, "events")
		mustAppend(t, l, storetest.Numbered(ann, 0, n))
		q := domain.Query{Key: ann, Newest: rapid.Bool().Draw(rt, "newest"), Limit: rapid.IntRange(1, 20).Draw(rt, "limit")}
		var revisions []int64
		for i := 0; ; i++ {
			page, err := l.List(context.Background(), q)
			if err != nil {
				rt.Fatal(err)
			}
			for _, e := range page.Events {
				revisions = append(revisions, e.Revision)
			}
			if q.Cursor = page.Next; q.Cursor == 0 || i > 200 {
				break
			}
			if i < 50 {
				mustAppend(t, l, storetest.Numbered(ann, 1000+i, 1))
			}
		}
		for i := 1; i < len(revisions); i++ {
			if d := revisions[i] - revisions[i-1]; q.Newest && d != -1 || !q.Newest && d != 1 {
				rt.Fatalf("revisions %v", revisions)
			}
		}
		if q.Newest && revisions[len(revisions)-1] != 1 || !q.Newest && revisions[0] != 1 {
			rt.Fatalf("revisions %v", revisions)
		}
	})
}

func TestPagesEndBySize(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	for i := range 40 {
		b := storetest.Numbered(ann, i, 1)
		b.Events[0].Payload = make([]byte, domain.MaxEventBytes-1)
		mustAppend(t, l, b)
	}
	for _, filter := range []domain.Filter{{}, {Types: []int32{23}}} {
		page, err := l.List(t.Context(), domain.Query{Key: ann, Filter: filter, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Events) != 16 || page.Next != 16 || page.Head != 40 {
			t.Errorf("%d events, next %d, head %d", len(page.Events), page.Next, page.Head)
		}
	}
}

func TestAScanIsBounded(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	for i := range 25 {
		mustAppend(t, l, storetest.Numbered(ann, 1000*i, 1000))
	}
	q := domain.Query{Key: ann, Filter: domain.Filter{CaseID: "none"}, Limit: 10}
	page, err := l.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Events) != 0 || page.Next < 20_000 || page.Next > 21_000 {
		t.Errorf("%d events, next %d", len(page.Events), page.Next)
	}
	q.Cursor = page.Next
	if page, err = l.List(t.Context(), q); err != nil || page.Next != 0 {
		t.Errorf("next %d, %v", page.Next, err)
	}
}

func TestListOfNobody(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	page, err := l.List(t.Context(), domain.Query{Key: bob, Limit: 10})
	if err != nil || len(page.Events) != 0 || page.Next != 0 || page.Head != 0 {
		t.Errorf("%+v %v", page, err)
	}
}

func TestSearch(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	texts := []string{
		"My billing address is wrong", "The ADDRESS of the billing department", "address", "billing", "Größe und STRASSE", "", "card-4111 address.billing",
	}
	for i, text := range texts {
		mustAppend(t, l, storetest.Batch(storetest.Event(ann, fmt.Sprintf("e%d", i), text)))
	}
	tests := []struct {
		words string
		want  []string
	}{
		{"billing address", []string{"e6", "e1", "e0"}},
		{"ADDRESS billing", []string{"e6", "e1", "e0"}},
		{"address", []string{"e6", "e2", "e1", "e0"}},
		{"addr", []string{"e6", "e2", "e1", "e0"}},
		{"addr billing", nil},
		{"größe", []string{"e4"}},
		{"GRÖSSE", nil},
		{"straße", nil},
		{"strasse", []string{"e4"}},
		{"4111", []string{"e6"}},
		{"nothing", nil},
	}
	for _, tc := range tests {
		t.Run(tc.words, func(t *testing.T) {
			var got []string
			s := domain.Search{Key: ann, Words: tc.words, Limit: 2, Text: text}
			for {
				hits, err := l.Search(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range hits.Hits {
					got = append(got, h.Event.EventID)
				}
				if s.Cursor = hits.Next; s.Cursor == 0 {
					break
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	hits, err := l.Search(t.Context(), domain.Search{Key: ann, Words: "address", Limit: 10, Text: text, Filter: domain.Filter{Through: 2}})
	if err != nil || len(hits.Hits) != 2 || hits.Hits[0].Snippet != texts[1] {
		t.Errorf("%+v %v", hits, err)
	}
}

func text(e *domain.Event) string { return string(e.Payload) }

func TestSearchRefuses(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	for _, words := range []string{"", "?!", " - ", "a b c d e f g h i j k l m n o p q"} {
		_, err := l.Search(t.Context(), domain.Search{Key: ann, Words: words, Limit: 1, Text: text})
		wantReason(t, err, fault.Invalid, domain.ReasonInvalidQuery)
	}
}
