package domain

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

func identityLine(c *Context) string {
	if c.Revision == 0 {
		return ""
	}
	var b strings.Builder
	if c.Identity.DisplayName != "" {
		b.WriteString(shorten(oneLine(c.Identity.DisplayName), 80))
	} else {
		b.WriteString("Name not known")
	}
	b.WriteString(". First seen " + c.Identity.FirstSeen.UTC().Format(time.DateOnly) + ", " +
		count(c.InteractionsTotal, "interaction") + ".")
	var types [IdentifierPlatformContact + 1]bool
	sep := " Identified by "
	for _, l := range c.Identity.Identifiers {
		if t := l.Identifier.Type; t > 0 && t < IdentifierPlatformContact && !types[t] {
			types[t] = true
			b.WriteString(sep + identifierWords[t])
			sep = ", "
		}
	}
	if sep == ", " {
		b.WriteByte('.')
	}
	if c.Identity.Locale != "" {
		b.WriteString(" Language " + c.Identity.Locale + ".")
	}
	return b.String()
}

var identifierWords = [...]string{"", "phone", "e-mail", "CRM id", "account", "device", "website visit", "social account", ""}

func liveLine(x *Interaction) string {
	var b strings.Builder
	b.WriteString("Now: ")
	if x.Direction != DirectionUnspecified {
		b.WriteString(x.Direction.String() + " ")
	}
	b.WriteString(heldIn(x).String() + " since " + sayTime(x.StartTime))
	about(&b, x, 60)
	if x.FlowID != "" {
		b.WriteString(", in flow " + x.FlowID)
	}
	if x.StepID != "" {
		b.WriteString(", at step " + x.StepID)
	}
	switch x.Segment {
	case SegmentQueued:
		b.WriteString(", waiting")
		if x.Queue != "" {
			b.WriteString(" in queue " + x.Queue)
		}
	case SegmentHold:
		b.WriteString(", on hold")
	case SegmentUnspecified, SegmentAlerting, SegmentTalking, SegmentWrapUp, SegmentEnded:
	}
	with(&b, x)
	b.WriteByte('.')
	if x.Note != "" {
		b.WriteString(" Note: " + x.Note)
	}
	return b.String()
}

func pastLine(x *Interaction) string {
	var b strings.Builder
	b.WriteString("Before: " + x.Channel.String() + " " + sayTime(x.StartTime))
	about(&b, x, 90)
	with(&b, x)
	if x.Outcome != OutcomeUnspecified {
		b.WriteString(", " + x.Outcome.String())
	}
	if x.StepID != "" && x.Outcome != OutcomeCompleted {
		b.WriteString(", last at step " + x.StepID)
	}
	if x.Disposition != "" {
		b.WriteString(", disposition " + x.Disposition)
	}
	b.WriteByte('.')
	if x.Note != "" {
		b.WriteString(" Note: " + x.Note)
	}
	return b.String()
}

func about(b *strings.Builder, x *Interaction, room int) {
	if x.Topic != "" {
		b.WriteString(", about " + shorten(oneLine(x.Topic), room))
	}
}

// heldIn is the channel that an interaction is in by now: a person whom the IVR has put through speaks on the telephone.
func heldIn(x *Interaction) Channel {
	if k := x.LastParticipant.Kind; x.Channel == ChannelIVR && (k == ActorAgent || k == ActorSupervisor) {
		return ChannelVoice
	}
	return x.Channel
}

// with names who takes part, unless the channel says it: an IVR is in the IVR, and a bot is the virtual assistant.
func with(b *strings.Builder, x *Interaction) {
	switch k := x.LastParticipant.Kind; {
	case k == ActorUnspecified, k == ActorIVR && x.Channel == ChannelIVR, k == ActorBot && x.Channel == ChannelVirtualAssistant:
	default:
		b.WriteString(", with " + sayActor(x.LastParticipant))
	}
}

// factsLine lists those of the facts that belong to it, newest first, and counts what there is no room for.
func factsLine(head string, facts []Fact, share int, say func(*Fact) string, belongs func(*Fact) bool) (string, time.Time) {
	const more = len("; and 200 more.")
	var b strings.Builder
	var newest time.Time
	shown, left := 0, 0
	for i := range facts {
		f := &facts[i]
		if !belongs(f) {
			continue
		}
		if left > 0 {
			left++
			continue
		}
		s := say(f)
		if len(head)+b.Len()+len("; ")+len(s)+more > share {
			left++
			continue
		}
		if shown > 0 {
			b.WriteString("; ")
		}
		b.WriteString(s)
		if f.Provenance.Time.After(newest) {
			newest = f.Provenance.Time
		}
		shown++
	}
	if shown == 0 {
		return "", time.Time{}
	}
	if left > 0 {
		fmt.Fprintf(&b, "; and %d more", left)
	}
	return head + b.String() + ".", newest
}

