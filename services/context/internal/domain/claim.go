package domain

import (
	"cmp"
	"slices"
	"time"
)

// MatchOutcome is what became of one identifier of a claim. The numbers are the contract's.
type MatchOutcome int32

// The outcomes.
const (
	MatchUnspecified MatchOutcome = iota
	Matched                       // it names the customer
	Linked                        // it was new, and now names the customer
	Conflicting                   // it names another customer
	Bound                         // it named an anonymous visitor, who was merged into the customer
	Blocked                       // it names nobody, by the tenant's policy
)

// ClaimRequest asks for the customer behind identifiers.
type ClaimRequest struct {
	Tenant string
	// Keys are the identifiers in their normal form, without duplicates; at most one of them is a platform contact.
	Keys []IdentifierKey
	// NewCustomer is the id of the customer to make when no key names one; empty when none may be made.
	NewCustomer string
	// InteractionID is the interaction that the platform contact among the keys becomes, if it is new.
	InteractionID string
	// Now is when the claim is made.
	Now time.Time
	// Roots are the customers that those are merged into who are merged, as far as the caller knows. Their identifiers
	// stay theirs, and name the customer that they are merged into; new ones become that one's.
	Roots map[string]string
}

func (r *ClaimRequest) root(customer string) string {
	if root, merged := r.Roots[customer]; merged {
		return root
	}
	return customer
}

// ClaimResult is the customer found or made.
type ClaimResult struct {
	// Customer is empty when no key names one and none may be made; Keys is nil then.
	Customer string
	// Created says that the customer was made by this claim, or by the claim that this one repeats.
	Created bool
	// Repeated says that the platform contact was known: this is a retransmission.
	Repeated bool
	// Keys says for each key of the request, in its order, what became of it and whose it is. The owner's Since is
	// what ids of events that tell the log about the claim may be derived from: it stays until the log has the event.
	Keys []KeyClaim
}

// KeyClaim is what became of one key.
type KeyClaim struct {
	Key     IdentifierKey
	Outcome MatchOutcome
	Owner   Owner
}

// strength orders the types of identifiers by how far one alone speaks for a customer: the lowest wins. A platform
// contact names one engagement, so whoever was found for it first stays the answer for it.
func strength(t IdentifierType) int {
	switch t {
	case IdentifierPlatformContact:
		return 0
	case IdentifierCRMID:
		return 1
	case IdentifierAccount:
		return 2
	case IdentifierPhone:
		return 3
	case IdentifierEmail:
		return 4
	case IdentifierSocial:
		return 5
	case IdentifierDevice:
		return 6
	case IdentifierWebVisitor:
		return 7
	case IdentifierUnspecified, identifierHandoff:
	}
	return 8
}

// Decide answers a claim, given the present owner of each key (a zero Owner for none), in the order of the keys. The
// store has to bind every key whose outcome is Linked to the owner stated with it. Among owned keys the strongest
// type decides, and the first of equally strong ones.
func (r ClaimRequest) Decide(owners []Owner) ClaimResult {
	best := -1
	for i, k := range r.Keys {
		if owners[i].Customer != "" && (best < 0 || strength(k.Type) < strength(r.Keys[best].Type)) {
			best = i
		}
	}
	var res ClaimResult
	winner := Owner{Customer: r.NewCustomer, Since: r.Now, Created: true}
	if best >= 0 {
		winner = Owner{Customer: r.root(owners[best].Customer), Since: r.Now}
		if r.Keys[best].Type == IdentifierPlatformContact {
			res.Repeated, res.Created = true, owners[best].Created
		}
	} else {
		res.Created = r.NewCustomer != ""
	}
	res.Customer = winner.Customer
	if res.Customer == "" {
		return ClaimResult{}
	}
	res.Keys = make([]KeyClaim, len(r.Keys))
	for i, k := range r.Keys {
		kc := KeyClaim{Key: k, Outcome: Matched, Owner: owners[i]}
		switch r.root(owners[i].Customer) {
		case "":
			kc.Outcome, kc.Owner = Linked, winner
			if k.Type == IdentifierPlatformContact {
				kc.Owner.InteractionID = r.InteractionID
			}
		case winner.Customer:
		default:
			kc.Outcome = Conflicting
		}
		res.Keys[i] = kc
	}
	return res
}

// MaxHolders bounds the customers remembered for one identifier.
const MaxHolders = 16

// Holders are all customers that the log (or a claim on its way to the log) links to one identifier, first come first.
// The first one owns it; the others are remembered, so that after an unlink the next one does, and so that it does not
// matter in which order the shards of the log are followed. The zero value is nobody. Holders are values: Bind and
// Unbind never change the ones they are called on.
type Holders []Owner

// Owner returns the owner, and a zero Owner when there is none.
func (h Holders) Owner() Owner {
	if len(h) == 0 {
		return Owner{}
	}
	return h[0]
}

// Bind returns the holders with o among them. For a customer that holds already, the log's word counts over a claim's,
// and its earlier one over its later.
func (h Holders) Bind(o Owner) Holders {
	next := make(Holders, 0, len(h)+1)
	for _, have := range h {
		if have.Customer == o.Customer {
			o = o.after(have)
			continue
		}
		next = append(next, have)
	}
	next = append(next, o)
	slices.SortFunc(next, func(a, b Owner) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Customer, b.Customer))
	})
	return next[:min(len(next), MaxHolders)]
}

// after returns o with what is known from before.
func (o Owner) after(have Owner) Owner {
	o.Created = o.Created || have.Created
	o.InteractionID = cmp.Or(o.InteractionID, have.InteractionID)
	if have.Logged && (!o.Logged || have.Since.Before(o.Since)) {
		o.Since, o.Logged = have.Since, true
	}
	return o
}

// Unbind returns the holders without the customer.
func (h Holders) Unbind(customer string) Holders {
	return slices.DeleteFunc(slices.Clone(h), func(o Owner) bool { return o.Customer == customer })
}

// Bindings returns what an event says about identifiers, for Store.Bind: links, unlinks, the handoff that was offered,
// and the platform contact of an interaction that began. A contact has made its customer when it is the first event of the history; whoever makes
// a customer for a contact therefore has to append InteractionStarted first.
func Bindings(customer string, e Event) []Binding {
	o := Owner{Customer: customer, Since: e.RecordedAt, Logged: true}
	switch p := e.Payload.(type) {
	case IdentifierLinked:
		return []Binding{{Key: p.Identifier.Key(), Owner: o}}
	case IdentifierUnlinked:
		return []Binding{{Key: p.Identifier.Key(), Owner: o, Unbind: true}}
	case HandoffOffered:
		return []Binding{{Key: HandoffKey(p.HandoffID), Owner: o}}
	case InteractionStarted:
		if p.Platform != "" && p.PlatformContactID != "" {
			o.Created, o.InteractionID = e.Revision == 1, e.InteractionID
			return []Binding{{Key: ContactKey(p.Platform, p.PlatformContactID), Owner: o}}
		}
	}
	return nil
}
