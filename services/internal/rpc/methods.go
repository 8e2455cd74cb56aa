package rpc

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/auth/mask"
)

// method is what is computed once for each RPC of the server.
type method struct {
	// full is "/package.Service/Method"; name is without the leading slash, as logs and metrics show it.
	full, name string
	// access says who may call it.
	access auth.Access
	// tenantless is true where a caller for all tenants need not name one.
	tenantless bool
	// request and answer say what is to be masked; nil for methods that are not linked in.
	request, answer *mask.Plan
	// options are the metric attributes for each status code, made once: building a set for each call would cost more
	// than recording it.
	options [codes.Unauthenticated + 1][]metric.RecordOption
}

func newMethod(full string) *method {
	m := &method{full: full, name: strings.TrimPrefix(full, "/"), access: auth.AccessOf(full)}
	if d := auth.Method(full); d != nil {
		m.request, m.answer = mask.PlanOf(d.Input()), mask.PlanOf(d.Output())
	}
	for c := range m.options {
		m.options[c] = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(
			attribute.String("rpc.system.name", "grpc"),
			attribute.String("rpc.method", m.name),
			attribute.String("rpc.response.status_code", codes.Code(c).String()),
		))}
	}
	return m
}

// methodTable finds methods by name. It is filled before serving and only read afterwards.
type methodTable struct {
	known map[string]*method
	// other stands for every name that is not served, so that callers cannot fill the metrics with made-up names.
	other *method
}

func newMethodTable() *methodTable {
	other := newMethod("/_other")
	other.access.AnyRole, other.tenantless = true, true // they are told that there is no such method
	return &methodTable{known: map[string]*method{}, other: other}
}

// acrossTenants is implemented by services with methods that a caller for all tenants may call without naming one. For
// all others it has to.
type acrossTenants interface {
	// AcrossTenants returns their names, "ListShards".
	AcrossTenants() []string
}

func (t *methodTable) add(desc *grpc.ServiceDesc, impl any) {
	var tenantless []string
	if s, ok := impl.(acrossTenants); ok {
		tenantless = s.AcrossTenants()
	}
	add := func(name string) {
		m := newMethod("/" + desc.ServiceName + "/" + name)
		m.tenantless = m.access.AnyRole || slices.Contains(tenantless, name)
		t.known[m.full] = m
	}
	for _, m := range desc.Methods {
		add(m.MethodName)
	}
	for _, s := range desc.Streams {
		add(s.StreamName)
	}
}

func (t *methodTable) find(full string) *method {
	if m, ok := t.known[full]; ok {
		return m
	}
	return t.other
}

// metrics records how long each call took, by method and status code; the histogram's count is the number of calls.
func metrics(provider metric.MeterProvider) (step, error) {
	hist, err := provider.Meter("github.com/throughline-cx/throughline/services/internal/rpc").Float64Histogram(
		"rpc.server.call.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of incoming calls, from the request to the status."),
		metric.WithExplicitBucketBoundaries(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
	)
	if err != nil {
		return step{}, err
	}
	return step{name: "metrics", leave: func(ctx context.Context, c *call, err error) error {
		code := status.Code(err)
		if int(code) >= len(c.method.options) {
			code = codes.Unknown
		}
		hist.Record(ctx, time.Since(c.start).Seconds(), c.method.options[code]...)
		return err
	}}, nil
}
