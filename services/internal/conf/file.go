package conf

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// fileResolver gives flags their values from the YAML file. It reads the file when kong asks first, because the file's
// name is an option itself.
type fileResolver struct {
	loaded bool
	values map[string]any
}

// Validate has nothing to do: the file is not known yet.
func (*fileResolver) Validate(*kong.Application) error { return nil }

// Resolve returns the file's value for a flag, or nil when the environment has one or the file has none.
func (r *fileResolver) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !r.loaded {
		r.loaded = true
		name := configFile(ctx)
		if name == "" {
			return nil, nil //nolint:nilnil // kong's way to say "no value"
		}
		values, err := readFile(ctx, name)
		if err != nil {
			return nil, err
		}
		r.values = values
	}
	for _, env := range flag.Tag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil //nolint:nilnil // the environment goes before the file
		}
	}
	list, ok := r.values[flag.Name].([]string)
	if !ok {
		return r.values[flag.Name], nil
	}
	if !flag.IsSlice() || flag.Tag.Sep == -1 {
		return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "option %q takes one value, not a list", flag.Name)
	}
	return kong.JoinEscaped(list, flag.Tag.Sep), nil
}

// configFile returns the value of --config, from the command line or the environment.
func configFile(ctx *kong.Context) string {
	for _, p := range ctx.Path {
		for _, f := range p.Flags {
			if f.Name == "config" {
				name, _ := ctx.FlagValue(f).(string)
				return name
			}
		}
	}
	return ""
}

func readFile(ctx *kong.Context, name string) (map[string]any, error) {
	b, err := os.ReadFile(name) //nolint:gosec // the operator's own file
	if err != nil {
		return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "the configuration file cannot be read: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "the configuration file %s is not YAML: %w", name, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "the configuration file %s is not a list of option: value", name)
	}
	known := map[string]bool{}
	_ = eachFlag(ctx.Model.Node, func(_ *kong.Node, f *kong.Flag) error {
		known[f.Name] = f.Name != "help" && f.Name != "config"
		return nil
	})
	values := map[string]any{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		where := fmt.Sprintf("%s:%d", name, key.Line)
		if !known[key.Value] {
			return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "%s: there is no option %q", where, key.Value)
		}
		if _, twice := values[key.Value]; twice {
			return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "%s: option %q is there twice", where, key.Value)
		}
		v, err := fileValue(value)
		if err != nil {
			return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "%s: option %q: %w", where, key.Value, err)
		}
		values[key.Value] = v
	}
	return values, nil
}

// fileValue returns a scalar as the text that one would give the flag (so that 10s and 0x10 mean the same in both
// places), and a list as a list of such texts.
func fileValue(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return nil, fmt.Errorf("it has no value")
		}
		return n.Value, nil
	case yaml.SequenceNode:
		list := make([]string, 0, len(n.Content))
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("a list of plain values is wanted")
			}
			list = append(list, item.Value)
		}
		return list, nil
	default:
		return nil, fmt.Errorf("a plain value or a list is wanted")
	}
}
