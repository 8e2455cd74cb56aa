package contextservice

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// HandoffKeyFile is the name of the handoff key's file in the data folder, unless configured.
const HandoffKeyFile = "handoff.key"

// maxKeyFile is more than any file with a key has.
const maxKeyFile = 4 << 10

// handoffKey returns the key that tokens are made with: out of the file configured; out of the data folder, where one is
// made at the first start; or, without either, one that is gone with the process, like the view in memory.
func handoffKey(cfg Config, rand io.Reader) (token.Key, error) {
	switch {
	case cfg.HandoffKeyFile != "":
		// Never made: a mistyped path would get every replica a key of its own, and tokens that only some of them know.
		return readHandoffKey(cfg.HandoffKeyFile)
	case cfg.DataDir == "":
		return token.NewKey(rand)
	}
	path := filepath.Join(cfg.DataDir, HandoffKeyFile)
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		if err := makeHandoffKey(path, rand); err != nil {
			return token.Key{}, err
		}
	}
	return readHandoffKey(path)
}

func readHandoffKey(path string) (token.Key, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if err != nil {
		return token.Key{}, badKeyFile(path, "it cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return token.Key{}, badKeyFile(path, "it cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return token.Key{}, badKeyFile(path, "it is no file")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return token.Key{}, badKeyFile(path, "others than its owner have access (mode %04o): make it 0600, and the key a new one if somebody may have read it",
			info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return token.Key{}, badKeyFile(path, "it cannot be read: %w", err)
	}
	key, err := token.ParseKey(text)
	if err != nil {
		return token.Key{}, badKeyFile(path, "%w", err)
	}
	return key, nil
}

// makeHandoffKey writes a new key. A crash leaves either all of it or nothing, because half a key would be refused at
// every start.
func makeHandoffKey(path string, rand io.Reader) error {
	key, err := token.NewKey(rand)
	if err != nil {
		return err
	}
	temp := path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := writeSynced(temp, key.Text()+"\n"); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	return cmp.Or(err, f.Close())
}

func syncFolder(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	return cmp.Or(f.Sync(), f.Close())
}

func badKeyFile(path, format string, args ...any) error {
	return fault.New(fault.Invalid, fault.ConfigInvalid, "the handoff key in "+filepath.Clean(path)+" is refused: %w", fmt.Errorf(format, args...))
}
