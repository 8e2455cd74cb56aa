package apikey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var agent = Spec{Name: "desk", Tenant: "acme", Roles: []string{"agent"}}

func newRing(t *testing.T, path string, o Options) *Ring {
	t.Helper()
	r, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func add(t *testing.T, path string, s Spec) (Key, string) {
	t.Helper()
	k, text, err := Add(path, s, testkit.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	return k, text
}

func reason(err error) string { return fault.ReasonOf(err) }

func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	clock := &testkit.Clock{}
	k, text := add(t, path, Spec{Tenant: "acme", Roles: []string{"agent", "bot"}, ExpiresIn: time.Hour})
	_, other := add(t, path, agent)
	gone, goneText := add(t, path, agent)
	if _, err := Revoke(path, gone.ID, testkit.Epoch); err != nil {
		t.Fatal(err)
	}
	r := newRing(t, path, Options{Clock: clock.Now})
	c, err := r.Verify(t.Context(), text)
	if err != nil || c.Tenant != "acme" || c.Subject != "key:"+k.ID || c.Roles != auth.Roles(commonv1.Role_ROLE_AGENT, commonv1.Role_ROLE_BOT) {
		t.Fatalf("%+v, %v", c, err)
	}
	secretOf := func(s string) string { return s[len(auth.KeyPrefix)+idLength+1:] }
	for name, bad := range map[string]string{
		"empty":               "",
		"prefix":              auth.KeyPrefix,
		"id alone":            auth.KeyPrefix + k.ID,
		"secret of another":   auth.KeyPrefix + k.ID + "_" + secretOf(other),
		"last character":      text[:len(text)-1] + string('a'+(text[len(text)-1]-'a'+1)%26),
		"longer":              text + "a",
		"upper case":          strings.ToUpper(text),
		"unknown id":          auth.KeyPrefix + strings.Repeat("a", idLength) + "_" + secretOf(text),
		"no separator":        strings.Replace(text, k.ID+"_", k.ID+"a", 1),
		"the hash":            k.Hash,
		"revoked":             goneText,
		"a byte that is none": text[:len(text)-1] + "\xff",
	} {
		if c, err := r.Verify(t.Context(), bad); c != nil || reason(err) != fault.NotAuthenticated || strings.Contains(err.Error(), secretOf(text)) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	clock.Advance(time.Hour - time.Second)
	if _, err := r.Verify(t.Context(), text); err != nil {
		t.Errorf("a second before it expires: %v", err)
	}
	clock.Advance(time.Second)
	if f, _ := fault.As(second(r.Verify(t.Context(), text))); f == nil || !strings.Contains(f.Msg, "expired") {
		t.Errorf("expired: %v", f)
	}
	if f, _ := fault.As(second(r.Verify(t.Context(), auth.KeyPrefix+k.ID+"_"+secretOf(other)))); f == nil || strings.Contains(f.Msg, "expired") {
		t.Errorf("a wrong secret tells that the key has expired: %v", f)
	}
}

func second(_ *auth.Caller, err error) error { return err }

// The file as it is on the disk: readable by its owner alone, and without secrets.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	k, text := add(t, path, agent)
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.Contains(content, []byte(text[len(auth.KeyPrefix)+idLength+1:])) {
		t.Errorf("%v: %s", err, content)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); reason(err) != fault.ConfigInvalid || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that all can write: %v", err)
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if keys, err := Read(path); err != nil || len(keys) != 1 || keys[0].ID != k.ID {
		t.Errorf("a mounted secret: %v, %v", keys, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBadFiles(t *testing.T) {
	good, _, err := New(agent, testkit.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	keyed := func(change func(*Key)) string {
		k := good
		change(&k)
		b, _ := json.Marshal(file{Version: 1, Keys: []Key{k}})
		return string(b)
	}
	for name, content := range map[string]string{
		"empty":          "",
		"no JSON":        "keys:",
		"cut off":        keyed(func(*Key) {})[:40],
		"behind the end": keyed(func(*Key) {}) + "{}",
		"unknown field":  `{"version": 1, "keyz": []}`,
		"newer":          `{"version": 2, "keys": []}`,
		"id":             keyed(func(k *Key) { k.ID = "a_b" }),
		"tenant":         keyed(func(k *Key) { k.Tenant = "A" }),
		"no tenant":      keyed(func(k *Key) { k.Tenant = "" }),
		"every tenant":   keyed(func(k *Key) { k.Tenant = "*" }),
		"role":           keyed(func(k *Key) { k.Roles = []string{"root"} }),
		"no role":        keyed(func(k *Key) { k.Roles = nil }),
		"hash":           keyed(func(k *Key) { k.Hash = "sha256:12" }),
		"other hash":     keyed(func(k *Key) { k.Hash = strings.Replace(k.Hash, "sha256", "md5", 1) }),
		"name":           keyed(func(k *Key) { k.Name = "a\nb" }),
		"twice":          strings.Replace(keyed(func(*Key) {}), `"keys":[`, `"keys":[`+string(must(json.Marshal(good)))+",", 1),
	} {
		path := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{}); reason(err) != fault.ConfigInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestRequiredFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	if _, err := Open(path, Options{Required: true}); reason(err) != fault.ConfigInvalid {
		t.Errorf("required: %v", err)
	}
	if r := newRing(t, path, Options{}); r.Configured() {
		t.Error("configured by no file")
	}
}

// What happens to the file while a server runs.
func TestRingFollowsTheFile(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(dir, FileName)
		var log testkit.Buffer
		r, err := Open(path, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		pass := func() { time.Sleep(pollEvery + time.Millisecond); synctest.Wait() }
		pass()
		if r.Configured() {
			t.Fatal("configured by nothing")
		}
		k, text := add(t, path, agent)
		pass()
		if _, err := r.Verify(t.Context(), text); !r.Configured() || err != nil {
			t.Fatalf("a file has appeared: %v", err)
		}
		_, later := add(t, path, agent)
		pass()
		if _, err := r.Verify(t.Context(), later); err != nil {
			t.Errorf("a key was added: %v", err)
		}
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		errors := func() int { return strings.Count(log.String(), "level=ERROR") }
		if err := os.WriteFile(path, good[:len(good)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		pass()
		pass()
		if _, err := r.Verify(t.Context(), text); err != nil || errors() != 1 {
			t.Errorf("a broken file: %v, %d errors logged", err, errors())
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		pass()
		if _, err := r.Verify(t.Context(), text); err != nil || !r.Configured() || errors() != 2 {
			t.Errorf("the file is gone: %v, %d errors logged", err, errors())
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Revoke(path, k.ID, testkit.Epoch); err != nil {
			t.Fatal(err)
		}
		pass()
		if _, err := r.Verify(t.Context(), text); reason(err) != fault.NotAuthenticated {
			t.Errorf("revoked: %v", err)
		}
	})
}

// Whoever makes a file wants the server closed, even if the file cannot be read.
func TestABrokenFileClosesAnOpenServer(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(dir, FileName)
		r, err := Open(path, Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(pollEvery + time.Millisecond)
		synctest.Wait()
		if !r.Configured() {
			t.Error("still open")
		}
		_, text, err := New(agent, testkit.Epoch)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Verify(t.Context(), text); reason(err) != fault.NotAuthenticated {
			t.Errorf("got %v", err)
		}
	})
}

// Commands at the same time lose nothing.
func TestConcurrentChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, _, err := Add(path, agent, testkit.Epoch); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if keys, err := Read(path); err != nil || len(keys) != 20 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func TestRevokeUnknown(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	add(t, path, agent)
	if _, err := Revoke(path, "nothing", testkit.Epoch); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		_, text, err := New(agent, testkit.Epoch)
		if err != nil || seen[text] || len(text) != keyLength {
			t.Fatalf("%q, %v", text, err)
		}
		seen[text] = true
	}
}

func TestFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write := func(text string, at time.Time) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewFromFile(path); reason(err) != fault.ConfigInvalid {
		t.Errorf("no file: %v", err)
	}
	write("nonsense", testkit.Epoch)
	if _, err := NewFromFile(path); reason(err) != fault.ConfigInvalid || strings.Contains(err.Error(), "nonsense") {
		t.Errorf("no key: %v", err)
	}
	_, one, _ := New(agent, testkit.Epoch)
	_, two, _ := New(agent, testkit.Epoch)
	write(one+"\n", testkit.Epoch)
	c, err := NewFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		c.read = time.Time{} // as if a second had passed
		h, err := c.GetRequestMetadata(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return h["authorization"]
	}
	if got := shown(); got != "Bearer "+one {
		t.Errorf("got %q", got)
	}
	write(two, testkit.Epoch.Add(time.Hour))
	if got := shown(); got != "Bearer "+two {
		t.Errorf("after a change: %q", got)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if got := shown(); got != "Bearer "+two {
		t.Errorf("without the file: %q", got)
	}
}

// No text but the key itself gets in.
func TestOnlyTheKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	_, text := add(t, path, agent)
	r := newRing(t, path, Options{})
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(text)
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		c, err := r.Verify(context.Background(), string(b))
		if (err == nil) != (string(b) == text) || (c == nil) != (err != nil) {
			t.Fatalf("%q: %v", b, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	path := filepath.Join(f.TempDir(), FileName)
	_, text, err := Add(path, agent, testkit.Epoch)
	if err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	_, ready, err := parse(path, content)
	if err != nil {
		f.Fatal(err)
	}
	r := &Ring{clock: time.Now}
	r.keys.Store(&ready)
	f.Add(text)
	f.Add("tlk_")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := r.Verify(context.Background(), s); (err == nil) != (s == text) || (c == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", s, c, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	k, _, err := New(agent, testkit.Epoch)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(must(json.Marshal(file{Version: 1, Keys: []Key{k}})))
	f.Add([]byte(`{"version":1,"keys":null}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		keys, ready, err := parse("x", content)
		if err == nil && len(keys) != len(ready) {
			t.Errorf("%d keys, %d ready", len(keys), len(ready))
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	path := filepath.Join(b.TempDir(), FileName)
	_, text, err := Add(path, agent, testkit.Epoch)
	if err != nil {
		b.Fatal(err)
	}
	r, err := Open(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Verify(context.Background(), text); err != nil {
			b.Fatal(err)
		}
	}
}
