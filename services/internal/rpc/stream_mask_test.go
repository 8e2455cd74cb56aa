package rpc

import (
	"testing"

	"google.golang.org/grpc"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

// sink is a stream that keeps what is sent.
type sink struct {
	grpc.ServerStream
	sent any
}

func (s *sink) SendMsg(m any) error { s.sent = m; return nil }

// Messages of streams are masked like answers.
func TestStreamMessagesAreMasked(t *testing.T) {
	for role, want := range map[commonv1.Role]string{commonv1.Role_ROLE_BOT: "***", commonv1.Role_ROLE_SERVICE: "42"} {
		c, err := auth.NewCaller("acme", auth.Roles(role), "x")
		if err != nil {
			t.Fatal(err)
		}
		out := &sink{}
		s := &checkedStream{
			ServerStream: out, chain: &chain{inner: []step{hideMasked()}},
			call: &call{method: newMethod(interactionlogv1.InteractionLogService_TailEvents_FullMethodName), caller: c, stream: true},
		}
		err = s.SendMsg(&interactionlogv1.TailEventsResponse{Events: []*interactionlogv1.Event{{
			Payload: &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{Value: "42"}},
		}}})
		got := out.sent.(*interactionlogv1.TailEventsResponse).GetEvents()[0].GetFactStated().GetValue()
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", role, got, err, want)
		}
	}
}
