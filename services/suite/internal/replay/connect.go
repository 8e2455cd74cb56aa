package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/dial"
	"github.com/throughline-cx/throughline/services/suite/internal/local"
	"github.com/throughline-cx/throughline/services/suite/internal/slotfile"
)

// server is the suite that is played to.
type server struct {
	Conn  grpc.ClientConnInterface
	close func() error
}

// Close ends the connection, and the suite with it when the replay started it.
func (s *server) Close() error { return s.close() }

// connect connects to the suite at target, or starts one.
func connect(ctx context.Context, target string, show dial.Flags, log io.Writer) (*server, error) {
	if target == "" {
		suite, err := local.Start(ctx, local.Options{Log: log})
		if err != nil {
			return nil, fmt.Errorf("start a suite on a temporary folder: %w", err)
		}
		return &server{Conn: suite.Conn, close: suite.Close}, nil
	}
	conn, err := show.Dial(target)
	if err != nil {
		return nil, err
	}
	return &server{Conn: conn, close: conn.Close}, nil
}

// dictionary loads the slots to import: those of --slots, or of the example that belongs to the dataset.
func (c *Cmd) dictionary(note io.Writer) ([]*contextv1.Slot, error) {
	path := c.Slots
	if path == "" {
		path = filepath.Join("examples", c.Dataset, "slots.yaml")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			_, _ = fmt.Fprintf(note, "replay: no --slots and no %s: playing with the dictionary that the suite has\n", path)
			return nil, nil
		}
	}
	slots, err := slotfile.Load(path)
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(note, "replay: slot dictionary %s, %d slots\n", path, len(slots))
	return slots, nil
}
