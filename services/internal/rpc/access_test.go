package rpc_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// words is a kind of credential whose tokens say what they are good for: "tlk_agent@acme".
type words struct{}

func (words) Configured() bool { return true }

func (words) Verify(_ context.Context, token string) (*auth.Caller, error) {
	names, tenant, ok := strings.Cut(strings.TrimPrefix(token, auth.KeyPrefix), "@")
	roles, err := auth.ParseRoles(strings.Fields(names))
	if !ok || err != nil {
		return nil, auth.BadCredential(fmt.Errorf("unknown key"))
	}
	return auth.NewCaller(tenant, roles, "key:"+token)
}

func guarded() auth.Authenticator { return (&auth.Guard{Keys: words{}}).Authenticate }

func with(ctx context.Context, token string, more ...string) context.Context {
	if token != "" {
		more = append(more, auth.AuthorizationHeader, "Bearer "+auth.KeyPrefix+token)
	}
	return metadata.AppendToOutgoingContext(ctx, more...)
}

// wholeLog implements all of a service of the contract, and counts.
type wholeLog struct {
	interactionlogv1.UnimplementedInteractionLogServiceServer
	calls atomic.Int32
	list  *interactionlogv1.ListEventsResponse
}

func (l *wholeLog) AcrossTenants() []string { return []string{"ListShards"} }

func (l *wholeLog) ListShards(context.Context, *interactionlogv1.ListShardsRequest) (*interactionlogv1.ListShardsResponse, error) {
	l.calls.Add(1)
	return &interactionlogv1.ListShardsResponse{}, nil
}

func (l *wholeLog) ListEvents(context.Context, *interactionlogv1.ListEventsRequest) (*interactionlogv1.ListEventsResponse, error) {
	l.calls.Add(1)
	return l.list, nil
}

func (l *wholeLog) GetHead(context.Context, *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
	l.calls.Add(1)
	return &interactionlogv1.GetHeadResponse{}, nil
}

func (l *wholeLog) IngestEvents(s grpc.BidiStreamingServer[interactionlogv1.IngestEventsRequest, interactionlogv1.IngestEventsResponse]) error {
	l.calls.Add(1)
	return s.Send(&interactionlogv1.IngestEventsResponse{})
}

func (l *wholeLog) TailEvents(_ *interactionlogv1.TailEventsRequest, s grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	l.calls.Add(1)
	return s.Send(&interactionlogv1.TailEventsResponse{Events: l.list.GetEvents()})
}

func serveLog(t *testing.T, o rpc.Options) (*wholeLog, *grpc.ClientConn) {
	t.Helper()
	l := &wholeLog{list: &interactionlogv1.ListEventsResponse{Events: []*interactionlogv1.Event{{
		EventId: "f", Payload: &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{Slot: "a", Value: "42"}},
	}}}}
	if o.Authenticate == nil {
		o.Authenticate = guarded()
	}
	return l, testkit.Serve(t, o, func(r grpc.ServiceRegistrar) {
		interactionlogv1.RegisterInteractionLogServiceServer(r, l)
		testpb.RegisterTestServiceServer(r, &fake{unary: func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
			l.calls.Add(1)
			return &testpb.SimpleResponse{}, nil
		}})
	})
}

