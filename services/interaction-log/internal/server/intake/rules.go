package intake

import (
	"math"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The contract's rules (buf.validate options) made into plain comparisons. protovalidate takes several microseconds an
// event, which is more than everything else together, so it is asked only when these say no: it then has the last word
// and words the violations. Rules of a kind that is not known here make the plan inexact, and every event goes to
// protovalidate.

type stringRules struct {
	minBytes, maxBytes uint64
	pattern            *pattern
}

func (r *stringRules) allow(s string) bool {
	n := uint64(len(s))
	return n >= r.minBytes && n <= r.maxBytes && (r.pattern == nil || r.pattern.match(s))
}

type doubleRules struct {
	min, max float64
	any      bool
}

func (r *doubleRules) allow(v float64) bool { return r.any || v >= r.min && v <= r.max }

type enumRules struct {
	desc    protoreflect.EnumDescriptor
	defined bool
	not     []int32
	top     protoreflect.EnumNumber // values 0 to top are all defined
}

func (r *enumRules) allow(v protoreflect.EnumNumber) bool {
	for _, n := range r.not {
		if protoreflect.EnumNumber(n) == v {
			return false
		}
	}
	return !r.defined || v >= 0 && v <= r.top || r.desc.Values().ByNumber(v) != nil
}

func rulesOf(fd protoreflect.FieldDescriptor) *validate.FieldRules {
	rules, _ := proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules)
	return rules
}

// onlySets tells whether m sets no fields but those named.
func onlySets(m proto.Message, names ...protoreflect.Name) bool {
	ok := true
	m.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		named := false
		for _, n := range names {
			named = named || fd.Name() == n
		}
		ok = ok && named
		return ok
	})
	return ok
}

func requiredOnly(rules *validate.FieldRules) (required, known bool) {
	if rules == nil {
		return false, true
	}
	return rules.GetRequired(), onlySets(rules, "required")
}

func compileString(rules *validate.FieldRules, exact bool) (stringRules, bool) {
	r := stringRules{maxBytes: math.MaxUint64}
	if rules == nil {
		return r, exact
	}
	s := rules.GetString()
	exact = exact && onlySets(rules, "string") && onlySets(s, "min_bytes", "max_bytes", "pattern")
	r.minBytes = s.GetMinBytes()
	if s.HasMaxBytes() {
		r.maxBytes = s.GetMaxBytes()
	}
	if s.HasPattern() {
		r.pattern = newPattern(s.GetPattern())
	}
	return r, exact
}

func compileList(rules *validate.FieldRules, exact bool) (stringRules, uint64, bool) {
	if rules == nil {
		r, exact := compileString(nil, exact)
		return r, 0, exact
	}
	l := rules.GetRepeated()
	exact = exact && onlySets(rules, "repeated") && onlySets(l, "max_items", "items")
	r, exact := compileString(l.GetItems(), exact)
	return r, l.GetMaxItems(), exact
}

func compileDouble(rules *validate.FieldRules, exact bool) (doubleRules, bool) {
	r := doubleRules{min: math.Inf(-1), max: math.Inf(1)}
	if rules == nil {
		r.any = true
		return r, exact
	}
	d := rules.GetDouble()
	exact = exact && onlySets(rules, "double") && onlySets(d, "gte", "lte", "finite")
	if d.GetFinite() {
		r.min, r.max = -math.MaxFloat64, math.MaxFloat64
	}
	if d.HasGte() {
		r.min = d.GetGte()
	}
	if d.HasLte() {
		r.max = d.GetLte()
	}
	// A lower bound above the upper one means "outside" to protovalidate.
	return r, exact && r.min <= r.max
}

func compileEnum(fd protoreflect.FieldDescriptor, rules *validate.FieldRules, exact bool) (enumRules, bool) {
	r := enumRules{desc: fd.Enum(), top: -1}
	for r.desc.Values().ByNumber(r.top+1) != nil {
		r.top++
	}
	if rules == nil {
		return r, exact
	}
	e := rules.GetEnum()
	r.defined, r.not = e.GetDefinedOnly(), e.GetNotIn()
	return r, exact && onlySets(rules, "enum") && onlySets(e, "defined_only", "not_in")
}

func (f *stringField) allowList(l protoreflect.List) bool {
	if f.most > 0 && uint64(l.Len()) > f.most {
		return false
	}
	for i := range l.Len() {
		if !f.rules.allow(l.Get(i).String()) {
			return false
		}
	}
	return true
}
