package rest

import (
	"bytes"
	"encoding/xml"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	typeXML     = "application/xml"
	contentXML  = "application/xml; charset=utf-8"
	formatQuery = "format"
)

// Form says how the answers of a method are written for callers that are not programs like others: voice platforms, which
// read XML and hang up on errors.
type Form struct {
	// XML writes an answer as XML, for callers that ask for it with the Accept header or with ?format=xml.
	XML func(proto.Message) []byte
	// Instead is the answer when the service is away, too late, or fails. Only mistakes of the caller are errors then.
	Instead func() proto.Message
	// Timeout bounds a call that asks for no other; Options.Timeout when 0.
	Timeout time.Duration
}

// formed is a request to a method with a form of its own, as edgeWriter remembers it.
type formed struct {
	Form
	xml  bool
	json *jsonMarshaler
	// wrong is what the request asks for in vain.
	wrong error
}

// form returns how a request to a route is answered; nil for like any other. It takes the query parameter that asks for a
// format off the request: it is the edge's, and no field of the message.
func (e *edge) form(r *http.Request, rt *route) *formed {
	if rt == nil {
		return nil
	}
	f, ok := e.o.Forms[rt.method]
	if !ok {
		return nil
	}
	out := &formed{Form: f, json: e.json, xml: acceptsXML(r.Header.Values("Accept"))}
	q := r.URL.Query()
	if !q.Has(formatQuery) {
		return out
	}
	switch format := q.Get(formatQuery); format {
	case "xml":
		out.xml = true
	case "json":
		out.xml = false
	default:
		out.wrong = fault.New(fault.Invalid, fault.InvalidRequest, "query parameters: %q is no format; it is json or xml", format)
	}
	q.Del(formatQuery)
	r.URL.RawQuery = q.Encode()
	return out
}

// acceptsXML reports whether a caller would have XML sooner than JSON.
func acceptsXML(accept []string) bool {
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		t, params, err := mime.ParseMediaType(part)
		if err != nil || params["q"] == "0" {
			continue
		}
		switch t {
		case typeXML, "text/xml":
			return true
		case typeJSON:
			return false
		}
	}
	return false
}

// accept returns the type that the gateway writes answers in.
func (f *formed) accept() string {
	if f != nil && f.xml && f.XML != nil {
		return typeXML
	}
	return typeJSON
}

// limit returns how long a call may take that asks for no other time.
func (f *formed) limit(usual time.Duration) time.Duration {
	if f != nil && f.Timeout > 0 {
		return f.Timeout
	}
	return usual
}

// instead returns the answer in place of an error, and false where the caller has to hear of it.
func (f *formed) instead(s *status.Status) (body []byte, contentType string, ok bool) {
	if f == nil || f.Instead == nil || callersMistake(s) {
		return nil, "", false
	}
	m := f.Instead()
	if f.accept() == typeXML {
		return f.XML(m), contentXML, true
	}
	b, err := f.json.Marshal(m)
	return b, typeJSON, err == nil
}

// callersMistake reports whether an error is about the request, or about who sent it.
func callersMistake(s *status.Status) bool {
	switch s.Code() {
	case codes.InvalidArgument, codes.OutOfRange, codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition,
		codes.PermissionDenied, codes.Unauthenticated:
		return true
	case codes.ResourceExhausted:
		return reasonOf(s) == fault.RequestTooLarge
	default:
		return false
	}
}

// xmlMarshaler writes answers of methods with a form as XML.
type xmlMarshaler struct {
	*jsonMarshaler
	write map[string]func(proto.Message) []byte // by the message's name
}

// Marshal writes one answer.
func (m xmlMarshaler) Marshal(v any) ([]byte, error) {
	if msg, ok := v.(proto.Message); ok {
		if write := m.write[string(msg.ProtoReflect().Descriptor().FullName())]; write != nil {
			return write(msg), nil
		}
	}
	return m.jsonMarshaler.Marshal(v)
}

// ContentType is that of an answer.
func (xmlMarshaler) ContentType(any) string { return contentXML }

// xmlWriters returns what writes the answers of the methods with a form.
func (e *edge) xmlWriters() map[string]func(proto.Message) []byte {
	writers := map[string]func(proto.Message) []byte{}
	for _, rt := range e.routes {
		if f := e.o.Forms[rt.method]; f.XML != nil {
			writers[string(rt.output.FullName())] = f.XML
		}
	}
	return writers
}

// statusXML returns an error as XML.
func statusXML(s *status.Status, httpCode int) []byte {
	var b bytes.Buffer
	b.WriteString(strings.TrimSuffix(xml.Header, "\n") + `<error code="` + strconv.Itoa(httpCode) + `" reason="` + reasonOf(s) + `">`)
	_ = xml.EscapeText(&b, []byte(s.Message()))
	b.WriteString("</error>")
	return b.Bytes()
}
