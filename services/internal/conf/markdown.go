package conf

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// Markdown returns the reference of all options of the binary, for docs/config.md.
func (a App) Markdown() (string, error) {
	k, err := a.build()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n", a.Name, a.Description)
	writeNode(&b, a.Name, k.Model.Node)
	return b.String(), nil
}

func writeNode(b *strings.Builder, path string, n *kong.Node) {
	if n.Type == kong.CommandNode {
		fmt.Fprintf(b, "\n### %s\n\n%s\n", path, sentence(n.Help))
	}
	writePositionals(b, n)
	writeFlags(b, n)
	for _, child := range n.Children {
		if !child.Hidden {
			writeNode(b, path+" "+child.Name, child)
		}
	}
}

func writePositionals(b *strings.Builder, n *kong.Node) {
	if len(n.Positional) == 0 {
		return
	}
	b.WriteString("\n| argument | meaning |\n|---|---|\n")
	for _, p := range n.Positional {
		fmt.Fprintf(b, "| `%s` | %s |\n", p.Summary(), cell(sentence(p.Help)))
	}
}

func writeFlags(b *strings.Builder, n *kong.Node) {
	wrote := false
	for _, f := range n.Flags {
		if f.Hidden || f.Name == "help" {
			continue
		}
		if !wrote {
			b.WriteString("\n| flag | variable | default | meaning |\n|---|---|---|---|\n")
			wrote = true
		}
		def := ""
		if f.HasDefault {
			def = "`" + f.Default + "`"
		}
		if f.Required {
			def = "required"
		}
		fmt.Fprintf(b, "| `--%s` | `%s` | %s | %s |\n", f.Name, strings.Join(f.Envs, "`, `"), cell(def), cell(sentence(f.Help)))
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func sentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s != "" && !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
