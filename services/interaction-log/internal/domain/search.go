package domain

import (
	"context"
	"strings"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Search asks for a customer's events with certain words, newest first.
type Search struct {
	Key
	// Words is the query as the caller typed it.
	Words  string
	Filter Filter
	Limit  int   // 1 to MaxPage
	Cursor int64 // Next of the page before; 0 begins
	// Text returns the text of an event that can be searched, "" for none. The
	// log does not know what a payload says.
	Text func(*Event) string
}

// Hit is one event found.
type Hit struct {
	Event *Event
	// Snippet is the text around the first word found.
	Snippet string
}

// Hits is a part of what a Search finds. It may be short, or even empty, while
// there is more.
type Hits struct {
	Hits []Hit
	// Next continues after this page; 0 when this was the last.
	Next int64
}

// maxWords is how many words a query may have.
const maxWords = 16

// Search returns events that have every word of the query, in any order and
// whatever the case; the last word also matches as a beginning. A query without a
// word is the fault INVALID_QUERY.
func (l *Log) Search(ctx context.Context, s Search) (*Hits, error) {
	words, err := parseWords(s.Words)
	if err != nil {
		return nil, err
	}
	head, err := l.store.Head(ctx, s.Key)
	if err != nil {
		return nil, err
	}
	q := Query{Key: s.Key, Filter: s.Filter, Newest: true, Limit: scanChunk, Cursor: s.Cursor}
	hits := &Hits{}
	size := 0
	hits.Next, err = l.scan(ctx, q, head, func(e *Event) (took, more bool) {
		text := s.Text(e)
		at, found := words.find(text)
		if !found {
			return true, true
		}
		if len(hits.Hits) > 0 && size+len(e.Payload) > MaxPageBytes {
			return false, false
		}
		size += len(e.Payload)
		hits.Hits = append(hits.Hits, Hit{Event: e, Snippet: snippet(text, at)})
		return true, len(hits.Hits) < s.Limit
	})
	if err != nil {
		return nil, err
	}
	return hits, nil
}

func parseWords(query string) (words, error) {
	var w words
	for word := range wordsOf(query) {
		w = append(w, fold(word))
	}
	if len(w) == 0 {
		return nil, fault.New(fault.Invalid, ReasonInvalidQuery, "the query has no word to search for").
			WithField("query", "must have a word of letters or digits")
	}
	if len(w) > maxWords {
		return nil, fault.New(fault.Invalid, ReasonInvalidQuery, "the query has too many words").
			WithField("query", "must have at most 16 words")
	}
	return w, nil
}

// fold makes words that differ in case only the same.
func fold(word string) string { return strings.ToLower(strings.ToUpper(word)) }
