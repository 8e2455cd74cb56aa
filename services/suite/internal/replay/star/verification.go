package star

import (
	"encoding/json"
	"strings"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// authenticates are the tasks that check who the customer is before they answer. No other does: the Code of
// spaceship_access_codes opens a door to whoever has it, and the name and rank given with it are taken as stated; that is a
// key, which proves nothing about its holder.
var authenticates = map[string]bool{"bank_balance": true, "bank_fraud_report": true}

// notAuthenticated is how the bank's system ends the message with which it turns a customer away. Every other answer, a
// balance or a confirmation, is given to authenticated customers only.
const notAuthenticated = "We cannot authenticate the user otherwise."

// verification returns the check that the query i was; nil when it carries nothing that proves who the customer is, and
// when the recording breaks off before the answer.
func (b *builder) verification(i int) *dialogue.Verification {
	e := b.events[i]
	if !authenticates[e.APIName] {
		return nil
	}
	given := map[string]bool{}
	for name, v := range constraints(e) {
		given[name] = given[name] || v != ""
	}
	v := &dialogue.Verification{}
	switch {
	case given["PIN"]:
		v.Method = "pin"
	case given["SecurityAnswer1"], given["SecurityAnswer2"]:
		v.Method = "security-answers"
	default:
		return nil
	}
	for _, answer := range b.events[i+1:] {
		switch {
		case answer.isQuery():
			return nil
		case answer.Agent == "KnowledgeBase":
			v.Passed = !strings.HasSuffix(answer.message(), notAuthenticated)
			return v
		}
	}
	return nil
}

// message is what a back-end system's answer says in words; "" when it has other items, or none.
func (e event) message() string {
	var item struct{ Message string }
	if json.Unmarshal(e.Item, &item) != nil {
		return ""
	}
	return strings.TrimSpace(item.Message)
}
