package rest

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// route is what the .proto says about one path. The gateway's mux routes by itself; the edge needs to know beforehand
// whether a request streams and what it may carry.
type route struct {
	httpMethod string
	// template is the path as in the .proto, and the label in logs and metrics.
	template string
	path     *regexp.Regexp
	// wholeBody is true when the body is the request message, which leaves nothing for query parameters.
	wholeBody    bool
	clientStream bool
	serverStream bool
	input        protoreflect.MessageDescriptor
	output       protoreflect.MessageDescriptor
	// method is the full name of the method: "/package.Service/Method".
	method string
}

func (r *route) streams() bool { return r.clientStream || r.serverStream }

// routeTable holds the routes of all linked services, the more specific ones first.
type routeTable []*route

func newRouteTable() routeTable {
	var t routeTable
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				t = append(t, methodRoutes(methods.Get(j))...)
			}
		}
		return true
	})
	slices.SortStableFunc(t, func(a, b *route) int {
		return cmp.Or(-cmp.Compare(strings.Count(a.template, ":"), strings.Count(b.template, ":")),
			cmp.Compare(a.template, b.template), cmp.Compare(a.httpMethod, b.httpMethod))
	})
	return t
}

// find returns the route of a request, or nil.
func (t routeTable) find(httpMethod, path string) *route {
	for _, r := range t {
		if r.httpMethod == httpMethod && r.path.MatchString(path) {
			return r
		}
	}
	return nil
}

// allowed returns the HTTP methods that a path takes, for the Allow header.
func (t routeTable) allowed(path string) []string {
	var methods []string
	for _, r := range t {
		if r.path.MatchString(path) && !slices.Contains(methods, r.httpMethod) {
			methods = append(methods, r.httpMethod)
		}
	}
	return methods
}

func methodRoutes(m protoreflect.MethodDescriptor) []*route {
	opts, ok := m.Options().(*descriptorpb.MethodOptions)
	if !ok || !proto.HasExtension(opts, annotations.E_Http) {
		return nil
	}
	rule, ok := proto.GetExtension(opts, annotations.E_Http).(*annotations.HttpRule)
	if !ok {
		return nil
	}
	var out []*route
	for _, r := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		verb, template := binding(r)
		if template == "" {
			continue
		}
		out = append(out, &route{
			httpMethod: verb, template: template, path: templateRegexp(template), wholeBody: r.GetBody() == "*",
			clientStream: m.IsStreamingClient(), serverStream: m.IsStreamingServer(), input: m.Input(),
			output: m.Output(), method: "/" + string(m.Parent().FullName()) + "/" + string(m.Name()),
		})
	}
	return out
}

func binding(r *annotations.HttpRule) (verb, template string) {
	switch p := r.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get
	case *annotations.HttpRule_Put:
		return http.MethodPut, p.Put
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch
	case *annotations.HttpRule_Custom:
		return p.Custom.GetKind(), p.Custom.GetPath()
	default:
		return "", ""
	}
}

var (
	templateVar = regexp.MustCompile(`\{[^}=]+(=[^}]*)?\}`)
	wildcard    = regexp.MustCompile(`\\\*(\\\*)?`)
)

// templateRegexp turns "/v1/{name=slots/*}:undo" into ^/v1/slots/[^/]+:undo$.
func templateRegexp(template string) *regexp.Regexp {
	plain := templateVar.ReplaceAllStringFunc(template, func(v string) string {
		if _, pattern, ok := strings.Cut(strings.Trim(v, "{}"), "="); ok {
			return pattern
		}
		return "*"
	})
	expr := wildcard.ReplaceAllStringFunc(regexp.QuoteMeta(plain), func(w string) string {
		if w == `\*` {
			return `[^/]+`
		}
		return `.+`
	})
	return regexp.MustCompile("^" + expr + "$")
}
