// Package star reads dialogues of the STAR dataset (Mosig and others, 2020): task dialogues between two people, one of
// whom plays the customer and one the assistant, who picks suggested replies and queries back-end systems.
package star

import (
	"encoding/json"
	"time"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// record is a line of the file: what the replay uses of it.
type record struct {
	DialogueID      json.RawMessage
	Customer        string `json:"AnonymizedUserWorkerID"`
	CompletionLevel string
	Events          []event
}

// event is one event of a dialogue.
type event struct {
	Agent       string
	Action      string
	ActionLabel string
	Text        string
	APIName     string
	Constraints []map[string]json.RawMessage
	Item        json.RawMessage
	UnixTime    *float64
}

// isQuery tells the calls of a back-end system.
func (e event) isQuery() bool { return e.Action == "query" && e.APIName != "" }

// Parse reads the dialogue in a line of a file.
func Parse(line dialogue.Line) (*dialogue.Dialogue, error) {
	var rec record
	if err := line.Decode(&rec); err != nil {
		return nil, err
	}
	id := dialogue.IDText(rec.DialogueID)
	if id == "" {
		return nil, line.Errorf("DialogueID is missing: this is no dialogue of the star dataset")
	}
	d := &dialogue.Dialogue{ID: id, Customer: rec.Customer, Completed: rec.CompletionLevel == "Complete"}
	if len(rec.Events) > 0 {
		times, err := times(rec.Events)
		if err != nil {
			return nil, line.Errorf("%w", err)
		}
		d.Legs = legs(rec.Events, times)
	}
	if err := d.Check(); err != nil {
		return nil, line.Errorf("%w", err)
	}
	return d, nil
}

// times returns the time of each event. Answers of the back-end systems have none: they get that of the event before
// them, and those at the very beginning that of the first one that has a time.
func times(events []event) ([]time.Time, error) {
	out := make([]time.Time, len(events))
	var last time.Time
	for i, e := range events {
		if e.UnixTime != nil {
			t, err := unixTime(*e.UnixTime)
			if err != nil {
				return nil, err
			}
			if last.IsZero() {
				for j := range i {
					out[j] = t
				}
			}
			last = t
		}
		out[i] = last
	}
	if last.IsZero() {
		return nil, errNoTime
	}
	return out, nil
}
