package auth

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
)

// Access says who may call a method.
type Access struct {
	// Public methods need no credential.
	Public bool
	// AnyRole methods are open to everybody with a credential.
	AnyRole bool
	// Roles may call the method. Nobody may when it has none.
	Roles RoleSet
}

// services of grpc-go that every server has, by package.
const (
	healthPackage     = "grpc.health."
	reflectionPackage = "grpc.reflection."
)

// AccessOf reads from the contract who may call a method, "/package.Service/Method". It is not fast: ask once.
func AccessOf(fullMethod string) Access {
	name := strings.TrimPrefix(fullMethod, "/")
	switch {
	case strings.HasPrefix(name, healthPackage):
		return Access{Public: true} // orchestrators ask before they have anything to show
	case strings.HasPrefix(name, reflectionPackage):
		return Access{AnyRole: true} // the contract is no secret, but for customers only
	}
	if m := Method(fullMethod); m != nil {
		return Access{Roles: MethodRoles(m)}
	}
	return Access{}
}

// Method returns the descriptor of a method, "/package.Service/Method"; nil when it is not linked in.
func Method(fullMethod string) protoreflect.MethodDescriptor {
	name := strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", ".")
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	m, _ := d.(protoreflect.MethodDescriptor)
	return m
}

// MethodRoles returns the roles that the contract gives a method.
func MethodRoles(method protoreflect.Descriptor) RoleSet {
	access, ok := proto.GetExtension(method.Options(), commonv1.E_Access).(*commonv1.Access)
	if !ok {
		return 0
	}
	return Roles(access.GetRoles()...)
}

// Allows tells whether a caller may call the method.
func (a Access) Allows(c *Caller) bool {
	return a.Public || a.AnyRole || c.Open || a.Roles&c.Roles != 0
}
