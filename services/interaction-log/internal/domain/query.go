package domain

import "context"

// Query asks for a page of a customer's events.
type Query struct {
	Key
	Filter Filter
	Newest bool // newest first
	// Limit is the size of the page, 1 to MaxPage.
	Limit int
	// Cursor is Next of the page before; 0 begins.
	Cursor int64
}

// Page is a part of the events that a Query asks for. It may be short, or even
// empty, while there is more: it ends at MaxPageBytes of payload, and after
// looking at a bounded number of events.
type Page struct {
	Events []*Event
	// Next continues after this page; 0 when this was the last.
	Next int64
	// Head is the customer's newest revision at the time of reading.
	Head int64
}

const (
	// scanChunk is how many events are read from the store at a time.
	scanChunk = 256
	// maxScan is how many events are looked at for one page.
	maxScan = 20_000
	// maxScanBytes bounds the payload that is looked at for one page.
	maxScanBytes = 64 << 20
)

// List returns a page of a customer's events. An unknown customer has none.
func (l *Log) List(ctx context.Context, q Query) (*Page, error) {
	head, err := l.store.Head(ctx, q.Key)
	if err != nil {
		return nil, err
	}
	page := &Page{Head: head.Revision}
	size := 0
	page.Next, err = l.scan(ctx, q, head, func(e *Event) (take, more bool) {
		if len(page.Events) > 0 && size+len(e.Payload) > MaxPageBytes {
			return false, false
		}
		page.Events = append(page.Events, e)
		size += len(e.Payload)
		return true, len(page.Events) < q.Limit
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// scan calls visit with the wanted events, in order. visit says whether it has
// dealt with the event and whether it wants another. scan returns the cursor to
// go on from, 0 when there is nothing left up to head.
func (l *Log) scan(ctx context.Context, q Query, head Head, visit func(*Event) (took, more bool)) (int64, error) {
	first, last := q.Filter.After+1, head.Revision
	if q.Filter.Through > 0 {
		last = min(last, q.Filter.Through)
	}
	if q.Cursor > 0 {
		if q.Newest {
			last = min(last, q.Cursor-1)
		} else {
			first = max(first, q.Cursor+1)
		}
	}
	// A page without a filter is read in one go; with one, it is unknown how many
	// events it takes.
	chunk := min(q.Limit, MaxPage)
	if q.Filter.selective() {
		chunk = scanChunk
	}
	var scanned, bytes int
	for first <= last && scanned < maxScan && bytes < maxScanBytes {
		events, err := l.store.List(ctx, q.Key, Range{
			After: first - 1, Through: last, Newest: q.Newest, Limit: chunk, MaxBytes: MaxPageBytes,
		})
		if err != nil {
			return 0, err
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			scanned++
			bytes += len(e.Payload)
			if head.Erased {
				e = e.hidden()
			}
			took, more := true, true
			if q.Filter.Match(e) {
				took, more = visit(e)
			}
			if took && q.Newest {
				last = e.Revision - 1
			} else if took {
				first = e.Revision + 1
			}
			if !more {
				return cursor(first, last, q.Newest), nil
			}
		}
	}
	return cursor(first, last, q.Newest), nil
}

// cursor stands for what is left: the revisions first to last.
func cursor(first, last int64, newest bool) int64 {
	switch {
	case first > last:
		return 0
	case newest:
		return last + 1
	}
	// The page before ended at first-1, which is at least 1: a page that took
	// nothing has looked at something, or there was nothing to look at.
	return first - 1
}

// selective reports whether the filter can leave out events within its range of
// revisions.
func (f *Filter) selective() bool {
	return len(f.Types) > 0 || len(f.Channels) > 0 || f.InteractionID != "" || f.CaseID != "" ||
		!f.Start.IsZero() || !f.End.IsZero()
}
