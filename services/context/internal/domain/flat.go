package domain

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// Bounds of a flat context, in bytes of UTF-8. The whole counts keys and values.
const (
	MaxFlatBytes      = 32 << 10
	MaxFlatValueBytes = 1024
)

// Flat is a context as an IVR takes it: strings by key.
type Flat struct {
	Values map[string]string
	// Truncated says that something was left out or cut for want of room.
	Truncated bool

	bytes int
	full  bool
}

// Flatten makes a flat context: what tells who it is and how surely, then what waits for an answer (a handoff, a case,
// a matter to resume, a promise, the next step), then what went before, and last the slots in the order of their plans.
// What there is no room for is left out from the end. What is masked is left out, too: nobody should hear it read out.
func Flatten(customer string, c *Context, a Asker, plans []NamedPlan) *Flat {
	f := &Flat{Values: make(map[string]string, 32+2*len(plans))}
	f.add("customer", customer)
	if c.Standing.Level != VerificationUnspecified {
		f.addWho(c)
		f.addPending(c)
		f.addPast(c, a)
	}
	for i := range plans {
		p := &plans[i]
		key, value := "slot_"+p.Key, p.Plan.Value
		decision := nameOf(decisionCodes[:], int(p.Plan.Decision))
		if value == "" {
			f.add("decision_"+p.Key, decision)
			continue
		}
		// A decision without its value would mislead: it is both or none.
		if f.fits(len(key) + len(cutValue(value)) + len("decision_") + len(p.Key) + len(decision)) {
			f.add("decision_"+p.Key, decision)
			f.add(key, value)
		}
	}
	return f
}

func (f *Flat) addWho(c *Context) {
	f.add("name", c.Identity.DisplayName)
	f.add("locale", c.Identity.Locale)
	f.add("verified", nameOf(levelCodes[:], int(c.Standing.Level)))
	f.addTime("verified_until", c.Standing.ValidUntil)
}

func (f *Flat) addPending(c *Context) {
	if h := c.Handover(); h != nil {
		f.add("handoff_id", h.ID)
		f.add("handoff_from", sayActor(h.From))
		f.add("handoff_reason", h.Reason)
	}
	f.add("open_cases", strconv.Itoa(len(c.OpenCases)))
	if len(c.OpenCases) > 0 {
		x := c.OpenCases[0]
		f.add("case_id", x.ID)
		f.add("case_subject", x.Subject)
		f.add("case_priority", x.Priority.String())
		f.add("case_status", x.Status)
	}
	if len(c.Resume) > 0 {
		r := &c.Resume[0]
		f.add("resume", r.Topic)
		f.add("resume_likelihood", strconv.FormatFloat(r.Likelihood, 'f', 2, 64))
		if r.Case != nil {
			f.add("resume_case_id", r.Case.ID)
		}
		f.add("resume_interaction_id", r.InteractionID)
	}
	if c.Owed != nil {
		f.add("promise", c.Owed.Promise.Text)
		f.addTime("promise_due", c.Owed.Promise.DueTime)
		f.add("promise_overdue", strconv.FormatBool(c.Owed.Overdue))
	}
	f.add("next_step", c.NextStep)
}

func (f *Flat) addPast(c *Context, a Asker) {
	f.add("interactions", strconv.FormatInt(c.InteractionsTotal, 10))
	if x := c.lastContact(a); x != nil {
		f.add("last_channel", nameOf(channelCodes[:], int(x.Channel)))
		f.addTime("last_contact_time", x.LastEventTime)
		f.add("last_outcome", x.Outcome.String())
	}
	f.add("repeats", strconv.FormatInt(c.Repeats.Repeats, 10))
	if c.Sentiment.Mood != MoodUnspecified {
		f.add("mood", c.Sentiment.Mood.String())
	}
	f.add("persona", c.Persona.Value)
	if len(c.Stages) > 0 {
		f.add("stage", c.Stages[0].Value)
	}
}

// lastContact returns the newest interaction but for the asker's own; nil when there is none.
func (c *Context) lastContact(a Asker) *Interaction {
	var last *Interaction
	for _, list := range [][]*Interaction{c.Live, c.Recent} {
		for _, x := range list {
			if (a.InteractionID == "" || x.ID != a.InteractionID) && (last == nil || x.LastRevision > last.LastRevision) {
				last = x
			}
		}
	}
	return last
}

func (f *Flat) addTime(key string, t time.Time) {
	if !t.IsZero() {
		f.add(key, t.UTC().Format(time.RFC3339))
	}
}

// add puts a value in, cut to its bound. What is empty or masked has no key.
func (f *Flat) add(key, value string) {
	if value == "" || value == Mask {
		return
	}
	cut := cutValue(value)
	if !f.fits(len(key) + len(cut)) {
		return
	}
	f.Truncated = f.Truncated || len(cut) < len(value)
	f.Values[key] = cut
	f.bytes += len(key) + len(cut)
}

// fits reports whether so many bytes more have room. After the first that have none nothing has, so that nothing less
// important takes the place of something more important.
func (f *Flat) fits(n int) bool {
	if f.full || f.bytes+n > MaxFlatBytes {
		f.full, f.Truncated = true, true
		return false
	}
	return true
}

// cutValue returns as much of a value as its bound allows, without splitting a character.
func cutValue(s string) string {
	if len(s) <= MaxFlatValueBytes {
		return s
	}
	n := MaxFlatValueBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// The contract's names of decisions, levels and channels, in lower case.
var (
	decisionCodes = [...]string{"", "use", "confirm", "ask", "withhold"}
	levelCodes    = [...]string{"", "none", "identified", "single_factor", "multi_factor", "in_person"}
	channelCodes  = [...]string{
		"", "ivr", "voice", "chat", "virtual_assistant", "email", "sms", "messaging", "social", "web", "mobile_app",
		"knowledge_base", "video", "in_person", "advertising", "review", "survey", "postal", "other",
	}
)
