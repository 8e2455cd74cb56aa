package server

import (
	"context"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// ListShards returns the shards and the newest sequence of each.
func (s *Server) ListShards(context.Context, *interactionlogv1.ListShardsRequest) (*interactionlogv1.ListShardsResponse, error) {
	heads := s.log.Heads()
	resp := &interactionlogv1.ListShardsResponse{Shards: make([]*interactionlogv1.Shard, len(heads))}
	for i, head := range heads {
		resp.Shards[i] = &interactionlogv1.Shard{Shard: int32(i), HeadSequence: head}
	}
	return resp, nil
}
