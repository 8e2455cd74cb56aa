package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// state folds a value that became known.
func (d *draft) state(e *Event, p FactStated) {
	v, ok := newValue(e, p.Value)
	if !ok {
		return
	}
	v.StatedRevision = e.Revision
	v.Confidence, v.Origin, v.Verification, v.ExpireTime = p.Confidence, p.Origin, p.Verification, p.ExpireTime
	if v.Confidence == 0 {
		v.Confidence = 1
	}
	i, f := d.named(p.Scope, p.Slot)
	f.Values = promoted(f.Values, v, Value.after)
	d.put(i, f)
}

// promoted returns a name's values with v in front, the oldest dropped when there are too many. An equal value that was
// not withdrawn becomes part of it, by merge.
func promoted(values []Value, v Value, merge func(v, w Value) Value) []Value {
	out := make([]Value, 1, min(len(values)+1, MaxValues))
	for _, w := range values {
		switch {
		case !sameText(w.Text, v.Text):
			if len(out) < MaxValues {
				out = append(out, w)
			}
		case w.Retracted == 0:
			v = merge(v, w)
		}
	}
	out[0] = v
	return out
}

// after returns v with what an equal value had earned before: saying something twice does not make it less sure, nor
// older.
func (v Value) after(w Value) Value {
	v.Confirmed = v.Confirmed || w.Confirmed
	v.Confidence = max(v.Confidence, w.Confidence)
	if w.FirstTime.Before(v.FirstTime) {
		v.FirstTime = w.FirstTime
	}
	if w.Time.After(v.Time) {
		v.Time = w.Time
	}
	return v
}

// confirm folds a confirmation. The value need not have been stated under this name: channels confirm under their own
// names what others were told. An equal value keeps the provenance of its statement.
func (d *draft) confirm(e *Event, p FactConfirmed) {
	v, ok := newValue(e, p.Value)
	if !ok {
		return
	}
	v.Origin = FactOriginCustomer
	i, f := d.named(p.Scope, p.Slot)
	f.Values = promoted(f.Values, v, func(_, w Value) Value { return confirmed(w, e) })
	f.Values[0].Confirmed, f.Values[0].Confidence = true, 1
	d.put(i, f)
}

// confirmed returns a value as confirmed by an event. An expiry that had passed by then is lifted.
func confirmed(w Value, e *Event) Value {
	w.Revision = e.Revision
	if e.OccurredAt.After(w.Time) {
		w.Time = e.OccurredAt
	}
	if e.OccurredAt.Before(w.FirstTime) {
		w.FirstTime = e.OccurredAt
	}
	if !w.ExpireTime.IsZero() && e.OccurredAt.After(w.ExpireTime) {
		w.ExpireTime = time.Time{}
	}
	return w
}

// retract folds a withdrawal: it marks the values under its own name, and is remembered for the slot's other names,
// which only the dictionary knows.
func (d *draft) retract(e *Event, p FactRetracted) {
	i, f := d.named(p.Scope, p.Slot)
	f.Values = slices.Clone(f.Values)
	for j := range f.Values {
		if v := &f.Values[j]; v.Retracted == 0 && (p.Value == "" || sameText(v.Text, p.Value)) {
			v.Retracted = e.Revision
		}
	}
	f.Retractions = withRetraction(f.Retractions, Retraction{Text: p.Value, Revision: e.Revision, Time: e.OccurredAt})
	d.put(i, f)
}

// withRetraction returns the retractions with r as the newest. One of all values covers those before it, and is the
// last to be forgotten.
func withRetraction(have []Retraction, r Retraction) []Retraction {
	all := []Retraction{r}
	if r.Text == "" {
		return all
	}
	for _, h := range have {
		if h.Text == "" || !sameText(h.Text, r.Text) {
			all = append(all, h)
		}
	}
	if last := len(all) - 1; last >= MaxRetractions {
		if all[last].Text == "" {
			all[last-1] = all[last]
		}
		all = all[:last]
	}
	return all
}

// newValue returns a value as stated by an event, without white space at its ends; there is none if that is all.
func newValue(e *Event, text string) (Value, bool) {
	text = strings.TrimSpace(text)
	return Value{
		Text: text, EventID: e.EventID, Revision: e.Revision, FirstTime: e.OccurredAt, Time: e.OccurredAt,
		Channel: e.Channel, InteractionID: e.InteractionID, Actor: e.Actor,
	}, text != ""
}

// rawName is a name as it was stated.
type rawName struct{ scope, name string }

// named returns a copy of the facts under a name, new when there are none, and where they belong.
func (d *draft) named(scope, name string) (int, *NamedFacts) {
	i, found := slices.BinarySearchFunc(d.Facts, rawName{scope, name}, func(f *NamedFacts, k rawName) int {
		return cmp.Or(cmp.Compare(f.Scope, k.scope), cmp.Compare(f.Name, k.name))
	})
	if !found {
		return i, &NamedFacts{Scope: scope, Name: name}
	}
	have := d.Facts[i]
	f := &NamedFacts{Scope: have.Scope, Name: have.Name, Values: have.Values, Retractions: have.Retractions}
	f.meaning.inherit(&have.meaning)
	return i, f
}

// put stores f at i, where named said that it belongs, and keeps the bounds.
func (d *draft) put(i int, f *NamedFacts) {
	if d.factBytes == 0 {
		d.countFacts()
	}
	if !d.ownFacts {
		d.Facts = append(make([]*NamedFacts, 0, len(d.Facts)+1), d.Facts...)
		d.ownFacts = true
	}
	if i < len(d.Facts) && d.Facts[i].Scope == f.Scope && d.Facts[i].Name == f.Name {
		d.factBytes += f.size() - d.Facts[i].size()
		d.Facts[i] = f
	} else {
		d.factBytes += f.size()
		d.Facts = slices.Insert(d.Facts, i, f)
	}
	d.boundFacts()
}

// countFacts measures all facts.
func (d *draft) countFacts() {
	d.factBytes = 0
	for _, have := range d.Facts {
		d.factBytes += have.size()
	}
}

// boundFacts drops the names that were silent longest while there is too much. The slice must be the draft's own.
func (d *draft) boundFacts() {
	for len(d.Facts) > MaxNames || d.factBytes > MaxFactBytes && len(d.Facts) > 1 {
		oldest := 0
		for j, have := range d.Facts {
			if have.newest() < d.Facts[oldest].newest() {
				oldest = j
			}
		}
		d.factBytes -= d.Facts[oldest].size()
		d.Facts = slices.Delete(d.Facts, oldest, oldest+1)
	}
}

// newest returns the newest revision that said something under this name.
func (f *NamedFacts) newest() int64 {
	var n int64
	if len(f.Values) > 0 {
		n = f.Values[0].Revision
	}
	if len(f.Retractions) > 0 {
		n = max(n, f.Retractions[0].Revision)
	}
	return n
}

// size returns what f counts for against MaxFactBytes.
func (f *NamedFacts) size() int {
	n := len(f.Scope) + len(f.Name) + 1
	for i := range f.Values {
		n += len(f.Values[i].Text)
	}
	for _, r := range f.Retractions {
		n += len(r.Text)
	}
	return n
}
