package domain

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestFoldName(t *testing.T) {
	for in, want := range map[string]string{
		"acct_no": "acctno", "Acct-No": "acctno", " ACCT NO ": "acctno", "Straße": "strasse", "STRASSE": "strasse",
		"e\u0301cole": "école", "ﬁeld": "field", "num\u2013ber": "number", "a\u00a0b": "ab", "__": "__", "": "", "日本": "日本",
	} {
		if got := FoldName(in); got != want {
			t.Errorf("FoldName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if once := FoldName(s); FoldName(once) != once {
			t.Fatalf("name %q, then %q", once, FoldName(once))
		}
		if once := FoldText(s); FoldText(once) != once {
			t.Fatalf("text %q, then %q", once, FoldText(once))
		}
		if ascii, ok := foldASCII(s); ok && ascii != "" && s != ascii {
			if slow := FoldName(s + "ß"); slow != ascii+"ss" {
				t.Fatalf("the short way gives %q, the long way %q", ascii, slow)
			}
		}
	})
}

func TestResolve(t *testing.T) {
	d := NewDictionary(3, []Slot{
		slot("account_number", "acct_no"),
		slot("person", "name"),
		scoped("restaurant", Alias{"Name", "restaurant_book"}, Alias{"account number", "odd"}),
	})
	for _, tt := range []struct{ scope, name, want string }{
		{"", "acct_no", "account_number"},
		{"crm", "AcctNo", "account_number"},
		{"", "ACCOUNT-NUMBER", "account_number"},
		{"crm", "name", "person"},
		{"restaurant_book", "Name", "restaurant"},
		{"Restaurant-Book", "NAME", "restaurant"},
		{"odd", "account_number", "restaurant"},
		{"", "restaurant", "restaurant"},
		{"crm", "zip", ""},
	} {
		got, ok := d.Resolve(tt.scope, tt.name)
		if got.ID != tt.want || ok != (tt.want != "") {
			t.Errorf("Resolve(%q, %q) = %q, want %q", tt.scope, tt.name, got.ID, tt.want)
		}
	}
	if _, ok := (*Dictionary)(nil).Resolve("", "x"); ok {
		t.Error("the empty dictionary knows a name")
	}
}

