package logfake

import (
	"context"
	"slices"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// AppendEvents appends events to one customer's history.
func (l *Log) AppendEvents(ctx context.Context, req *logv1.AppendEventsRequest) (*logv1.AppendEventsResponse, error) {
	if err := l.enter(ctx, "AppendEvents"); err != nil {
		return nil, err
	}
	return l.append(TenantOf(ctx), req)
}

// maxPageBytes bounds a page, however many events were asked for: at more than the log does, so that who needs small ones
// sees to that.
const maxPageBytes = 4 << 20

// ListEvents lists a customer's events. It knows the conditions that the context service uses: revisions and types.
func (l *Log) ListEvents(ctx context.Context, req *logv1.ListEventsRequest) (*logv1.ListEventsResponse, error) {
	if err := l.enter(ctx, "ListEvents"); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	resp := &logv1.ListEventsResponse{}
	s := l.streams[name{TenantOf(ctx), req.GetCustomer()}]
	if s == nil {
		return resp, nil
	}
	resp.HeadRevision = int64(len(s.events))
	after := req.GetFilter().GetAfterRevision()
	if req.GetPageToken() != "" {
		n, err := strconv.ParseInt(req.GetPageToken(), 10, 64)
		if err != nil {
			return nil, fault.New(fault.Invalid, fault.InvalidPageToken, "no token of this log")
		}
		after = n
	}
	bytes, size := 0, int(req.GetPageSize())
	if size == 0 {
		size = 100
	}
	for _, e := range s.events[min(after, int64(len(s.events))):] {
		if through := req.GetFilter().GetThroughRevision(); through > 0 && e.GetRevision() > through {
			break
		}
		if len(resp.Events) == size || len(resp.Events) > 0 && bytes+proto.Size(e) > maxPageBytes {
			resp.NextPageToken = strconv.FormatInt(resp.Events[len(resp.Events)-1].GetRevision(), 10)
			break
		}
		if types := req.GetFilter().GetTypes(); len(types) == 0 || slices.Contains(types, TypeOf(e)) {
			bytes += proto.Size(e)
			resp.Events = append(resp.Events, proto.CloneOf(e))
		}
	}
	return resp, nil
}

// TypeOf returns the type of an event: the number of the field that its payload is in.
func TypeOf(e *logv1.Event) logv1.EventType {
	m := e.ProtoReflect()
	f := m.WhichOneof(m.Descriptor().Oneofs().ByName("payload"))
	if f == nil {
		return logv1.EventType_EVENT_TYPE_UNSPECIFIED
	}
	return logv1.EventType(f.Number())
}

// ListShards lists the shards and their heads.
func (l *Log) ListShards(ctx context.Context, _ *logv1.ListShardsRequest) (*logv1.ListShardsResponse, error) {
	if err := l.enter(ctx, "ListShards"); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	resp := &logv1.ListShardsResponse{}
	for i, events := range l.shards {
		resp.Shards = append(resp.Shards, &logv1.Shard{Shard: int32(i), HeadSequence: int64(len(events))})
	}
	return resp, nil
}

// pageOf is how many events a message of a tail holds at most.
const pageOf = 256

// TailEvents follows shards.
func (l *Log) TailEvents(req *logv1.TailEventsRequest, out grpc.ServerStreamingServer[logv1.TailEventsResponse]) error {
	ctx := out.Context()
	if err := l.enter(ctx, "TailEvents"); err != nil {
		return err
	}
	tenant := TenantOf(ctx)
	if req.GetAllTenants() {
		tenant = ""
	}
	at := map[int32]int64{}
	for _, p := range req.GetPositions() {
		at[p.GetShard()] = p.GetSequence()
	}
	l.mu.Lock()
	if len(at) == 0 {
		for i := range l.shards {
			at[int32(i)] = 0
		}
	}
	for shard, seq := range at {
		if int(shard) >= len(l.shards) || seq > int64(len(l.shards[shard])) {
			l.mu.Unlock()
			return fault.New(fault.Invalid, "POSITION_AHEAD", "the position is ahead of the log")
		}
	}
	cut := l.cut
	l.mu.Unlock()
	for first := true; ; {
		l.mu.Lock()
		if cut != l.cut { // what comes after the cut is not sent
			l.mu.Unlock()
			return Unavailable()
		}
		changed := l.changed
		var messages []*logv1.TailEventsResponse
		if !l.stalled {
			messages = l.collect(tenant, at, first)
			first = false
		}
		l.mu.Unlock()
		for _, m := range messages {
			if err := out.Send(m); err != nil {
				return err
			}
		}
		if len(messages) > 0 {
			continue
		}
		if req.GetStopAtHead() && !first {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-cut:
			return Unavailable()
		case <-rpc.Draining(ctx):
			return rpc.DrainingFault()
		case <-changed:
		}
	}
}

// collect makes the next messages of each shard that has news, or of every shard when all is set: for one tenant, or
// for all of them when tenant is empty.
func (l *Log) collect(tenant string, at map[int32]int64, all bool) []*logv1.TailEventsResponse {
	var out []*logv1.TailEventsResponse
	for shard, seq := range at {
		events := l.shards[shard]
		head := int64(len(events))
		sent := false
		for seq < head {
			m := message(tenant, events, seq)
			m.Shard, m.HeadSequence = shard, head
			out = append(out, m)
			seq, sent = m.GetSequence(), true
		}
		if all && !sent {
			out = append(out, &logv1.TailEventsResponse{Shard: shard, Sequence: seq, HeadSequence: head})
		}
		at[shard] = seq
	}
	return out
}

// message makes a message of a shard's events after a position, for one tenant or for all.
func message(tenant string, events []stored, seq int64) *logv1.TailEventsResponse {
	m := &logv1.TailEventsResponse{}
	for _, e := range events[seq:] {
		if len(m.Events) == pageOf || tenant == "" && m.Tenant != "" && e.tenant != m.Tenant {
			break
		}
		seq++
		if tenant == "" {
			m.Tenant = e.tenant
		}
		if tenant == "" || e.tenant == tenant {
			m.Events = append(m.Events, proto.CloneOf(e.Event))
		}
	}
	m.Sequence = seq
	return m
}
