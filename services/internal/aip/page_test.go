package aip_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestPageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOf(rapid.Byte()).Draw(t, "key")
		bound := rapid.SliceOf(rapid.String()).Draw(t, "bound")
		token := aip.EncodePage(key, bound...)
		got, err := aip.DecodePage(token, bound...)
		if err != nil || !bytes.Equal(got, key) {
			t.Fatalf("got %x, %v", got, err)
		}
		if strings.ContainsAny(token, "+/= ") {
			t.Fatalf("token %q needs escaping", token)
		}
		other := append(append([]string{}, bound...), "x")
		if _, err := aip.DecodePage(token, other...); fault.ReasonOf(err) != fault.InvalidPageToken {
			t.Fatalf("another listing: %v", err)
		}
	})
}

func TestPageTokenIsRefused(t *testing.T) {
	good := aip.EncodePage([]byte("key"), "a", "b")
	for name, c := range map[string]struct {
		token string
		bound []string
	}{
		"cut":                  {good[:len(good)-1], []string{"a", "b"}},
		"changed":              {"A" + good[1:], []string{"a", "b"}},
		"one more":             {good + "A", []string{"a", "b"}},
		"no base64":            {"!!!", []string{"a", "b"}},
		"too short":            {"AAAA", []string{"a", "b"}},
		"huge":                 {strings.Repeat("A", 1<<20), []string{"a", "b"}},
		"other request":        {good, []string{"a", "c"}},
		"parts run together":   {good, []string{"ab"}},
		"parts divided anew":   {good, []string{"", "ab"}},
		"a consistency token":  {aip.EncodeToken("a", aip.Position{Customer: "b"}), []string{"a", "b"}},
		"trailing white space": {good + "\n", []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := aip.DecodePage(c.token, c.bound...)
			if f, ok := fault.As(err); !ok || f.Reason != fault.InvalidPageToken || f.Kind != fault.Invalid || len(f.Fields) != 1 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFirstAndLastPage(t *testing.T) {
	if got, err := aip.DecodePage("", "x"); got != nil || err != nil {
		t.Errorf("first page: %v, %v", got, err)
	}
	if got := aip.EncodePage(nil, "x"); got != "" {
		t.Errorf("last page: %q", got)
	}
	if got := aip.EncodePage([]byte{}, "x"); got == "" {
		t.Error("the empty key is a key")
	}
}

func TestRequestBinding(t *testing.T) {
	base := &interactionlogv1.ListEventsRequest{Customer: "customers/1"}
	same := &interactionlogv1.ListEventsRequest{Customer: "customers/1", PageSize: 7, PageToken: "t"}
	if aip.RequestBinding(base) != aip.RequestBinding(same) {
		t.Error("size and token may change from page to page")
	}
	if same.GetPageSize() != 7 {
		t.Error("the request itself must stay as it is")
	}
	other := &interactionlogv1.ListEventsRequest{Customer: "customers/2"}
	if aip.RequestBinding(base) == aip.RequestBinding(other) {
		t.Error("another customer is another listing")
	}
	if aip.RequestBinding(&interactionlogv1.ListEventsRequest{}) == aip.RequestBinding(&interactionlogv1.SearchEventsRequest{}) {
		t.Error("another method is another listing")
	}
}

func TestPageSize(t *testing.T) {
	for given, want := range map[int32]int{0: 50, 1: 1, 50: 50, 1000: 1000, 1001: 1000, 1 << 30: 1000} {
		if got, err := aip.PageSize(given, 50, 1000); err != nil || got != want {
			t.Errorf("%d: got %d, %v, want %d", given, got, err, want)
		}
	}
	if _, err := aip.PageSize(-1, 50, 1000); fault.ReasonOf(err) != fault.InvalidRequest {
		t.Errorf("negative: %v", err)
	}
}

func FuzzDecodePage(f *testing.F) {
	f.Add(aip.EncodePage([]byte("key"), "a"), "a")
	f.Add("", "")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAA", "a")
	f.Fuzz(func(t *testing.T, token, bound string) {
		key, err := aip.DecodePage(token, bound)
		switch {
		case err != nil:
			if fault.ReasonOf(err) != fault.InvalidPageToken {
				t.Errorf("reason of %v", err)
			}
		case token != "" && aip.EncodePage(key, bound) != token:
			t.Errorf("%q is a second spelling of %q", token, aip.EncodePage(key, bound))
		}
	})
}
