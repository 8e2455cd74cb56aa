// Command contextd serves the context service on its own.
package main

import (
	"os"

	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/internal/daemon"
)

func main() {
	var f contextservice.Flags
	os.Exit(daemon.Main(contextservice.App(&f), f.Run))
}
