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
	return n
}

const pointerSize = int(unsafe.Sizeof(uintptr(0)))

func (x *Interaction) size() int {
	return int(unsafe.Sizeof(*x)) + len(x.ID) + len(x.Platform) + len(x.PlatformContactID) + len(x.Topic) +
		len(x.Disposition) + len(x.Note) + len(x.LastParticipant.ID) + len(x.Queue) + len(x.FlowRunID) + len(x.FlowID) +
		len(x.StepID) + len(x.LastFailedStep) + len(x.LastFailure) + len(x.LastCustomerMessage)
}
