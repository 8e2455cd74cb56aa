// Package dialogue is what the replay knows of a recorded dialogue, whatever dataset it comes from: who spoke, which
// legs it falls into, and what was said, asked, looked up and learned in each, in order and with original times.
package dialogue

import (
	"time"
)

// Dialogue is one recorded dialogue.
type Dialogue struct {
	// ID names the dialogue in its dataset. Event ids derive from it: see Check.
	ID string
	// Customer names the customer, where the dataset knows one across dialogues; else empty.
	Customer string
	// Completed tells whether the dialogue was brought to its end.
	Completed bool
	// Legs are its parts: one begins where the next task does. Empty when nothing was said.
	Legs []*Leg
}

// Leg is the part of a dialogue that serves one task.
type Leg struct {
	// Task is the flow or service, which is also the scope of slot names. Empty when the dialogue never got to one.
	Task string
	// Start is when the leg began.
	Start time.Time
	// Needs are the names of the slots that the task's query will want filled: names only, never values.
	Needs []string
	// Items are what happened, in order.
	Items []*Item
}

// Item is one thing that happened; the parts that are set happened together, in the order of the fields.
type Item struct {
	// Index is the item's place in the dialogue as recorded.
	Index int
	// Time is when it happened.
	Time time.Time
	// Utterance is what somebody said.
	Utterance *Utterance
	// Questions are what the customer was asked for.
	Questions []Question
	// Queries are look-ups or bookings in back-end systems.
	Queries []Query
	// Verification is the check of who the customer is that a query was.
	Verification *Verification
	// Facts are what became known.
	Facts []Fact
}

// Utterance is something said or written.
type Utterance struct {
	// ByCustomer is false for the one who serves the customer.
	ByCustomer bool
	// Text is the words.
	Text string
	// Secret is true where the words answer a question for a secret or contain one: they must not be stored.
	Secret bool
}

// Question is a slot that the customer was asked for.
type Question struct {
	// Slot and Scope name what was asked for.
	Slot, Scope string
	// Prompt is the words of the question; empty where the utterance of the same item has them.
	Prompt string
	// Purpose is why it was asked.
	Purpose Purpose
}

// Purpose is why a question was asked.
type Purpose int

// The purposes.
const (
	// Collect asks for a value.
	Collect Purpose = iota
	// Confirm offers a value or an action for approval.
	Confirm
	// Verify asks for what proves who the customer is.
	Verify
)

// Query is a call of a back-end system.
type Query struct {
	// API is what was called.
	API string
	// Names are the names of the values given to it, never the values.
	Names []string
}

// Verification is a check of who the customer is. The secret that was checked is no part of it.
type Verification struct {
	// Method is how it was checked, as the contract writes methods: "pin".
	Method string
	// Passed is what came of it.
	Passed bool
}

// Fact is a slot's value that became known.
type Fact struct {
	// Slot and Scope name the slot.
	Slot, Scope string
	// Value is its value; empty once a secret fact was withheld.
	Value string
	// FromSystem is true where a back-end system gave the value, not the customer.
	FromSystem bool
	// Secret is true where the dataset says that the slot proves who somebody is.
	Secret bool
}

// Start returns when the dialogue began; the zero time when nothing was said.
func (d *Dialogue) Start() time.Time {
	if len(d.Legs) == 0 {
		return time.Time{}
	}
	return d.Legs[0].Start
}
