package local

import (
	"os"
	"path/filepath"
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/slotfile"
)

func TestStart(t *testing.T) {
	testkit.NoLeaks(t)
	i, err := Start(t.Context(), Options{Slots: []*contextv1.Slot{{Name: "slots/a"}, {Name: "slots/b"}}})
	if err != nil {
		t.Fatal(err)
	}
	slots, err := slotfile.List(t.Context(), contextv1.NewContextServiceClient(i.Conn))
	if err != nil || len(slots) != 2 {
		t.Errorf("%d slots, %v", len(slots), err)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(i.temp); !os.IsNotExist(err) {
		t.Errorf("the temporary folder is still there: %v", err)
	}
}

func TestKeepsAFolderItWasGiven(t *testing.T) {
	testkit.NoLeaks(t)
	dir := t.TempDir()
	i, err := Start(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "interaction-log.db")); err != nil {
		t.Error(err)
	}
}

func TestRefusedSlotsStopTheSuite(t *testing.T) {
	testkit.NoLeaks(t)
	_, err := Start(t.Context(), Options{Slots: []*contextv1.Slot{{Name: "slots/Not-An-Id"}}})
	if err == nil {
		t.Fatal("no error")
	}
}
