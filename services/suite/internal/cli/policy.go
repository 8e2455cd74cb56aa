package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// policyName is the resource name of the tenant's policy.
const policyName = "policy"

// policyCmd has the commands for the tenant's policy.
type policyCmd struct {
	Get policyGetCmd `cmd:"" help:"Print the policy as JSON: how long verifications hold, what actions demand, which identifiers a customer may have."`
	Set policySetCmd `cmd:"" help:"Replace the policy by a JSON file; what the file does not state has its default."`
}

type policyGetCmd struct{ client }

// Run prints the policy.
func (c *policyGetCmd) Run(ctx context.Context, tio *term.IO) error {
	return c.context(func(client contextv1.ContextServiceClient) error {
		p, err := call(ctx, &c.client, client.GetPolicy, &contextv1.GetPolicyRequest{Name: policyName})
		if err != nil {
			return err
		}
		return printPolicy(tio.Out, p, c.JSON)
	})
}

type policySetCmd struct {
	client
	File string `arg:"" help:"The policy as policy get prints it; - is standard input."`
}

// Run replaces the policy. With the etag that get printed, it fails when somebody else has changed it since.
func (c *policySetCmd) Run(ctx context.Context, tio *term.IO) error {
	text, err := c.read(tio)
	if err != nil {
		return err
	}
	p := &contextv1.Policy{}
	if err := protojson.Unmarshal(text, p); err != nil {
		return usageError{fmt.Errorf("%s is no policy: %w", c.File, err)}
	}
	p.Name, p.UpdateTime = policyName, nil
	req := &contextv1.UpdatePolicyRequest{Policy: p, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}}}
	return c.context(func(client contextv1.ContextServiceClient) error {
		got, err := call(ctx, &c.client, client.UpdatePolicy, req)
		if err != nil {
			return err
		}
		return printPolicy(tio.Out, got, c.JSON)
	})
}

func (c *policySetCmd) read(tio *term.IO) ([]byte, error) {
	if c.File == "-" {
		return io.ReadAll(tio.In)
	}
	return os.ReadFile(c.File)
}

// printPolicy prints a line with JSON, or several for people; a policy has no shorter form than its own.
func printPolicy(out io.Writer, p *contextv1.Policy, oneLine bool) error {
	if oneLine {
		return term.JSON(out, p)
	}
	text, err := protojson.MarshalOptions{Multiline: true, Indent: "  "}.Marshal(p)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, string(text))
	return err
}