func TestAccess(t *testing.T) {
	l, conn := serveLog(t, rpc.Options{})
	log := interactionlogv1.NewInteractionLogServiceClient(conn)
	head := func(ctx context.Context) error {
		_, err := log.GetHead(ctx, &interactionlogv1.GetHeadRequest{Customer: "customers/1"})
		return err
	}
	badHead := func(ctx context.Context) error {
		_, err := log.GetHead(ctx, &interactionlogv1.GetHeadRequest{Customer: "bad"})
		return err
	}
	shards := func(ctx context.Context) error {
		_, err := log.ListShards(ctx, &interactionlogv1.ListShardsRequest{})
		return err
	}
	tail := func(ctx context.Context) error {
		s, err := log.TailEvents(ctx, &interactionlogv1.TailEventsRequest{})
		if err == nil {
			_, err = s.Recv()
		}
		return err
	}
	// No message is sent: the refusal must not wait for one.
	ingest := func(ctx context.Context) error {
		s, err := log.IngestEvents(ctx)
		if err == nil {
			_, err = s.Recv()
		}
		return err
	}
	unlisted := func(ctx context.Context) error {
		_, err := testpb.NewTestServiceClient(conn).UnaryCall(ctx, &testpb.SimpleRequest{})
		return err
	}
	unknown := func(ctx context.Context) error {
		return conn.Invoke(ctx, "/made.Up/Name", &testpb.Empty{}, &testpb.Empty{})
	}
	health := func(ctx context.Context) error {
		_, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
		return err
	}
	reflect := func(ctx context.Context) error {
		s, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err != nil {
			return err
		}
		_ = s.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
		_, err = s.Recv()
		return err
	}
	tenant := func(name string) []string { return []string{auth.TenantHeader, name} }
	const ok = codes.OK
	for _, c := range []struct {
		name, token string
		header      []string
		call        func(context.Context) error
		code        codes.Code
		reason      string
		reaches     bool
	}{
		{"role allowed", "ivr@acme", nil, head, ok, "", true},
		{"one role of two", "admin ivr@acme", nil, head, ok, "", true},
		{"role not allowed", "admin@acme", nil, head, codes.PermissionDenied, fault.PermissionDenied, false},
		{"role not allowed, bad request", "admin@acme", nil, badHead, codes.PermissionDenied, fault.PermissionDenied, false},
		{"bad request", "ivr@acme", nil, badHead, codes.InvalidArgument, fault.InvalidRequest, false},
		{"nobody", "", nil, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"nobody, bad request", "", nil, badHead, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"unknown key", "nonsense", nil, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"key header", "", []string{auth.KeyHeader, "tlk_ivr@acme"}, head, ok, "", true},
		{"key header with a token", "", []string{auth.KeyHeader, "ivr@acme"}, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"two credentials", "ivr@acme", []string{auth.KeyHeader, "tlk_ivr@acme"}, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"same credential twice", "ivr@acme", []string{auth.AuthorizationHeader, "Bearer tlk_ivr@acme"}, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"basic", "", []string{auth.AuthorizationHeader, "Basic YTpi"}, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"lower-case scheme", "", []string{auth.AuthorizationHeader, "bearer tlk_ivr@acme"}, head, ok, "", true},
		{"scheme alone", "", []string{auth.AuthorizationHeader, "Bearer "}, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"empty header", "", []string{auth.AuthorizationHeader, ""}, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"no such kind", "", []string{auth.AuthorizationHeader, "Bearer ey.ey.x"}, head, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"stream, role allowed", "service@acme", nil, tail, ok, "", true},
		{"stream, role not allowed", "agent@acme", nil, tail, codes.PermissionDenied, fault.PermissionDenied, false},
		{"stream, nobody", "", nil, tail, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"stream of the caller, not allowed", "agent@acme", nil, ingest, codes.PermissionDenied, fault.PermissionDenied, false},
		{"stream of the caller, nobody", "", nil, ingest, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"method without access", "ivr bot agent supervisor admin service@acme", nil, unlisted, codes.PermissionDenied, fault.PermissionDenied, false},
		{"method without access, nobody", "", nil, unlisted, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"unknown method", "agent@acme", nil, unknown, codes.Unimplemented, fault.MethodNotFound, false},
		{"unknown method, all tenants", "service@*", nil, unknown, codes.Unimplemented, fault.MethodNotFound, false},
		{"unknown method, nobody", "", nil, unknown, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"health, nobody", "", nil, health, ok, "", false},
		{"health, bad key", "nonsense", nil, health, ok, "", false},
		{"reflection", "ivr@acme", nil, reflect, ok, "", false},
		{"reflection, nobody", "", nil, reflect, codes.Unauthenticated, fault.NotAuthenticated, false},
		{"all tenants, one named", "service@*", tenant("acme"), head, ok, "", true},
		{"all tenants, none named", "service@*", nil, head, codes.InvalidArgument, fault.TenantRequired, false},
		{"all tenants, none needed", "service@*", nil, shards, ok, "", true},
		{"all tenants, nonsense named", "service@*", tenant("Acme Inc"), head, codes.InvalidArgument, fault.TenantRequired, false},
		{"all tenants, two named", "service@*", append(tenant("a"), tenant("b")...), head, codes.PermissionDenied, fault.PermissionDenied, false},
		{"all tenants, star named", "service@*", tenant("*"), head, codes.InvalidArgument, fault.TenantRequired, false},
		{"all tenants, reflection", "service@*", nil, reflect, ok, "", false},
		{"own tenant named", "agent@acme", tenant("acme"), head, ok, "", true},
		{"another tenant named", "agent@acme", tenant("other"), head, codes.PermissionDenied, fault.PermissionDenied, false},
		{"another tenant named by a service", "service@acme", tenant("other"), head, codes.PermissionDenied, fault.PermissionDenied, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.calls.Store(0)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := c.call(with(ctx, c.token, c.header...))
			reason := ""
			if err != nil {
				reason = rpc.FromError(err).Reason
			}
			if status.Code(err) != c.code || reason != c.reason || (l.calls.Load() > 0) != c.reaches {
				t.Errorf("%v, reason %s, %d calls; want %s %s", err, reason, l.calls.Load(), c.code, c.reason)
			}
		})
	}
}

