// Package domain holds the rules of the customer context: how a customer's events fold into a state, what the slot
// dictionary says about names, what may still be asked, and what a screen pop tells. Everything here is pure: time
// comes in as an argument, randomness as a reader, and nothing is shared but immutable values.
//
// The walk: Apply folds events into a *State; NewView joins a state with a Dictionary; Plan, DetectRepeat and
// BuildContext answer from the view. Facts stay in the state under the names they were stated with, and the dictionary
// is applied when reading, so that a changed dictionary takes effect at once and the fold never depends on it.
//
// Two clocks: order is the order of revisions and never depends on a clock; age is judged by the time at which
// something occurred.
package domain
