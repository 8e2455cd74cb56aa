// Package score compares what the suite answered during a replay with what the customer really went on to say. It is the
// only part of the replay that knows the right answers, and it gets the suite's after they were given.
package score

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// Row is a slot that a later task of a dialogue needed.
type Row struct {
	// Task and Slot name it; the task is a service where the dataset calls it so.
	Task, Slot string
	// Value is what the task's query then used, Variants other ways of putting it.
	Value    string
	Variants []string
	// Generic marks values such as "2" or "True", which prove nothing when they coincide.
	Generic bool
	// Known tells that the value had been used before in another task of the dialogue.
	Known bool
}

// Gold is the right answers of a dataset, by dialogue.
type Gold struct {
	rows map[string][]Row
}

// record is a line of a gold file.
type record struct {
	DialogueID  json.RawMessage `json:"dialogue_id"`
	NeededLater *[]struct {
		Task     string   `json:"task"`
		Service  string   `json:"service"`
		Slot     string   `json:"slot"`
		Value    string   `json:"value"`
		Variants []string `json:"variants"`
		Generic  bool     `json:"generic"`
		Known    bool     `json:"known_before"`
	} `json:"needed_later"`
}

// Read reads a gold file, one dialogue a line, which may be packed with gzip. name is for messages.
func Read(name string, r io.Reader) (*Gold, error) {
	g := &Gold{rows: map[string][]Row{}}
	for line, err := range dialogue.Lines(name, r) {
		if err != nil {
			return nil, err
		}
		if err := g.read(line); err != nil {
			return nil, err
		}
	}
	if len(g.rows) == 0 {
		return nil, fmt.Errorf("%s: the file has no dialogues", name)
	}
	return g, nil
}

func (g *Gold) read(line dialogue.Line) error {
	var rec record
	if err := line.Decode(&rec); err != nil {
		return err
	}
	id := dialogue.IDText(rec.DialogueID)
	switch _, twice := g.rows[id]; {
	case id == "":
		return line.Errorf("dialogue_id is missing")
	case rec.NeededLater == nil:
		return line.Errorf("needed_later is missing: this is no gold of carried-over slots")
	case twice:
		return line.Errorf("dialogue %s is in the file twice", id)
	}
	rows := make([]Row, 0, len(*rec.NeededLater))
	for i, n := range *rec.NeededLater {
		task := n.Task
		if task == "" {
			task = n.Service
		}
		if task == "" || n.Slot == "" {
			return line.Errorf("needed_later[%d]: task (or service) or slot is missing", i)
		}
		rows = append(rows, Row{
			Task: task, Slot: n.Slot, Value: n.Value, Variants: n.Variants, Generic: n.Generic, Known: n.Known,
		})
	}
	g.rows[id] = rows
	return nil
}

// Take removes and returns the rows of a dialogue; false when the gold has none for it.
func (g *Gold) Take(id string) ([]Row, bool) {
	rows, ok := g.rows[id]
	delete(g.rows, id)
	return rows, ok
}

// Left is how many dialogues were not taken.
func (g *Gold) Left() int { return len(g.rows) }
