package domain

import "time"

// VerificationAttempted tells that the customer's identity was checked.
type VerificationAttempted struct {
	Method        string
	Result        VerificationResult
	Level         VerificationLevel
	RequiredLevel VerificationLevel
	Scopes        []string
	ExpireTime    time.Time
}

// DoubleVerificationDetected tells that the customer's identity was checked although a sufficient verification was
// valid.
type DoubleVerificationDetected struct{ VerificationEventID string }

// Promised is what was promised to the customer; zero when nothing was.
type Promised struct {
	Text    string
	DueTime time.Time
}

// CaseOpened tells that a matter was opened. The event's case id names it.
type CaseOpened struct {
	Subject  string
	Intent   string
	Priority CasePriority
	Promise  Promised
}

// CaseUpdated tells that something about a case changed. What is empty is as before.
type CaseUpdated struct {
	Subject        string
	Intent         string
	Priority       CasePriority
	Status         string
	Promise        Promised
	PromiseSettled bool
}

// CaseResolved tells that the matter was settled.
type CaseResolved struct{ Resolution, Code string }

// CaseReopened tells that the matter came up again.
type CaseReopened struct{ Reason string }

// HandoffOffered tells that the customer was offered to another participant.
type HandoffOffered struct {
	HandoffID         string
	From, To          Actor
	Target            string
	TargetChannel     Channel
	TransferKind      TransferKind
	Reason            string
	Summary           string
	Offered           []string
	ExpireTime        time.Time
	PreviousHandoffID string
}

// HandoffAccepted tells that the receiver took the customer over.
type HandoffAccepted struct {
	HandoffID     string
	By            Actor
	InteractionID string
}

// HandoffRead tells which of the slots handed over the receiver has read, and which are of no use.
type HandoffRead struct {
	HandoffID     string
	Read, Dropped []string
}

// HandoffCompleted tells that a handoff was brought to its end.
type HandoffCompleted struct{ HandoffID string }

// HandoffDeclined tells that the receiver refused.
type HandoffDeclined struct{ HandoffID, Reason string }

// HandoffExpired tells that nobody took the customer over in time.
type HandoffExpired struct{ HandoffID string }

// HandoffCancelled tells that the giver withdrew a handoff.
type HandoffCancelled struct{ HandoffID, Reason string }

// CustomersMerged tells that the customer was merged with another. It stands in the histories of both.
type CustomersMerged struct {
	MergeID string
	// Other is the other customer, and Survives whether this one is the one who stays.
	Other    string
	Survives bool
	Reason   string
}

// CustomersUnmerged tells that a merge was undone.
type CustomersUnmerged struct{ MergeID, Reason string }

// ConsentChanged tells that the customer gave or withdrew consent.
type ConsentChanged struct {
	Purpose    string
	Status     ConsentStatus
	ExpireTime time.Time
}

// PersonaAssigned tells which persona fits the customer.
type PersonaAssigned struct {
	PersonaID string
	Score     float64
	Reason    string
}

// AudienceEntered tells that the customer became a member of an audience segment.
type AudienceEntered struct{ AudienceID, Reason string }

// AudienceLeft tells that the customer is no longer a member of an audience segment.
type AudienceLeft struct{ AudienceID string }

// StageEntered tells that the customer reached a stage of a journey.
type StageEntered struct{ JourneyID, StageID string }

// RecommendationMade tells that something was suggested.
type RecommendationMade struct {
	RecommendationID string
	Action           string
	Probability      float64
	Reason           string
}

// SurveyAnswered tells how the customer answered a question of a survey.
type SurveyAnswered struct {
	Metric                    SurveyMetric
	Score, ScaleMin, ScaleMax float64
}

// CustomerErased tells that the customer's history was erased.
type CustomerErased struct{}

// EventErased is what is left of an event of an erased history.
type EventErased struct{}

// PolicyChanged tells that the tenant's policy was changed. It belongs to the history of DictionaryCustomer.
type PolicyChanged struct{ Policy Policy }

func (VerificationAttempted) payload()      {}
func (DoubleVerificationDetected) payload() {}
func (CaseOpened) payload()                 {}
func (CaseUpdated) payload()                {}
func (CaseResolved) payload()               {}
func (CaseReopened) payload()               {}
func (HandoffOffered) payload()             {}
func (HandoffAccepted) payload()            {}
func (HandoffRead) payload()                {}
func (HandoffCompleted) payload()           {}
func (HandoffDeclined) payload()            {}
func (HandoffExpired) payload()             {}
func (HandoffCancelled) payload()           {}
func (CustomersMerged) payload()            {}
func (CustomersUnmerged) payload()          {}
func (ConsentChanged) payload()             {}
func (PersonaAssigned) payload()            {}
func (AudienceEntered) payload()            {}
func (AudienceLeft) payload()               {}
func (StageEntered) payload()               {}
func (RecommendationMade) payload()         {}
func (SurveyAnswered) payload()             {}
func (CustomerErased) payload()             {}
func (EventErased) payload()                {}
func (PolicyChanged) payload()              {}
