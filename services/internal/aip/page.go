package aip

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	pageVersion = 'p'
	// maxPageToken bounds what a decoder looks at; our keys are far shorter.
	maxPageToken = 2048
)

// EncodePage returns the page token that continues after key. boundTo names what the listing is about (the tenant and
// RequestBinding of the request), so that a token does not continue another listing. A nil key means "no more pages"
// and gives "".
func EncodePage(key []byte, boundTo ...string) string {
	if key == nil {
		return ""
	}
	return sealToken(pageVersion, bind(boundTo...), key)
}

// DecodePage returns the key in a page token. The empty token is the first page and gives nil. A token that is damaged,
// from another version or from another listing is a fault INVALID_PAGE_TOKEN.
func DecodePage(token string, boundTo ...string) ([]byte, error) {
	if token == "" {
		return nil, nil
	}
	if len(token) <= maxPageToken {
		if bound, key, ok := openToken(pageVersion, token); ok && bound == bind(boundTo...) {
			return key, nil
		}
	}
	return nil, fault.New(fault.Invalid, fault.InvalidPageToken,
		"the page token does not belong to this request; start again without one").
		WithField("page_token", "must be the next_page_token of an answer to the same request")
}

// RequestBinding returns a string that is equal for two list requests exactly when they differ in nothing but
// page_token and page_size (which may change from page to page, AIP-158).
func RequestBinding(req proto.Message) string {
	c := proto.Clone(req)
	m := c.ProtoReflect()
	for _, name := range []protoreflect.Name{"page_token", "page_size"} {
		if f := m.Descriptor().Fields().ByName(name); f != nil {
			m.Clear(f)
		}
	}
	b, err := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(c)
	if err != nil {
		// Only invalid UTF-8 gets here, and a request that came over the wire has none.
		b = []byte(err.Error())
	}
	return string(m.Descriptor().FullName()) + "\x00" + string(b)
}

// PageSize returns the number of items to answer with: def when the caller gave none, and never more than limit.
func PageSize(requested int32, def, limit int) (int, error) {
	switch {
	case requested < 0:
		return 0, fault.New(fault.Invalid, fault.InvalidRequest, "page_size must not be negative").
			WithField("page_size", "must be 0 (the default) or more")
	case requested == 0:
		return def, nil
	default:
		return min(int(requested), limit), nil
	}
}
