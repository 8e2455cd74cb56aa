package star

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

var errNoTime = errors.New("no event of the dialogue has a UnixTime")

// unixTime accepts what the interaction log does: years 1970 to 9999.
func unixTime(seconds float64) (time.Time, error) {
	const year10000 = 253402300800
	if !(seconds >= 0 && seconds < year10000) {
		return time.Time{}, fmt.Errorf("UnixTime %g is no time between the years 1970 and 9999", seconds)
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}

// operation is the name under which a query says whether it only checks or really books. Nobody asks a customer for it.
const operation = "RequestType"

// secrets are the names whose values prove who the caller is. They are not stored even if no dictionary says so.
var secrets = map[string]bool{"PIN": true, "SecurityAnswer1": true, "SecurityAnswer2": true, "Code": true}

// IsSecret tells the names whose values are never stored, in whatever task.
func IsSecret(_, slot string) bool { return secrets[slot] }

// legs cuts a dialogue: a leg begins after the last query before the first query of a new task, because what was said
// since belongs to the new one.
func legs(events []event, times []time.Time) []*dialogue.Leg {
	b := builder{events: events, times: times}
	leg := &dialogue.Leg{Start: times[0]}
	out := []*dialogue.Leg{leg}
	seen, from := map[string]bool{}, 0
	for i, e := range events {
		if !e.isQuery() {
			continue
		}
		if !seen[e.APIName] {
			seen[e.APIName] = true
			if leg.Task != "" {
				leg = &dialogue.Leg{Start: b.start(from)}
				out = append(out, leg)
			}
			leg.Task, leg.Needs = e.APIName, needs(e)
		}
		b.add(leg, from, i+1)
		from = i + 1
	}
	b.add(leg, from, len(events))
	return out
}

// needs are the names of a query whose values a customer could be asked for, in order, each once.
func needs(e event) []string {
	var out []string
	for name := range constraints(e) {
		if name != operation && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// constraints yields the names of a query with what they state, in order. Each object of the list has one key; should
// one have several, they come sorted.
func constraints(e event) func(yield func(name, value string) bool) {
	return func(yield func(string, string) bool) {
		for _, c := range e.Constraints {
			for _, name := range slices.Sorted(maps.Keys(c)) {
				if name != "" && !yield(name, value(c[name])) {
					return
				}
			}
		}
	}
}
