// Package sgd reads dialogues of the Schema-Guided Dialogue dataset (Rastogi and others, 2020): a customer and an
// assistant who together use one service after the other, with every turn annotated.
package sgd

import (
	"encoding/json"
	"time"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// record is a line of the file: what the replay uses of it.
type record struct {
	DialogueID string `json:"dialogue_id"`
	Turns      []turn `json:"turns"`
}

type turn struct {
	Speaker   string  `json:"speaker"`
	Utterance string  `json:"utterance"`
	Frames    []frame `json:"frames"`
}

// frame is what a turn means to one service.
type frame struct {
	Service string   `json:"service"`
	Actions []action `json:"actions"`
	State   struct {
		ActiveIntent string `json:"active_intent"`
	} `json:"state"`
	Call *struct {
		Method     string                     `json:"method"`
		Parameters map[string]json.RawMessage `json:"parameters"`
	} `json:"service_call"`
}

type action struct {
	Act       string   `json:"act"`
	Slot      string   `json:"slot"`
	Values    []string `json:"values"`
	Canonical []string `json:"canonical_values"`
}

// The dataset has no times. Its dialogues take place on 1 March 2019, and a turn is given 20 seconds.
const turnTime = 20 * time.Second

var day = time.Date(2019, time.March, 1, 9, 0, 0, 0, time.UTC)

// maxTurns keeps a dialogue within its day.
const maxTurns = 2000

// Parse reads the dialogue in a line of a file.
func Parse(line dialogue.Line) (*dialogue.Dialogue, error) {
	var rec record
	if err := line.Decode(&rec); err != nil {
		return nil, err
	}
	switch {
	case rec.DialogueID == "":
		return nil, line.Errorf("dialogue_id is missing: this is no dialogue of the sgd dataset")
	case len(rec.Turns) > maxTurns:
		return nil, line.Errorf("a dialogue of more than %d turns", maxTurns)
	}
	d := &dialogue.Dialogue{ID: rec.DialogueID, Completed: true, Legs: legs(rec.Turns)}
	if err := d.Check(); err != nil {
		return nil, line.Errorf("%w", err)
	}
	return d, nil
}