func TestDictionaryChecks(t *testing.T) {
	d := NewDictionary(1, []Slot{slot("city", "Town"), scoped("hotel", Alias{"Name", "hotel"}).but(linked("city", LinkUse))})
	long := strings.Repeat("x", 129)
	for _, tt := range []struct {
		name   string
		slot   Slot
		reason string
		field  string
	}{
		{name: "good", slot: slot("street", "road")},
		{name: "good, own id as alias", slot: slot("street", "STREET")},
		{name: "good, scoped alias taken plain", slot: scoped("street", Alias{"town", "crm"})},
		{name: "exists", slot: slot("city"), reason: ReasonSlotExists},
		{name: "alias taken", slot: slot("street", "TOWN"), reason: ReasonAliasTaken, field: "aliases[0].name"},
		{name: "scoped alias taken", slot: scoped("street", Alias{"name", "Hotel"}), reason: ReasonAliasTaken, field: "aliases[0].name"},
		{name: "id taken as alias", slot: slot("town"), reason: ReasonAliasTaken, field: "slot_id"},
		{name: "alias is another's id", slot: slot("street", "Hotel"), reason: ReasonAliasTaken, field: "aliases[0].name"},
		{name: "id differs by underscore only", slot: slot("ci_ty"), reason: ReasonAliasTaken, field: "slot_id"},
		{name: "bad id", slot: slot("City"), reason: ReasonInvalidSlot, field: "slot_id"},
		{name: "long id", slot: slot(strings.Repeat("a", 64)), reason: ReasonInvalidSlot, field: "slot_id"},
		{name: "long name", slot: Slot{ID: "a", DisplayName: long}, reason: ReasonInvalidSlot, field: "display_name"},
		{name: "long description", slot: Slot{ID: "a", Description: strings.Repeat("x", 1025)}, reason: ReasonInvalidSlot, field: "description"},
		{name: "empty alias", slot: slot("a", ""), reason: ReasonInvalidSlot, field: "aliases[0].name"},
		{name: "long scope", slot: scoped("a", Alias{"b", long}), reason: ReasonInvalidSlot, field: "aliases[0].scope"},
		{name: "many aliases", slot: Slot{ID: "a", Aliases: make([]Alias, 201)}, reason: ReasonInvalidSlot, field: "aliases"},
		{name: "many links", slot: Slot{ID: "a", Links: make([]Link, 51)}, reason: ReasonInvalidSlot, field: "links"},
		{name: "type", slot: Slot{ID: "a", Type: 99}, reason: ReasonInvalidSlot, field: "type"},
		{name: "sensitivity", slot: Slot{ID: "a", Sensitivity: 99}, reason: ReasonInvalidSlot, field: "sensitivity"},
		{name: "policy", slot: Slot{ID: "a", OnConflict: 99}, reason: ReasonInvalidSlot, field: "on_conflict"},
		{name: "negative age", slot: Slot{ID: "a", MaxAge: -1}, reason: ReasonInvalidSlot, field: "max_age"},
		{name: "negative expiry", slot: Slot{ID: "a", ExpireAfter: -1}, reason: ReasonInvalidSlot, field: "expire_after"},
		{name: "age beyond expiry", slot: Slot{ID: "a", MaxAge: 2 * time.Hour, ExpireAfter: time.Hour}, reason: ReasonInvalidSlot, field: "max_age"},
		{name: "confidence", slot: Slot{ID: "a", MinConfidence: 1.1}, reason: ReasonInvalidSlot, field: "min_confidence"},
		{name: "verification", slot: Slot{ID: "a", MinVerification: 99}, reason: ReasonInvalidSlot, field: "min_verification"},
		{name: "long purpose", slot: Slot{ID: "a", ConsentPurpose: strings.Repeat("x", 129)}, reason: ReasonInvalidSlot, field: "consent_purpose"},
		{name: "purpose", slot: Slot{ID: "a", ConsentPurpose: "\xff"}, reason: ReasonInvalidSlot, field: "consent_purpose"},
		{name: "pattern", slot: Slot{ID: "a", Validation: Validation{Pattern: "a)|(b"}}, reason: ReasonInvalidSlot, field: "validation.pattern"},
		{name: "long pattern", slot: Slot{ID: "a", Validation: Validation{Pattern: strings.Repeat("x", 513)}}, reason: ReasonInvalidSlot, field: "validation.pattern"},
		{name: "lengths", slot: Slot{ID: "a", Validation: Validation{MinLength: 3, MaxLength: 2}}, reason: ReasonInvalidSlot, field: "validation.min_length"},
		{name: "negative min", slot: Slot{ID: "a", Validation: Validation{MinLength: -1}}, reason: ReasonInvalidSlot, field: "validation.min_length"},
		{name: "negative max", slot: Slot{ID: "a", Validation: Validation{MaxLength: -1}}, reason: ReasonInvalidSlot, field: "validation.max_length"},
		{name: "enum without values", slot: Slot{ID: "a", Type: SlotTypeEnum}, reason: ReasonInvalidSlot, field: "validation.allowed_values"},
		{name: "empty allowed value", slot: Slot{ID: "a", Validation: Validation{AllowedValues: []string{""}}}, reason: ReasonInvalidSlot, field: "validation.allowed_values[0]"},
		{name: "many allowed values", slot: Slot{ID: "a", Validation: Validation{AllowedValues: make([]string, 201)}}, reason: ReasonInvalidSlot, field: "validation.allowed_values"},
		{name: "link to itself", slot: slot("a").but(linked("a", LinkUse)), reason: ReasonInvalidSlot, field: "links[0].from_slot"},
		{name: "link to nothing", slot: slot("a").but(linked("b", LinkUse)), reason: ReasonInvalidSlot, field: "links[0].from_slot"},
		{name: "link twice", slot: slot("a").but(linked("city", LinkUse)).but(linked("city", LinkConfirm)), reason: ReasonInvalidSlot, field: "links[1].from_slot"},
		{name: "link action", slot: slot("a").but(linked("city", 9)), reason: ReasonInvalidSlot, field: "links[0].action"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantFault(t, d.CheckCreate(tt.slot), tt.reason, tt.field)
		})
	}
	wantFault(t, d.CheckUpdate(slot("city", "Town", "Ville")), "", "")
	wantFault(t, d.CheckUpdate(slot("nowhere")), ReasonSlotNotFound, "")
	wantFault(t, d.CheckUpdate(scoped("city", Alias{"name", "hotel"})), ReasonAliasTaken, "aliases[0].name")
	wantFault(t, d.CheckDelete("hotel"), "", "")
	wantFault(t, d.CheckDelete("city"), ReasonInvalidSlot, "")
	wantFault(t, d.CheckDelete("nowhere"), ReasonSlotNotFound, "")
	wantFault(t, (*Dictionary)(nil).CheckCreate(slot("city")), "", "")
	wantFault(t, (*Dictionary)(nil).CheckDelete("city"), ReasonSlotNotFound, "")

	full := make([]Slot, MaxSlots)
	for i := range full {
		full[i] = slot(fmt.Sprintf("s%d", i))
	}
	wantFault(t, NewDictionary(1, full).CheckCreate(slot("more")), ReasonTooManySlots, "")
}

