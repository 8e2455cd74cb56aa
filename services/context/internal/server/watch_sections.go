package server

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// sectionCount is one more than the highest section.
const sectionCount = int(contextv1.ContextSection_CONTEXT_SECTION_BRIEF) + 1

// sectionOf says to which section a field of CustomerContext belongs; 0 for those that every message of a watch has.
var sectionOf = map[protowire.Number]contextv1.ContextSection{
	1: 0, 2: 0, 3: 0, 4: 0, 14: 0, 30: 0, 31: 0, 32: 0,
	5:  contextv1.ContextSection_CONTEXT_SECTION_IDENTITY,
	15: contextv1.ContextSection_CONTEXT_SECTION_VERIFICATIONS,
	16: contextv1.ContextSection_CONTEXT_SECTION_VERIFICATIONS,
	6:  contextv1.ContextSection_CONTEXT_SECTION_FACTS,
	7:  contextv1.ContextSection_CONTEXT_SECTION_FACTS,
	17: contextv1.ContextSection_CONTEXT_SECTION_CASES,
	18: contextv1.ContextSection_CONTEXT_SECTION_CASES,
	19: contextv1.ContextSection_CONTEXT_SECTION_CASES,
	8:  contextv1.ContextSection_CONTEXT_SECTION_INTERACTIONS,
	9:  contextv1.ContextSection_CONTEXT_SECTION_INTERACTIONS,
	10: contextv1.ContextSection_CONTEXT_SECTION_INTERACTIONS,
	20: contextv1.ContextSection_CONTEXT_SECTION_HANDOFFS,
	21: contextv1.ContextSection_CONTEXT_SECTION_HANDOFFS,
	22: contextv1.ContextSection_CONTEXT_SECTION_SENTIMENT,
	23: contextv1.ContextSection_CONTEXT_SECTION_PERSONA,
	24: contextv1.ContextSection_CONTEXT_SECTION_PERSONA,
	25: contextv1.ContextSection_CONTEXT_SECTION_STAGES,
	26: contextv1.ContextSection_CONTEXT_SECTION_FLOW_RUNS,
	11: contextv1.ContextSection_CONTEXT_SECTION_DO_NOT_ASK,
	12: contextv1.ContextSection_CONTEXT_SECTION_DO_NOT_ASK,
	27: contextv1.ContextSection_CONTEXT_SECTION_RECOMMENDATIONS,
	28: contextv1.ContextSection_CONTEXT_SECTION_CONSENTS,
	29: contextv1.ContextSection_CONTEXT_SECTION_MERGES,
	13: contextv1.ContextSection_CONTEXT_SECTION_BRIEF,
}

// resumeCandidates is the field whose likelihoods change with every minute that passes, although nothing happens.
const resumeCandidates = 19

// sectionStatuses is the field that says how complete the sections are.
const sectionStatuses = 32

// sections are a context in wire format, taken apart. Watchers of one context share them: whoever sends puts the parts
// together that its reader does not have.
type sections struct {
	head  []byte
	parts [sectionCount][]byte
	// statuses say how complete the sections are.
	statuses []byte
	sums     marks
	// last is the difference that was asked for last: mostly all readers have the same.
	last atomic.Pointer[difference]
}

// difference is what a reader with certain marks does not have, in wire format.
type difference struct {
	from    marks
	changed []contextv1.ContextSection
	body    []byte
	shared  atomic.Pointer[sharedMessage]
}

// sharedMessage is what all are sent who do not have the same.
type sharedMessage struct {
	asOf    time.Time
	full    bool
	message rpc.Encoded
}

// since returns what a reader does not have. It is shared, and must not be changed.
func (s *sections) since(have *marks) *difference {
	if d := s.last.Load(); d != nil && d.from == *have {
		return d
	}
	changed := s.changedSince(have)
	d := &difference{from: *have, changed: changed, body: s.with(changed)}
	s.last.Store(d)
	return d
}

// marks are what a reader has of each section, as hashes; 0 is an empty one.
type marks [sectionCount]uint64

// takeApart parts a context by sections.
func takeApart(answer []byte) (*sections, error) {
	s := &sections{}
	var hashed [sectionCount][]byte
	for rest := answer; len(rest) > 0; {
		num, typ, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return nil, badContext(protowire.ParseError(n))
		}
		m := protowire.ConsumeFieldValue(num, typ, rest[n:])
		if m < 0 {
			return nil, badContext(protowire.ParseError(m))
		}
		field, value := rest[:n+m], rest[n:n+m]
		rest = rest[n+m:]
		at, known := sectionOf[num]
		switch {
		case !known:
			return nil, badContext(fmt.Errorf("field %d belongs to no section", num))
		case num == sectionStatuses:
			s.statuses = append(s.statuses, field...)
			continue
		case at == 0:
			s.head = append(s.head, field...)
			continue
		}
		s.parts[at] = append(s.parts[at], field...)
		if num == resumeCandidates && typ == protowire.BytesType {
			field = candidateIDs(value)
		}
		hashed[at] = append(hashed[at], field...)
	}
	for i, b := range hashed {
		if len(b) > 0 {
			h := fnv.New64a()
			_, _ = h.Write(b)
			s.sums[i] = max(h.Sum64(), 1)
		}
	}
	return s, nil
}

// candidateIDs returns of a ResumeCandidate only which case and interaction it is: a likelihood that has faded since is
// no change worth a message.
func candidateIDs(value []byte) []byte {
	msg, _ := protowire.ConsumeBytes(value)
	out := []byte{resumeCandidates}
	for len(msg) > 0 {
		num, typ, n := protowire.ConsumeTag(msg)
		if n < 0 {
			return out
		}
		m := protowire.ConsumeFieldValue(num, typ, msg[n:])
		if m < 0 {
			return out
		}
		if num <= 2 { // case, interaction_id
			out = append(out, msg[:n+m]...)
		}
		msg = msg[n+m:]
	}
	return out
}

func badContext(err error) error {
	return fault.New(fault.Internal, fault.InternalError, "a context cannot be taken apart: %w", err)
}

// changedSince returns the sections that differ from what a reader has.
func (s *sections) changedSince(have *marks) []contextv1.ContextSection {
	var changed []contextv1.ContextSection
	for i := 1; i < sectionCount; i++ {
		if s.sums[i] != have[i] {
			changed = append(changed, contextv1.ContextSection(i))
		}
	}
	return changed
}

// with returns a context in wire format that has these sections only. The statuses come last.
func (s *sections) with(which []contextv1.ContextSection) []byte {
	n := len(s.head) + len(s.statuses)
	for _, at := range which {
		n += len(s.parts[at])
	}
	out := append(make([]byte, 0, n), s.head...)
	for _, at := range which {
		out = append(out, s.parts[at]...)
	}
	return append(out, s.statuses...)
}

// encode returns the marks for a resume token, with the revision that they are of.
func (m *marks) encode(revision int64) []byte {
	out := binary.AppendUvarint(nil, uint64(revision))
	for _, sum := range m[1:] {
		out = binary.LittleEndian.AppendUint64(out, sum)
	}
	return out
}

// decode undoes encode.
func (m *marks) decode(b []byte) (revision int64, ok bool) {
	v, n := binary.Uvarint(b)
	if n <= 0 || len(b)-n != 8*(sectionCount-1) || int64(v) < 0 {
		return 0, false
	}
	for i := range m[1:] {
		m[i+1] = binary.LittleEndian.Uint64(b[n+8*i:])
	}
	return int64(v), true
}
