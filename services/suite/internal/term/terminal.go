package term

import (
	"os"

	"golang.org/x/term"
)

// IsTerminal reports whether a reader or writer is a terminal, where a person is.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
