package intake

import (
	"math"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain/redact"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// withheld stands where a secret was said or written.
const withheld = "[withheld]"

// cleaner masks one event and remembers what it masked.
type cleaner struct {
	found   []*interactionlogv1.Redaction
	refused *fault.Error
}

// secretPath is the field that a declared secret is in.
const secretPath = "message_sent.text"

// redactEvent masks the card data in every string of the event, the pieces of which were surveyed, but the keys of a
// menu, which the caller masks in the order of the interaction.
func redactEvent(ev *interactionlogv1.Event, pieces []piece) ([]*interactionlogv1.Redaction, *fault.Error) {
	var c cleaner
	if ev.GetMessageSent().GetSecretAnswer() {
		c.withhold(pieces)
	}
	for i := range pieces {
		p := &pieces[i]
		if p.field == nil {
			c.composite(p.plan, p.in)
			continue
		}
		if clean := c.text(p.field, p.in, p.text); clean != p.text {
			p.in.Set(p.field.desc, protoreflect.ValueOfString(clean))
		}
	}
	return c.found, c.refused
}

// withhold takes the text out of a message that is a secret.
func (c *cleaner) withhold(pieces []piece) {
	for i := range pieces {
		p := &pieces[i]
		if p.field == nil || p.field.path != secretPath || p.text == withheld {
			continue
		}
		p.text = withheld
		p.in.Set(p.field.desc, protoreflect.ValueOfString(withheld))
		c.add(interactionlogv1.RedactionKind_REDACTION_KIND_SECRET_ANSWER, secretPath)
	}
}

// composite masks what is in a message besides plain strings and messages.
func (c *cleaner) composite(p *plan, m protoreflect.Message) {
	for _, f := range p.lists {
		l := m.Get(f.desc).List()
		for i := range l.Len() {
			s := l.Get(i).String()
			if clean := c.text(f, m, s); clean != s {
				l.Set(i, protoreflect.ValueOfString(clean))
			}
		}
	}
	for _, f := range p.doubles {
		if _, found := number("", m.Get(f.desc).Float()); len(found) > 0 {
			c.refuse(f.path)
		}
	}
	for _, f := range p.structs {
		if m.Has(f.desc) {
			if s, ok := m.Get(f.desc).Message().Interface().(*structpb.Struct); ok {
				c.attributes(f.path, "", s)
			}
		}
	}
}

// text returns what may be stored of the field's value.
func (c *cleaner) text(f *stringField, m protoreflect.Message, s string) string {
	var clean string
	var found []redact.Finding
	switch f.class {
	case classID:
		if isCard(s) {
			c.refuse(f.path)
		}
		return s
	case classNamed:
		clean, found = redact.Field(m.Get(f.name).String(), s)
	case classNumber:
		clean, found = redact.Field("phone", s)
	case classTrace:
		if _, found = redact.Text(s); len(found) > 0 {
			return ""
		}
		return s
	case classKeys:
		return s
	case classText:
		clean, found = redact.Text(s)
	}
	c.note(f.path, found)
	return clean
}

func (c *cleaner) refuse(path string) {
	if c.refused == nil {
		c.refused = cardNumberInID(path)
	}
}

func (c *cleaner) note(path string, found []redact.Finding) {
	for _, f := range found {
		c.add(kindOf(f.Kind), path)
	}
}

func (c *cleaner) add(kind interactionlogv1.RedactionKind, path string) {
	c.found = addRedaction(c.found, kind, path)
}

func addRedaction(all []*interactionlogv1.Redaction, kind interactionlogv1.RedactionKind, path string) []*interactionlogv1.Redaction {
	for _, r := range all {
		if r.GetKind() == kind && r.GetField() == path {
			r.Count++
			return all
		}
	}
	return append(all, &interactionlogv1.Redaction{Kind: kind, Field: path, Count: 1})
}

func kindOf(k redact.Kind) interactionlogv1.RedactionKind {
	switch k {
	case redact.CardNumber:
		return interactionlogv1.RedactionKind_REDACTION_KIND_CARD_NUMBER
	case redact.SecurityCode:
		return interactionlogv1.RedactionKind_REDACTION_KIND_SECURITY_CODE
	case redact.PIN:
		return interactionlogv1.RedactionKind_REDACTION_KIND_PIN
	}
	return interactionlogv1.RedactionKind_REDACTION_KIND_UNSPECIFIED
}

// number looks for card data in a number, written out. Numbers that JSON would not write as digits hold none.
func number(name string, n float64) (string, []redact.Finding) {
	if n != math.Trunc(n) || math.Abs(n) >= 1e20 || (name == "" && math.Abs(n) < 1e11) {
		return "", nil
	}
	return redact.Field(name, strconv.FormatFloat(math.Abs(n), 'f', 0, 64))
}
