package boltkit_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestSealRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, payload := rapid.SliceOf(rapid.Byte()).Draw(t, "key"), rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		version := rapid.Byte().Draw(t, "version")
		record := boltkit.Seal(key, version, payload)
		v, got, err := boltkit.Unseal(key, record)
		if err != nil || v != version || !bytes.Equal(got, payload) {
			t.Fatalf("got %d, %x, %v", v, got, err)
		}
		if app := boltkit.AppendSeal([]byte("before"), key, version, payload); !bytes.Equal(app[6:], record) {
			t.Fatalf("appended %x", app)
		}
		// Growing the payload must not write into the record.
		_ = append(got, 0xFF)
		if _, _, err := boltkit.Unseal(key, record); err != nil {
			t.Fatalf("the payload's spare room is the checksum: %v", err)
		}
	})
}

// TestEveryFlippedBitIsFound: bbolt by itself finds about one in a hundred.
func TestEveryFlippedBitIsFound(t *testing.T) {
	key := []byte("t/customer/7")
	record := boltkit.Seal(key, 1, []byte("the customer's address, as it was told"))
	for i := range len(record) * 8 {
		bad := bytes.Clone(record)
		bad[i/8] ^= 1 << (i % 8)
		if _, _, err := boltkit.Unseal(key, bad); fault.ReasonOf(err) != fault.StoreDamaged {
			t.Errorf("bit %d: %v", i, err)
		}
	}
	for i := range len(key) * 8 {
		bad := bytes.Clone(key)
		bad[i/8] ^= 1 << (i % 8)
		if _, _, err := boltkit.Unseal(bad, record); fault.ReasonOf(err) != fault.StoreDamaged {
			t.Errorf("bit %d of the key: %v", i, err)
		}
	}
	for n := range record {
		if _, _, err := boltkit.Unseal(key, record[:n]); fault.ReasonOf(err) != fault.StoreDamaged {
			t.Errorf("cut to %d: %v", n, err)
		}
	}
	if _, _, err := boltkit.Unseal(key, nil); fault.ReasonOf(err) != fault.StoreDamaged {
		t.Errorf("nothing: %v", err)
	}
}

func FuzzUnseal(f *testing.F) {
	f.Add([]byte("key"), boltkit.Seal([]byte("key"), 1, []byte("payload")))
	f.Add([]byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, key, record []byte) {
		version, payload, err := boltkit.Unseal(key, record)
		if err == nil && !bytes.Equal(boltkit.Seal(key, version, payload), record) {
			t.Errorf("%x is a second spelling", record)
		}
	})
}
