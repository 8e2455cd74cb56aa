package contextservice_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

const goodKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

// offer makes a customer and a handoff, through a contextd on some address.
func offer(t *testing.T, addr string) (contextv1.ContextServiceClient, *contextv1.CreateHandoffResponse) {
	t.Helper()
	client := contextv1.NewContextServiceClient(dial(t, addr))
	who, err := client.ResolveCustomer(t.Context(), &contextv1.ResolveCustomerRequest{
		Identifiers: []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: "17"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateHandoff(t.Context(), &contextv1.CreateHandoffRequest{
		Customer: who.GetCustomer(), RequestId: "r1", ReferToUri: "sip:a@b.example", LandingUrl: "https://a.example/",
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, made
}

// The key is made once and kept: tokens outlive a restart, and the deletion of the store, but not that of the key.
func TestHandoffKeyIsKept(t *testing.T) {
	_, target := serveLog(t)
	data := t.TempDir()
	path := filepath.Join(data, contextservice.HandoffKeyFile)
	first := ""
	for _, c := range []struct {
		life string
		lost string
		same bool
	}{{"first", "", true}, {"again", "", true}, {"without the store", contextservice.StoreFile, true}, {"without the key", contextservice.HandoffKeyFile, false}} {
		if c.lost != "" {
			if err := os.Remove(filepath.Join(data, c.lost)); err != nil {
				t.Fatal(err)
			}
		}
		addr, stop := daemon(t, "--data", data, "--log-target", target)
		client, made := offer(t, addr)
		if first == "" {
			first = made.GetToken()
		}
		if (made.GetToken() == first) != c.same {
			t.Errorf("%s: the request got token %s, the first was %s", c.life, made.GetToken(), first)
		}
		if _, err := client.GetHandoff(t.Context(), &contextv1.GetHandoffRequest{Token: first}); (err == nil) != c.same {
			t.Errorf("%s: the first token: %v", c.life, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the key's file: %v, %v", c.life, info, err)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(data, "*.new")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Replicas with the same key take each other's tokens, and with a store in memory there is no file.
func TestHandoffKeyOfReplicas(t *testing.T) {
	_, target := serveLog(t)
	path := filepath.Join(t.TempDir(), "shared.key")
	if err := os.WriteFile(path, []byte(goodKey), 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	one, _ := daemon(t, "--data", data, "--log-target", target, "--handoff-key-file", path)
	two, _ := daemon(t, "--store", "memory", "--log-target", target, "--handoff-key-file", path)
	_, made := offer(t, one)
	client := contextv1.NewContextServiceClient(dial(t, two))
	if _, err := client.AcceptHandoff(t.Context(), &contextv1.AcceptHandoffRequest{Token: made.GetToken()}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(data, contextservice.HandoffKeyFile)); err == nil {
		t.Error("a key was made although one is configured")
	}
	three, _ := daemon(t, "--store", "memory", "--log-target", target)
	client = contextv1.NewContextServiceClient(dial(t, three))
	if _, err := client.GetHandoff(t.Context(), &contextv1.GetHandoffRequest{Token: made.GetToken()}); err == nil {
		t.Error("a process with a key of its own took the token")
	}
}

func TestHandoffKeyRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"malformed":             {"secret\n", 0o600, "32 random bytes"},
		"half":                  {goodKey[:32], 0o600, "32 random bytes"},
		"empty":                 {"", 0o600, "32 random bytes"},
		"readable by everybody": {goodKey, 0o644, "0644"},
		"readable by a group":   {goodKey, 0o640, "0640"},
		"missing":               {"", 0, "cannot be read"},
		"a folder":              {"", os.ModeDir, "it is no file"},
	} {
		data := t.TempDir()
		path := filepath.Join(data, "key")
		var err error
		switch c.mode {
		case 0:
		case os.ModeDir:
			err = os.Mkdir(path, 0o700)
		default:
			err = os.WriteFile(path, []byte(c.text), c.mode)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = contextservice.New(contextservice.Config{DataDir: data, HandoffKeyFile: path}, contextservice.Deps{Log: noLog{}})
		switch {
		case fault.ReasonOf(err) != fault.ConfigInvalid || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path):
			t.Errorf("%s: %v", name, err)
		case strings.Contains(err.Error(), "\n") || c.text != "" && strings.Contains(err.Error(), strings.TrimSpace(c.text)):
			t.Errorf("%s: the fault quotes the key or has lines: %v", name, err)
		}
		// Nothing is left open.
		if c.mode == 0 {
			service, err := contextservice.New(contextservice.Config{DataDir: data}, contextservice.Deps{Log: noLog{}})
			if err != nil {
				t.Fatal(err)
			}
			if err := service.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

type noLog struct {
	logv1.InteractionLogServiceClient
}

// A token is shown to the one who asked for it. It is in no event, no file and no line of a log, and neither is what it
// could be made from.
func TestTokensAreKeptNowhere(t *testing.T) {
	log, target := serveLog(t)
	data := t.TempDir()
	var flags contextservice.Flags
	if _, err := contextservice.App(&flags).Parse([]string{"--data", data, "--log-target", target, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--log-level", "debug"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out, logs testkit.Buffer
	ended := make(chan error, 1)
	go func() { ended <- flags.Run(ctx, &out, &logs) }()
	addr := readyAddr(t, &out, &logs)
	client, made := offer(t, addr)
	token := made.GetToken()
	r := made.GetRenderings()
	for _, text := range []string{token, r.GetUserToUser(), r.GetReferTo(), r.GetUrl(), token[1:], token + "x"} {
		_, _ = client.GetHandoff(t.Context(), &contextv1.GetHandoffRequest{Token: text})
		_, _ = client.AcceptHandoff(t.Context(), &contextv1.AcceptHandoffRequest{Token: text})
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	_, id, _ := strings.Cut(made.GetHandoff().GetName(), "/handoffs/")
	key, err := os.ReadFile(filepath.Join(data, contextservice.HandoffKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(key)))
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(token, id)
	canaries := map[string][]byte{
		"the token": []byte(token), "its code": []byte(code), "its code in hex": []byte(hex.EncodeToString([]byte(code))),
		"the key": raw, "the key's text": bytes.TrimSpace(key),
	}
	where := everything(t, log, data, logs.String())
	if !bytes.Contains(where["events"], []byte(id)) || !strings.Contains(logs.String(), "AcceptHandoff") {
		t.Error("the canaries were not looked for where they could be")
	}
	for place, content := range where {
		for what, canary := range canaries {
			if bytes.Contains(content, canary) {
				t.Errorf("%s is in %s", what, place)
			}
		}
	}
}

// everything returns what is kept: the events, each file of the data folder but the key's, and the lines of the log.
func everything(t *testing.T, log *logfake.Log, data, logs string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"the log's lines": []byte(logs)}
	for _, customer := range log.Customers() {
		for _, e := range log.Events(customer) {
			all["events"] = append(all["events"], protojson.Format(e)...)
		}
	}
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == contextservice.HandoffKeyFile {
			return err
		}
		content, err := os.ReadFile(path)
		all[path] = content
		return err
	})
	if err != nil || len(all) < 3 {
		t.Fatalf("%d places, %v", len(all), err)
	}
	return all
}