// sayKnown tells a fact that may be relied on, in at most 110 bytes or so; the value only when it is not sensitive. Where
// it comes from is told with the facts of the context.
func sayKnown(f *Fact) string {
	if f.Sensitivity >= SensitivitySensitive {
		return shorten(oneLine(f.DisplayName), 50) + " (on file)"
	}
	return shorten(oneLine(f.DisplayName), 50) + ": " + shorten(oneLine(f.Value), 60)
}

var statusWords = [...]string{"", "", "old", "unsure", "conflicting", "not valid"}

// sayDoubtful tells a fact that has to be confirmed: what is doubtful about it, and where and when it was stated, so that
// it can be asked about.
func sayDoubtful(f *Fact) string {
	return sayKnown(f) + ", " + nameOf(statusWords[:], int(f.Status)) + " (" + f.Provenance.Channel.String() + " " +
		f.Provenance.Time.UTC().Format(time.DateOnly) + ")"
}

// frictionLine tells what went wrong, and nothing when all is well.
func frictionLine(c *Context) (string, time.Time) {
	var parts []string
	var at time.Time
	var failed, transfers, abandoned, told int64
	for _, r := range c.FlowRuns {
		told += r.FailedSteps // what was tried tells of them
	}
	var last *Interaction
	for _, list := range [][]*Interaction{c.Live, c.Recent} {
		for _, x := range list {
			failed += x.FailedSteps
			transfers += x.Transfers
			if x.Outcome == OutcomeTransferred && x.Transfers == 0 { // a flow that escalates ends in the transfer
				transfers++
			}
			if x.Outcome == OutcomeAbandoned {
				abandoned++
			}
			if x.FailedSteps > 0 && (last == nil || x.LastRevision > last.LastRevision) {
				last = x
			}
			if x.FailedSteps+x.Transfers+x.Repeats > 0 && x.LastEventTime.After(at) {
				at = x.LastEventTime
			}
		}
	}
	if n := c.Repeats.Repeats; n > 0 {
		parts = append(parts, "asked "+times(n)+" for what was known")
	}
	if n := c.Repeats.DoubleVerifications; n > 0 {
		parts = append(parts, "verified "+times(n)+" for nothing")
	}
	if failed > told {
		s := count(failed, "failed step") + ", last " + last.LastFailedStep + " in " + last.Channel.String()
		if last.LastFailure != "" {
			s += " (" + shorten(last.LastFailure, 40) + ")"
		}
		parts = append(parts, s)
	}
	if transfers = max(transfers, taken(c)); transfers > 1 { // one is everyday, and told by the line about the handoff
		parts = append(parts, count(transfers, "transfer"))
	}
	if abandoned > 0 {
		parts = append(parts, count(abandoned, "contact")+" broken off")
	}
	if len(parts) == 0 {
		return "", at
	}
	if at.IsZero() {
		at = c.Identity.LastSeen
	}
	return "Trouble so far: " + strings.Join(parts, "; ") + ".", at
}

// taken counts the handoffs that somebody accepted: transfers within a call end no interaction.
func taken(c *Context) (n int64) {
	for _, list := range [][]*Handoff{c.PendingHandoffs, c.RecentHandoffs} {
		for _, h := range list {
			if !h.AcceptTime.IsZero() {
				n++
			}
		}
	}
	return n
}

// lastWords quotes the customer's newest message in any interaction.
func lastWords(c *Context) (string, time.Time) {
	var last *Interaction
	for _, list := range [][]*Interaction{c.Live, c.Recent} {
		for _, x := range list {
			if x.LastCustomerRevision > 0 && (last == nil || x.LastCustomerRevision > last.LastCustomerRevision) {
				last = x
			}
		}
	}
	if last == nil {
		return "", time.Time{}
	}
	head := "Last words (" + last.Channel.String() + ", " + sayTime(last.LastCustomerTime) + "): \u201c"
	room := wordsShare - len(head) - len("\u201d")
	return head + shorten(last.LastCustomerMessage, room) + "\u201d", last.LastCustomerTime
}

// times tells how often something happened, in words.
func times(n int64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return count(n, "time")
}

func count(n int64, what string) string {
	s := strconv.FormatInt(n, 10) + " " + what
	if n != 1 {
		s += "s"
	}
	return s
}
