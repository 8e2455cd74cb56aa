package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/throughline-cx/throughline/services/e2e/apicase"
	"github.com/throughline-cx/throughline/services/e2e/harness"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// own and foreign are the tenants of the tests.
const (
	own     = auth.DefaultTenant
	foreign = "other"
)

// closedSuite is a suite that asks for credentials, and keys for it.
type closedSuite struct {
	harness.Suite
	dir string
}

func startClosed(t *testing.T) *closedSuite {
	t.Helper()
	s := &closedSuite{dir: t.TempDir()}
	s.key(t, own, "admin") // a file of keys closes the suite from the start
	s.Suite = harness.StartSuite(t, s.dir)
	return s
}

// startWithKeys starts a suite that knows a key of each role from its start.
func startWithKeys(t *testing.T, roles ...string) (s *closedSuite, keys map[string]string) {
	t.Helper()
	s, keys = &closedSuite{dir: t.TempDir()}, map[string]string{}
	for _, role := range roles {
		keys[role] = s.key(t, own, role)
	}
	s.Suite = harness.StartSuite(t, s.dir)
	return s, keys
}

// withKey returns a context whose gRPC calls show a key.
func withKey(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, auth.KeyHeader, key)
}

// key makes an API key.
func (s *closedSuite) key(t *testing.T, tenant, role string) string {
	t.Helper()
	out, errOut, code := harness.Run(t, "throughline", "keys", "create", "--tenant", tenant, "--role", role, "--file", filepath.Join(s.dir, "api-keys.json"))
	if code != 0 {
		t.Fatalf("no key: %s", errOut)
	}
	return strings.TrimSpace(out)
}

// await waits until the suite has read a key.
func (s *closedSuite) await(t *testing.T, key string) {
	t.Helper()
	c := apicase.Case{RPC: listShards, REST: "GET /v1/shards", Header: bearer(key)}
	harness.Eventually(t, "the key is known", func() bool {
		o, err := apicase.REST(t.Context(), "http://"+s.HTTP, c)
		if err != nil {
			t.Fatal(err)
		}
		return o.Code != "UNAUTHENTICATED"
	})
}

const listShards = "throughline.interactionlog.v1.InteractionLogService/ListShards"

func bearer(key string) map[string]string {
	if key == "" {
		return nil
	}
	return map[string]string{"authorization": "Bearer " + key}
}

// call makes a call over one of the transports. A stream that stays silent has let the caller in.
func (s *closedSuite) call(t *testing.T, transport string, c apicase.Case) apicase.Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var o apicase.Outcome
	var err error
	if transport == "grpc" {
		o, err = apicase.GRPC(ctx, s.Conn(t, c.RPC), c)
	} else {
		o, err = apicase.REST(ctx, "http://"+s.HTTP, c)
	}
	if err != nil {
		t.Fatalf("%s over %s: %v", c.Name, transport, err)
	}
	return o
}

// accessCases are the calls of testdata/access, and the methods of the contract.
func accessCases(t *testing.T) ([]apicase.Case, map[string]auth.RoleSet) {
	t.Helper()
	methods := map[string]auth.RoleSet{}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			if !strings.HasPrefix(string(f.Package()), "throughline.") {
				continue
			}
			service := f.Services().Get(i)
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				methods[string(service.FullName())+"/"+string(m.Name())] = auth.MethodRoles(m)
			}
		}
		return true
	})
	files, err := apicase.Load("testdata/access")
	if err != nil {
		t.Fatal(err)
	}
	var cases []apicase.Case
	called := map[string]bool{}
	for _, f := range files {
		for _, c := range f.Cases {
			if _, ok := methods[c.RPC]; !ok {
				t.Errorf("%s: there is no method %s", c.Name, c.RPC)
			}
			called[c.RPC] = true
			cases = append(cases, c)
		}
	}
	for m := range methods {
		if !called[m] {
			t.Errorf("testdata/access has no call of %s: add one", m)
		}
	}
	return cases, methods
}

