package intake

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// ownCustomers begins the names of the customers that are none: the services keep their own state there.
	ownCustomers = customerPrefix + "_"
	// ownTypes begins the types of the custom events of the services.
	ownTypes = "throughline."
)

// CheckName refuses the name of a customer that holds a card number, or that the caller may not write to. path is where
// it stands in the request.
func (src Source) CheckName(path, name string) error {
	if !src.Service && strings.HasPrefix(name, ownCustomers) {
		return servicesOnly(path, "the customers whose ids begin with _ are the services' own")
	}
	if isCard(name) {
		return cardNumberInID(path)
	}
	return nil
}

// checkWriter refuses what only services may write: their conclusions would be anybody's otherwise.
func (src Source) checkWriter(ev *interactionlogv1.Event, kind *nestedField) *fault.Error {
	switch {
	case src.Service:
		return nil
	case strings.HasPrefix(ev.GetCustomer(), ownCustomers):
		return servicesOnly("customer", "the customers whose ids begin with _ are the services' own")
	case kind != nil && kind.serviceOnly:
		return servicesOnly(kind.path, "events of this kind are written by services only")
	case strings.HasPrefix(ev.GetCustomEvent().GetType(), ownTypes):
		return servicesOnly("custom_event.type", "types that begin with "+ownTypes+" are the services' own")
	}
	return nil
}

func servicesOnly(path, msg string) *fault.Error {
	return fault.New(fault.Denied, fault.PermissionDenied, "%s", msg).WithField(path, "needs the role service")
}

// serviceOnly tells whether the contract keeps a field to services.
func serviceOnly(fd protoreflect.FieldDescriptor) bool {
	only, _ := proto.GetExtension(fd.Options(), commonv1.E_ServiceOnly).(bool)
	return only
}
