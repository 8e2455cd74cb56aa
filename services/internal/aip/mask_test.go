package aip_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestUpdate(t *testing.T) {
	old := func() *testpb.SimpleRequest {
		return &testpb.SimpleRequest{
			ResponseSize: 1, FillUsername: true,
			Payload:        &testpb.Payload{Body: []byte("old"), Type: testpb.PayloadType_COMPRESSABLE},
			ResponseStatus: &testpb.EchoStatus{Code: 1, Message: "old"},
		}
	}
	src := &testpb.SimpleRequest{ResponseSize: 2, ResponseStatus: &testpb.EchoStatus{Message: "new"}}
	edit := func(f func(*testpb.SimpleRequest)) *testpb.SimpleRequest {
		m := old()
		f(m)
		return m
	}
	for name, c := range map[string]struct {
		paths []string
		want  *testpb.SimpleRequest
	}{
		"no paths: what is set": {nil, edit(func(m *testpb.SimpleRequest) {
			m.ResponseSize, m.ResponseStatus = 2, &testpb.EchoStatus{Message: "new"}
		})},
		"star: everything":  {[]string{"*"}, src},
		"one":               {[]string{"response_size"}, edit(func(m *testpb.SimpleRequest) { m.ResponseSize = 2 })},
		"cleared":           {[]string{"payload"}, edit(func(m *testpb.SimpleRequest) { m.Payload = nil })},
		"nested":            {[]string{"response_status.message"}, edit(func(m *testpb.SimpleRequest) { m.ResponseStatus.Message = "new" })},
		"nested, cleared":   {[]string{"payload.body"}, edit(func(m *testpb.SimpleRequest) { m.Payload.Body = nil })},
		"nested in nothing": {[]string{"response_compressed.value"}, old()},
	} {
		t.Run(name, func(t *testing.T) {
			got := old()
			if err := aip.Update(got, src, c.paths); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, bad := range []string{"", "none", "payload.none", "response_size.x", "*", "payload."} {
		got := old()
		err := aip.Update(got, src, []string{"response_size", bad})
		if fault.ReasonOf(err) != fault.UnknownField {
			t.Errorf("%q: %v", bad, err)
		}
		if diff := cmp.Diff(old(), got, protocmp.Transform()); diff != "" {
			t.Errorf("%q: refused, but changed:\n%s", bad, diff)
		}
	}
}

func TestUpdateSharesNothing(t *testing.T) {
	src := &testpb.SimpleRequest{Payload: &testpb.Payload{Body: []byte("x")}}
	dst := &testpb.SimpleRequest{}
	if err := aip.Update(dst, src, []string{"payload"}); err != nil {
		t.Fatal(err)
	}
	src.Payload.Body[0] = 'y'
	if string(dst.GetPayload().GetBody()) != "x" {
		t.Error("dst changes with src")
	}
}

func TestEtag(t *testing.T) {
	a, b := aip.Etag([]byte("a")), aip.Etag([]byte("b"))
	if a == b || a != aip.Etag([]byte("a")) {
		t.Errorf("%q, %q", a, b)
	}
	for given, reason := range map[string]string{"": "", a: "", b: "CHANGED"} {
		err := aip.CheckEtag(given, a, "CHANGED")
		if fault.ReasonOf(err) != reason {
			t.Errorf("%q: %v", given, err)
		}
	}
}
