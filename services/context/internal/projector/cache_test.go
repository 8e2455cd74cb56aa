package projector

import (
	"reflect"
	"strings"
	"testing"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Whatever a state holds, the budget knows of it: twice, since the answer kept with it tells the same.
func TestSizesCountEveryList(t *testing.T) {
	const entries, text = 20, 1000
	empty := sizeOf(&domain.State{})
	typ := reflect.TypeFor[domain.State]()
	for i := range typ.NumField() {
		field := typ.Field(i)
		if field.Type.Kind() != reflect.Slice || field.Name == "Identifiers" { // these are short
			continue
		}
		s := &domain.State{}
		list := reflect.ValueOf(s).Elem().Field(i)
		for range entries {
			list.Set(reflect.Append(list, filled(field.Type.Elem(), strings.Repeat("x", text))))
		}
		if got := sizeOf(s) - empty; got < 2*entries*text {
			t.Errorf("%d %s of %d bytes each count as %d bytes", entries, field.Name, text, got)
		}
	}
}

// filled returns a value with a text in every place for one.
func filled(t reflect.Type, text string) reflect.Value {
	if t.Kind() == reflect.Pointer {
		v := reflect.New(t.Elem())
		v.Elem().Set(filled(t.Elem(), text))
		return v
	}
	v := reflect.New(t).Elem()
	for i := range t.NumField() {
		if f := v.Field(i); f.Kind() == reflect.String {
			f.SetString(text)
		}
	}
	return v
}

// Who measures a customer that has left the memory meanwhile must not have it counted for ever.
func TestOnlyWhatIsInMemoryCounts(t *testing.T) {
	c := newCache(1 << 30)
	e := c.acquire(entryKey{customer: "a"})
	c.resize(e, 1000)
	if got := c.bytes.Load(); got != 1000 {
		t.Errorf("%d bytes are counted", got)
	}
	c.release(e) // nothing is known of it
	c.resize(e, 5000)
	if got := c.bytes.Load(); got != 0 {
		t.Errorf("%d bytes are counted of nothing", got)
	}
}
