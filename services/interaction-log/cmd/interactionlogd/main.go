// Command interactionlogd serves the interaction log on its own.
package main

import (
	"os"

	interactionlog "github.com/throughline-cx/throughline/services/interaction-log"
	"github.com/throughline-cx/throughline/services/internal/daemon"
)

func main() {
	var f interactionlog.Flags
	os.Exit(daemon.Main(interactionlog.App(&f), f.Run))
}
