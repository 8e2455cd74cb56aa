package client

import "time"

// Place is where, and by whom, a customer is being served. What is recorded carries it, and what may be seen depends on
// it. Zero fields are not stated.
type Place struct {
	// The interaction, as Resolve begins it. A verification passed in another one may count for less in this one. At most
	// 128 characters of letters, digits and ._~:@/+=-.
	InteractionID string
	// The channel. A verification passed in another channel may count for less in this one.
	Channel Channel
	// Who acts: the IVR application, the bot, the agent.
	Actor Actor
	// The case that what is recorded belongs to, by its id. As for InteractionID.
	CaseID string
	// The flow or system whose names for slots are used: "main-menu". At most 128 bytes.
	Scope string
	// What the answers are used for: "service", "marketing". When given, everything about the customer but their
	// consents is withheld if the customer has denied or revoked consent for it. At most 128 bytes.
	Purpose string
	// What the customer wants now, as an intent's id: helps to find the open case that it is about. At most 128 bytes.
	Intent string
}

// origin is a place as writes send it.
type origin struct {
	InteractionID string
	CaseID        string
	Channel       Channel
	Actor         Actor
	Source        string
	OccurredAt    time.Time
}

// asker is a place as reads send it.
type asker struct {
	Channel       Channel
	InteractionID string
	Purpose       string
	Intent        string
}

func (p Place) origin(source string, at time.Time) origin {
	return origin{
		InteractionID: p.InteractionID, CaseID: p.CaseID, Channel: p.Channel, Actor: p.Actor, Source: source, OccurredAt: at,
	}
}

func (p Place) asker() asker {
	return asker{Channel: p.Channel, InteractionID: p.InteractionID, Purpose: p.Purpose, Intent: p.Intent}
}
