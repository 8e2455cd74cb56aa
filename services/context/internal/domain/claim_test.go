package domain

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDecide(t *testing.T) {
	phone, mail := IdentifierKey{IdentifierPhone, "+1"}, IdentifierKey{IdentifierEmail, "a@b.example"}
	crm, contact := IdentifierKey{IdentifierCRMID, "7"}, ContactKey("sip", "c1")
	a, b := Owner{Customer: "a", Since: at(1)}, Owner{Customer: "b", Since: at(2), Created: true}
	fresh := Owner{Customer: "new", Since: at(9), Created: true}
	begun := fresh
	begun.InteractionID = "i1"
	joined := func(o Owner) Owner { return Owner{Customer: o.Customer, Since: at(9)} }
	for _, tt := range []struct {
		name   string
		keys   []IdentifierKey
		owners []Owner
		keep   bool // no customer may be made
		want   ClaimResult
	}{
		{
			name: "all new", keys: []IdentifierKey{contact, phone}, owners: []Owner{{}, {}},
			want: ClaimResult{Customer: "new", Created: true, Keys: []KeyClaim{{contact, Linked, begun}, {phone, Linked, fresh}}},
		},
		{name: "all new, none may be made", keep: true, keys: []IdentifierKey{phone}, owners: []Owner{{}}, want: ClaimResult{}},
		{
			name: "one known", keys: []IdentifierKey{mail, phone}, owners: []Owner{{}, a}, keep: true,
			want: ClaimResult{Customer: "a", Keys: []KeyClaim{{mail, Linked, joined(a)}, {phone, Matched, a}}},
		},
		{
			name: "the stronger decides", keys: []IdentifierKey{phone, crm, mail}, owners: []Owner{a, b, {}},
			want: ClaimResult{Customer: "b", Keys: []KeyClaim{{phone, Conflicting, a}, {crm, Matched, b}, {mail, Linked, joined(b)}}},
		},
		{
			name: "the first of equals decides", keys: []IdentifierKey{phone, {IdentifierPhone, "+2"}}, owners: []Owner{a, b},
			want: ClaimResult{Customer: "a", Keys: []KeyClaim{{phone, Matched, a}, {IdentifierKey{IdentifierPhone, "+2"}, Conflicting, b}}},
		},
		{
			name: "a retransmission gets the first answer", keys: []IdentifierKey{crm, contact}, owners: []Owner{a, b},
			want: ClaimResult{Customer: "b", Created: true, Repeated: true, Keys: []KeyClaim{{crm, Conflicting, a}, {contact, Matched, b}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ClaimRequest{Keys: tt.keys, NewCustomer: "new", InteractionID: "i1", Now: at(9)}
			if tt.keep {
				r.NewCustomer = ""
			}
			if diff := cmp.Diff(tt.want, r.Decide(tt.owners)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestStrengthFollowsTheContract(t *testing.T) {
	order := []IdentifierType{
		IdentifierPlatformContact, IdentifierCRMID, IdentifierAccount, IdentifierPhone, IdentifierEmail, IdentifierSocial,
		IdentifierDevice, IdentifierWebVisitor, IdentifierUnspecified,
	}
	for i := 1; i < len(order); i++ {
		if strength(order[i-1]) >= strength(order[i]) {
			t.Errorf("%v is not stronger than %v", order[i-1], order[i])
		}
	}
}

// What the log says about one identifier ends in the same owner in whatever order its customers' histories are read,
// as long as each history keeps its own order, and also when a part of it is read twice.
func TestHoldersDoNotDependOnTheOrderOfShards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		histories := make([][]Binding, rapid.IntRange(1, 4).Draw(t, "customers"))
		minute := 0
		for i := range histories {
			linked := false
			for range rapid.IntRange(1, 5).Draw(t, "events") {
				minute++
				histories[i] = append(histories[i], Binding{Owner: Owner{Customer: strconv.Itoa(i), Since: at(minute), Logged: true}, Unbind: linked})
				linked = !linked
			}
		}
		read := func(seed uint64) Holders {
			r := rand.New(rand.NewPCG(seed, 1))
			var h Holders
			next := make([]int, len(histories))
			for left := len(histories); left > 0; {
				i := r.IntN(len(histories))
				if next[i] == len(histories[i]) {
					continue
				}
				if next[i] > 0 && r.IntN(4) == 0 {
					next[i] = r.IntN(next[i]) // begins again at an older position
				}
				b := histories[i][next[i]]
				if b.Unbind {
					h = h.Unbind(b.Owner.Customer)
				} else {
					h = h.Bind(b.Owner)
				}
				if next[i]++; next[i] == len(histories[i]) {
					left--
				}
			}
			return h
		}
		want := read(0)
		if got := read(rapid.Uint64().Draw(t, "order")); !cmp.Equal(want, got) && len(want)+len(got) > 0 {
			t.Fatalf("%v and %v", want, got)
		}
	})
}

func TestHolders(t *testing.T) {
	var h Holders
	if h.Owner() != (Owner{}) {
		t.Error("nobody owns")
	}
	h = h.Bind(Owner{Customer: "a", Since: at(2), Created: true}).Bind(Owner{Customer: "b", Since: at(3)})
	before := h
	h = h.Bind(Owner{Customer: "a", Since: at(1), Logged: true})
	if got := h.Owner(); got.Customer != "a" || !got.Since.Equal(at(1)) || !got.Created || !got.Logged {
		t.Errorf("got %+v, want a with the log's time, still the maker", got)
	}
	h = h.Bind(Owner{Customer: "a", Since: at(7), Logged: true}).Bind(Owner{Customer: "a", Since: at(8)})
	if got := h.Owner(); got.Customer != "a" || !got.Since.Equal(at(1)) || !got.Logged {
		t.Errorf("got %+v, want a since the log's first word", got)
	}
	if !before.Owner().Since.Equal(at(2)) {
		t.Error("Bind changed the holders it was called on")
	}
	if got := h.Unbind("a").Owner().Customer; got != "b" {
		t.Errorf("after an unlink %q owns, want b", got)
	}
	for i := range 50 {
		h = h.Bind(Owner{Customer: strconv.Itoa(i), Since: at(10 + i)})
	}
	if len(h) != MaxHolders || h.Owner().Customer != "a" {
		t.Errorf("%d holders, %+v owns", len(h), h.Owner())
	}
}

func TestBindings(t *testing.T) {
	id := Identifier{IdentifierPhone, "+1"}
	when := time.Unix(9, 0)
	for _, tt := range []struct {
		event Event
		want  []Binding
	}{
		{Event{Payload: Other{}}, nil},
		{Event{Payload: InteractionStarted{Platform: "sip"}}, nil},
		{
			Event{Revision: 4, RecordedAt: when, Payload: IdentifierLinked{Identifier: id}},
			[]Binding{{Key: id.Key(), Owner: Owner{Customer: "c", Since: when, Logged: true}}},
		},
		{
			Event{Revision: 5, RecordedAt: when, Payload: IdentifierUnlinked{Identifier: id}},
			[]Binding{{Key: id.Key(), Owner: Owner{Customer: "c", Since: when, Logged: true}, Unbind: true}},
		},
		{
			Event{Revision: 1, RecordedAt: when, InteractionID: "i", Payload: InteractionStarted{Platform: "sip", PlatformContactID: "x"}},
			[]Binding{{Key: ContactKey("sip", "x"), Owner: Owner{Customer: "c", Since: when, Created: true, Logged: true, InteractionID: "i"}}},
		},
		{
			Event{Revision: 2, RecordedAt: when, Payload: InteractionStarted{Platform: "sip", PlatformContactID: "x"}},
			[]Binding{{Key: ContactKey("sip", "x"), Owner: Owner{Customer: "c", Since: when, Logged: true}}},
		},
	} {
		if diff := cmp.Diff(tt.want, Bindings("c", tt.event)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}
