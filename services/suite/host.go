package suite

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

const folderMode = 0o700

// makeFolder makes the data folder for its owner only. A folder that is there already stays as it is, but one that
// others can read is worth a warning.
func makeFolder(path string, logger *slog.Logger) error {
	if err := os.MkdirAll(path, folderMode); err != nil {
		return fault.New(fault.Precondition, fault.ConfigInvalid, "the data folder %s cannot be made: %w", path, err)
	}
	st, err := os.Stat(path)
	if err != nil {
		return fault.New(fault.Precondition, fault.ConfigInvalid, "the data folder %s cannot be read: %w", path, err)
	}
	if st.Mode().Perm()&^folderMode != 0 {
		logger.Warn("the data folder is open to other users of this machine", "folder", path, "mode", st.Mode().Perm().String())
	}
	return nil
}

// listen opens a listener; flag is the option that says where.
func listen(ctx context.Context, addr, flag string) (net.Listener, error) {
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fault.New(fault.Precondition, fault.ConfigInvalid, "cannot listen on %s (%w); choose another address with %s", addr, err, flag)
	}
	return lis, nil
}

// closed closes a listener that its server may have closed before.
func closed(lis net.Listener) func() error {
	return func() error {
		if err := lis.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}
