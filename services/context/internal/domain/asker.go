package domain

// Asker is who wants to know something: what may be shown depends on it.
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

// AskerOf returns the asker of an event: what a participant of that kind is cleared for. An event without a kind of
// actor comes from a system that says no more, which may see what people in the contact centre may.
func AskerOf(e *Event) Asker {
	a := Asker{Clearance: SensitivitySensitive, Channel: e.Channel, InteractionID: e.InteractionID}
	switch e.Actor.Kind {
	case ActorIVR, ActorBot:
		a.Clearance = SensitivityPersonal
	case ActorUnspecified, ActorCustomer, ActorAgent, ActorSupervisor, ActorSystem:
	}
	return a
}
