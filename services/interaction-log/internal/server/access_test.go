package server_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/auth/mask"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// as returns an authenticator by which everybody is one caller.
func as(t testing.TB, tenant string, roles ...commonv1.Role) (auth.Authenticator, *auth.Caller) {
	t.Helper()
	c, err := auth.NewCaller(tenant, auth.Roles(roles...), "test")
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, _ string) (context.Context, error) { return auth.WithCaller(ctx, c), nil }, c
}

// switchable lets a test change who calls.
type switchable struct{ tenant, asked string }

func (s *switchable) authenticate(t testing.TB, roles ...commonv1.Role) auth.Authenticator {
	return func(ctx context.Context, _ string) (context.Context, error) {
		_, c := as(t, s.tenant, roles...)
		if s.asked != "" {
			acting := *c
			acting.Tenant = s.asked
			c = &acting
		}
		return auth.WithCaller(ctx, c), nil
	}
}

func tail(t testing.TB, f *fixture, all bool) ([]*interactionlogv1.TailEventsResponse, error) {
	t.Helper()
	stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{StopAtHead: true, AllTenants: all})
	if err != nil {
		return nil, err
	}
	var out []*interactionlogv1.TailEventsResponse
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, msg)
	}
}

// A service for all tenants follows all of them at once; nobody else does.
func TestTailOfAllTenants(t *testing.T) {
	who := &switchable{tenant: auth.EveryTenant}
	f := onMemory(t, setup{shards: 1, authenticate: who.authenticate(t, commonv1.Role_ROLE_SERVICE)})
	for i, tenant := range []string{"north", "north", "south", "north", "south"} {
		who.asked = tenant
		f.append(t, "customers/c1", said("e"+string(rune('a'+i)), "of "+tenant))
	}
	who.asked = ""
	messages, err := tail(t, f, true)
	if err != nil {
		t.Fatal(err)
	}
	seen, last := map[string]int{}, map[int32]int64{}
	for _, m := range messages {
		for _, ev := range m.GetEvents() {
			if ev.GetMessageSent().GetText() != "of "+m.GetTenant() {
				t.Errorf("%s is said to be %s's", ev.GetMessageSent().GetText(), m.GetTenant())
			}
			if ev.GetSequence() > m.GetSequence() || ev.GetSequence() <= last[m.GetShard()] {
				t.Errorf("event %d in a message at %d, after %d", ev.GetSequence(), m.GetSequence(), last[m.GetShard()])
			}
			seen[m.GetTenant()]++
		}
		if len(m.GetEvents()) == 0 && m.GetTenant() != "" {
			t.Errorf("a message without events names %s", m.GetTenant())
		}
		last[m.GetShard()] = m.GetSequence()
	}
	if seen["north"] != 3 || seen["south"] != 2 {
		t.Errorf("seen %v", seen)
	}
	if _, err := tail(t, f, false); err == nil {
		t.Error("a tail of no tenant in particular went through")
	} else {
		wantReason(t, err, fault.TenantRequired)
	}
	if _, err := f.ListShards(t.Context(), &interactionlogv1.ListShardsRequest{}); err != nil {
		t.Errorf("shards: %v", err)
	}
	_, err = f.GetHead(t.Context(), &interactionlogv1.GetHeadRequest{Customer: "customers/c1"})
	wantReason(t, err, fault.TenantRequired)
	who.tenant = "north"
	_, err = tail(t, f, true)
	wantReason(t, err, fault.PermissionDenied)
}

// Without credentials a tail of all tenants is one of the only tenant there is.
func TestTailOfAllTenantsOnAnOpenServer(t *testing.T) {
	f := onMemory(t, setup{authenticate: byHeader})
	for _, tenant := range []string{"north", "south"} {
		_, err := f.AppendEvents(metadataContext(t.Context(), "tenant", tenant), &interactionlogv1.AppendEventsRequest{
			Customer: "customers/c1", Events: []*interactionlogv1.Event{said("e", tenant)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	f.append(t, "customers/c1", said("e", auth.DefaultTenant))
	messages, err := tail(t, f, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		for _, ev := range m.GetEvents() {
			if m.GetTenant() != auth.DefaultTenant || ev.GetMessageSent().GetText() != auth.DefaultTenant {
				t.Errorf("an open server gives %v to everybody", m)
			}
		}
	}
}

// Who is not cleared for a value gets the mask, on every way out of the log.
func TestMasking(t *testing.T) {
	fact := func(id string) *interactionlogv1.Event {
		return &interactionlogv1.Event{
			EventId: id, InteractionId: "i1", Channel: interactionlogv1.Channel_CHANNEL_CHAT,
			Payload: &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{Slot: "account_number", Value: "84318931"}},
		}
	}
	for role, cleared := range map[commonv1.Role]bool{
		commonv1.Role_ROLE_BOT: false, commonv1.Role_ROLE_AGENT: true, commonv1.Role_ROLE_SERVICE: true,
	} {
		t.Run(role.String(), func(t *testing.T) {
			check, _ := as(t, "acme", role)
			f := onMemory(t, setup{authenticate: check})
			want := mask.Mask
			if cleared {
				want = "84318931"
			}
			resp, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
				Customer: "customers/c1", Events: []*interactionlogv1.Event{fact("f"), said("m", "hello")}, IncludeEvents: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			list, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/c1"})
			if err != nil {
				t.Fatal(err)
			}
			for way, ev := range map[string]*interactionlogv1.Event{"append": resp.GetResults()[0].GetEvent(), "list": list.GetEvents()[0]} {
				if got := ev.GetFactStated(); got.GetValue() != want || got.GetSlot() != "account_number" {
					t.Errorf("%s: %v, want value %s", way, got, want)
				}
				if strings.Contains(string(ev.ProtoReflect().GetUnknown()), "8431") {
					t.Errorf("%s: the value is in bytes that nobody decodes", way)
				}
			}
			// What is personal, an IVR and a bot may see.
			if text := list.GetEvents()[1].GetMessageSent().GetText(); text != "hello" {
				t.Errorf("text %q", text)
			}
		})
	}
}

// The stored event is shared by all readers: hiding a value from one must not hide it from the next.
func TestMaskingLeavesTheLogAlone(t *testing.T) {
	bot, _ := as(t, "acme", commonv1.Role_ROLE_BOT)
	agent, _ := as(t, "acme", commonv1.Role_ROLE_AGENT)
	current := bot
	f := onMemory(t, setup{authenticate: func(ctx context.Context, m string) (context.Context, error) { return current(ctx, m) }})
	f.append(t, "customers/c1", &interactionlogv1.Event{
		EventId: "f", InteractionId: "i1", Channel: interactionlogv1.Channel_CHANNEL_CHAT,
		Payload: &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{Slot: "a", Value: "84318931"}},
	})
	req := &interactionlogv1.ListEventsRequest{Customer: "customers/c1"}
	if _, err := f.ListEvents(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	current = agent
	list, err := f.ListEvents(t.Context(), proto.CloneOf(req))
	if err != nil || list.GetEvents()[0].GetFactStated().GetValue() != "84318931" {
		t.Errorf("%v, %v", list, err)
	}
}
