package domain

import (
	"strings"
	"time"
)

// Bounds of a brief.
const (
	MaxBriefBytes     = 1500
	MaxBriefItems     = 12
	MaxBriefItemBytes = 400
)

// BriefItemKind is what a part of a brief tells.
type BriefItemKind int32

// The kinds of parts.
const (
	BriefUnspecified BriefItemKind = iota
	BriefIdentity
	BriefLive
	BriefHistory
	BriefKnown
	BriefConfirm
	BriefFriction
	BriefLastWords
	BriefVerification
	BriefCase
	BriefTried
	BriefPromise
	BriefMood
	BriefNextStep
	BriefHandoff
)

// Brief is the story so far. It depends on the context alone, tells times absolutely and in UTC, and is bounded.
// Values of slots that are SENSITIVE are never in it: the brief travels far (desktops, transfers, logs of other
// systems), and who may see such a value finds it among the facts.
type Brief struct {
	// Text is the items' texts, a line each, at most MaxBriefBytes.
	Text string
	// Items are the statements, most important first.
	Items []BriefItem
}

// BriefItem is one statement.
type BriefItem struct {
	Kind BriefItemKind
	Text string
	// Time is when what it tells happened last.
	Time time.Time
}

// The shares of a brief's parts, in bytes: the most that each may take. Those of the first parts together leave room for
// what is known, which is what keeps the customer from being asked again.
const (
	identityShare     = 150
	verificationShare = 170
	handoffShare      = 230
	caseShare         = 180
	promiseShare      = 170
	nextShare         = 140
	liveShare         = 150
	moodShare         = 60
	triedShare        = 160
	knownShare        = 300
	confirmShare      = 170
	frictionShare     = 140
	wordsShare        = 220
	pastShare         = 200
	leastShare        = 40 // what is left is not worth a line below this
)

// writeBrief tells the story in the order in which somebody with five seconds wants it: who, how surely, what was handed
// over, the open matter and what was promised, what to do next; what goes on, the mood, what was tried, what is known,
// what to confirm, what went wrong, the last words, and then as much of what went before as there is room for.
func writeBrief(c *Context) Brief {
	var w briefWriter
	w.add(BriefIdentity, identityShare, c.Identity.LastSeen, identityLine(c))
	w.line(BriefVerification, verificationShare, c, verificationLine)
	w.line(BriefHandoff, handoffShare, c, handoffLine)
	w.line(BriefCase, caseShare, c, caseLine)
	w.line(BriefPromise, promiseShare, c, promiseLine)
	if c.NextStep != "" {
		w.add(BriefNextStep, nextShare, c.Identity.LastSeen, "Next: "+c.NextStep)
	}
	for _, x := range c.Live[:min(len(c.Live), 1)] {
		w.add(BriefLive, liveShare, x.LastEventTime, liveLine(x))
	}
	w.line(BriefMood, moodShare, c, moodLine)
	w.line(BriefTried, triedShare, c, triedLine)
	line, at := factsLine("Known, do not ask: ", c.Facts, min(knownShare, w.room()), sayKnown, func(f *Fact) bool {
		return f.settled && (f.Value != c.Identity.DisplayName || f.Sensitivity >= SensitivitySensitive) // told by the first line
	})
	w.add(BriefKnown, knownShare, at, line)
	line, at = factsLine("To confirm: ", c.Facts, min(confirmShare, w.room()), sayDoubtful, func(f *Fact) bool {
		return f.Status != FactFresh && !Masked(f.Value)
	})
	w.add(BriefConfirm, confirmShare, at, line)
	w.line(BriefFriction, frictionShare, c, frictionLine)
	w.line(BriefLastWords, wordsShare, c, lastWords)
	for i := 1; i < len(c.Live); i++ {
		w.add(BriefLive, liveShare, c.Live[i].LastEventTime, liveLine(c.Live[i]))
	}
	for _, x := range c.Recent {
		w.add(BriefHistory, pastShare, x.LastEventTime, pastLine(x))
	}
	return w.brief()
}

// briefWriter keeps the bounds.
type briefWriter struct {
	items []BriefItem
	bytes int
}

// room is how many bytes are left for a line.
func (w *briefWriter) room() int { return MaxBriefBytes - w.bytes - len(w.items) }

// line adds what tell has to say.
func (w *briefWriter) line(kind BriefItemKind, share int, c *Context, tell func(*Context) (string, time.Time)) {
	text, at := tell(c)
	w.add(kind, share, at, text)
}

func (w *briefWriter) add(kind BriefItemKind, share int, at time.Time, text string) {
	room := min(share, MaxBriefItemBytes, w.room())
	if text == "" || len(w.items) >= MaxBriefItems || room < leastShare && room < len(text) {
		return
	}
	text = shorten(oneLine(text), room)
	w.items = append(w.items, BriefItem{Kind: kind, Text: text, Time: at})
	w.bytes += len(text)
}

func (w *briefWriter) brief() Brief {
	lines := make([]string, len(w.items))
	for i := range w.items {
		lines[i] = w.items[i].Text
	}
	return Brief{Text: strings.Join(lines, "\n"), Items: w.items}
}