// wantFault checks for a fault with a reason, blaming a field when one is given; for none when the reason is empty.
func wantFault(t *testing.T, err error, reason, field string) {
	t.Helper()
	if got := fault.ReasonOf(err); got != reason || reason == "" && err != nil {
		t.Errorf("got %v, want reason %q", err, reason)
		return
	}
	var f *fault.Error
	if errors.As(err, &f) && field != "" && (len(f.Fields) != 1 || f.Fields[0].Path != field) {
		t.Errorf("got fields %v, want %q", f.Fields, field)
	}
}

func TestDictionaryApply(t *testing.T) {
	d := (*Dictionary)(nil).Apply(
		Event{Revision: 1, Payload: SlotChanged{Slot: slot("a")}},
		Event{Revision: 2, Payload: SlotChanged{Slot: slot("b", "x")}},
		Event{Revision: 3, Payload: SlotDeleted{SlotID: "a"}},
		Event{Revision: 4, Payload: Other{}},
		Event{Revision: 5, Payload: SlotChanged{Slot: slot("b", "y")}},
	)
	if d.Version() != 5 || d.Len() != 1 {
		t.Errorf("version %d, %d slots", d.Version(), d.Len())
	}
	if diff := cmp.Diff([]Slot{slot("b", "y")}, d.Slots()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if again := d.Apply(Event{Revision: 3, Payload: SlotDeleted{SlotID: "b"}}); again != d {
		t.Error("an old event made another dictionary")
	}
	if _, ok := d.Slot("b"); !ok {
		t.Error("the slot is not found")
	}
}

func TestDictionaryTakesWhatTheLogHolds(t *testing.T) {
	d := NewDictionary(1, []Slot{
		slot("b", "x").but(linked("nowhere", LinkUse)), slot("a", "x"), slot("a", "again"),
		slot("c").but(func(s *Slot) { s.Validation.Pattern = "(" }),
	})
	if s, _ := d.Resolve("", "x"); s.ID != "a" {
		t.Errorf("x is %q, want the lower id", s.ID)
	}
	if _, err := d.CheckValue("", "c", "anything"); fault.ReasonOf(err) != ReasonInvalidSlotValue {
		t.Errorf("got %v, want a pattern that matches nothing", err)
	}
}

func TestValuesByType(t *testing.T) {
	for _, tt := range []struct {
		typ  SlotType
		good string // separated by "|"
		bad  string
	}{
		{SlotTypeText, "x|*|0", " "},
		{SlotTypePersonName, "Ada|李", "--"},
		{SlotTypeDate, "2026-02-28|tomorrow|the 8th|3/4|next Friday", "2026-02-30|2026-13-01"},
		{SlotTypeTime, "09:30|9:30|noon|5 pm", "25:00|9:75"},
		{SlotTypeDateTime, "tomorrow at 5|2026-02-28T10:00:00Z", " "},
		{SlotTypeNumber, "1|-1.50|+3|007| 4 ", "1,5|one|1.|.5|--1|1e3|1.2.3"},
		{SlotTypeInteger, "1|-10|007|2.0", "1.5|two|0x1"},
		{SlotTypeBoolean, "yes|No|TRUE|0", "maybe|2"},
		{SlotTypePhone, "+1 202-555-0123|tel:+12025550123|202 555 0123|555-0123", "12|anonymous|+1|call me|+266696687|12345678901234567"},
		{SlotTypeEmail, "ada@example.org|A.B+c@Sub.Example.ORG|ada@bücher.example", "ada|ada@|@example.org|a b@example.org|ada@localhost"},
		{SlotTypeAddress, "1 Main St, Oslo", " "},
		{SlotTypeMoney, "12|12.50|EUR 12.50|12.50 eur|$1,200|1'000.5 CHF|-3 €", "EUR|twelve|12 13|EURO 3|1,20"},
		{SlotTypeID, "A-1|77", "-"},
	} {
		e := compile(Slot{ID: "s", Type: tt.typ})
		for _, v := range strings.Split(tt.good, "|") {
			if why := e.invalid(v); why != "" {
				t.Errorf("type %d: %q %s", tt.typ, v, why)
			}
		}
		for _, v := range strings.Split(tt.bad, "|") {
			if e.invalid(v) == "" {
				t.Errorf("type %d: %q is accepted", tt.typ, v)
			}
		}
	}
}

func TestValidation(t *testing.T) {
	for _, tt := range []struct {
		v         Validation
		good, bad string
	}{
		{Validation{Pattern: "[A-Z]|[0-9]+"}, "A|77", "AB|7a|a"},
		{Validation{AllowedValues: []string{"Gold", "Silver Plus"}}, "gold|SILVER  plus", "bronze"},
		{Validation{MinLength: 2, MaxLength: 3}, "äö|abc", "ä|abcd"},
	} {
		d := NewDictionary(1, []Slot{{ID: "s", Validation: tt.v}})
		for _, v := range strings.Split(tt.good, "|") {
			if id, err := d.CheckValue("any", "S", v); err != nil || id != "s" {
				t.Errorf("%q: %v", v, err)
			}
		}
		for _, v := range strings.Split(tt.bad, "|") {
			_, err := d.CheckValue("", "s", v)
			wantFault(t, err, ReasonInvalidSlotValue, "")
			if strings.Contains(err.Error(), v) && len(v) > 1 {
				t.Errorf("the fault repeats the value: %v", err)
			}
		}
	}
	d := NewDictionary(1, []Slot{{ID: "pin", Sensitivity: SensitivitySecret}})
	_, err := d.CheckValue("", "PIN", "1234")
	wantFault(t, err, ReasonSecretNotStored, "")
	_, err = d.CheckStorable("", "pin")
	wantFault(t, err, ReasonSecretNotStored, "")
	if id, err := d.CheckValue("", "anything", ""); id != "" || err != nil {
		t.Errorf("got %q, %v for a name without entry", id, err)
	}
}

func TestSameValue(t *testing.T) {
	for _, tt := range []struct {
		typ  SlotType
		a, b string
		want bool
	}{
		{SlotTypeText, "Main  Street", " main street ", true},
		{SlotTypeText, "main-street", "main street", false},
		{SlotTypeAddress, "12, Main St.", "12 main st", true},
		{SlotTypeID, "AB-12 3", "ab123", true},
		{SlotTypeID, "ab-12", "ab-13", false},
		{SlotTypeNumber, "1.50", "+1.5", true},
		{SlotTypeInteger, "007", "7", true},
		{SlotTypeInteger, "-0", "0", true},
		{SlotTypeBoolean, "Yes", "true", true},
		{SlotTypeBoolean, "yes", "no", false},
		{SlotTypePhone, "+1 202 555 0123", "tel:+1-202-555-0123", true},
		{SlotTypePhone, "(202) 555-0123", "+12025550123", true},
		{SlotTypePhone, "0201 5550123", "+492015550123", true},
		{SlotTypePhone, "0123", "+12025550123", false},
		{SlotTypePhone, "202 555 0124", "+12025550123", false},
		{SlotTypeEmail, "Ada@Example.ORG", "ada@example.org", true},
		{SlotTypeMoney, "$1,200", "1200.00 USD", true},
		{SlotTypeMoney, "EUR 3", "USD 3", false},
		{SlotTypeTime, "5 pm", "17:00", true},
		{SlotTypeTime, "9:30", "09:30", true},
		{SlotTypeTime, "9:30 a.m.", "09:30", true},
		{SlotTypeDate, "Tomorrow", "tomorrow", true},
		{SlotTypeEnum, "GOLD", "gold", true},
		{SlotTypePersonName, "O'Neil, Ada", "o neil ada", true},
	} {
		if got := sameValue(tt.typ, canonical(tt.typ, tt.a), canonical(tt.typ, tt.b)); got != tt.want {
			t.Errorf("type %d: %q and %q: %v", tt.typ, tt.a, tt.b, got)
		}
		if got := sameValue(tt.typ, canonical(tt.typ, tt.b), canonical(tt.typ, tt.a)); got != tt.want {
			t.Errorf("type %d: %q and %q the other way round: %v", tt.typ, tt.a, tt.b, got)
		}
	}
}

func TestMasked(t *testing.T) {
	for v, want := range map[string]bool{
		"411111******1111": true, "********1111": true, "***": true, "code ***": true, "[withheld]": true,
		"2 * 3": false, "": false, "**": false,
	} {
		if Masked(v) != want {
			t.Errorf("Masked(%q) = %v", v, !want)
		}
	}
}
