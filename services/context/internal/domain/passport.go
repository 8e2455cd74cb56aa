package domain

import (
	"slices"
	"time"
)

// JudgedPassport is a verification as it counts for an asker at a moment.
type JudgedPassport struct {
	*Passport
	// OwnLevel is what it is worth in the interaction in which it was passed, while it is valid: the level reached, but for
	// what the policy says of the method.
	OwnLevel VerificationLevel
	// Effective is the level that it is worth to the asker: None once it is not valid.
	Effective VerificationLevel
	Valid     bool
	// ValidUntil is when it stops being valid; zero for never.
	ValidUntil time.Time
	// LoweredBy says why Effective is below the level reached.
	LoweredBy LoweredBy
}

// LoweredBy is why a verification counts for less than the level reached.
type LoweredBy int

// The causes. Where several apply, the last one is given.
const (
	NotLowered LoweredBy = iota
	LoweredByMethod
	LoweredByChannel
	LoweredByInteraction
	LoweredByAge
)

// Standing is how surely a customer is identified, all verifications taken together.
type Standing struct {
	// Level is the highest effective level; None when nothing is valid.
	Level VerificationLevel
	// ValidUntil is until when that level holds; zero for ever, or when there is none.
	ValidUntil time.Time
	// Passports are all that are known, valid ones first, newest first.
	Passports []JudgedPassport
}

// Standing judges the customer's verifications for an asker at a moment.
func (s *State) Standing(p *Policy, a Asker, now time.Time) Standing {
	st := Standing{Level: VerificationNone}
	for _, pp := range s.Passports {
		j := s.judge(pp, &p.Verification, a, now)
		st.Passports = append(st.Passports, j)
		switch {
		case !j.Valid || j.Effective <= VerificationNone:
		case j.Effective > st.Level:
			st.Level, st.ValidUntil = j.Effective, j.ValidUntil
		case j.Effective == st.Level && !st.ValidUntil.IsZero() && (j.ValidUntil.IsZero() || j.ValidUntil.After(st.ValidUntil)):
			st.ValidUntil = j.ValidUntil
		}
	}
	slices.SortStableFunc(st.Passports, func(x, y JudgedPassport) int {
		switch {
		case x.Valid == y.Valid:
			return 0
		case x.Valid:
			return -1
		}
		return 1
	})
	return st
}

func (s *State) judge(pp *Passport, p *VerificationPolicy, a Asker, now time.Time) JudgedPassport {
	reached := max(pp.Level, VerificationNone)
	j := JudgedPassport{Passport: pp, ValidUntil: earlier(pp.ExpireTime, pp.Time.Add(p.maxAge(pp.Level)))}
	j.Valid = !passed(j.ValidUntil, now) && reached > VerificationNone
	j.OwnLevel = min(reached, max(p.maxLevel(pp.Method), VerificationNone))
	change, why := s.changeFor(pp, p, a)
	j.Effective = change.of(j.OwnLevel)
	switch {
	case !j.Valid:
		j.Effective = VerificationNone
		if reached > VerificationNone {
			j.LoweredBy = LoweredByAge
		}
	case j.Effective < j.OwnLevel:
		j.LoweredBy = why
	case j.OwnLevel < reached:
		j.LoweredBy = LoweredByMethod
	}
	return j
}

// changeFor returns what the way from where a verification was passed to where the asker is does to it. It does nothing
// in the interaction in which it was passed, and in one to which that was handed over: the customer has not hung up in
// between. Where the asker does not say where it is, it is there.
func (s *State) changeFor(pp *Passport, p *VerificationPolicy, a Asker) (change ChannelChange, why LoweredBy) {
	from, to := pp.Channel, a.Channel
	moved := from != ChannelUnspecified && to != ChannelUnspecified && from != to
	again := pp.InteractionID != "" && a.InteractionID != "" && pp.InteractionID != a.InteractionID
	switch {
	case !moved && !again || s.leadsTo(pp.InteractionID, a.InteractionID):
		return ChannelChangeKeep, NotLowered
	case moved:
		return p.change(from, to, p.OnChannelChange), LoweredByChannel
	default:
		return p.change(from, from, p.OnNewInteraction), LoweredByInteraction
	}
}

// of returns what a level is worth after the change.
func (c ChannelChange) of(level VerificationLevel) VerificationLevel {
	if level <= VerificationIdentified {
		return level
	}
	switch c {
	case ChannelChangeKeep:
		return level
	case ChannelChangeDrop:
		return VerificationIdentified
	case ChannelChangeUnspecified, ChannelChangeLower:
	}
	return max(level-1, VerificationIdentified)
}

// leadsTo reports whether the customer was handed over from one interaction to another, in any number of steps. Several
// handoffs may lead to one interaction, and, since systems choose the ids, in a circle.
func (s *State) leadsTo(from, to string) bool {
	if from == "" || to == "" {
		return false
	}
	seen := []string{to}
	for i := 0; i < len(seen); i++ {
		if seen[i] == from {
			return true
		}
		for _, h := range s.Handoffs {
			taken := h.State == HandoffTaken || h.State == HandoffDone
			if taken && h.ReceiverInteractionID == seen[i] && h.InteractionID != "" && !slices.Contains(seen, h.InteractionID) {
				seen = append(seen, h.InteractionID)
			}
		}
	}
	return false
}

// maxAge returns how long a verification of a level holds.
func (p *VerificationPolicy) maxAge(level VerificationLevel) time.Duration {
	for _, r := range p.LevelRules {
		if r.Level == level {
			return r.MaxAge
		}
	}
	return DefaultMaxAge
}

// maxLevel returns the highest level that a method can give.
func (p *VerificationPolicy) maxLevel(method string) VerificationLevel {
	for _, r := range p.MethodRules {
		if r.Method == method {
			return r.MaxLevel
		}
	}
	return VerificationInPerson
}

// change returns what the first rule for a pair of channels says, and what is said of all when there is none.
func (p *VerificationPolicy) change(from, to Channel, otherwise ChannelChange) ChannelChange {
	for _, r := range p.ChannelRules {
		if r.fits(from, to) {
			return r.Change
		}
	}
	return otherwise
}
