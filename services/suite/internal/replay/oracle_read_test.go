package replay

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/star"
)

// What follows reads dialogues and dictionary a second time, with code of its own, and counts from the file alone what
// the suite should have found when they were played to it. All that it shares with the replay is the table of what each
// question label asks for.

// starLine is a dialogue as the file has it.
type starLine struct {
	DialogueID json.Number
	Events     []starEvent
}

type starEvent struct {
	Agent, Action, ActionLabel, Text, APIName string
	Constraints                               []map[string]any
	Item                                      any
	UnixTime                                  *float64

	at time.Time
}

// readStar reads a file of dialogues, packed or not.
func readStar(t *testing.T, path string) []starLine {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	dec := json.NewDecoder(bufio.NewReader(r))
	dec.UseNumber()
	var all []starLine
	for {
		var d starLine
		if err := dec.Decode(&d); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		var last time.Time
		for i := range d.Events {
			if s := d.Events[i].UnixTime; s != nil {
				last = time.Unix(int64(*s), 0)
			}
			d.Events[i].at = last
		}
		all = append(all, d)
	}
}

func (e *starEvent) queries() bool { return e.Action == "query" && e.APIName != "" }

// stated returns what a constraint says for certain: "" for a range, a choice of several, and null.
func stated(constraint any) string {
	var s string
	switch v := constraint.(type) {
	case string:
		s = strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	default:
		return ""
	}
	if inner, ok := strings.CutPrefix(s, "api.is_equal_to("); ok && strings.HasSuffix(inner, ")") {
		s = strings.TrimSpace(strings.TrimSuffix(inner, ")"))
	} else if strings.HasPrefix(s, "api.") {
		return ""
	}
	var list []string
	if strings.HasPrefix(s, "[") {
		if json.Unmarshal([]byte(s), &list) != nil || len(list) != 1 {
			return ""
		}
		s = list[0]
	}
	if len(s) > 1 && strings.HasPrefix(s, `"`) && strings.HasSuffix(s, `"`) {
		s = s[1 : len(s)-1]
	}
	if s = strings.TrimSpace(s); s == "null" || s == "None" {
		return ""
	}
	return s
}

// given returns what a query states under a name; the last, when it states several.
func (e *starEvent) given(name string) string {
	last := ""
	for _, c := range e.Constraints {
		if v := stated(c[name]); v != "" {
			last = v
		}
	}
	return last
}

// asksFor returns the scope and slot that the question i is for: of the tasks that know the label, the one queried next
// counts, or else the one queried last, or else the first. A label that no task knows is for no slot.
func (d *starLine) asksFor(i int) (scope, slot string) {
	owner := map[string]string{}
	var tasks []string
	for _, a := range star.Asks[d.Events[i].ActionLabel] {
		for _, task := range a.Tasks {
			owner[task], tasks = a.Slot, append(tasks, task)
		}
	}
	if len(tasks) == 0 {
		return "", ""
	}
	before, after := d.Events[:i], d.Events[i:]
	if n := slices.IndexFunc(after, func(e starEvent) bool { return e.queries() && owner[e.APIName] != "" }); n >= 0 {
		return after[n].APIName, owner[after[n].APIName]
	}
	for _, e := range slices.Backward(before) {
		if e.queries() && owner[e.APIName] != "" {
			return e.APIName, owner[e.APIName]
		}
	}
	return tasks[0], owner[tasks[0]]
}

// paperSlot is an entry of the dictionary file.
type paperSlot struct {
	ID      string `yaml:"slot"`
	Type    string
	Secrecy string `yaml:"sensitivity"`
	MaxAge  string `yaml:"max_age"`
	Policy  string `yaml:"on_conflict"`
	Aliases []struct{ Name, Scope string }
	Links   []struct{ From, Action string }
}

// paper is the dictionary file.
type paper struct {
	byName map[[2]string]*paperSlot // scope and name
	byID   map[string]*paperSlot
}

func readPaper(t *testing.T, path string) *paper {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Slots []*paperSlot }
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	p := &paper{byName: map[[2]string]*paperSlot{}, byID: map[string]*paperSlot{}}
	for _, s := range file.Slots {
		p.byID[s.ID] = s
		for _, a := range s.Aliases {
			p.byName[[2]string{squeezed(a.Scope), squeezed(a.Name)}] = s
		}
	}
	return p
}

// find returns the entry that a name means in a scope: by an alias of the scope, by one of no scope, by its id; nil where
// there is none.
func (p *paper) find(scope, name string) *paperSlot {
	for _, key := range [][2]string{{squeezed(scope), squeezed(name)}, {"", squeezed(name)}} {
		if s := p.byName[key]; s != nil {
			return s
		}
	}
	for id, s := range p.byID {
		if squeezed(id) == squeezed(name) {
			return s
		}
	}
	return nil
}

// squeezed is a name without case, spaces, "_" and "-".
func squeezed(name string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(name))
}
