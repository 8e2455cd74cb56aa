package slotfile

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

const whole = `
slots:
  - slot: account_number
    display_name: Account number
    description: The number on the bill
    type: ID
    sensitivity: SENSITIVE
    aliases:
      - {name: AccountNumber}
      - {name: id, scope: billing}
    max_age: 720h
    expire_after: 90d
    min_confidence: 0.8
    on_conflict: confirm
    validation:
      pattern: "[0-9]+"
      allowed_values: ["1", "2"]
      min_length: 1
      max_length: 12
    links:
      - {from: contract_number, action: USE}
    min_verification: MULTI_FACTOR
    consent_purpose: service
  - {slot: contract_number, sensitivity: internal}
`

func wholeSlots() []*contextv1.Slot {
	return []*contextv1.Slot{{
		Name:          "slots/account_number",
		DisplayName:   "Account number",
		Description:   "The number on the bill",
		Type:          contextv1.SlotType_SLOT_TYPE_ID,
		Sensitivity:   commonv1.Sensitivity_SENSITIVITY_SENSITIVE,
		Aliases:       []*contextv1.SlotAlias{{Name: "AccountNumber"}, {Name: "id", Scope: "billing"}},
		MaxAge:        durationpb.New(720 * time.Hour),
		ExpireAfter:   durationpb.New(90 * 24 * time.Hour),
		MinConfidence: 0.8,
		OnConflict:    contextv1.ConflictPolicy_CONFLICT_POLICY_CONFIRM,
		Validation: &contextv1.SlotValidation{
			Pattern: "[0-9]+", AllowedValues: []string{"1", "2"}, MinLength: 1, MaxLength: 12,
		},
		Links: []*contextv1.SlotLink{{FromSlot: "contract_number", Action: contextv1.LinkAction_LINK_ACTION_USE}},

		MinVerification: logv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR,
		ConsentPurpose:  "service",
	}, {
		Name:        "slots/contract_number",
		Sensitivity: commonv1.Sensitivity_SENSITIVITY_INTERNAL,
	}}
}

