package auth_test

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	_ "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	_ "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestClearance(t *testing.T) {
	for _, c := range []struct {
		roles []commonv1.Role
		want  commonv1.Sensitivity
		all   bool
	}{
		{nil, commonv1.Sensitivity_SENSITIVITY_PUBLIC, false},
		{[]commonv1.Role{commonv1.Role_ROLE_ADMIN}, commonv1.Sensitivity_SENSITIVITY_INTERNAL, false},
		{[]commonv1.Role{commonv1.Role_ROLE_IVR}, commonv1.Sensitivity_SENSITIVITY_PERSONAL, false},
		{[]commonv1.Role{commonv1.Role_ROLE_BOT, commonv1.Role_ROLE_ADMIN}, commonv1.Sensitivity_SENSITIVITY_PERSONAL, false},
		{[]commonv1.Role{commonv1.Role_ROLE_AGENT}, commonv1.Sensitivity_SENSITIVITY_SENSITIVE, true},
		{[]commonv1.Role{commonv1.Role_ROLE_SUPERVISOR}, commonv1.Sensitivity_SENSITIVITY_SENSITIVE, true},
		{[]commonv1.Role{commonv1.Role_ROLE_SERVICE, commonv1.Role_ROLE_ADMIN}, commonv1.Sensitivity_SENSITIVITY_SENSITIVE, true},
	} {
		caller, err := auth.NewCaller("acme", auth.Roles(c.roles...), "x")
		if err != nil {
			t.Fatal(err)
		}
		if caller.Clearance() != c.want || caller.SeesAll() != c.all {
			t.Errorf("%v: %s, sees all %v", c.roles, caller.Clearance(), caller.SeesAll())
		}
	}
}

func TestRoles(t *testing.T) {
	names := auth.AllRoles().Names()
	if !slices.Equal(names, []string{"ivr", "bot", "agent", "supervisor", "admin", "service"}) {
		t.Errorf("names %v", names)
	}
	if s, err := auth.ParseRoles(names); err != nil || s != auth.AllRoles() {
		t.Errorf("%v, %v", s, err)
	}
	for _, bad := range []string{"", "Agent", "ROLE_AGENT", "unspecified", "*"} {
		if _, ok := auth.ParseRole(bad); ok {
			t.Errorf("%q is a role", bad)
		}
	}
	open := auth.CallerOf(context.Background())
	for _, n := range names {
		r, _ := auth.ParseRole(n)
		if !open.HasRole(r) || auth.Roles(r).Has(commonv1.Role_ROLE_UNSPECIFIED) {
			t.Errorf("without credentials there is no role %s", n)
		}
	}
}

func TestCallers(t *testing.T) {
	service, agent := auth.Roles(commonv1.Role_ROLE_SERVICE), auth.Roles(commonv1.Role_ROLE_AGENT)
	for _, c := range []struct {
		tenant string
		roles  auth.RoleSet
		ok     bool
	}{
		{"acme", agent, true}, {"a", agent, true}, {"4-ever", agent, true}, {"acme", 0, true},
		{"*", service, true}, {"*", agent, false}, {"*", service | agent, false}, {"*", 0, false},
		{"", agent, false}, {"Acme", agent, false}, {"-a", agent, false}, {"a b", agent, false}, {"a/b", agent, false},
		{"ä", agent, false}, {"a\n", agent, false}, {string(make([]byte, 64)), agent, false},
	} {
		caller, err := auth.NewCaller(c.tenant, c.roles, "x")
		if (err == nil) != c.ok || err == nil && (caller.AllTenants != (c.tenant == "*") || caller.Open) {
			t.Errorf("%q %v: %+v, %v", c.tenant, c.roles.Names(), caller, err)
		}
	}
}

func TestForTenant(t *testing.T) {
	ctx := metadata.AppendToOutgoingContext(context.Background(), "a", "b", auth.TenantHeader, "old")
	md, _ := metadata.FromOutgoingContext(auth.ForTenant(ctx, "acme"))
	if got := md.Get(auth.TenantHeader); !slices.Equal(got, []string{"acme"}) || md.Get("a")[0] != "b" {
		t.Errorf("got %v", md)
	}
	before, _ := metadata.FromOutgoingContext(ctx)
	if got := before.Get(auth.TenantHeader); !slices.Equal(got, []string{"old"}) {
		t.Errorf("the context it was made of has %v", got)
	}
}

