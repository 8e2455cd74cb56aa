package aip

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Update copies from src to dst the fields that an update mask names (AIP-134). No paths means every field that is set
// in src; "*" means every field, so that unset ones are cleared. A path that names no field, or goes through a list or
// a map, is a fault; dst is then unchanged. dst and src are of the same type.
func Update(dst, src proto.Message, paths []string) error {
	// A copy, so that dst never shares lists, maps and messages with src.
	src = proto.Clone(src)
	d, s := dst.ProtoReflect(), src.ProtoReflect()
	switch {
	case len(paths) == 0:
		s.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			d.Set(f, v)
			return true
		})
		return nil
	case slices.Equal(paths, []string{"*"}):
		proto.Reset(dst)
		proto.Merge(dst, src)
		return nil
	}
	if err := CheckMask(dst, paths); err != nil {
		return err
	}
	for _, path := range paths {
		copyPath(d, s, path)
	}
	return nil
}

// CheckMask reports a fault when a path does not lead to a field of msg. "*" is right only when it stands alone.
func CheckMask(msg proto.Message, paths []string) error {
	if slices.Equal(paths, []string{"*"}) {
		return nil
	}
	for _, path := range paths {
		if !leadsToField(msg.ProtoReflect().Descriptor(), path) {
			return fault.New(fault.Invalid, fault.UnknownField, "update_mask path %q names no field of %s", path,
				msg.ProtoReflect().Descriptor().Name()).WithField("update_mask", "unknown path "+path)
		}
	}
	return nil
}

func leadsToField(md protoreflect.MessageDescriptor, path string) bool {
	for {
		name, rest, more := strings.Cut(path, ".")
		f := md.Fields().ByName(protoreflect.Name(name))
		if f == nil {
			return false
		}
		if !more {
			return true
		}
		if f.IsList() || f.IsMap() || f.Message() == nil {
			return false
		}
		md, path = f.Message(), rest
	}
}

func copyPath(d, s protoreflect.Message, path string) {
	for {
		name, rest, more := strings.Cut(path, ".")
		f := d.Descriptor().Fields().ByName(protoreflect.Name(name))
		if !more {
			if s.Has(f) {
				d.Set(f, s.Get(f))
			} else {
				d.Clear(f)
			}
			return
		}
		if !s.Has(f) && !d.Has(f) {
			return
		}
		d, s, path = d.Mutable(f).Message(), s.Get(f).Message(), rest
	}
}
