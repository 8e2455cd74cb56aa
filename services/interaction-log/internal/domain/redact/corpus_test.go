package redact

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// dialogues opens the STAR dialogues: real people typing account numbers, PINs, dates and prices.
func dialogues(t *testing.T) *json.Decoder {
	t.Helper()
	const name = "star/dialogues.dev.jsonl.gz"
	var places []string
	if dir := os.Getenv("THROUGHLINE_TESTDATA"); dir != "" {
		places = append(places, filepath.Join(dir, name))
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		places = append(places, filepath.Join(dir, "..", "shared", "data", name))
	}
	for _, place := range places {
		f, err := os.Open(filepath.Clean(place))
		if err != nil {
			continue
		}
		t.Cleanup(func() { _ = f.Close() })
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		return json.NewDecoder(z)
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing; set THROUGHLINE_TESTDATA", name)
	}
	t.Skipf("%s is not there; set THROUGHLINE_TESTDATA to the folder of test data", name)
	return nil
}

func TestRealDialogues(t *testing.T) {
	in := dialogues(t)
	texts := 0
	found := map[Kind]int{}
	for {
		var d struct{ Events []struct{ Text string } }
		if err := in.Decode(&d); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, e := range d.Events {
			texts++
			got, findings := Text(e.Text)
			checkInvariants(t, e.Text, got, findings)
			for _, f := range findings {
				found[f.Kind]++
				t.Logf("%v: %q -> %q", f.Kind, e.Text, got)
			}
		}
	}
	t.Logf("%d texts, found %v", texts, found)
	// The dialogues hold bank accounts, PINs and security answers, but nobody reads out a card.
	if texts < 10000 || found[CardNumber] != 0 || found[SecurityCode] != 0 {
		t.Errorf("%d texts, found %v; want no cards and no codes", texts, found)
	}
}
