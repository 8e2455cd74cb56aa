package dialogue

import (
	"fmt"
	"regexp"
)

// ids is what an event id may be made of.
var ids = regexp.MustCompile(`^[A-Za-z0-9._~:@/+=-]{1,60}$`)

// Limits of the contract, in bytes.
const (
	maxName   = 128
	maxValue  = 4096
	maxText   = 32768
	maxPrompt = 2048
	maxNames  = 200
	maxWorker = 200
)

// Check reports what about a dialogue the services would refuse. A prompt that is too long is left out, as the words of a
// question are not needed.
func (d *Dialogue) Check() error {
	if !ids.MatchString(d.ID) {
		return fmt.Errorf("dialogue id %q is not 1 to 60 characters of letters, digits and ._~:@/+=-", d.ID)
	}
	if err := within("the customer's id", d.Customer, maxWorker); err != nil {
		return err
	}
	for _, leg := range d.Legs {
		if err := leg.check(); err != nil {
			return err
		}
	}
	return nil
}

func (l *Leg) check() error {
	if err := within("the name of a task", l.Task, maxName); err != nil {
		return err
	}
	if err := names("a query", l.Needs); err != nil {
		return err
	}
	for _, item := range l.Items {
		if err := item.check(); err != nil {
			return err
		}
	}
	return nil
}

func (i *Item) check() error {
	if i.Utterance != nil {
		if err := within("an utterance", i.Utterance.Text, maxText); err != nil {
			return err
		}
	}
	for n := range i.Questions {
		q := &i.Questions[n]
		if len(q.Prompt) > maxPrompt {
			q.Prompt = ""
		}
		if err := names("a question", []string{q.Slot, q.Scope}); err != nil {
			return err
		}
	}
	for _, q := range i.Queries {
		if err := names("a query", append([]string{q.API}, q.Names...)); err != nil {
			return err
		}
	}
	if len(i.Facts) > maxNames {
		return fmt.Errorf("more than %d facts at once", maxNames)
	}
	for _, f := range i.Facts {
		if err := within("a value", f.Value, maxValue); err != nil {
			return err
		}
		if err := names("a fact", []string{f.Slot, f.Scope}); err != nil {
			return err
		}
	}
	return nil
}

func names(what string, list []string) error {
	if len(list) > maxNames {
		return fmt.Errorf("%s with more than %d names", what, maxNames)
	}
	for _, n := range list {
		if err := within("a name", n, maxName); err != nil {
			return err
		}
	}
	return nil
}

func within(what, text string, limit int) error {
	if len(text) > limit {
		return fmt.Errorf("%s is longer than %d bytes", what, limit)
	}
	return nil
}
