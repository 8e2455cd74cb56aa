package rest

import (
	"net/url"
	"strings"
	"sync"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// useStrictQuery makes the gateway refuse query parameters that name no field. The gateway has one parser for the whole
// process.
var useStrictQuery = sync.OnceFunc(func() {
	runtime.NewServeMux(runtime.SetQueryParameterParser(strictQuery{}))
})

// strictQuery reads query parameters into a request.
type strictQuery struct{ runtime.DefaultQueryParser }

// Parse sets the fields that values name. The gateway's own parser would skip a name that it does not know, and one
// that the path or the body sets.
func (q strictQuery) Parse(msg proto.Message, values url.Values, bound *utilities.DoubleArray) error {
	for key, given := range values {
		path, field := fieldPath(msg.ProtoReflect().Descriptor(), key)
		if path == nil {
			return fault.New(fault.Invalid, fault.UnknownField, "there is no query parameter %q", key)
		}
		if bound.HasCommonPrefix(path) {
			return fault.New(fault.Invalid, fault.UnknownField, "%q is set by the path or the body, not by a query parameter", key)
		}
		if e := field.Enum(); e != nil {
			for _, v := range given {
				if !hasEnumValue(e, v) {
					return fault.New(fault.Invalid, fault.InvalidRequest, "query parameters: %q is no value of %s; it takes %s", v, key, enumNames(e))
				}
			}
		}
	}
	if err := q.DefaultQueryParser.Parse(msg, values, bound); err != nil {
		return fault.New(fault.Invalid, fault.InvalidRequest, "query parameters: %v", err)
	}
	return nil
}

// fieldPath returns the proto names of the fields that lead to a query parameter's field, and the field; or nil.
func fieldPath(md protoreflect.MessageDescriptor, key string) (path []string, f protoreflect.FieldDescriptor) {
	key, _, _ = strings.Cut(key, "[") // the key of a map entry
	for name := range strings.SplitSeq(key, ".") {
		if md == nil {
			return nil, nil
		}
		if f = md.Fields().ByName(protoreflect.Name(name)); f == nil {
			f = md.Fields().ByJSONName(name)
		}
		if f == nil {
			return nil, nil
		}
		path = append(path, string(f.Name()))
		md = nil
		if f.Message() != nil && !f.IsList() && !f.IsMap() {
			md = f.Message()
		}
	}
	return path, f
}
