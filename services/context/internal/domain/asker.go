package domain

import "time"

// Asker is who wants to know something: what may be shown depends on it. The zero value is cleared for nothing.
type Asker struct {
	// Clearance is the highest sensitivity that the asker's role may see.
	Clearance Sensitivity
	// Channel and InteractionID are where the asker serves the customer; verifications are judged there. Unspecified is
	// everywhere: each verification counts as in its own channel.
	Channel       Channel
	InteractionID string
	// Purpose is what the answer is for; empty when not stated.
	Purpose string
	// Intent is what the customer wants now; empty when not known.
	Intent string
}

// FullClearance is what everything that is stored may be seen with: secrets are not.
const FullClearance = SensitivitySensitive

// Unrestricted is the asker who may see everything, wherever it is and whatever for.
var Unrestricted = Asker{Clearance: FullClearance}

// AskerOf returns the asker of an event: what a participant of that kind is cleared for. An event without a kind of
// actor comes from a system that says no more, which may see what people in the contact centre may.
func AskerOf(e *Event) Asker {
	a := Asker{Clearance: FullClearance, Channel: e.Channel, InteractionID: e.InteractionID}
	switch e.Actor.Kind {
	case ActorIVR, ActorBot:
		a.Clearance = SensitivityPersonal
	case ActorUnspecified, ActorCustomer, ActorAgent, ActorSupervisor, ActorSystem:
	}
	return a
}

// Essential returns the asker without what makes no difference to what it is shown of a customer at a moment, so that
// what was built for one asker can serve others. A customer who was never verified has the same standing everywhere,
// a purpose that was not refused withholds nothing, and where there is nothing to go on with, it does not matter what the
// contact is about.
func (s *State) Essential(a Asker, now time.Time) Asker {
	a.Clearance = min(a.Clearance, FullClearance)
	if a.Purpose != "" && !s.refuses(a.Purpose, now) {
		a.Purpose = ""
	}
	if a.Channel == ChannelUnspecified && a.InteractionID == "" && a.Intent == "" {
		return a
	}
	if at := wholeMinute(now); len(Resume(s, a, at)) > 0 || len(Resume(s, Asker{}, at)) > 0 {
		return a
	}
	if len(s.Passports) == 0 {
		a.Channel, a.InteractionID = ChannelUnspecified, ""
	}
	a.Intent = ""
	return a
}

// wholeMinute returns the minute by which matters to go on with are weighed: their likelihood fades all the time, and what
// is built need not be built again for that more often than anybody would notice.
func wholeMinute(now time.Time) time.Time { return now.Truncate(time.Minute) }
