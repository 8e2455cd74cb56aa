package intake

import (
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// class says how a string is kept free of card data.
type class uint8

const (
	// classText is masked wherever card data stands in it; so is every field that nothing else is said about.
	classText class = iota
	// classID names something and would name something else when masked, so a card number in it is refused.
	classID
	// classNamed is the value of the slot that the field beside it names.
	classNamed
	// classKeys is what was typed on a telephone.
	classKeys
	// classNumber is a telephone number where it is a number at all.
	classNumber
	// classTrace is dropped rather than masked: half a trace id leads nowhere.
	classTrace
)

// classes lists the fields whose name does not tell their class.
var classes = map[protoreflect.FullName]class{
	"throughline.interactionlog.v1.Event.customer":                     classID,
	"throughline.interactionlog.v1.Event.traceparent":                  classTrace,
	"throughline.interactionlog.v1.Identifier.value":                   classID,
	"throughline.interactionlog.v1.CustomersMerged.surviving_customer": classID,
	"throughline.interactionlog.v1.CustomersMerged.merged_customer":    classID,
	"throughline.interactionlog.v1.Actor.id":                           classID,
	"throughline.interactionlog.v1.Money.amount":                       classID, // an amount cannot be masked either
	"throughline.interactionlog.v1.FactStated.value":                   classNamed,
	"throughline.interactionlog.v1.FactConfirmed.value":                classNamed,
	"throughline.interactionlog.v1.FactRetracted.value":                classNamed,
	"throughline.interactionlog.v1.MenuSelected.digits":                classKeys,
	"throughline.interactionlog.v1.InteractionStarted.entry_point":     classNumber,
}

func classOf(fd protoreflect.FieldDescriptor) class {
	if c, ok := classes[fd.FullName()]; ok {
		return c
	}
	if strings.HasSuffix(string(fd.Name()), "_id") {
		return classID
	}
	return classText
}

// outputOnly tells whether the contract says that the log sets the field.
func outputOnly(fd protoreflect.FieldDescriptor) bool {
	behaviors, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	for _, b := range behaviors {
		if b == annotations.FieldBehavior_OUTPUT_ONLY {
			return true
		}
	}
	return false
}
