package build

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestGetLeavesNothingOut(t *testing.T) {
	if b := Get(); b.Version == "" || b.Commit == "" || b.Go != runtime.Version() {
		t.Errorf("got %+v", b)
	}
}

func TestCommit(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "abc"}
	for _, tc := range []struct {
		settings []debug.BuildSetting
		want     string
	}{
		{nil, ""},
		{[]debug.BuildSetting{revision, {Key: "vcs.modified", Value: "false"}}, "abc"},
		{[]debug.BuildSetting{revision, {Key: "vcs.modified", Value: "true"}}, "abc-dirty"},
		{[]debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}, ""},
	} {
		if got := vcs(tc.settings); got != tc.want {
			t.Errorf("%v: got %q, want %q", tc.settings, got, tc.want)
		}
	}
}
