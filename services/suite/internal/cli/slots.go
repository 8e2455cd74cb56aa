package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/slotfile"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// slotsCmd has the commands for the slot dictionary.
type slotsCmd struct {
	Import slotsImportCmd `cmd:"" help:"Create and update slots from a YAML file. Slots that are not in it stay."`
	Export slotsExportCmd `cmd:"" help:"Write the whole dictionary as a YAML file."`
	List   slotsListCmd   `cmd:"" help:"List the slots."`
	Get    slotsGetCmd    `cmd:"" help:"Show one slot."`
	Delete slotsDeleteCmd `cmd:"" help:"Delete a slot."`
}

type slotsListCmd struct {
	client
}

// Run lists the dictionary.
func (c *slotsListCmd) Run(ctx context.Context, tio *term.IO) error {
	return c.context(func(client contextv1.ContextServiceClient) error {
		slots, err := listSlots(ctx, &c.client, client)
		if err != nil {
			return err
		}
		if c.JSON {
			for _, s := range slots {
				if err := term.JSON(tio.Out, s); err != nil {
					return err
				}
			}
			return nil
		}
		t := term.NewTable(tio.Out, "SLOT", "TYPE", "SENSITIVITY", "MAX AGE", "ALIASES", "ANSWERED BY")
		for _, s := range slots {
			t.Row(slotfile.ID(s), term.Enum(s.GetType()), term.Enum(s.GetSensitivity()), age(s.GetMaxAge()),
				term.Short(aliases(s), 60), links(s))
		}
		return t.Flush()
	})
}

func listSlots(ctx context.Context, c *client, client contextv1.ContextServiceClient) ([]*contextv1.Slot, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return slotfile.List(ctx, client)
}

func aliases(s *contextv1.Slot) string {
	var all []string
	for _, a := range s.GetAliases() {
		name := a.GetName()
		if a.GetScope() != "" {
			name += "@" + a.GetScope()
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

func links(s *contextv1.Slot) string {
	var all []string
	for _, l := range s.GetLinks() {
		action := "confirm"
		if l.GetAction() != contextv1.LinkAction_LINK_ACTION_UNSPECIFIED {
			action = term.Enum(l.GetAction())
		}
		all = append(all, l.GetFromSlot()+" ("+action+")")
	}
	return strings.Join(all, ", ")
}

func age(d *durationpb.Duration) string {
	if d == nil {
		return "-"
	}
	return term.Age(d.AsDuration())
}

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

type slotsGetCmd struct {
	client
	Slot string `arg:"" help:"The slot: its id or slots/ID."`
}

// Run shows a slot, as it would stand in a file.
func (c *slotsGetCmd) Run(ctx context.Context, tio *term.IO) error {
	return c.context(func(client contextv1.ContextServiceClient) error {
		s, err := call(ctx, &c.client, client.GetSlot, &contextv1.GetSlotRequest{Name: resource("slots", c.Slot)})
		if err != nil {
			return err
		}
		if c.JSON {
			return term.JSON(tio.Out, s)
		}
		return slotfile.Write(tio.Out, []*contextv1.Slot{s})
	})
}

type slotsDeleteCmd struct {
	client
	Slot string `arg:"" help:"The slot: its id or slots/ID."`
}

// Run deletes a slot.
func (c *slotsDeleteCmd) Run(ctx context.Context, tio *term.IO) error {
	return c.context(func(client contextv1.ContextServiceClient) error {
		name := resource("slots", c.Slot)
		if _, err := call(ctx, &c.client, client.DeleteSlot, &contextv1.DeleteSlotRequest{Name: name}); err != nil {
			return err
		}
		if c.JSON {
			return nil
		}
		_, err := fmt.Fprintf(tio.Out, "%s deleted\n", name)
		return err
	})
}

type slotsExportCmd struct {
	client
	Output string `short:"o" help:"File to write; standard output when absent." placeholder:"FILE" type:"path"`
}

// Run writes the dictionary.
func (c *slotsExportCmd) Run(ctx context.Context, tio *term.IO) error {
	return c.context(func(client contextv1.ContextServiceClient) error {
		slots, err := listSlots(ctx, &c.client, client)
		if err != nil {
			return err
		}
		if c.Output == "" {
			return slotfile.Write(tio.Out, slots)
		}
		return writeFile(c.Output, func(w io.Writer) error { return slotfile.Write(w, slots) })
	})
}

// writeFile puts a file in place only when it is whole.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".throughline-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = write(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