// Without credentials everybody is the default tenant, and nobody may say otherwise.
func TestOpenServer(t *testing.T) {
	var caller *auth.Caller
	client := serve(t, rpc.Options{}, &fake{unary: func(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
		caller = auth.CallerOf(ctx)
		return &testpb.SimpleResponse{}, nil
	}})
	for name, c := range map[string]struct {
		header []string
		reason string
	}{
		"nothing":          {nil, ""},
		"a credential":     {[]string{auth.AuthorizationHeader, "Bearer x"}, ""},
		"the tenant":       {[]string{auth.TenantHeader, auth.DefaultTenant}, ""},
		"another tenant":   {[]string{auth.TenantHeader, "acme"}, fault.PermissionDenied},
		"a guarded caller": {[]string{auth.GuardedHeader, "1"}, fault.ServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			caller = nil
			_, err := client.UnaryCall(with(t.Context(), "", c.header...), &testpb.SimpleRequest{})
			if c.reason != "" {
				if err == nil || rpc.FromError(err).Reason != c.reason || caller != nil {
					t.Errorf("%v, want %s", err, c.reason)
				}
				return
			}
			if err != nil || caller.Tenant != auth.DefaultTenant || caller.Roles != auth.AllRoles() || !caller.SeesAll() {
				t.Errorf("%v, %+v", err, caller)
			}
		})
	}
}

func TestMaskedAnswers(t *testing.T) {
	l, conn := serveLog(t, rpc.Options{})
	log := interactionlogv1.NewInteractionLogServiceClient(conn)
	for token, want := range map[string]string{"bot@acme": "***", "agent@acme": "42", "bot agent@acme": "42"} {
		resp, err := log.ListEvents(with(t.Context(), token), &interactionlogv1.ListEventsRequest{Customer: "customers/1"})
		if err != nil || resp.GetEvents()[0].GetFactStated().GetValue() != want {
			t.Errorf("%s: %v, %v", token, resp, err)
		}
	}
	if v := l.list.GetEvents()[0].GetFactStated().GetValue(); v != "42" {
		t.Errorf("the handler's own message has become %q", v)
	}
}

// A denial is worth a warning that says who, and never by which secret.
func TestDenialsAreLogged(t *testing.T) {
	var buf testkit.Buffer
	_, conn := serveLog(t, rpc.Options{Logger: slog.New(slog.NewTextHandler(&buf, nil))})
	log := interactionlogv1.NewInteractionLogServiceClient(conn)
	req := &interactionlogv1.GetHeadRequest{Customer: "customers/1"}
	_, _ = log.GetHead(with(t.Context(), "admin@acme"), req)
	_, _ = log.GetHead(with(t.Context(), "ivr@acme", auth.TenantHeader, "other"), req)
	_, _ = log.GetHead(with(t.Context(), "s3cr3t"), req)
	lines := strings.Split(strings.TrimSpace(buf.String()), "\n")
	for i, want := range []string{
		"level=WARN msg=call method=throughline.interactionlog.v1.InteractionLogService/GetHead code=PermissionDenied took= reason=PERMISSION_DENIED caller=key:tlk_admin@acme tenant=acme roles=[admin]",
		`level=WARN msg=call method=throughline.interactionlog.v1.InteractionLogService/GetHead code=PermissionDenied took= reason=PERMISSION_DENIED why="key:tlk_ivr@acme of tenant acme asked for tenant \"other\""`,
		`level=INFO msg=call method=throughline.interactionlog.v1.InteractionLogService/GetHead code=Unauthenticated took= reason=UNAUTHENTICATED why="unknown key"`,
	} {
		words := strings.Fields(lines[i])
		words = slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "time=") || strings.HasPrefix(w, "request_id=") })
		for j, w := range words {
			if strings.HasPrefix(w, "took=") {
				words[j] = "took="
			}
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("line %d:\n%s\nwant\n%s", i, got, want)
		}
	}
	if strings.Contains(buf.String(), "s3cr3t") {
		t.Error("the log has a secret")
	}
	for range 100 {
		_, _ = log.GetHead(with(t.Context(), "nonsense"), req)
	}
	if n := strings.Count(buf.String(), "\n"); n > 90 {
		t.Errorf("%d lines about 103 refusals", n)
	}
}

// Many refusals of one kind do not keep those of the other out of the log.
func TestAFloodHidesNoOtherDenials(t *testing.T) {
	for flood, rare := range map[string]struct{ token, code string }{
		"nonsense":   {"admin@acme", "code=PermissionDenied"},
		"admin@acme": {"nonsense", "code=Unauthenticated"},
	} {
		var buf testkit.Buffer
		_, conn := serveLog(t, rpc.Options{Logger: slog.New(slog.NewTextHandler(&buf, nil))})
		log := interactionlogv1.NewInteractionLogServiceClient(conn)
		req := &interactionlogv1.GetHeadRequest{Customer: "customers/1"}
		for range 100 {
			_, _ = log.GetHead(with(t.Context(), flood), req)
		}
		_, _ = log.GetHead(with(t.Context(), rare.token), req)
		if !strings.Contains(buf.String(), rare.code) {
			t.Errorf("a flood of %s hides %s", flood, rare.code)
		}
	}
}