// made is what the cases' variables stand for when nothing in particular is meant.
func made(n int) map[string]string {
	return map[string]string{
		"n": fmt.Sprint(n), "customer": "customers/c1", "interaction": "i1", "event": "e1", "slot": "s1", "phone": "+12025550111",
		"handoff": "h1", "token": "t1", "case": "k1",
	}
}

// Every method, over gRPC and REST, lets in the roles that the contract names and nobody else.
func TestRolesOfEveryMethod(t *testing.T) {
	cases, methods := accessCases(t)
	s, keys := startWithKeys(t, auth.AllRoles().Names()...)
	keys[""], keys["nonsense"] = "", auth.KeyPrefix+strings.Repeat("a", 13)+"_"+strings.Repeat("a", 52)
	n := 0
	for _, c := range cases {
		t.Run(c.RPC[strings.LastIndexByte(c.RPC, '.')+1:]+"/"+c.Name, func(t *testing.T) {
			for role, key := range keys {
				for _, transport := range []string{"grpc", "rest"} {
					n++
					one := c.Expanded(made(n))
					one.Header = bearer(key)
					o := s.call(t, transport, one)
					r, isRole := auth.ParseRole(role)
					want := "let in"
					switch {
					case !isRole:
						want = "UNAUTHENTICATED"
					case !methods[c.RPC].Has(r):
						want = "PERMISSION_DENIED"
					}
					got := "let in"
					switch {
					case o.Code == "UNAUTHENTICATED" || o.Code == "PERMISSION_DENIED":
						got = o.Code
					case o.Code == "UNIMPLEMENTED" && !c.Pending:
						got = "there is no such method"
					}
					if got != want || (want != "let in" && o.Reason != want) {
						t.Errorf("role %q over %s: %s (%s %s: %s), want %s", role, transport, got, o.Code, o.Reason, o.Message, want)
					}
				}
			}
		})
	}
}

// What belongs to another tenant answers like what does not exist.
func TestOtherTenantsDoNotExist(t *testing.T) {
	cases, methods := accessCases(t)
	s := startClosed(t)
	service := s.key(t, own, "service")
	admin := s.key(t, own, "admin")
	keys := map[string]string{}
	last := ""
	for _, role := range auth.AllRoles().Names() {
		last = s.key(t, foreign, role)
		keys[role] = last
	}
	s.await(t, last)
	planted, none := s.plant(t, service, admin), map[string]string{
		"customer": "customers/none", "interaction": "i-none", "event": "e-none", "slot": "no_slot", "phone": "+12025550199",
		"handoff": "h-none", "token": "t-none", "case": "k-none",
	}
	n := 0
	for _, transport := range []string{"grpc", "rest"} {
		for _, c := range cases {
			n++
			key := ""
			for _, role := range auth.AllRoles().Names() {
				if r, _ := auth.ParseRole(role); methods[c.RPC].Has(r) {
					key = keys[role]
				}
			}
			var answers [2]string
			for i, vars := range []map[string]string{none, planted} {
				vars["n"] = fmt.Sprintf("%s%d%d", transport, n, i)
				one := c.Expanded(vars)
				one.Header = bearer(key)
				answers[i] = shape(t, s.call(t, transport, one), vars)
			}
			if answers[0] != answers[1] {
				t.Errorf("%s over %s tells what exists:\nnothing there:   %s\nanother tenant's: %s", c.Name, transport, answers[0], answers[1])
			}
			if strings.Contains(answers[1], "planted") {
				t.Errorf("%s over %s gives away: %s", c.Name, transport, answers[1])
			}
		}
	}
	// A service may not choose its tenant unless its credential is good for all.
	for _, c := range cases {
		one := c.Expanded(planted)
		one.Header = bearer(service)
		one.Header[auth.TenantHeader] = foreign
		for _, transport := range []string{"grpc", "rest"} {
			if o := s.call(t, transport, one); o.Code != "PERMISSION_DENIED" {
				t.Errorf("%s over %s for another tenant: %s", c.Name, transport, o.Code)
			}
		}
	}
}

