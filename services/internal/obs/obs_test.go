package obs_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func spanContext(flags trace.TraceFlags) context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5}, TraceFlags: flags,
	}))
}

func TestTraceParent(t *testing.T) {
	for want, ctx := range map[string]context.Context{
		"": context.Background(),
		"00-01020300000000000000000000000000-0405000000000000-01": spanContext(trace.FlagsSampled),
		"00-01020300000000000000000000000000-0405000000000000-00": spanContext(0),
	} {
		if got := obs.TraceParent(ctx); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRequestID(t *testing.T) {
	for _, good := range []string{"a", "0af7-x:/y", strings.Repeat("x", 128), "!~"} {
		if got := obs.AcceptRequestID(good); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{"", "a b", "a\n", "ä", "\x00", "\x7f", strings.Repeat("x", 129)} {
		if got := obs.AcceptRequestID(bad); got == bad || len(got) != 32 {
			t.Errorf("%q became %q", bad, got)
		}
	}
	if a, b := obs.NewRequestID(), obs.NewRequestID(); a == b {
		t.Error("two ids are equal")
	}
	if got := obs.RequestID(obs.WithRequestID(context.Background(), "x")); got != "x" {
		t.Errorf("got %q", got)
	}
}

func TestLogLinesNameRequestAndTrace(t *testing.T) {
	var out testkit.Buffer
	log, err := obs.NewLogger(obs.LogOptions{Level: "debug", Format: "json", Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	ctx := obs.WithRequestID(spanContext(trace.FlagsSampled), "req-7")
	log.With("a", 1).DebugContext(ctx, "hello")
	var line map[string]any
	if err := json.Unmarshal([]byte(out.String()), &line); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{"request_id": "req-7", "trace_id": "01020300000000000000000000000000", "a": 1.0, "msg": "hello"} {
		if line[k] != want {
			t.Errorf("%s is %v, want %v", k, line[k], want)
		}
	}
}

func TestLoggerOptions(t *testing.T) {
	for _, o := range []obs.LogOptions{{Level: "loud"}, {Format: "xml"}} {
		if _, err := obs.NewLogger(o); fault.ReasonOf(err) != fault.ConfigInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
	var out testkit.Buffer
	log, err := obs.NewLogger(obs.LogOptions{Level: "warn", Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	log.WithGroup("g").Info("no")
	log.WithGroup("g").Warn("yes", "k", 1)
	if got := out.String(); strings.Contains(got, "msg=no") || !strings.Contains(got, "g.k=1") {
		t.Errorf("log %q", got)
	}
}

// TestNothingPersonalIsLogged fills every field of every request and answer of the contract with a canary and logs it:
// only fields that the contract marks may show.
func TestNothingPersonalIsLogged(t *testing.T) {
	n, marked := 0, 0
	protoregistry.GlobalTypes.RangeMessages(func(mt protoreflect.MessageType) bool {
		if !strings.HasPrefix(string(mt.Descriptor().FullName()), "throughline.") {
			return true
		}
		n++
		m := mt.New()
		fill(m, 0)
		var out testkit.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", obs.Proto("m", m.Interface()))
		if strings.Contains(out.String(), "canary-private") {
			t.Errorf("%s: %s", mt.Descriptor().FullName(), out.String())
		}
		if strings.Contains(out.String(), "canary-public") {
			marked++
		}
		return true
	})
	if n == 0 || marked == 0 {
		t.Errorf("%d messages, %d with loggable text: this test tests nothing", n, marked)
	}
}

// fill sets every field; texts say whether their field, and all fields around it, are marked as loggable.
func fill(m protoreflect.Message, depth int) { fillMarked(m, depth, true) }

func fillMarked(m protoreflect.Message, depth int, outer bool) {
	if depth > 4 {
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		opts, _ := f.Options().(*descriptorpb.FieldOptions)
		marked := outer && proto.GetExtension(opts, commonv1.E_Loggable).(bool)
		text := "canary-private"
		if marked {
			text = "canary-public"
		}
		value := func(fd protoreflect.FieldDescriptor, v func() protoreflect.Value) protoreflect.Value {
			switch fd.Kind() {
			case protoreflect.StringKind:
				return protoreflect.ValueOfString(text)
			case protoreflect.BytesKind:
				return protoreflect.ValueOfBytes([]byte(text))
			case protoreflect.MessageKind, protoreflect.GroupKind:
				nested := v()
				fillMarked(nested.Message(), depth+1, marked)
				return nested
			default:
				return v()
			}
		}
		switch {
		case f.IsMap():
			mp := m.Mutable(f).Map()
			if f.MapKey().Kind() == protoreflect.StringKind {
				mp.Set(protoreflect.ValueOfString("canary-private").MapKey(), value(f.MapValue(), mp.NewValue))
			}
		case f.IsList():
			l := m.Mutable(f).List()
			for range 12 {
				l.Append(value(f, l.NewElement))
			}
		default:
			m.Set(f, value(f, func() protoreflect.Value { return m.NewField(f) }))
		}
	}
}

func TestProtoOfNothing(t *testing.T) {
	var out testkit.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("x", obs.Proto("m", nil))
	log.Info("x", obs.Proto("m", (*interactionlogv1.GetHeadRequest)(nil)))
	if strings.Contains(out.String(), "!") {
		t.Errorf("log %q", out.String())
	}
}

func TestTelemetryWithoutCollector(t *testing.T) {
	tel, err := obs.StartTelemetry(context.Background(), obs.TelemetryOptions{Service: "svc", Version: "1", TraceRatio: 1})
	if err != nil {
		t.Fatal(err)
	}
	if tel.TracerProvider != nil {
		t.Error("nothing is traced without a collector")
	}
	counter, err := tel.MeterProvider.Meter("m").Int64Counter("things")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(context.Background(), 3)
	w := httptest.NewRecorder()
	tel.Metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, _ := io.ReadAll(w.Body)
	for _, want := range []string{"things_total", "} 3\n", `service_name="svc"`, "go_goroutines"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("metrics lack %q", want)
		}
	}
	if err := tel.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTelemetryOptionsAreChecked(t *testing.T) {
	for _, ratio := range []float64{-0.1, 1.1} {
		if _, err := obs.StartTelemetry(context.Background(), obs.TelemetryOptions{TraceRatio: ratio}); fault.ReasonOf(err) != fault.ConfigInvalid {
			t.Errorf("%v: %v", ratio, err)
		}
	}
}

// TestCollectorIsAway starts with a collector that does not answer: nothing waits for it but Shutdown, and not for long.
func TestCollectorIsAway(t *testing.T) {
	tel, err := obs.StartTelemetry(context.Background(), obs.TelemetryOptions{
		Service: "svc", OTLPEndpoint: "127.0.0.1:1", OTLPInsecure: true, TraceRatio: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := tel.TracerProvider.Tracer("t").Start(context.Background(), "s")
	if obs.TraceParent(ctx) == "" {
		t.Error("the span must be in the context")
	}
	span.End()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = tel.Shutdown(ended)
}