// A :path without its slash names no method (GO-2026-4762): nothing may take it for one that is allowed.
func TestPathWithoutSlash(t *testing.T) {
	for name, check := range map[string]auth.Authenticator{"open": nil, "guarded": guarded()} {
		t.Run(name, func(t *testing.T) {
			srv, err := rpc.NewServer(rpc.Options{Logger: testkit.Logger(t), Authenticate: check})
			if err != nil {
				t.Fatal(err)
			}
			l := &wholeLog{}
			interactionlogv1.RegisterInteractionLogServiceServer(srv, l)
			lis, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- srv.Serve(lis) }()
			defer func() { srv.Stop(); <-done }()
			full := interactionlogv1.InteractionLogService_ListShards_FullMethodName
			if code := rawCall(t, lis.Addr().String(), full); (code == "0") != (name == "open") {
				t.Errorf("with the slash: grpc-status %s", code)
			}
			l.calls.Store(0)
			for _, path := range []string{full[1:], "", "/", "//" + full[1:], "/" + full, strings.Replace(full[1:], "/", "", 1), "*"} {
				code := rawCall(t, lis.Addr().String(), path)
				if code == "0" || l.calls.Load() != 0 {
					t.Errorf("path %q: grpc-status %s, %d calls", path, code, l.calls.Load())
				}
			}
		})
	}
}

// rawCall sends one request with any :path and returns the grpc-status, or "reset" when there is none.
func rawCall(t *testing.T, addr, path string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	fr := http2.NewFramer(conn, conn)
	fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := fr.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	var block strings.Builder
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "localhost"},
		{"content-type", "application/grpc"}, {"te", "trailers"},
	} {
		if err := enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte(block.String()), EndHeaders: true}); err != nil {
		t.Fatal(err)
	}
	if err := fr.WriteData(1, true, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := fr.ReadFrame()
		if err != nil {
			return "reset"
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = fr.WriteSettingsAck()
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return "reset"
		case *http2.MetaHeadersFrame:
			for _, f := range frame.RegularFields() {
				if f.Name == "grpc-status" {
					return f.Value
				}
			}
		}
	}
}

// docs/errors.md shows what these calls lead to.
func TestRefusalsForTheDocumentation(t *testing.T) {
	_, conn := serveLog(t, rpc.Options{})
	log := interactionlogv1.NewInteractionLogServiceClient(conn)
	head := func(token string, header ...string) error {
		_, err := log.GetHead(with(t.Context(), token, header...), &interactionlogv1.GetHeadRequest{Customer: "customers/1"})
		return err
	}
	_, masked := serveMasking(t)
	refusals := testkit.Refusals{Domain: rpc.CommonDomain}
	for _, c := range []struct {
		reason, rpc, when string
		err               error
	}{
		{fault.NotAuthenticated, "GetHead", "a call without a credential", head("")},
		{fault.NotAuthenticated, "GetHead", "a call with a key that does not exist", head("nonsense")},
		{fault.PermissionDenied, "GetHead", "a call by an administrator", head("admin@acme")},
		{fault.PermissionDenied, "GetHead", "a call for another tenant", head("agent@acme", auth.TenantHeader, "other")},
		{fault.TenantRequired, "GetHead", "a call with a key for all tenants that names none", head("service@*")},
		{fault.MaskedValue, "RecordFacts", "a fact with the value ***", masked},
	} {
		refusals.Add(t, c.err, c.reason, c.rpc, c.when)
	}
	refusals.Golden(t)
}

// serveMasking sends the mask to a service that takes facts.
func serveMasking(t *testing.T) (*grpc.ClientConn, error) {
	t.Helper()
	conn := testkit.Serve(t, rpc.Options{Authenticate: guarded()}, func(r grpc.ServiceRegistrar) {
		contextv1.RegisterContextServiceServer(r, contextv1.UnimplementedContextServiceServer{})
	})
	_, err := contextv1.NewContextServiceClient(conn).RecordFacts(with(t.Context(), "agent@acme"), &contextv1.RecordFactsRequest{
		Customer: "customers/1", Facts: []*contextv1.FactInput{{Slot: "account_number", Value: "***"}},
		Origin: &contextv1.Origin{Channel: interactionlogv1.Channel_CHANNEL_CHAT},
	})
	return conn, err
}
