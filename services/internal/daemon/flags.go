package daemon

import (
	"time"

	"github.com/throughline-cx/throughline/services/internal/conf"
)

// GRPCFlags are the options of every process that serves gRPC. What differs comes from Words.
type GRPCFlags struct {
	conf.Base
	conf.Log
	conf.Telemetry
	CredentialFlags
	Listen        string        `help:"Address for gRPC. Without credentials it has to be a loopback address." default:"${listen}"`
	MetricsListen string        `help:"Address for Prometheus metrics (GET /metrics); none when empty." placeholder:"ADDR"`
	DrainGrace    time.Duration `help:"How long a shutdown waits for running calls." default:"10s"`
}

// StoreFlags are the options of every service with a store.
type StoreFlags struct {
	Data          string `help:"Folder of the store; it is made when it does not exist.${data}" default:"./data" type:"path"`
	Store         string `help:"Kind of store: bolt keeps one file in the data folder, memory ${memory}." default:"bolt" enum:"bolt,memory"`
	MaxStoreBytes int    `help:"Most bytes that the store's file may have; 0 is no bound."`
}

// Words are what a daemon says of its own in the flags that it shares with others.
type Words struct {
	// Listen is the default address for gRPC.
	Listen string
	// Data is what else there is to know of the data folder; "" is nothing.
	Data string
	// Memory is what a memory store does.
	Memory string
}

// Vars returns the words for conf.App.
func (w Words) Vars() map[string]string {
	if w.Data != "" {
		w.Data = " " + w.Data
	}
	return map[string]string{"listen": w.Listen, "data": w.Data, "memory": w.Memory, "api_keys": ""}
}

// Options returns the options of the process called name.
func (f *GRPCFlags) Options(name string) Options {
	return Options{
		Name: name, Listen: f.Listen, MetricsListen: f.MetricsListen, DrainGrace: f.DrainGrace,
		Credentials: f.CredentialFlags, Log: f.Log, Telemetry: f.Telemetry,
	}
}
