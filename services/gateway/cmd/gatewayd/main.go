// Command gatewayd serves the REST API of Throughline in front of separate services.
package main

import (
	"os"

	"github.com/throughline-cx/throughline/services/gateway"
	"github.com/throughline-cx/throughline/services/internal/daemon"
)

func main() {
	var f gateway.Flags
	os.Exit(daemon.Main(gateway.App(&f), f.Run))
}
