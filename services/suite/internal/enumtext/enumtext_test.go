package enumtext

import (
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

func TestEveryNameLeadsBack(t *testing.T) {
	for _, name := range Names[interactionlogv1.EventType]() {
		v, err := Parse[interactionlogv1.EventType](name)
		if err != nil || v == 0 || Name(v) != name {
			t.Errorf("%s: %v %v", name, v, err)
		}
	}
}

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		name string
		want contextv1.SlotType
		err  string
	}{
		{"", 0, ""},
		{"person-name", contextv1.SlotType_SLOT_TYPE_PERSON_NAME, ""},
		{"Date_Time", contextv1.SlotType_SLOT_TYPE_DATE_TIME, ""},
		{"unspecified", 0, `"unspecified" is none of TEXT, PERSON_NAME, DATE, TIME, DATE_TIME, NUMBER, INTEGER, BOOLEAN, PHONE, EMAIL, ADDRESS, PLACE, MONEY, ENUM, ID`},
	} {
		got, err := Parse[contextv1.SlotType](tc.name)
		if got != tc.want || (err == nil) != (tc.err == "") || err != nil && err.Error() != tc.err {
			t.Errorf("%q: %v %v", tc.name, got, err)
		}
	}
	if got := Name(contextv1.SlotType(77)); got != "77" {
		t.Errorf("a value of a newer contract: %q", got)
	}
}
