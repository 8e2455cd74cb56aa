package server

import (
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

func mergeMessage(m domain.Merge) *contextv1.Merge {
	return &contextv1.Merge{
		MergeId: m.ID, MergedCustomer: customerName(m.Customer), Reason: m.Reason, MergeTime: wire.Timestamp(m.Time),
	}
}

func collisionMessage(c *domain.Collision) *contextv1.MergeCollision {
	return &contextv1.MergeCollision{
		Kind:           contextv1.MergeCollisionKind(c.Kind),
		IdentifierType: logv1.IdentifierType(c.Type),
		Count:          int32(c.Count),
		Limit:          int32(c.Limit),
		Explanation:    c.Explanation,
	}
}

func conflictMessage(c *domain.SlotConflict) *contextv1.MergeConflict {
	return &contextv1.MergeConflict{
		Slot: c.Slot, SurvivingValue: c.SurvivingValue, MergedValue: c.MergedValue,
		Sensitivity: commonv1.Sensitivity(c.Sensitivity),
	}
}

func identifierMessage(id *domain.Identifier) *logv1.Identifier { return wire.IdentifierMessage(*id) }