// plant makes things of the own tenant and returns their names.
func (s *closedSuite) plant(t *testing.T, service, admin string) map[string]string {
	t.Helper()
	vars := map[string]string{
		"interaction": "i-real", "event": "e-real", "slot": "real", "phone": "+12025550123",
		"handoff": "h-real", "token": "t-real", "case": "k-real",
	}
	do := func(key, rpc, rest, request string) apicase.Outcome {
		t.Helper()
		var body map[string]any
		if err := json.Unmarshal([]byte(request), &body); err != nil {
			t.Fatal(err)
		}
		o := s.call(t, "rest", apicase.Case{Name: rpc, RPC: rpc, REST: rest, Body: body, Header: bearer(key)}.Expanded(vars))
		if o.Code != "OK" {
			t.Fatalf("%s: %s %s", rpc, o.Code, o.Message)
		}
		return o
	}
	const log, context = "throughline.interactionlog.v1.InteractionLogService/", "throughline.context.v1.ContextService/"
	o := do(service, context+"ResolveCustomer", "POST /v1/customers:resolve", `{"identifiers": [{"type": "IDENTIFIER_TYPE_PHONE", "value": "${phone}"}]}`)
	vars["customer"] = fmt.Sprint(o.Answer["customer"])
	do(admin, context+"CreateSlot", "POST /v1/slots?slotId=${slot}", `{"displayName": "planted"}`)
	do(service, context+"RecordFacts", "POST /v1/${customer}/facts:record", `{"facts": [{"slot": "${slot}", "value": "planted"}], "origin": {"channel": "CHANNEL_CHAT"}}`)
	do(service, log+"AppendEvents", "POST /v1/${customer}/events:append", `{"events": [{
		"eventId": "${event}", "interactionId": "${interaction}", "caseId": "${case}", "channel": "CHANNEL_CHAT", "messageSent": {"text": "planted"}}]}`)
	return vars
}

// text matches what a value is in an answer; numbers of 64 bits come as text, and the shard depends on the id.
var text = regexp.MustCompile(`("[^"]*"|[0-9]+)([,}\]])`)

// shape is an outcome without what differs between any two calls: which id was asked for, times, tokens and places in
// the log. What is left is what a caller could learn from.
func shape(t *testing.T, o apicase.Outcome, vars map[string]string) string {
	t.Helper()
	if strings.Contains(fmt.Sprint(o), "planted") {
		return "planted"
	}
	content, err := json.Marshal(o.Answer)
	if err != nil {
		t.Fatal(err)
	}
	msg := o.Message
	for name, v := range vars {
		msg = strings.ReplaceAll(strings.ReplaceAll(msg, strings.TrimPrefix(v, "customers/"), "<"+name+">"), v, "<"+name+">")
	}
	// The flat form has keys with the slot's name in them.
	content = bytes.ReplaceAll(content, []byte("_"+vars["slot"]+`"`), []byte(`_<slot>"`))
	return fmt.Sprintf("%s %s %s %v %s", o.Code, o.Reason, msg, len(o.Meta), text.ReplaceAll(content, []byte(`"."$2`)))
}

