package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// keysCmd has the commands for API keys. They work on the file, which running servers follow: no server is needed.
type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make an API key and print it, this once. From the first key on, servers that follow the file ask every caller for a credential."`
	List   keysListCmd   `cmd:"" help:"List the API keys. The keys themselves are not kept."`
	Revoke keysRevokeCmd `cmd:"" help:"End an API key; running servers refuse it within two seconds."`
}

// keysFile has the options of every command for API keys.
type keysFile struct {
	File string `help:"File of API keys; the suite follows this one in its data folder." default:"./data/api-keys.json" placeholder:"FILE"`
	JSON bool   `name:"json" help:"Print JSON, one object a line, instead of text."`
}

type keysCreateCmd struct {
	keysFile
	Tenant    string        `help:"Tenant that the key is for: 1 to 63 of a-z, 0-9 and -. A * is all tenants, for the role service alone." required:"" placeholder:"NAME"`
	Role      []string      `help:"What the key allows: ivr, bot, agent, supervisor, admin or service; may be repeated." required:"" placeholder:"ROLE"`
	Name      string        `help:"What the key is for, for people." placeholder:"TEXT"`
	ExpiresIn time.Duration `help:"How long the key holds (720h); for ever when 0."`
}

// Run makes a key. The key goes to stdout alone, so that it can be sent to a file; what it is goes to stderr.
func (c *keysCreateCmd) Run(tio *term.IO) error {
	if err := os.MkdirAll(filepath.Dir(c.File), 0o700); err != nil {
		return fault.New(fault.Precondition, fault.ConfigInvalid, "the folder of the file of API keys cannot be made: %w", err)
	}
	k, text, err := apikey.Add(c.File, apikey.Spec{Name: c.Name, Tenant: c.Tenant, Roles: c.Role, ExpiresIn: c.ExpiresIn}, time.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(tio, struct {
			apikey.Key
			Text string `json:"key"`
		}{k, text})
	}
	_, _ = fmt.Fprintf(tio.Err, "key %s for tenant %s: %s; it is not shown again\n", k.ID, k.Tenant, strings.Join(k.Roles, ", "))
	_, err = fmt.Fprintln(tio.Out, text)
	return err
}

type keysListCmd struct {
	keysFile
}

// Run lists the keys.
func (c *keysListCmd) Run(tio *term.IO) error {
	keys, err := apikey.Read(c.File)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, k := range keys {
			if err := printJSON(tio, k); err != nil {
				return err
			}
		}
		return nil
	}
	now := time.Now()
	t := term.NewTable(tio.Out, "KEY", "STATE", "TENANT", "ROLES", "CREATED", "EXPIRES", "NAME")
	for _, k := range keys {
		expires := "never"
		if k.Expires != nil {
			expires = k.Expires.Format(time.DateOnly)
		}
		t.Row(k.ID, k.State(now), k.Tenant, strings.Join(k.Roles, ", "), k.Created.Format(time.DateOnly), expires, k.Name)
	}
	return t.Flush()
}

type keysRevokeCmd struct {
	keysFile
	ID string `arg:"" help:"The key's id: what stands between the first two _ of the key."`
}

// Run ends a key.
func (c *keysRevokeCmd) Run(tio *term.IO) error {
	k, err := apikey.Revoke(c.File, c.ID, time.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(tio, k)
	}
	_, err = fmt.Fprintf(tio.Out, "key %s is revoked\n", k.ID)
	return err
}

func printJSON(tio *term.IO, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(tio.Out, "%s\n", text)
	return err
}
