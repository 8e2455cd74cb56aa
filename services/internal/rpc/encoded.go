package rpc

import (
	"google.golang.org/grpc/encoding"
	encodingproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// Encoded is a message of a stream that is in wire format already: give it to SendMsg. It is not copied, so that ten
// thousand streams that are told the same share its bytes; it must never be changed. It passes by the masks of fields
// like everything that is not a message: whoever encodes one sees to what its readers may see.
type Encoded []byte

// codec is gRPC's own for messages, and also takes Encoded.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(encodingproto.Name)} }

// Marshal returns a message in wire format.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if e, ok := v.(Encoded); ok {
		return mem.BufferSlice{mem.SliceBuffer(e)}, nil
	}
	return c.CodecV2.Marshal(v)
}
