package conf

import (
	"io"

	"github.com/throughline-cx/throughline/services/internal/obs"
)

// Log has the options for logs.
type Log struct {
	LogLevel  string `help:"Least level that is logged: debug (every call), info (refused calls), warn (slow and failed calls), error." default:"info" enum:"debug,info,warn,error"`
	LogFormat string `help:"Form of the log lines on stderr." default:"text" enum:"text,json"`
}

// Telemetry has the options for traces and metrics.
type Telemetry struct {
	OTLPEndpoint string  `name:"otlp-endpoint" help:"host:port of an OpenTelemetry collector (OTLP over gRPC) that gets traces and metrics; none when empty." placeholder:"ADDR"`
	OTLPInsecure bool    `name:"otlp-insecure" help:"Talk to the collector without TLS."`
	TraceRatio   float64 `help:"Share of calls that are traced, from 0 to 1, when the caller has not decided." default:"1"`
}

// LogOptions returns the options for obs.NewLogger.
func (l Log) LogOptions(out io.Writer) obs.LogOptions {
	return obs.LogOptions{Level: l.LogLevel, Format: l.LogFormat, Out: out}
}

// TelemetryOptions returns the options for obs.StartTelemetry.
func (t Telemetry) TelemetryOptions(service, version string) obs.TelemetryOptions {
	return obs.TelemetryOptions{
		Service: service, Version: version,
		OTLPEndpoint: t.OTLPEndpoint, OTLPInsecure: t.OTLPInsecure, TraceRatio: t.TraceRatio,
	}
}
