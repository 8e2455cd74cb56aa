package star

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

func TestVerification(t *testing.T) {
	const (
		refused = `{"Agent": "KnowledgeBase", "Action": "return_item", "Item": {"Message": "You must provide either this or that. We cannot authenticate the user otherwise."}}`
		balance = `{"Agent": "KnowledgeBase", "Action": "return_item", "Item": {"BankBalance": 5}}`
		weather = `{"Agent": "Wizard", "Action": "query", "APIName": "weather", "Constraints": []}`
	)
	query := func(api, constraints string) string {
		return `{"Agent": "Wizard", "Action": "query", "APIName": "` + api + `", "UnixTime": 1, "Constraints": [` + constraints + `]}`
	}
	const pin, answers = `{"PIN": "4711"}`, `{"SecurityAnswer1": "\"Smith\""}, {"SecurityAnswer2": "\"Rex\""}`
	for _, tc := range []struct {
		name   string
		events []string
		want   *dialogue.Verification
	}{
		{"PIN accepted", []string{query("bank_balance", pin), balance}, &dialogue.Verification{Method: "pin", Passed: true}},
		{"PIN refused", []string{query("bank_fraud_report", pin), refused}, &dialogue.Verification{Method: "pin"}},
		{"PIN and answers", []string{query("bank_balance", answers+","+pin), balance}, &dialogue.Verification{Method: "pin", Passed: true}},
		{"answers", []string{query("bank_balance", answers), balance}, &dialogue.Verification{Method: "security-answers", Passed: true}},
		{"one answer", []string{query("bank_balance", `{"SecurityAnswer2": "\"Rex\""}`), refused}, &dialogue.Verification{Method: "security-answers"}},
		{"PIN of null", []string{query("bank_balance", answers+`, {"PIN": "null"}`), balance}, &dialogue.Verification{Method: "security-answers", Passed: true}},
		{"null alone", []string{query("bank_balance", `{"PIN": "null"}`), refused}, nil},
		{"nothing secret", []string{query("bank_balance", `{"FullName": "\"Ada\""}`), refused}, nil},
		{"no item", []string{query("bank_balance", pin), `{"Agent": "KnowledgeBase"}`}, &dialogue.Verification{Method: "pin", Passed: true}},
		{"something said in between", []string{query("bank_balance", pin), `{"Agent": "User", "Action": "utter", "Text": "Well?"}`, refused}, &dialogue.Verification{Method: "pin"}},
		{"no answer", []string{query("bank_balance", pin)}, nil},
		{"no answer of its own", []string{query("bank_balance", pin), weather, balance}, nil},
		{"a key", []string{query("spaceship_access_codes", `{"Code": "4711"}`), `{"Agent": "KnowledgeBase", "Item": {"Message": "The door is now unlocked."}}`}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := read(t, `{"DialogueID": 1, "Events": [`+strings.Join(tc.events, ",")+`]}`)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got[0].Legs[0].Items[0].Verification); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
