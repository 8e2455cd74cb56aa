package intake

import (
	"regexp"
	"regexp/syntax"
)

// pattern is a regular expression of the contract. Most are a few fixed characters followed by a run of one set of
// characters, which a loop checks many times faster than the regexp engine.
type pattern struct {
	text  string
	parts []charRun // nil when the loop cannot do it
	// optional means that the empty string matches as well.
	optional bool
	re       *regexp.Regexp
}

// charRun is least to most characters of a set.
type charRun struct {
	set         [256]bool
	least, most int
}

func newPattern(text string) *pattern {
	p := &pattern{text: text, re: regexp.MustCompile(text)}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return p
	}
	// The tree is kept as written: Simplify would spell {1,128} out.
	parts := flatten(tree)
	if len(parts) < 2 || parts[0].Op != syntax.OpBeginText || parts[len(parts)-1].Op != syntax.OpEndText {
		return p
	}
	parts = parts[1 : len(parts)-1]
	if len(parts) == 1 && parts[0].Op == syntax.OpQuest {
		p.optional = true
		parts = flatten(parts[0].Sub[0])
	}
	runs := make([]charRun, 0, len(parts))
	for i, part := range parts {
		add, ok := charRuns(part)
		// Taking as much as there is finds every match only when nothing of variable length comes before the end.
		if !ok || i < len(parts)-1 && !fixed(add) {
			return p
		}
		runs = append(runs, add...)
	}
	p.parts = runs
	return p
}

func (p *pattern) match(s string) bool {
	if p.optional && s == "" {
		return true
	}
	if p.parts == nil {
		return p.re.MatchString(s)
	}
	at := 0
	for i := range p.parts {
		r := &p.parts[i]
		n := 0
		for n < r.most && at < len(s) && r.set[s[at]] {
			n++
			at++
		}
		if n < r.least {
			return false
		}
	}
	return at == len(s)
}

func fixed(runs []charRun) bool {
	for i := range runs {
		if runs[i].least != runs[i].most {
			return false
		}
	}
	return true
}

// flatten returns what a group or a concatenation consists of.
func flatten(t *syntax.Regexp) []*syntax.Regexp {
	switch t.Op { //nolint:exhaustive // everything else stands for itself
	case syntax.OpConcat:
		var all []*syntax.Regexp
		for _, sub := range t.Sub {
			all = append(all, flatten(sub)...)
		}
		return all
	case syntax.OpCapture:
		return flatten(t.Sub[0])
	}
	return []*syntax.Regexp{t}
}

// charRuns returns the runs that a part stands for, if it is of that kind and of ASCII.
func charRuns(t *syntax.Regexp) ([]charRun, bool) {
	switch t.Op { //nolint:exhaustive // the engine does the rest
	case syntax.OpLiteral:
		var runs []charRun
		for _, r := range t.Rune {
			if r >= 0x80 || t.Flags&syntax.FoldCase != 0 {
				return nil, false
			}
			run := charRun{least: 1, most: 1}
			run.set[r] = true
			runs = append(runs, run)
		}
		return runs, true
	case syntax.OpCharClass:
		run := charRun{least: 1, most: 1}
		for i := 0; i < len(t.Rune); i += 2 {
			if t.Rune[i+1] >= 0x80 {
				return nil, false
			}
			for r := t.Rune[i]; r <= t.Rune[i+1]; r++ {
				run.set[r] = true
			}
		}
		return []charRun{run}, true
	case syntax.OpRepeat:
		runs, ok := charRuns(t.Sub[0])
		if !ok || len(runs) != 1 || t.Max < 0 {
			return nil, false
		}
		runs[0].least, runs[0].most = t.Min, t.Max
		return runs, true
	}
	return nil, false
}