// Every method of the contract says who may call it, so that none is closed by oversight.
func TestEveryMethodHasRoles(t *testing.T) {
	n := 0
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			if f.Package().Parent().Parent() != "throughline" {
				continue
			}
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				m := methods.Get(j)
				n++
				if auth.MethodRoles(m) == 0 {
					t.Errorf("nobody may call %s", m.FullName())
				}
				full := "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
				if auth.AccessOf(full) != (auth.Access{Roles: auth.MethodRoles(m)}) {
					t.Errorf("%s: %+v", full, auth.AccessOf(full))
				}
			}
		}
		return true
	})
	if n < 20 {
		t.Errorf("only %d methods were found", n)
	}
}

func TestAccessOfOthers(t *testing.T) {
	for name, want := range map[string]auth.Access{
		"/grpc.health.v1.Health/Check":                                 {Public: true},
		"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":    {AnyRole: true},
		"/grpc.healthy.Evil/Check":                                     {},
		"/made.Up/Name":                                                {},
		"/throughline.interactionlog.v1.InteractionLogService/Nothing": {},
		"/throughline.interactionlog.v1.InteractionLogService":         {},
		"": {},
	} {
		if got := auth.AccessOf(name); got != want {
			t.Errorf("%q: %+v", name, got)
		}
	}
}

// Services in one process know each other, and nobody else is taken for one.
func TestInside(t *testing.T) {
	in, other := auth.NewInside(), auth.NewInside()
	refuse := func(context.Context, string) (context.Context, error) {
		return nil, fault.New(fault.Unauthenticated, fault.NotAuthenticated, "no")
	}
	call := func(md map[string]string, more ...string) (*auth.Caller, error) {
		m := metadata.New(md)
		for i := 0; i+1 < len(more); i += 2 {
			m.Append(more[i], more[i+1])
		}
		ctx, err := in.Authenticator(refuse)(metadata.NewIncomingContext(context.Background(), m), "/a.B/C")
		if err != nil {
			return nil, err
		}
		return auth.CallerOf(ctx), nil
	}
	own, _ := in.Credentials().GetRequestMetadata(context.Background())
	foreign, _ := other.Credentials().GetRequestMetadata(context.Background())
	if c, err := call(own, auth.TenantHeader, "acme"); err != nil || c.Tenant != "acme" || !c.AllTenants || c.Open {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := call(own); err != nil || c.Tenant != "" || c.RequireTenant() == nil {
		t.Errorf("without a tenant: %+v, %v", c, err)
	}
	for name, md := range map[string]map[string]string{"another process": foreign, "nothing": {}, "empty": {auth.AuthorizationHeader: ""}} {
		if c, err := call(md); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c, err := call(own, auth.AuthorizationHeader, "Bearer x"); err == nil {
		t.Errorf("with a second credential: %+v", c)
	}
}

func FuzzAuthenticate(f *testing.F) {
	g := &auth.Guard{Keys: nobody{}, Tokens: nobody{}, Certificates: true}
	f.Add("Bearer x", "", "acme")
	f.Add("", "tlk_a_b", "")
	f.Add("bearer  ", "x", "*")
	f.Fuzz(func(t *testing.T, bearer, key, tenant string) {
		ctx := metadata.NewIncomingContext(context.Background(), metadata.MD{
			auth.AuthorizationHeader: {bearer}, auth.KeyHeader: {key}, auth.TenantHeader: {tenant},
		})
		if _, err := g.Authenticate(ctx, "/a.B/C"); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("got %v", err)
		}
	})
}

// nobody has no credentials that hold.
type nobody struct{}

func (nobody) Configured() bool { return true }
func (nobody) Verify(context.Context, string) (*auth.Caller, error) {
	return nil, auth.BadCredential(nil)
}
