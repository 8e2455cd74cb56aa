package boltstore

import (
	"testing"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/store/storetest"
)

func TestStateKeepsEveryField(t *testing.T) {
	full := storetest.FullState()
	b, err := encodeState(full)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeState(b)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(full) {
		t.Errorf("got %+v, want %+v", got, full)
	}
}

// FuzzDecodeState: whatever the bytes, decoding does not panic, and what it accepts it can write again alike.
func FuzzDecodeState(f *testing.F) {
	for _, s := range []*domain.State{{}, {Revision: 1}, storetest.FullState()} {
		b, err := encodeState(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeState(b)
		if err != nil {
			return
		}
		again, err := encodeState(s)
		if err != nil {
			t.Fatal(err)
		}
		same, err := decodeState(again)
		if err != nil || !same.Equal(s) {
			t.Fatalf("not the same after writing again: %v", err)
		}
	})
}

func FuzzDecodeHolders(f *testing.F) {
	b, err := encodeHolders(domain.Holders{{Customer: "a", Since: storetest.T0, Created: true}, {Customer: "b"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHolders(b)
		if err != nil {
			return
		}
		if _, err := encodeHolders(h); err != nil {
			t.Fatal(err)
		}
	})
}
