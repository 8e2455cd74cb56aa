package domain

import (
	"strings"
	"time"
)

// maxSaidTopic bounds how much of a topic is said in a sentence.
const maxSaidTopic = 90

// explain tells a matter in a sentence: "Very likely: the call about 'lost card' broke off 4 minutes ago in the queue, in
// the same channel; nothing else is open."
func (m *matter) explain(now time.Time) string {
	var b strings.Builder
	b.WriteString(howLikely(m.likelihood) + ": the ")
	if m.kase != nil {
		b.WriteString("open case")
	} else {
		b.WriteString(engagement(m.channel))
	}
	if topic := m.topic(); topic != "" {
		b.WriteString(" about '" + shorten(oneLine(topic), maxSaidTopic) + "'")
	}
	when := ago(now.Sub(m.at))
	switch {
	case m.broke == brokeOff && m.kase != nil:
		b.WriteString(", whose last " + engagement(m.last.Channel) + " broke off " + when + m.where())
	case m.broke == brokeOff:
		b.WriteString(" broke off " + when + m.where())
	case m.broke == wentSilent && m.kase != nil:
		b.WriteString(", whose last " + engagement(m.last.Channel) + " fell silent " + when + m.where())
	case m.broke == wentSilent:
		b.WriteString(" fell silent " + when + m.where())
	default:
		b.WriteString(" was touched " + when)
	}
	sep := ", "
	for _, kind := range []ResumeFactorKind{ResumeChannel, ResumeIntent, ResumePromise, ResumePriority, ResumeOnlyOne, ResumeOthers} {
		if text := m.said(kind); text != "" {
			b.WriteString(sep + text)
			sep = "; "
		}
	}
	b.WriteByte('.')
	return b.String()
}

// said is how a factor is told within the sentence.
func (m *matter) said(kind ResumeFactorKind) string {
	for _, f := range m.factors {
		switch {
		case f.Kind != kind:
		case kind == ResumeChannel:
			return strings.TrimPrefix(f.Explanation, "it was ")
		default:
			return f.Explanation
		}
	}
	return ""
}

func howLikely(p float64) string {
	switch {
	case p >= 0.8:
		return "Very likely"
	case p >= 0.6:
		return "Likely"
	case p >= 0.4:
		return "Perhaps"
	}
	return "Less likely"
}

// where says how far the last interaction came.
func (m *matter) where() string {
	switch {
	case m.last.Segment == SegmentQueued:
		return " in the queue"
	case m.last.StepID != "":
		return " at step " + m.last.StepID
	}
	return ""
}

// engagement is a word for what happens in a channel.
func engagement(c Channel) string {
	switch c {
	case ChannelIVR, ChannelVoice:
		return "call"
	case ChannelVideo, ChannelChat, ChannelEmail, ChannelReview, ChannelSurvey:
		return c.String()
	case ChannelVirtualAssistant:
		return "chat with the virtual assistant"
	case ChannelSMS, ChannelMessaging, ChannelSocial:
		return c.String() + " conversation"
	case ChannelWeb, ChannelMobileApp, ChannelKnowledgeBase:
		return c.String() + " visit"
	case ChannelUnspecified, ChannelInPerson, ChannelAdvertising, ChannelPostal, ChannelOther:
	}
	return "contact"
}

// ago tells an age in the largest unit that fits.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return count(int64(d/time.Minute), "minute") + " ago"
	case d < 24*time.Hour:
		return count(int64(d/time.Hour), "hour") + " ago"
	}
	return count(int64(d/(24*time.Hour)), "day") + " ago"
}