// A running suite without credentials closes as soon as there are some.
func TestKeysCloseARunningSuite(t *testing.T) {
	s := &closedSuite{dir: t.TempDir()}
	s.Suite = harness.StartSuite(t, s.dir)
	c := apicase.Case{Name: "shards", RPC: listShards, REST: "GET /v1/shards", Request: map[string]any{}}
	for _, transport := range []string{"grpc", "rest"} {
		if o := s.call(t, transport, c); o.Code != "OK" {
			t.Fatalf("open, over %s: %s", transport, o.Code)
		}
	}
	key := s.key(t, own, "admin")
	harness.Eventually(t, "the suite is closed", func() bool {
		return s.call(t, "grpc", c).Code == "UNAUTHENTICATED" && s.call(t, "rest", c).Code == "UNAUTHENTICATED"
	})
	if err := os.Remove(filepath.Join(s.dir, "api-keys.json")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // longer than the file is left alone
	if o := s.call(t, "grpc", c); o.Code != "UNAUTHENTICATED" {
		t.Errorf("without the file the suite is open again: %s", o.Code)
	}
	c.Header = bearer(key)
	if o := s.call(t, "rest", c); o.Code != "OK" {
		t.Errorf("the key read last: %s", o.Code)
	}
}

// Each service in a process of its own, with TLS between them: callers show keys, the context service its own one.
func TestApartWithCredentials(t *testing.T) {
	dir := t.TempDir()
	s := &closedSuite{dir: dir}
	agent := s.key(t, own, "agent")
	internal := filepath.Join(dir, "log-key")
	if err := os.WriteFile(internal, []byte(s.key(t, auth.EveryTenant, "service")), 0o600); err != nil {
		t.Fatal(err)
	}
	ca := testkit.NewCA(t)
	cert, key := ca.Issue("server", "127.0.0.1")
	secured := []string{"--api-keys", filepath.Join(dir, "api-keys.json"), "--tls-cert", cert, "--tls-key", key}
	log := harness.Start(t, "interactionlogd", append(secured, "--data", filepath.Join(dir, "log"), "--listen", "127.0.0.1:0")...)
	customers := harness.Start(t, "contextd", append(secured, "--data", filepath.Join(dir, "context"), "--listen", "127.0.0.1:0",
		"--log-target", log.GRPC, "--log-tls-ca", ca.File, "--log-key-file", internal)...)
	// Without --tls-cert of its own, so that the test's client needs no authority.
	edge := harness.Start(t, "gatewayd", "--http-listen", "127.0.0.1:0", "--guarded", "--log-target", log.GRPC, "--log-tls-ca", ca.File,
		"--context-target", customers.GRPC, "--context-tls-ca", ca.File)
	s.Suite = harness.Suite{HTTP: edge.HTTP}
	resolve := apicase.Case{
		Name: "resolve", RPC: "throughline.context.v1.ContextService/ResolveCustomer", REST: "POST /v1/customers:resolve",
		Body: map[string]any{"identifiers": []any{map[string]any{"type": "IDENTIFIER_TYPE_PHONE", "value": "+12025550123"}}},
	}
	if o := s.call(t, "rest", resolve); o.Code != "UNAUTHENTICATED" || o.HTTP != 401 {
		t.Errorf("without a key: %d %s", o.HTTP, o.Code)
	}
	for _, header := range []string{"authorization", auth.KeyHeader} {
		resolve.Header = bearer(agent)
		if header == auth.KeyHeader {
			resolve.Header = map[string]string{header: agent}
		}
		if o := s.call(t, "rest", resolve); o.Code != "OK" {
			t.Errorf("with a key in %s: %s %s", header, o.Code, o.Message)
		}
	}
	resolve.Header[auth.TenantHeader] = foreign
	if o := s.call(t, "rest", resolve); o.Code != "PERMISSION_DENIED" {
		t.Errorf("for another tenant: %s", o.Code)
	}
	for _, p := range []*harness.Process{log, customers, edge} {
		if strings.Contains(p.Stderr(), agent[len(agent)-52:]) {
			t.Error("a secret is in the log")
		}
	}
}

// A gateway that others reach passes nothing on to services that ask nobody who he is.
func TestGuardedGatewayBeforeOpenServices(t *testing.T) {
	dir := t.TempDir()
	open := harness.StartApart(t, dir)
	edge := harness.Start(t, "gatewayd", "--http-listen", "127.0.0.1:0", "--guarded", "--log-target", open.Log, "--context-target", open.Context)
	s := &closedSuite{Suite: harness.Suite{HTTP: edge.HTTP}}
	o := s.call(t, "rest", apicase.Case{Name: "shards", RPC: listShards, REST: "GET /v1/shards", Header: bearer("tlk_x")})
	if o.Code != "UNAVAILABLE" || !strings.Contains(o.Message, "asks nobody for credentials") {
		t.Errorf("%s: %s", o.Code, o.Message)
	}
}
