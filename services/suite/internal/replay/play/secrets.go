package play

import (
	"strings"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// Secrets returns which names a slot dictionary calls secret, by the contract's rules: an alias in the scope, then an alias
// without scope, then the slot's id; letter case, spaces, "_" and "-" do not count.
func Secrets(dictionary []*contextv1.Slot) dialogue.IsSecret {
	type name struct{ scope, slot string }
	secret, aliases := map[string]bool{}, map[name]string{}
	for _, s := range dictionary {
		id := fold(strings.TrimPrefix(s.GetName(), "slots/"))
		secret[id] = s.GetSensitivity() == commonv1.Sensitivity_SENSITIVITY_SECRET
		for _, a := range s.GetAliases() {
			aliases[name{fold(a.GetScope()), fold(a.GetName())}] = id
		}
	}
	return func(scope, slot string) bool {
		id, ok := aliases[name{fold(scope), fold(slot)}]
		if !ok {
			id, ok = aliases[name{"", fold(slot)}]
		}
		if !ok {
			id = fold(slot)
		}
		return secret[id]
	}
}

func fold(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(s))
}
