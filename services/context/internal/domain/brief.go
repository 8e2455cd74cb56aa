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

// The shares of a brief's parts, in bytes. They leave room for one line of history at least.
const (
	identityShare = 170
	liveShare     = 250
	knownShare    = 360
	confirmShare  = 200
	frictionShare = 170
	wordsShare    = 240
	pastShare     = 230
	leastShare    = 40 // what is left is not worth a line below this
)

// writeBrief tells the story: who, what goes on, what is known, what to confirm, what went wrong, the last words, and
// then as much of what went before as there is room for.
func writeBrief(c *Context) Brief {
	var w briefWriter
	w.add(BriefIdentity, identityShare, c.Identity.LastSeen, identityLine(c))
	for i, x := range c.Live {
		if i < 2 {
			w.add(BriefLive, liveShare, x.LastEventTime, liveLine(x))
		}
	}
	line, at := factsLine("Known, do not ask: ", c.Facts, knownShare, func(f *Fact) bool { return f.settled })
	w.add(BriefKnown, knownShare, at, line)
	line, at = factsLine("To confirm: ", c.Facts, confirmShare, func(f *Fact) bool {
		return f.Status != FactFresh && !Masked(f.Value)
	})
	w.add(BriefConfirm, confirmShare, at, line)
	line, at = frictionLine(c)
	w.add(BriefFriction, frictionShare, at, line)
	line, at = lastWords(c)
	w.add(BriefLastWords, wordsShare, at, line)
	for i := 2; i < len(c.Live); i++ {
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

func (w *briefWriter) add(kind BriefItemKind, share int, at time.Time, text string) {
	room := min(share, MaxBriefItemBytes, MaxBriefBytes-w.bytes-len(w.items))
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
