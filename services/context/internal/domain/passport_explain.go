package domain

import "strings"

// Explain tells in a sentence, for people, why the verification counts for less than the level reached; empty when it
// does not.
func (j *JudgedPassport) Explain() string {
	var b strings.Builder
	switch j.LoweredBy {
	case NotLowered:
		return ""
	case LoweredByAge:
		return "It has expired: it was valid until " + sayTime(j.ValidUntil) + "."
	case LoweredByMethod, LoweredByChannel, LoweredByInteraction:
	}
	if j.OwnLevel < j.Level {
		b.WriteString("By the policy, " + j.Method + " counts as " + j.OwnLevel.String() + " at the most. ")
	}
	if j.Effective < j.OwnLevel {
		b.WriteString("It was passed in " + j.elsewhere() + " and counts as " + j.Effective.String() + " here. ")
	}
	return strings.TrimSuffix(b.String(), " ")
}

// elsewhere says where a verification was passed that counts for less here.
func (j *JudgedPassport) elsewhere() string {
	if j.LoweredBy == LoweredByInteraction {
		return "another interaction"
	}
	return "another channel (" + j.Channel.String() + ")"
}
