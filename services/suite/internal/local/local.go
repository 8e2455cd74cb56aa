// Package local starts a whole suite inside this process, for commands and tests that want one to play with.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/suite"
	"github.com/throughline-cx/throughline/services/suite/internal/slotfile"
)

// Options say what the suite is to have.
type Options struct {
	// Dir is the data folder; "" is a temporary one that Close removes.
	Dir string
	// Slots are imported before Start returns.
	Slots []*contextv1.Slot
	// Log takes the suite's log, from warnings up; nil is nowhere.
	Log io.Writer
}

// Instance is a running suite on free loopback ports.
type Instance struct {
	// GRPCAddr and HTTPAddr are where it listens.
	GRPCAddr, HTTPAddr string
	// Conn is a TCP connection to GRPCAddr.
	Conn *grpc.ClientConn

	suite *suite.Suite
	temp  string
}

// Start starts a suite just as `throughline serve` does, but for the addresses.
func Start(ctx context.Context, o Options) (*Instance, error) {
	i := &Instance{}
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "throughline-")
		if err != nil {
			return nil, err
		}
		o.Dir, i.temp = dir, dir
	}
	if err := i.start(ctx, o); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return i, nil
}

func (i *Instance) start(ctx context.Context, o Options) (err error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	i.suite, err = suite.Start(ctx, suite.Config{
		Data: o.Dir, GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0",
		CallTimeout: 10 * time.Second, DrainTimeout: 10 * time.Second,
		Log: conf.Log{LogLevel: "warn"}, Telemetry: conf.Telemetry{TraceRatio: 1},
	}, o.Log)
	if err != nil {
		return err
	}
	i.GRPCAddr, i.HTTPAddr = i.suite.GRPCAddr(), i.suite.HTTPAddr()
	if i.Conn, err = rpc.Dial(i.GRPCAddr, rpc.DialOptions{Services: []string{
		interactionlogv1.InteractionLogService_ServiceDesc.ServiceName,
		contextv1.ContextService_ServiceDesc.ServiceName,
	}}); err != nil {
		return err
	}
	if len(o.Slots) == 0 {
		return nil
	}
	if _, err := slotfile.Import(ctx, contextv1.NewContextServiceClient(i.Conn), o.Slots); err != nil {
		return fmt.Errorf("import slots: %w", err)
	}
	return nil
}

// Close stops the suite, letting running calls finish, and removes its temporary folder.
func (i *Instance) Close() error {
	var errs []error
	if i.Conn != nil {
		errs = append(errs, i.Conn.Close())
	}
	if i.suite != nil {
		errs = append(errs, i.suite.Stop(context.Background()))
	}
	if i.temp != "" {
		errs = append(errs, os.RemoveAll(i.temp))
	}
	return errors.Join(errs...)
}
