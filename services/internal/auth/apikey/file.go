package apikey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// FileName is the file of keys in a data folder.
	FileName = "api-keys.json"
	fileMode = 0o600
	// maxFile bounds the file: some ten thousand keys.
	maxFile = 4 << 20
	// version is that of the file's form.
	version = 1
)

// file is the form of the file.
type file struct {
	Version int   `json:"version"`
	Keys    []Key `json:"keys"`
}

// Read returns the keys in a file.
func Read(path string) ([]Key, error) {
	content, err := readFile(path)
	if err != nil {
		return nil, err
	}
	keys, _, err := parse(path, content)
	return keys, err
}

// readFile reads the whole file, after it has made sure that only its owner can change it.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own file
	if err != nil {
		return nil, fault.New(fault.Precondition, fault.ConfigInvalid, "the file of API keys cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil, fault.New(fault.Precondition, fault.ConfigInvalid, "the file of API keys cannot be read: %w", err)
	}
	if mode := st.Mode().Perm(); mode&0o022 != 0 && runtime.GOOS != "windows" {
		return nil, fault.New(fault.Precondition, fault.ConfigInvalid,
			"the file of API keys %s can be changed by others than its owner (mode %s); run chmod 600 on it", path, mode)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fault.New(fault.Precondition, fault.ConfigInvalid, "the file of API keys cannot be read: %w", err)
	case len(content) > maxFile:
		return nil, fault.New(fault.Precondition, fault.ConfigInvalid, "the file of API keys %s is larger than %d bytes", path, maxFile)
	}
	return content, nil
}

// parse checks every key, so that a file is good as a whole or not at all.
func parse(path string, content []byte) ([]Key, map[string]*credential, error) {
	invalid := func(err error) ([]Key, map[string]*credential, error) {
		return nil, nil, fault.New(fault.Precondition, fault.ConfigInvalid, "the file of API keys %s is not valid: %w", path, err)
	}
	var f file
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return invalid(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return invalid(errors.New("there is something behind the end"))
	}
	if f.Version != version {
		return invalid(fmt.Errorf("its version is %d, and %d is known", f.Version, version))
	}
	ready := make(map[string]*credential, len(f.Keys))
	for i := range f.Keys {
		k := &f.Keys[i]
		c, err := k.check()
		if err != nil {
			return invalid(err)
		}
		if ready[k.ID] != nil {
			return invalid(fmt.Errorf("key %s is there twice", k.ID))
		}
		ready[k.ID] = c
	}
	return f.Keys, ready, nil
}

// Add makes a key and writes it to the file, which is made when there is none. The text is the key itself.
func Add(path string, s Spec, now time.Time) (k Key, text string, err error) {
	if k, text, err = New(s, now); err != nil {
		return Key{}, "", fault.New(fault.Invalid, fault.ConfigInvalid, "%w", err)
	}
	return k, text, change(path, true, func(keys []Key) ([]Key, error) { return append(keys, k), nil })
}

// Revoke ends a key. One that is revoked already stays as it is.
func Revoke(path, id string, now time.Time) (Key, error) {
	var revoked Key
	err := change(path, false, func(keys []Key) ([]Key, error) {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
		if i < 0 {
			return nil, fault.New(fault.NotFound, fault.ConfigInvalid, "there is no key %.32q in %s", id, path)
		}
		if keys[i].Revoked == nil {
			at := now.UTC().Truncate(time.Second)
			keys[i].Revoked = &at
		}
		revoked = keys[i]
		return keys, nil
	})
	return revoked, err
}

// change reads, changes and writes the file, alone: of two that change it at once, neither is lost.
func change(path string, create bool, edit func([]Key) ([]Key, error)) (err error) {
	unlock, err := lock(path + ".lock")
	if err != nil {
		return fault.New(fault.Precondition, fault.ConfigInvalid, "the file of API keys cannot be changed: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	keys, err := Read(path)
	if err != nil && (!create || !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	if keys, err = edit(keys); err != nil {
		return err
	}
	content, err := json.MarshalIndent(file{Version: version, Keys: keys}, "", "  ")
	if err != nil {
		return err
	}
	if err := write(path, append(content, '\n')); err != nil {
		return fault.New(fault.Precondition, fault.ConfigInvalid, "the file of API keys cannot be written: %w", err)
	}
	return nil
}

// write replaces the file in one step: whoever reads it finds the old one or the new one, also after a crash.
func write(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(fileMode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // the folder of the operator's file
	if err != nil {
		return err
	}
	// Not every file system can sync a folder, and the file itself is on the disk.
	_ = d.Sync()
	return d.Close()
}
