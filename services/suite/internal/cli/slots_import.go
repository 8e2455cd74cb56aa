package cli

import (
	"context"
	"encoding/json"
	"fmt"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/slotfile"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

type slotsImportCmd struct {
	client
	File   string `arg:"" help:"The YAML file; - is standard input." type:"path"`
	DryRun bool   `help:"Say what would be done, and do nothing."`
}

// Run imports a file. What is wrong with the file or does not go with the server's other slots is found before anything
// is changed; should the server refuse something later, the report says what has been done by then.
func (c *slotsImportCmd) Run(ctx context.Context, tio *term.IO) error {
	slots, err := c.load(tio)
	if err != nil {
		return err
	}
	return c.context(func(client contextv1.ContextServiceClient) error {
		ctx, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		changes, err := slotfile.Plan(ctx, client, slots)
		if err != nil {
			return err
		}
		if !c.DryRun {
			err = slotfile.Apply(ctx, client, changes)
		}
		if reportErr := c.report(tio, changes); err == nil {
			err = reportErr
		}
		return err
	})
}

func (c *slotsImportCmd) load(tio *term.IO) ([]*contextv1.Slot, error) {
	if c.File == "-" {
		return slotfile.Read("standard input", tio.In)
	}
	return slotfile.Load(c.File)
}

func (c *slotsImportCmd) report(tio *term.IO, changes []*slotfile.Change) error {
	if c.JSON {
		for _, ch := range changes {
			line, err := json.Marshal(map[string]any{"slot": ch.ID, "action": ch.Action, "done": ch.Done})
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(tio.Out, "%s\n", line); err != nil {
				return err
			}
		}
		return nil
	}
	count := map[string]int{}
	t := term.NewTable(tio.Out, "SLOT", "RESULT")
	for _, ch := range changes {
		result := c.result(ch)
		count[result]++
		t.Row(ch.ID, result)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(tio.Out, "%d slots", len(changes))
	for _, r := range []string{"created", "would be created", "updated", "would be updated", "unchanged", "not done"} {
		if count[r] > 0 {
			_, err = fmt.Fprintf(tio.Out, ", %d %s", count[r], r)
		}
	}
	if err == nil {
		_, err = fmt.Fprintln(tio.Out)
	}
	return err
}

func (c *slotsImportCmd) result(ch *slotfile.Change) string {
	done := map[slotfile.Action]string{slotfile.Create: "created", slotfile.Update: "updated"}[ch.Action]
	switch {
	case ch.Action == slotfile.Unchanged:
		return "unchanged"
	case c.DryRun:
		return "would be " + done
	case ch.Done:
		return done
	default:
		return "not done"
	}
}
