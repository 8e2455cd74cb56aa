package rest_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"google.golang.org/grpc/metadata"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rest"
)

// The edge hands on what the caller shows, as often as he shows it, and nothing of its own.
func TestCredentialsAreHandedOn(t *testing.T) {
	var md metadata.MD
	var refuse error
	log := &fakeLog{list: func(ctx context.Context, _ *interactionlogv1.ListEventsRequest) (*interactionlogv1.ListEventsResponse, error) {
		md, _ = metadata.FromIncomingContext(ctx)
		return &interactionlogv1.ListEventsResponse{}, refuse
	}}
	open, guarded := listen(t, newServer(t, rest.Options{}, log)), listen(t, newServer(t, rest.Options{Guarded: true}, log))
	for name, c := range map[string]struct {
		url                string
		header             []string
		bearer, key, asked []string
		guarded            bool
	}{
		"nothing":       {open, nil, []string{""}, nil, nil, false},
		"bearer":        {open, []string{"Authorization", "Bearer x"}, []string{"Bearer x"}, nil, nil, false},
		"key":           {open, []string{"X-Api-Key", "tlk_x"}, nil, []string{"tlk_x"}, nil, false},
		"both":          {open, []string{"X-Api-Key", "tlk_x", "Authorization", "Bearer x"}, []string{"Bearer x"}, []string{"tlk_x"}, nil, false},
		"tenant":        {open, []string{"X-Throughline-Tenant", auth.DefaultTenant}, []string{""}, nil, []string{auth.DefaultTenant}, false},
		"guarded":       {guarded, nil, []string{""}, nil, nil, true},
		"made-up trick": {guarded, []string{"X-Throughline-Guarded", "no", "Grpc-Metadata-Authorization", "Bearer y"}, []string{""}, nil, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, http.MethodGet, c.url+"/v1/customers/c1/events", "", c.header...)
			if c.guarded {
				// The server behind is open, and says that nothing is passed on to it.
				if got.code != 503 {
					t.Errorf("%+v", got)
				}
				return
			}
			if got.code != 200 {
				t.Fatalf("%+v", got)
			}
			for header, want := range map[string][]string{auth.AuthorizationHeader: c.bearer, auth.KeyHeader: c.key, auth.TenantHeader: c.asked} {
				if got := md.Get(header); !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
		})
	}
	refuse = fault.New(fault.Unauthenticated, fault.NotAuthenticated, "no")
	if got := send(t, http.MethodGet, open+"/v1/customers/c1/events", ""); got.code != 401 || got.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%+v", got)
	}
}
