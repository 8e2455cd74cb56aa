// Package conf reads a binary's configuration: flags, THROUGHLINE_* variables and a YAML file, in this order of
// precedence, over the defaults. One struct per binary, with kong tags, is the only place where an option is defined;
// the documentation is generated from it.
package conf

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// EnvPrefix starts the environment variable of every flag: --grpc-listen is THROUGHLINE_GRPC_LISTEN.
const EnvPrefix = "THROUGHLINE_"

// ErrShown means that the command line asked for help only, which has been printed; the program ends with success.
var ErrShown = errors.New("help was shown")

// App is a binary's command line.
type App struct {
	// Name is the binary's name.
	Name string
	// Description says in a sentence what it does.
	Description string
	// Config is a pointer to the struct with kong tags. It may embed Base, Log and Telemetry.
	Config any
	// Out takes the help text; default os.Stdout.
	Out io.Writer
	// Vars are values for ${...} in the tags.
	Vars map[string]string
	// Bind are values for the Run methods of commands.
	Bind []any
}

// Base has the options of every binary.
type Base struct {
	Config string `help:"YAML file with options: the names of the flags, without the dashes in front." placeholder:"FILE" type:"path"`
}

// Parse fills Config from args (without the program's name), the environment and the file. What is wrong with them is
// a fault CONFIG_INVALID that fits on one line.
func (a App) Parse(args []string) (*kong.Context, error) {
	out := a.Out
	if out == nil {
		out = os.Stdout
	}
	exited := false
	k, err := a.build(kong.Writers(out, io.Discard), kong.Exit(func(int) { exited = true }))
	if err != nil {
		return nil, err
	}
	ctx, err := k.Parse(args)
	if exited {
		return nil, ErrShown
	}
	if err != nil {
		return nil, invalid(err)
	}
	return ctx, nil
}

func (a App) build(extra ...kong.Option) (*kong.Kong, error) {
	opts := append([]kong.Option{
		kong.Name(a.Name),
		kong.Description(a.Description),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars(a.Vars),
		kong.Bind(a.Bind...),
		kong.PostBuild(nameVariables),
		kong.Resolvers(&fileResolver{}),
	}, extra...)
	return kong.New(a.Config, opts...)
}

// nameVariables gives each flag its environment variable.
func nameVariables(k *kong.Kong) error {
	return eachFlag(k.Model.Node, func(_ *kong.Node, f *kong.Flag) error {
		if f.Name == "help" {
			return nil
		}
		f.Envs = []string{variable(f.Name)}
		f.Tag.Envs = f.Envs
		return nil
	})
}

func variable(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// eachFlag visits the flags of a node and of all commands below it.
func eachFlag(n *kong.Node, visit func(*kong.Node, *kong.Flag) error) error {
	for _, f := range n.Flags {
		if err := visit(n, f); err != nil {
			return err
		}
	}
	for _, child := range n.Children {
		if err := eachFlag(child, visit); err != nil {
			return err
		}
	}
	return nil
}

func invalid(err error) error {
	if f, ok := fault.As(err); ok {
		return f
	}
	msg := strings.Join(strings.Fields(err.Error()), " ")
	return fault.New(fault.Invalid, fault.ConfigInvalid, "%s", msg).WithCause(err)
}
