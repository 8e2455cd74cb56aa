package e2e

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// A voice platform reads the context as a document, and gets one also where there is nothing to read.
func TestFlatContextForVoiceXML(t *testing.T) {
	s := harness.StartSuite(t, t.TempDir())
	client := contextv1.NewContextServiceClient(s.Conn(t, contextv1.ContextService_ServiceDesc.ServiceName+"/RecordFacts"))
	_, err := client.RecordFacts(t.Context(), &contextv1.RecordFactsRequest{
		Customer: "customers/voice", Facts: []*contextv1.FactInput{{Slot: "street", Value: "O'Connell <Street> & Co"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, method, path, body string
		code                     int
		status                   string
		street                   string
	}{
		{"a customer", "GET", "/v1/customers/voice/context:flat", "", 200, "known", "O'Connell <Street> & Co"},
		{"nobody", "GET", "/v1/customers/nobody/context:flat?slots=street", "", 200, "unknown", ""},
		{"no number", "POST", "/v1/contexts:flat", `{"identifier": {"type": "IDENTIFIER_TYPE_PHONE", "value": "anonymous"}}`, 200, "unreadable", ""},
		{"a mistake", "GET", "/v1/customers/voice/context:flat?slot=street", "", 400, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tc.method, "http://"+s.HTTP+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept", "application/xml")
			if tc.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			var d struct {
				XMLName xml.Name
				Status  string `xml:"status,attr"`
				Values  []struct {
					Name string `xml:"name,attr"`
					Text string `xml:",chardata"`
				} `xml:"value"`
			}
			if err := xml.Unmarshal(text, &d); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			street := ""
			for _, v := range d.Values {
				if v.Name == "slot_street" {
					street = v.Text
				}
			}
			root := "context"
			if tc.code != 200 {
				root = "error"
			}
			if resp.StatusCode != tc.code || d.XMLName.Local != root || d.Status != tc.status || street != tc.street {
				t.Errorf("%s: %s", resp.Status, text)
			}
		})
	}
}
