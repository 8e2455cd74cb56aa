package domain

import "unsafe"

// Size returns about how many bytes the state takes in memory, for caches that are bounded by it. Parts shared with
// other states count in full.
func (s *State) Size() int {
	n := int(unsafe.Sizeof(*s)) + len(s.Locale)
	for i := range s.Identifiers {
		l := &s.Identifiers[i]
		n += int(unsafe.Sizeof(*l)) + len(l.Identifier.Value) + len(l.EventID) + len(l.InteractionID)
	}
	for _, f := range s.Facts {
		n += pointerSize + int(unsafe.Sizeof(*f)) + len(f.Scope) + len(f.Name)
		for i := range f.Values {
			v := &f.Values[i]
			n += int(unsafe.Sizeof(*v)) + len(v.Text) + len(v.EventID) + len(v.InteractionID) + len(v.Actor.ID)
		}
		for i := range f.Retractions {
			n += int(unsafe.Sizeof(f.Retractions[i])) + len(f.Retractions[i].Text)
		}
	}
	for _, list := range [][]*Interaction{s.Open, s.Ended} {
		for _, x := range list {
			n += pointerSize + x.size()
		}
	}
	return n + s.PartsSize()
}

const pointerSize = int(unsafe.Sizeof(uintptr(0)))

func (x *Interaction) size() int {
	return int(unsafe.Sizeof(*x)) + len(x.ID) + len(x.Platform) + len(x.PlatformContactID) + len(x.Topic) +
		len(x.Disposition) + len(x.Note) + len(x.LastParticipant.ID) + len(x.Queue) + len(x.FlowRunID) + len(x.FlowID) +
		len(x.StepID) + len(x.LastFailedStep) + len(x.LastFailure) + len(x.LastCustomerMessage)
}

// PartsSize is the size of what state_parts.go has: verifications, cases, handoffs and the like.
func (s *State) PartsSize() int {
	n := len(s.Persona.Value) + len(s.Persona.Reason) + len(s.Survey.InteractionID) + len(s.FailedChecks.Method) +
		len(s.MergedInto.ID) + len(s.MergedInto.Customer) + len(s.MergedInto.Reason)
	for _, p := range s.Passports {
		n += pointerSize + int(unsafe.Sizeof(*p)) + len(p.EventID) + len(p.Method) + len(p.InteractionID) + len(p.Actor.ID) + textsSize(p.Scopes)
	}
	for _, list := range [][]*Case{s.OpenCases, s.ResolvedCases} {
		for _, c := range list {
			n += pointerSize + int(unsafe.Sizeof(*c)) + len(c.ID) + len(c.Subject) + len(c.Intent) + len(c.Status) +
				len(c.Promise.Text) + len(c.Promise.Actor.ID) + len(c.Resolution) + len(c.Code) + textsSize(c.RecentInteractions)
		}
	}
	for _, h := range s.Handoffs {
		n += pointerSize + int(unsafe.Sizeof(*h)) + len(h.ID) + len(h.From.ID) + len(h.To.ID) + len(h.Target) + len(h.Reason) +
			len(h.Summary) + len(h.AcceptedBy.ID) + len(h.AcceptEventID) + len(h.EndReason) + len(h.InteractionID) +
			len(h.ReceiverInteractionID) + len(h.CaseID) + len(h.Previous) +
			textsSize(h.Offered) + textsSize(h.Read) + textsSize(h.Dropped) + textsSize(h.AskedAgain)
	}
	for i := range s.RecentRepeats {
		r := &s.RecentRepeats[i]
		n += int(unsafe.Sizeof(*r)) + len(r.InteractionID) + len(r.Slot) + len(r.Scope) + len(r.SlotID) + len(r.HandoffID)
	}
	for _, r := range s.FlowRuns {
		n += pointerSize + int(unsafe.Sizeof(*r)) + len(r.ID) + len(r.FlowID) + len(r.Version) + len(r.StepID) + len(r.InteractionID)
	}
	for _, list := range [][]Finding{s.Audiences, s.Stages, s.Recommendations} {
		for i := range list {
			f := &list[i]
			n += int(unsafe.Sizeof(*f)) + len(f.ID) + len(f.Value) + len(f.Reason)
		}
	}
	for i := range s.Consents {
		n += int(unsafe.Sizeof(s.Consents[i])) + len(s.Consents[i].Purpose)
	}
	for i := range s.Merges {
		m := &s.Merges[i]
		n += int(unsafe.Sizeof(*m)) + len(m.ID) + len(m.Customer) + len(m.Reason)
	}
	return n
}

func textsSize(texts []string) int {
	n := int(unsafe.Sizeof("")) * len(texts)
	for _, t := range texts {
		n += len(t)
	}
	return n
}
