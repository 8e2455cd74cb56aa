// Package build says which build of the binary is running.
package build

import "runtime/debug"

// Set by the linker: -ldflags "-X github.com/throughline-cx/throughline/services/suite/internal/build.version=v1.2.3".
var (
	version = ""
	commit  = ""
)

// Info describes a build.
type Info struct {
	// Version is the release, the version that Go derives from the repository, or "dev".
	Version string `json:"version"`
	// Commit is the commit that was built, with "-dirty" when there were changes, or "unknown".
	Commit string `json:"commit"`
	// Go is the version of the Go tool chain.
	Go string `json:"go"`
}

// Get returns what the linker was told, and for the rest what the Go tool chain noted.
func Get() Info {
	info := Info{Version: version, Commit: commit}
	if b, ok := debug.ReadBuildInfo(); ok {
		info.Go = b.GoVersion
		if info.Version == "" && b.Main.Version != "(devel)" {
			info.Version = b.Main.Version
		}
		if info.Commit == "" {
			info.Commit = vcs(b.Settings)
		}
	}
	if info.Version == "" {
		info.Version = "dev"
	}
	if info.Commit == "" {
		info.Commit = "unknown"
	}
	return info
}

func vcs(settings []debug.BuildSetting) string {
	commit, dirty := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}
