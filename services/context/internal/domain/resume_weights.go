package domain

import (
	"math"
	"time"
)

// What speaks for and against a matter, in log-odds. docs/architecture.md has the same table for people; a test keeps
// them equal. The numbers are set so that the sums come out as people in contact centres would judge:
//
//   - a call dropped in the queue minutes ago, from the same telephone: very likely;
//   - the only open case, touched yesterday, and nothing known of the intent: even;
//   - a case of three weeks ago when something else is wanted in another channel: no.
const (
	// A matter touched just now starts with resumeFresh and loses up to resumeFadeCase, or resumeFadeBroken for an
	// interaction without case: half of that within a half-life. A case stays open until somebody settles it; what
	// was never made one is forgotten soon.
	resumeFresh      = 0.5
	resumeFadeCase   = 3.0
	resumeFadeBroken = 4.0
	halfLifeCase     = 3 * 24 * time.Hour
	halfLifeBroken   = 12 * time.Hour

	weightBrokeOff    = 1.5
	weightWentSilent  = 0.8
	weightSameIntent  = 1.5
	weightOtherIntent = -1.5
	weightSameChannel = 0.4
	weightKinChannel  = 0.2
	weightOverdue     = 0.8
	weightDueSoon     = 0.4
	weightUrgent      = 0.4
	weightHigh        = 0.2
	weightLow         = -0.2
	weightOnlyOne     = 0.3
)

const (
	// MaxResumeCandidates bounds the matters offered.
	MaxResumeCandidates = 5
	// MinResumeLikelihood is what is worth offering, by itself: which of several it is may still be open.
	MinResumeLikelihood = 0.2
	// ResumeWindow is how long an interaction that broke off without a case is remembered.
	ResumeWindow = 7 * 24 * time.Hour
	// ResumeSilence is how long after its newest event an interaction without an end counts as fallen silent.
	ResumeSilence = 10 * time.Minute
	// PromiseSoon is how long before its time a promise makes the customer ask for it.
	PromiseSoon = 24 * time.Hour
)

// recencyWeight falls from resumeFresh with the age of a matter, ever more slowly.
func recencyWeight(age time.Duration, fade float64, halfLife time.Duration) float64 {
	// A clock that is ahead makes nothing younger than now.
	halfLives := max(0, age.Seconds()) / halfLife.Seconds()
	return thousandths(resumeFresh - fade*(1-math.Exp2(-halfLives)))
}

// likelihood puts a sum of weights through the logistic function.
func likelihood(sum float64) float64 { return thousandths(1 / (1 + math.Exp(-sum))) }

// thousandths rounds: machines differ in the last digits of an exponential, and replicas must not.
func thousandths(x float64) float64 { return math.Round(x*1000) / 1000 }

// priorityWeight is what the urgency of a case adds.
func priorityWeight(p CasePriority) float64 {
	switch p {
	case PriorityUrgent:
		return weightUrgent
	case PriorityHigh:
		return weightHigh
	case PriorityLow:
		return weightLow
	case PriorityUnspecified, PriorityNormal:
	}
	return 0
}

// channelKin is a group of channels between which people change in one matter without noticing.
type channelKin int

const (
	kinNone channelKin = iota
	kinCalls
	kinSite
	kinTexts
)

func kinOf(c Channel) channelKin {
	switch c {
	case ChannelIVR, ChannelVoice, ChannelVideo:
		return kinCalls
	case ChannelChat, ChannelVirtualAssistant, ChannelWeb, ChannelMobileApp, ChannelKnowledgeBase:
		return kinSite
	case ChannelSMS, ChannelMessaging, ChannelSocial:
		return kinTexts
	case ChannelUnspecified, ChannelEmail, ChannelInPerson, ChannelAdvertising, ChannelReview, ChannelSurvey, ChannelPostal, ChannelOther:
	}
	return kinNone
}

func kindred(a, b Channel) bool {
	return a != ChannelUnspecified && (a == b || kinOf(a) != kinNone && kinOf(a) == kinOf(b))
}
