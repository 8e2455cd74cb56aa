package server

import (
	"context"
	"encoding/binary"
	"math"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// eventOverhead is what an event takes in a page besides its own bytes: a tag and a length.
const eventOverhead = 6

// page is where in a listing a request is.
type page struct {
	size   int
	cursor int64 // 0 at the beginning
	bound  []string
}

// openPage reads the token and the size of a page. Tokens are good for the tenant and the request that they were made
// for.
func openPage(ctx context.Context, req proto.Message, token string, size int32, usual int) (page, error) {
	p := page{bound: []string{auth.Tenant(ctx), aip.RequestBinding(req)}}
	var err error
	if p.size, err = aip.PageSize(size, usual, domain.MaxPage); err != nil {
		return p, err
	}
	body, err := aip.DecodePage(token, p.bound...)
	if err != nil || body == nil {
		return p, err
	}
	if len(body) == 8 {
		if at := binary.BigEndian.Uint64(body); at > 0 && at <= math.MaxInt64 {
			p.cursor = int64(at)
			return p, nil
		}
	}
	return p, fault.New(fault.Invalid, fault.InvalidPageToken, "the page token does not belong to this request; start again without one").
		WithField("page_token", "must be the next_page_token of an answer to the same request")
}

// next returns the token of the page after this one, "" when the cursor is 0.
func (p page) next(cursor int64) string {
	if cursor <= 0 {
		return ""
	}
	return aip.EncodePage(binary.BigEndian.AppendUint64(nil, uint64(cursor)), p.bound...)
}

// filterOf converts a filter, nil for none.
func filterOf(f *interactionlogv1.EventFilter) (domain.Filter, error) {
	out := domain.Filter{
		InteractionID: f.GetInteractionId(),
		CaseID:        f.GetCaseId(),
		After:         f.GetAfterRevision(),
		Through:       f.GetThroughRevision(),
	}
	for _, t := range f.GetTypes() {
		out.Types = append(out.Types, int32(t))
	}
	for _, c := range f.GetChannels() {
		out.Channels = append(out.Channels, int32(c))
	}
	var err error
	if out.Start, err = timeOf("filter.start_time", f.GetStartTime()); err != nil {
		return out, err
	}
	out.End, err = timeOf("filter.end_time", f.GetEndTime())
	return out, err
}

// timeOf returns the zero time for none.
func timeOf(path string, t *timestamppb.Timestamp) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if !t.IsValid() {
		return time.Time{}, fault.New(fault.Invalid, fault.InvalidRequest, "%s is not a time", path).
			WithField(path, "must be a time of the years 1 to 9999")
	}
	return t.AsTime(), nil
}
