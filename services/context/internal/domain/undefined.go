package domain

// undefinedEntry stands for every name that the dictionary has no entry for: text, PERSONAL, good for ever.
var undefinedEntry = &entry{}

// undefinedAnswers are what is known under a name without entry: in the asker's scope, and in others. Every scope's
// name is a slot of its own.
type undefinedAnswers struct{ here, elsewhere *answer }

// undefinedAnswers returns what is known under a folded name without entry, for an asker in a folded scope. What was
// withdrawn under the asker's name is withdrawn for the asker wherever it was stated.
func (v *View) undefinedAnswers(scope, name string) undefinedAnswers {
	v.compile()
	g := v.undefined[name]
	if g == nil {
		return undefinedAnswers{}
	}
	scopes := make(map[string][]*NamedFacts)
	for _, f := range g.facts {
		s := f.meaningIn(v.dict).scope
		scopes[s] = append(scopes[s], f)
	}
	var elsewhere []candidate
	for s, facts := range scopes {
		if s != scope {
			elsewhere = appendCandidates(elsewhere, SlotTypeText, facts, scopes[scope])
		}
	}
	return undefinedAnswers{
		here:      newAnswer(SlotTypeText, appendCandidates(nil, SlotTypeText, scopes[scope], nil)),
		elsewhere: newAnswer(SlotTypeText, elsewhere),
	}
}

// decide is the policy for names without entry. A value stated in the asker's own scope is used. Without one, the
// newest value that another scope has under the same name is offered: there the name may mean something else. A value
// that is newer elsewhere does not make an own one doubtful, for the same reason.
func (u undefinedAnswers) decide(m moment) verdict {
	own := undefinedEntry.decide(u.here, m)
	if own.decision == DecisionUse {
		return own
	}
	if u.elsewhere == nil || len(u.elsewhere.variants) == 0 || u.elsewhere.newest.withdrawn {
		return own
	}
	other := undefinedEntry.decide(u.elsewhere, m)
	if other.decision == DecisionAsk || u.here.newest != nil && u.here.newest.value.Revision > other.chosen.revision {
		return own
	}
	other.decision, other.reason = DecisionConfirm, ReasonUndefinedInScope
	return other
}
