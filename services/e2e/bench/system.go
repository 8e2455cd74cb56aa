package bench

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memory is what a process holds, in MiB.
type memory struct {
	// resident is all of it, own is without the pages of mapped files: those of
	// the stores are a cache that the system takes back when it needs to.
	resident, own float64
}

// memoryOf asks the system for the memory of a process.
func memoryOf(pid int) (memory, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return memory{}, err
	}
	var m memory
	for line := range strings.SplitSeq(string(data), "\n") {
		for field, to := range map[string]*float64{"VmRSS:": &m.resident, "RssAnon:": &m.own} {
			if rest, ok := strings.CutPrefix(line, field); ok {
				kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
				if err != nil {
					return memory{}, err
				}
				*to = kib / 1024
			}
		}
	}
	if m.resident == 0 {
		return memory{}, errors.New("the system does not tell the memory of a process")
	}
	return m, nil
}

// folderSize is the size of all files below a folder, in MiB; what cannot be read
// counts nothing.
func folderSize(dir string) float64 {
	total := 0.0
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			total += fileSize(path)
		}
		return nil
	})
	return total
}

// fileSize is the size of a file, in MiB.
func fileSize(path string) float64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / (1 << 20)
}