func TestRead(t *testing.T) {
	got, err := Read("f.yaml", strings.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wholeSlots(), got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWriteThenRead(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, wholeSlots()); err != nil {
		t.Fatal(err)
	}
	got, err := Read("f.yaml", &b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wholeSlots(), got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestExamples(t *testing.T) {
	for _, path := range []string{"../../../../examples/star/slots.yaml", "../../../../examples/sgd/slots.yaml"} {
		if _, err := Load(path); err != nil {
			t.Error(err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "f: the file is empty; slots are wanted"},
		{"no slots", "slots: []", "f: there are no slots in the file"},
		{"two documents", "slots: [{slot: a}]\n---\nslots: []", "f: there is more than one YAML document in the file"},
		{"syntax", "slots: [", "f: line 1: did not find expected node content"},
		{"unknown key", "slots:\n  - {slot: a, alias: b}", "f: line 2: key alias does not exist in a slot"},
		{"unknown key in alias", "slots:\n  - slot: a\n    aliases: [{nme: b}]", "f: line 3: key nme does not exist in an alias"},
		{"no id", "slots:\n  - {display_name: x}", `f: line 2, slot "": the key slot, its id, is missing`},
		{"bad id", "slots:\n  - {slot: Acct-No}", `f: line 2, slot "Acct-No": slot: does not match regex pattern ` + "`^(slots/[a-z][a-z0-9_]{0,62})?$`"},
		{"bad enum", "slots:\n  - {slot: a, sensitivity: hush}",
			`f: line 2, slot "a": sensitivity "hush" is none of PUBLIC, INTERNAL, PERSONAL, SENSITIVE, SECRET`},
		{"unspecified", "slots:\n  - {slot: a, sensitivity: unspecified}",
			`f: line 2, slot "a": sensitivity "unspecified" is none of PUBLIC, INTERNAL, PERSONAL, SENSITIVE, SECRET`},
		{"bad duration", "slots:\n  - {slot: a, max_age: soon}", `f: line 2: "soon" is no duration above 0, such as 90m, 720h or 30d`},
		{"zero duration", "slots:\n  - {slot: a, max_age: 0h}", `f: line 2: "0h" is no duration above 0, such as 90m, 720h or 30d`},
		{"bad confidence", "slots:\n  - {slot: a, min_confidence: 2}",
			`f: line 2, slot "a": min_confidence: must be greater than or equal to 0 and less than or equal to 1`},
		{"bad link", "slots:\n  - {slot: a, links: [{action: USE}]}",
			`f: line 2, slot "a": links[0].from: does not match regex pattern ` + "`^[a-z][a-z0-9_]{0,62}$`"},
		{"link to itself", "slots:\n  - {slot: a, links: [{from: a}]}", `f: line 2, slot "a": a link to itself`},
		{"id twice", "slots:\n  - {slot: a}\n  - {slot: a}", `f: line 3, slot "a": line 2 has the id already, or one that reads the same`},
		{"alias twice", "slots:\n  - {slot: a, aliases: [{name: X_1}]}\n  - {slot: b, aliases: [{name: x1}]}",
			`f: line 3, slot "b": alias "x1" is taken by slot "a" in line 2`},
		{"scoped alias twice", "slots:\n  - {slot: a, aliases: [{name: x, scope: s}]}\n  - {slot: b, aliases: [{name: x, scope: s}]}",
			`f: line 3, slot "b": alias "x" in scope "s" is taken by slot "a" in line 2`},
		{"alias is an id", "slots:\n  - {slot: a, aliases: [{name: B-1}]}\n  - {slot: b1}", `f: line 2, slot "a": alias "B-1" is taken by slot "b1" in line 3`},
		{"linked twice", "slots:\n  - {slot: a, links: [{from: b}, {from: b}]}", `f: line 2, slot "a": two links from slot "b"`},
		{"never stale", "slots:\n  - {slot: a, max_age: 2d, expire_after: 1d}",
			`f: line 2, slot "a": max_age: is longer than expire_after, so that no value would ever be stale`},
		{"bad pattern", "slots:\n  - {slot: a, validation: {pattern: '('}}", `f: line 2, slot "a": validation.pattern: is not a valid RE2 expression`},
		{"bad lengths", "slots:\n  - {slot: a, validation: {min_length: 3, max_length: 2}}", `f: line 2, slot "a": validation.min_length: is more than max_length`},
		{"enum of nothing", "slots:\n  - {slot: a, type: enum}", `f: line 2, slot "a": validation.allowed_values: are required for the type ENUM`},
		{"several at once", "slots:\n  - {slot: a, type: x}\n  - {slot: a}",
			"f: line 2, slot \"a\": type \"x\" is none of TEXT, PERSON_NAME, DATE, TIME, DATE_TIME, NUMBER, INTEGER, BOOLEAN, PHONE, EMAIL, ADDRESS, PLACE, MONEY, ENUM, ID\n" +
				`line 3, slot "a": line 2 has the id already, or one that reads the same`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Read("f", strings.NewReader(tc.text))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 30 * 24 * time.Hour, "1.5d": 36 * time.Hour, "90m": 90 * time.Minute, "1h30m": 90 * time.Minute,
	} {
		got, err := parseDuration(text)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "-1h", "999999999d", "1 day"} {
		if d, err := parseDuration(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, d)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("slots: [{slot: a, max_age: 1d}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		slots, err := Read("f", bytes.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, slots); err != nil {
			t.Fatal(err)
		}
		again, err := Read("f", &b)
		if err != nil {
			t.Fatalf("what Write wrote is refused: %v", err)
		}
		if diff := cmp.Diff(slots, again, protocmp.Transform()); diff != "" {
			t.Errorf("-first +again:\n%s", diff)
		}
	})
}
