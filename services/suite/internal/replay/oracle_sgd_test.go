package replay

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"slices"
	"testing"
	"time"
)

// sgdLine is a dialogue as the file has it.
type sgdLine struct {
	ID    string `json:"dialogue_id"`
	Turns []struct {
		Speaker string
		Frames  []struct {
			Service string
			Actions []sgdAction
		}
	}
}

type sgdAction struct {
	Act, Slot string
	Values    []string
	Canonical []string `json:"canonical_values"`
}

func readSGD(t *testing.T, path string) []sgdLine {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []sgdLine
	for dec := json.NewDecoder(bufio.NewReader(f)); ; {
		var d sgdLine
		if err := dec.Decode(&d); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
}

// one returns the single value of an action, in its canonical form where it has one.
func (a *sgdAction) one() (string, bool) {
	if len(a.Values) != 1 || a.Slot == "" {
		return "", false
	}
	if len(a.Canonical) > 0 {
		return a.Canonical[0], a.Canonical[0] != ""
	}
	return a.Values[0], a.Values[0] != ""
}

// questions returns the questions of a dialogue, each judged by what earlier turns made known: what the customer says,
// takes of an offer or agrees to, and what the assistant tells of the service's answer. What is asked for confirmation is
// no repeat. Nothing in the dictionary is too sensitive for an IVR.
func (d *sgdLine) questions(p *paper) []asked {
	var known []statement
	var all []asked
	offered, proposed := map[string][]statement{}, map[string][]statement{}
	for i, turn := range d.Turns {
		at := time.Unix(0, 0).Add(time.Duration(i) * 20 * time.Second)
		var learned []statement
		for _, frame := range turn.Frames {
			of := func(act string) (list []statement) {
				for _, a := range frame.Actions {
					if v, ok := a.one(); ok && a.Act == act {
						list = append(list, statement{frame.Service, a.Slot, v, p.find(frame.Service, a.Slot), at})
					}
				}
				return list
			}
			did := func(act string) bool {
				return slices.ContainsFunc(frame.Actions, func(a sgdAction) bool { return a.Act == act })
			}
			if turn.Speaker == "USER" {
				if did("SELECT") {
					learned = append(learned, offered[frame.Service]...)
				}
				if did("AFFIRM") {
					learned = append(learned, proposed[frame.Service]...)
				}
				learned = append(learned, slices.DeleteFunc(of("INFORM"), func(s statement) bool { return s.value == "dontcare" })...)
				continue
			}
			for _, a := range frame.Actions {
				if a.Slot == "" || a.Act != "REQUEST" && a.Act != "CONFIRM" {
					continue
				}
				q := asked{Index: i, Scope: frame.Service, For: a.Slot, why: "asks for confirmation"}
				if a.Act == "REQUEST" {
					q.Repeat, q.why = p.usable(frame.Service, a.Slot, at, known, false)
				}
				all = append(all, q)
			}
			if offer := of("OFFER"); len(offer) > 0 {
				offered[frame.Service] = offer
			}
			proposed[frame.Service] = of("CONFIRM")
			learned = append(learned, slices.DeleteFunc(of("INFORM"), func(s statement) bool { return s.name == "count" || s.name == "intent" })...)
		}
		for _, s := range learned {
			// Offered and proposed values become known when the customer takes them.
			if s.at = at; s.fits() {
				known = append(known, s)
			}
		}
	}
	return all
}
