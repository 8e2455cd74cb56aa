package redact

import "strings"

// Sequence finds card data that is typed over several inputs of one interaction, in pieces or key by key. The zero value
// is ready to use. It remembers the last inputs only, raw: never store or log it.
//
// A stored digit cannot be masked any more when the number turns out to be a card number, so a run of single keys that
// may become one is masked from its seventh key on as long as it is open at the end of a batch. Pass an empty input for
// whatever separates two runs, such as a prompt that was played.
type Sequence struct {
	tail []string
}

// InputFinding is a finding in one of several inputs.
type InputFinding struct {
	Finding
	// Input is the index of the input in the batch; Start and End are offsets in it.
	Input int
}

const (
	tailInputs   = 24 // enough for the longest number key by key, with expiry date or code
	tailInputLen = 40
	shownPrefix  = 6
	shownSuffix  = 4
)

// NewSequence starts from the last inputs seen earlier, as they were stored.
func NewSequence(earlier ...string) *Sequence {
	q := &Sequence{}
	q.remember(earlier)
	return q
}

// Push masks a batch of inputs, in their order. The result has the same length.
func (q *Sequence) Push(inputs ...string) (clean []string, findings []InputFinding) {
	all := append(append(make([]string, 0, len(q.tail)+len(inputs)), q.tail...), inputs...)
	hide := q.hidden(all, len(inputs))
	known := len(q.tail)
	q.remember(inputs)
	clean = make([]string, len(inputs))
	for i, in := range inputs {
		h := hide[known+i]
		var out string
		if h.with != nil {
			out, _ = Digits(blank(in, h.with)) // the input may hold a whole number too
			findings = append(findings, InputFinding{Finding{h.kind, strings.IndexFunc(in, isDigit), lastDigit(in)}, i})
		} else {
			var own []Finding
			out, own = Digits(in)
			for _, f := range own {
				findings = append(findings, InputFinding{f, i})
			}
		}
		clean[i] = out
	}
	return clean, findings
}

// remember keeps the last inputs.
func (q *Sequence) remember(inputs []string) {
	q.tail = append(q.tail, inputs...)
	q.tail = append([]string(nil), q.tail[max(0, len(q.tail)-tailInputs):]...)
	for i, in := range q.tail {
		if len(in) > tailInputLen {
			q.tail[i] = "" // no piece of a number
		}
	}
}
