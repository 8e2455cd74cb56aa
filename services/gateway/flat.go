package gateway

import (
	"bytes"
	"encoding/xml"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/internal/rest"
)

// flatTimeout bounds a flat context that is asked for without a time: a caller on the line does not wait longer.
const flatTimeout = time.Second

// flatForm is how flat contexts are answered: also as XML, for VoiceXML's <data>, and always, because an IVR has no use for
// an error.
func flatForm() rest.Form {
	return rest.Form{
		XML:     flatXML,
		Timeout: flatTimeout,
		Instead: func() proto.Message {
			return &contextv1.FlatContext{
				Status: contextv1.FlatStatus_FLAT_STATUS_UNAVAILABLE, Degraded: true,
				Reason: contextv1.IncompleteReason_INCOMPLETE_REASON_SERVICE_UNAVAILABLE,
			}
		},
	}
}

// flatXML writes a flat context as a document that VoiceXML's <data> takes: an element a value, by name. Characters that
// XML cannot hold become U+FFFD.
func flatXML(m proto.Message) []byte {
	c, _ := m.(*contextv1.FlatContext)
	var b bytes.Buffer
	b.WriteString(strings.TrimSuffix(xml.Header, "\n") + "<context")
	attribute := func(name, value string) {
		b.WriteString(" " + name + `="`)
		_ = xml.EscapeText(&b, []byte(value))
		b.WriteByte('"')
	}
	attribute("status", enumWord(c.GetStatus().String(), "FLAT_STATUS_"))
	attribute("degraded", strconv.FormatBool(c.GetDegraded()))
	if c.GetReason() != contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED {
		attribute("reason", enumWord(c.GetReason().String(), "INCOMPLETE_REASON_"))
	}
	attribute("truncated", strconv.FormatBool(c.GetTruncated()))
	if t := c.GetAsOfTime(); t != nil {
		attribute("as_of", t.AsTime().Format(time.RFC3339))
	}
	b.WriteByte('>')
	for _, name := range slices.Sorted(maps.Keys(c.GetValues())) {
		b.WriteString("<value")
		attribute("name", name)
		b.WriteByte('>')
		_ = xml.EscapeText(&b, []byte(c.GetValues()[name]))
		b.WriteString("</value>")
	}
	b.WriteString("</context>")
	return b.Bytes()
}

func enumWord(name, prefix string) string { return strings.ToLower(strings.TrimPrefix(name, prefix)) }
