// Package replay is the command that plays real dialogues through the public API and measures how much the customers need
// not say twice.
package replay

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/throughline-cx/throughline/services/suite/internal/dial"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/score"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/sgd"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/star"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// Cmd is `throughline replay`.
type Cmd struct {
	Dataset string `help:"What the dialogues are: star or sgd." enum:"star,sgd" required:"" placeholder:"NAME"`
	File    string `help:"The dialogues, one JSON object a line, packed with gzip or not." required:"" placeholder:"FILE"`
	Gold    string `help:"The right answers, one JSON object a line." required:"" placeholder:"FILE"`
	Slots   string `help:"The slot dictionary to import first; examples/DATASET/slots.yaml when that exists." placeholder:"FILE"`
	Target  string `help:"gRPC address of a running suite; without it, one is started on a temporary folder." placeholder:"ADDR"`
	dial.Flags
	JSON     bool   `name:"json" help:"Print one JSON object instead of a table."`
	By       string `help:"What a customer is: a dialogue, or a worker with all of their dialogues (star only)." enum:"dialogue,worker" default:"dialogue"`
	Limit    int    `help:"Play only the first so many dialogues of the file; 0 means all." default:"0"`
	Parallel int    `help:"How many customers are served at once." default:"8"`
}

// dataset is what differs between the sources of dialogues.
type dataset struct {
	parse    dialogue.Parse
	isSecret dialogue.IsSecret
}

var datasets = map[string]dataset{
	"star": {star.Parse, star.IsSecret},
	"sgd":  {sgd.Parse, func(string, string) bool { return false }},
}

// Run plays the dialogues and prints what came of it.
func (c *Cmd) Run(ctx context.Context, tio *term.IO) error {
	if err := c.check(); err != nil {
		return err
	}
	gold, err := readGold(c.Gold)
	if err != nil {
		return err
	}
	file, err := openSource(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	slots, err := c.dictionary(tio.Err)
	if err != nil {
		return err
	}
	server, err := connect(ctx, c.Target, c.Flags, tio.Err)
	if err != nil {
		return err
	}
	report, err := c.play(ctx, tio, server, slots, gold, file)
	if closeErr := server.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return report.json(tio.Out)
	}
	return report.table(tio.Out)
}

func (c *Cmd) check() error {
	switch {
	case c.By == "worker" && c.Dataset != "star":
		return fmt.Errorf("--by worker: the dialogues of %s do not say who the customer is", c.Dataset)
	case c.Limit < 0:
		return errors.New("--limit: a number of dialogues, 0 for all")
	case c.Parallel < 1 || c.Parallel > 1024:
		return errors.New("--parallel: 1 to 1024 customers at once")
	default:
		return nil
	}
}

func readGold(path string) (*score.Gold, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return score.Read(path, f)
}
