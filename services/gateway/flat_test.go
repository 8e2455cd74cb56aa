package gateway

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// flatDocument is a flat context as VoiceXML's <data> gives it to a dialogue.
type flatDocument struct {
	XMLName   xml.Name `xml:"context"`
	Status    string   `xml:"status,attr"`
	Degraded  string   `xml:"degraded,attr"`
	Reason    string   `xml:"reason,attr"`
	Truncated string   `xml:"truncated,attr"`
	AsOf      string   `xml:"as_of,attr"`
	Values    []struct {
		Name string `xml:"name,attr"`
		Text string `xml:",chardata"`
	} `xml:"value"`
}

func readFlat(t *testing.T, body string) (flatDocument, map[string]string) {
	t.Helper()
	if !strings.HasPrefix(body, `<?xml version="1.0" encoding="UTF-8"?><context `) {
		t.Errorf("the document begins with %.60q", body)
	}
	var d flatDocument
	if err := xml.Unmarshal([]byte(body), &d); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	values := map[string]string{}
	last := ""
	for _, v := range d.Values {
		if v.Name <= last {
			t.Errorf("%q comes after %q", v.Name, last)
		}
		last, values[v.Name] = v.Name, v.Text
	}
	return d, values
}

func TestFlatContextAsXML(t *testing.T) {
	e := startEdge(t)
	const get, post = "/v1/customers/7/context:flat?slots=city&slots=street", "/v1/contexts:flat"
	for _, tc := range []struct {
		name, method, path, body string
		accept                   string
		xml                      bool
	}{
		{"by default JSON", "GET", get, "", "", false},
		{"any type", "GET", get, "", "*/*", false},
		{"JSON sooner than XML", "GET", get, "", "application/json, text/xml", false},
		{"no XML", "GET", get, "", "application/xml;q=0", false},
		{"XML", "GET", get, "", "application/xml", true},
		{"text/xml among others", "GET", get, "", "image/png, text/xml;q=0.9, */*;q=0.1", true},
		{"by the query", "GET", get + "&format=xml", "", "", true},
		{"the query counts more", "GET", get + "&format=json", "", "application/xml", false},
		{"by a body", "POST", post + "?format=xml", `{"customer": "customers/7", "slots": ["city", "street"]}`, "", true},
		{"by a body and a header", "POST", post, `{"customer": "customers/7", "slots": ["city", "street"]}`, "text/xml", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			header := []string{}
			if tc.accept != "" {
				header = []string{"Accept", tc.accept}
			}
			resp, body := ask(t, tc.method, e.url+tc.path, tc.body, header...)
			if resp.StatusCode != 200 {
				t.Fatalf("%s: %s", resp.Status, body)
			}
			if !tc.xml {
				if ct := resp.Header.Get("Content-Type"); ct != "application/json" || !contains(decode(t, body), decode(t, `{"status": "FLAT_STATUS_KNOWN", "values": {"slot_city": "city,street"}}`)) {
					t.Errorf("%s: %s", ct, body)
				}
				return
			}
			if ct := resp.Header.Get("Content-Type"); ct != "application/xml; charset=utf-8" {
				t.Errorf("Content-Type %q", ct)
			}
			d, values := readFlat(t, body)
			want := map[string]string{
				"customer": "customers/7", "slot_city": "city,street", "name": "Ädä", "case_subject": "<Ada's> \"lost\" parcel & more\n\uFFFD \U0001f4e6",
			}
			if diff := cmp.Diff(want, values); diff != "" || d.Status != "known" || d.Degraded != "false" || d.Truncated != "false" || d.AsOf != "1970-01-01T00:00:00Z" {
				t.Errorf("%+v, -want +got\n%s", d, diff)
			}
		})
	}
}

// An IVR hears of its own mistakes, in its own format, and of nothing else.
func TestFlatContextAnswersWhateverHappens(t *testing.T) {
	e := startEdge(t)
	for _, tc := range []struct {
		name, path string
		code       int
		reason     string
	}{
		{"a wrong parameter", "/v1/customers/7/context:flat?nonsense=1", 400, "UNKNOWN_FIELD"},
		{"a wrong format", "/v1/customers/7/context:flat?format=csv", 400, "INVALID_REQUEST"},
		{"a wrong value", "/v1/customers/7/context:flat?asker.channel=TELEPATHY", 400, "INVALID_REQUEST"},
		{"not allowed", "/v1/customers/forbidden/context:flat", 403, "PERMISSION_DENIED"},
		{"no credential", "/v1/customers/nobody/context:flat", 401, "UNAUTHENTICATED"},
		{"a defect", "/v1/customers/panic/context:flat", 200, ""},
		{"too slow", "/v1/customers/slow/context:flat", 200, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			resp, body := ask(t, "GET", e.url+tc.path, "", "Accept", "application/xml", "Grpc-Timeout", "100m")
			if resp.StatusCode != tc.code || resp.Header.Get("Content-Type") != "application/xml; charset=utf-8" {
				t.Fatalf("%s, %s: %s", resp.Status, resp.Header.Get("Content-Type"), body)
			}
			if tc.code == 200 {
				if d, values := readFlat(t, body); d.Status != "unavailable" || d.Degraded != "true" || d.Reason != "service_unavailable" || len(values) > 0 {
					t.Errorf("got %s", body)
				}
				return
			}
			var refused struct {
				XMLName xml.Name `xml:"error"`
				Code    int      `xml:"code,attr"`
				Reason  string   `xml:"reason,attr"`
				Text    string   `xml:",chardata"`
			}
			if err := xml.Unmarshal([]byte(body), &refused); err != nil || refused.Code != tc.code || refused.Reason != tc.reason || refused.Text == "" {
				t.Errorf("%v: %s", err, body)
			}
		})
	}
	e.context.Stop()
	for _, accept := range []string{"application/xml", "application/json"} {
		resp, body := ask(t, "POST", e.url+"/v1/contexts:flat", `{"customer": "customers/7"}`, "Accept", accept, "Grpc-Timeout", "500m")
		if resp.StatusCode != 200 || !strings.Contains(strings.ToLower(body), "unavailable") || !strings.Contains(body, "true") {
			t.Errorf("the service is away: %s %s", resp.Status, body)
		}
	}
	if resp, body := ask(t, "GET", e.url+"/v1/customers/7/context", "", "Accept", "application/xml", "Grpc-Timeout", "500m"); resp.StatusCode != 503 || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("a method like any other: %s %s", resp.Status, body)
	}
}

// Without a time of its own a call ends before the caller on the line does.
func TestFlatContextHasATimeout(t *testing.T) {
	e := startEdge(t)
	resp, body := ask(t, "GET", e.url+"/v1/customers/slow/context:flat?format=xml", "")
	if d, _ := readFlat(t, body); resp.StatusCode != 200 || d.Status != "unavailable" {
		t.Errorf("%s %s", resp.Status, body)
	}
}
