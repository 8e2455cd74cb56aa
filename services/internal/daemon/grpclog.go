package daemon

import (
	"io"
	"os"

	"google.golang.org/grpc/grpclog"
)

// gRPC's own log tells of each reader that goes away in the middle. What matters of it is in the access log, so it is kept
// off standard error; GRPC_GO_LOG_SEVERITY_LEVEL brings it back. It can only be set before gRPC is used at all.
func init() {
	if os.Getenv("GRPC_GO_LOG_SEVERITY_LEVEL") == "" {
		grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	}
}
