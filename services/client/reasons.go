package client

// Reason says exactly why a call failed. It is an error to compare with: errors.Is(err, client.ReasonCaseNotFound).
type Reason string

// Error makes a reason an error to compare with.
func (r Reason) Error() string { return "throughline: " + string(r) }

// The reasons that every service may give.
const (
	// INVALID_ARGUMENT. A field breaks a rule of the contract, and the BadRequest detail names it; or a query parameter
	// is not of its field's type. Example: `customer` is "bob" instead of "customers/bob".
	ReasonInvalidRequest Reason = "INVALID_REQUEST"
	// INVALID_ARGUMENT. A REST body that is not valid JSON for the request, or not declared as JSON by its
	// Content-Type. Example: `{"text": }`.
	ReasonInvalidJSON Reason = "INVALID_JSON"
	// INVALID_ARGUMENT. A REST body or query parameter names a field that does not exist. Example: `{"custmer":
	// "customers/1"}`.
	ReasonUnknownField Reason = "UNKNOWN_FIELD"
	// RESOURCE_EXHAUSTED (REST: 413). The request is larger than the server takes. Example: a body of 2 MiB where the
	// limit is 1 MiB.
	ReasonRequestTooLarge Reason = "REQUEST_TOO_LARGE"
	// INVALID_ARGUMENT. A page token that this server did not make, or made for another request. Example: changing the
	// filter between two pages.
	ReasonInvalidPageToken Reason = "INVALID_PAGE_TOKEN"
	// INVALID_ARGUMENT. A consistency token that this server did not make, or made for another customer. Example: a
	// token cut off by a log line.
	ReasonInvalidConsistencyToken Reason = "INVALID_CONSISTENCY_TOKEN"
	// DEADLINE_EXCEEDED. The caller's deadline, or the server's default of 10 s, passed first. Example: a screen pop
	// with 1 ms to go.
	ReasonDeadlineExceeded Reason = "DEADLINE_EXCEEDED"
	// CANCELLED. The caller went away. Example: a closed browser tab.
	ReasonCancelled Reason = "CANCELLED"
	// INTERNAL. A defect of the server; the message is masked, the metadata has a correlation_id to look for in its
	// log. Example: a panic in a handler.
	ReasonInternal Reason = "INTERNAL"
	// UNAVAILABLE. Another service cannot be reached; try again. Example: the context service while the interaction log
	// restarts.
	ReasonUnavailable Reason = "UNAVAILABLE"
	// UNAVAILABLE. The server is shutting down and ended an open stream; connect again and resume. Example: a tail
	// during a rolling restart.
	ReasonServerDraining Reason = "SERVER_DRAINING"
	// RESOURCE_EXHAUSTED. Too much work is queued; try again later. Example: more waiting appends than the queue holds.
	ReasonOverloaded Reason = "OVERLOADED"
	// UNAUTHENTICATED. The call carries no valid credential. Example: an expired key.
	ReasonUnauthenticated Reason = "UNAUTHENTICATED"
	// PERMISSION_DENIED. The credential's roles do not include the method. Example: an IVR calling an administrator's
	// method.
	ReasonPermissionDenied Reason = "PERMISSION_DENIED"
	// UNIMPLEMENTED (REST: 404 or 405). No such method or path. Example: GET /v2.
	ReasonMethodNotFound Reason = "METHOD_NOT_FOUND"
	// INTERNAL. A store file or record fails its integrity check. Example: a flipped bit on the disk.
	ReasonStoreDamaged Reason = "STORE_DAMAGED"
	// FAILED_PRECONDITION. The file belongs to another program or service. Example: --data points at somebody else's
	// bbolt file.
	ReasonStoreForeign Reason = "STORE_FOREIGN"
	// FAILED_PRECONDITION. The file was written by a newer version. Example: going back one release after an upgrade.
	ReasonStoreSchemaNewer Reason = "STORE_SCHEMA_NEWER"
	// UNAVAILABLE. Another process has the file open. Example: starting the suite twice on one folder.
	ReasonStoreLocked Reason = "STORE_LOCKED"
	// RESOURCE_EXHAUSTED. The disk or the configured maximum size is reached; reads go on. Example: a full volume.
	ReasonStoreFull Reason = "STORE_FULL"
	// INVALID_ARGUMENT. A flag, variable or configuration file is wrong. Example: --log-level=loud.
	ReasonConfigInvalid Reason = "CONFIG_INVALID"
	// FAILED_PRECONDITION. Without credentials the server listens on loopback only. Example: --http-listen
	// 0.0.0.0:8080.
	ReasonListenNotLoopback Reason = "LISTEN_NOT_LOOPBACK"
	// INVALID_ARGUMENT. A value that was shown masked is sent back as a value. Example: RecordFacts with the "***" that
	// an earlier answer had.
	ReasonMaskedValue Reason = "MASKED_VALUE"
	// INVALID_ARGUMENT. The credential is good for all tenants, and the call does not say for which it is made.
	// Example: a service without the header x-throughline-tenant.
	ReasonTenantRequired Reason = "TENANT_REQUIRED"
)

// The reasons of customers' contexts.
const (
	// NOT_FOUND. Nothing is known of this customer. Example: a mistyped id.
	ReasonCustomerNotFound Reason = "CUSTOMER_NOT_FOUND"
	// NOT_FOUND. No customer has this identifier, and the request did not allow to create one. Example: a first call
	// with MustExist.
	ReasonIdentifierNotFound Reason = "IDENTIFIER_NOT_FOUND"
	// INVALID_ARGUMENT. An identifier's value is not one of its type. Metadata: type. Example: PHONE "12".
	ReasonInvalidIdentifier Reason = "INVALID_IDENTIFIER"
	// INVALID_ARGUMENT. A telephone number without country code, and no region to read it by. Example: "555-0123"
	// without DefaultRegion.
	ReasonRegionRequired Reason = "REGION_REQUIRED"
	// INVALID_ARGUMENT. ResolveCustomer was given neither an identifier nor a platform contact. Example: an empty
	// request.
	ReasonNothingToResolve Reason = "NOTHING_TO_RESOLVE"
	// INVALID_ARGUMENT. A fact for a slot whose sensitivity is SECRET. Nothing of the request was stored; record the
	// verification it led to. Metadata: slot. Example: RecordFacts with the customer's PIN.
	ReasonSecretNotStored Reason = "SECRET_NOT_STORED"
	// INVALID_ARGUMENT. A value does not satisfy its slot's type or validation. Metadata: slot. Example: "soon" for a
	// slot of type INTEGER.
	ReasonInvalidSlotValue Reason = "INVALID_SLOT_VALUE"
	// NOT_FOUND. The slot dictionary has no such entry. Example: slots/acct.
	ReasonSlotNotFound Reason = "SLOT_NOT_FOUND"
	// ALREADY_EXISTS. The slot dictionary has an entry with this id. Example: creating customer_name twice.
	ReasonSlotExists Reason = "SLOT_EXISTS"
	// INVALID_ARGUMENT. An alias of the slot already leads to another slot. Metadata: alias, scope, slot. Example:
	// "Name" without scope on two slots.
	ReasonAliasTaken Reason = "ALIAS_TAKEN"
	// ABORTED. The slot was changed since it was read: its etag differs. Example: two administrators editing one slot.
	ReasonEtagMismatch Reason = "ETAG_MISMATCH"
	// INVALID_ARGUMENT. A slot's definition contradicts itself or names a slot that does not exist. Example: a link
	// from a slot to itself.
	ReasonInvalidSlot Reason = "INVALID_SLOT"
	// ABORTED. The customer's history kept changing while the write was tried; try again. Example: hundreds of writers
	// on one customer.
	ReasonContention Reason = "CONTENTION"
	// ALREADY_EXISTS. The request id was used before with another content. Example: a counter used as request id that
	// started again at 1.
	ReasonRequestIDReused Reason = "REQUEST_ID_REUSED"
	// RESOURCE_EXHAUSTED. The slot dictionary is full. Metadata: limit. Example: a generated dictionary of 5,000 slots.
	ReasonTooManySlots Reason = "TOO_MANY_SLOTS"
	// INVALID_ARGUMENT. A verification that contradicts itself. Example: PASSED without a level, or an ExpireTime in
	// the past.
	ReasonInvalidVerification Reason = "INVALID_VERIFICATION"
	// INVALID_ARGUMENT. The tenant's policy has no such action. Metadata: action. Example: CheckVerification for
	// "chnage_address".
	ReasonUnknownAction Reason = "UNKNOWN_ACTION"
	// NOT_FOUND. No such handoff, or a token that is none of this tenant. Example: a token with a digit lost on its way
	// through a SIP trunk.
	ReasonHandoffNotFound Reason = "HANDOFF_NOT_FOUND"
	// FAILED_PRECONDITION. Somebody else has taken the customer over. Metadata: accept_time. Example: two agents
	// answering one queue entry.
	ReasonHandoffAlreadyAccepted Reason = "HANDOFF_ALREADY_ACCEPTED"
	// FAILED_PRECONDITION. The handoff has ended, or is not yet accepted where it has to be. Metadata: state. Example:
	// accepting after it has expired.
	ReasonHandoffNotOpen Reason = "HANDOFF_NOT_OPEN"
	// INVALID_ARGUMENT. A handoff that contradicts itself or the policy. Example: a TTL above the policy's bound, or a
	// LandingURL without https.
	ReasonInvalidHandoff Reason = "INVALID_HANDOFF"
	// INVALID_ARGUMENT. A slot that is acknowledged was not handed over. Metadata: slot. Example: a misspelt slot name.
	ReasonSlotNotOffered Reason = "SLOT_NOT_OFFERED"
	// NOT_FOUND. The customer has no such case, or it was resolved long ago. Example: a case of another customer.
	ReasonCaseNotFound Reason = "CASE_NOT_FOUND"
	// ALREADY_EXISTS. The customer has a case with this id. Example: opening one for the same ticket twice.
	ReasonCaseExists Reason = "CASE_EXISTS"
	// FAILED_PRECONDITION. The case is resolved. Example: promising something for it; reopen it first.
	ReasonCaseNotOpen Reason = "CASE_NOT_OPEN"
	// FAILED_PRECONDITION. The case is open. Example: reopening it twice.
	ReasonCaseNotResolved Reason = "CASE_NOT_RESOLVED"
	// RESOURCE_EXHAUSTED. The customer has 20 open cases. Metadata: limit. Example: a robot that opens one a call.
	ReasonTooManyCases Reason = "TOO_MANY_CASES"
	// FAILED_PRECONDITION. The policy forbids the merge. Metadata: kind, identifier_type, count, limit. Example: two
	// customers with different CRM ids.
	ReasonMergeCollision Reason = "MERGE_COLLISION"
	// INVALID_ARGUMENT. Both customers are the same, or already merged with each other. Example: the same id twice.
	ReasonMergeWithItself Reason = "MERGE_WITH_ITSELF"
	// NOT_FOUND. The customer has no such merge in force. Example: undoing it twice.
	ReasonMergeNotFound Reason = "MERGE_NOT_FOUND"
	// INVALID_ARGUMENT. A policy that contradicts itself. Example: two rules for one level, or a blocked telephone
	// number that is none.
	ReasonInvalidPolicy Reason = "INVALID_POLICY"
	// INVALID_ARGUMENT. A resume token that this server did not make, or made for another customer. Example: one cut
	// off by a log line.
	ReasonInvalidResumeToken Reason = "INVALID_RESUME_TOKEN"
	// RESOURCE_EXHAUSTED. The server watches as many contexts as it can. Metadata: limit. Example: a desktop that never
	// closes its streams.
	ReasonTooManyWatches Reason = "TOO_MANY_WATCHES"
	// RESOURCE_EXHAUSTED. The reader of a stream took no message for too long and was dropped; connect again and
	// resume. Example: a desktop that was suspended.
	ReasonSlowConsumer Reason = "SLOW_CONSUMER"
	// NOT_FOUND; of Append, FAILED_PRECONDITION. The customer was erased; the id is not given to anybody else.
	// Metadata: erase_time. Example: a desktop that still shows the customer.
	ReasonCustomerErased Reason = "CUSTOMER_ERASED"
)

// The reasons of the interaction log, which Append may give.
const (
	// ALREADY_EXISTS. The event_id is taken by an event of this customer with other content. Metadata: event_id,
	// revision (of the event stored). Example: a counter used as event id that started again at 1.
	ReasonEventIDReused Reason = "EVENT_ID_REUSED"
	// ABORTED. expected_revision is not the customer's current one. Metadata: expected_revision, current_revision.
	// Example: two writers that both read revision 7.
	ReasonRevisionMismatch Reason = "REVISION_MISMATCH"
	// INVALID_ARGUMENT. An event is larger than 64 KiB when encoded. Metadata: event_id, size, limit. Example: a whole
	// transcript in one message.
	ReasonEventTooLarge Reason = "EVENT_TOO_LARGE"
	// INVALID_ARGUMENT. A batch has more than 1,000 events or more than 1 MiB. Metadata: count or size, limit. Example:
	// a day's import in one call.
	ReasonBatchTooLarge Reason = "BATCH_TOO_LARGE"
	// INVALID_ARGUMENT. One batch has the same event_id twice. Metadata: event_id. Example: a list concatenated with
	// itself.
	ReasonDuplicateEventID Reason = "DUPLICATE_EVENT_ID"
	// INVALID_ARGUMENT. An event of AppendEvents belongs to another customer than the request. Example: customer
	// "customers/1", event for "customers/2".
	ReasonCustomerMismatch Reason = "CUSTOMER_MISMATCH"
	// INVALID_ARGUMENT. A field the log sets itself is set in a request. Example: an event sent with a revision.
	ReasonOutputOnlyField Reason = "OUTPUT_ONLY_FIELD"
	// INVALID_ARGUMENT. A field that cannot be masked holds a card number: an id, an identifier, an amount. The event
	// is refused. Example: event_id "4111111111111111".
	ReasonCardNumberInID Reason = "CARD_NUMBER_IN_ID"
	// INVALID_ARGUMENT. occurred_at is before the year 1970 or more than a day ahead of the server's clock. Example:
	// milliseconds given as seconds.
	ReasonInvalidTime Reason = "INVALID_TIME"
	// NOT_FOUND. The customer has no such interaction. Example: a transcript of an interaction of somebody else.
	ReasonInteractionNotFound Reason = "INTERACTION_NOT_FOUND"
	// INVALID_ARGUMENT. The shard is not one of the store's. Metadata: shards. Example: shard 64 of 64 shards, which
	// are counted from 0.
	ReasonUnknownShard Reason = "UNKNOWN_SHARD"
	// INVALID_ARGUMENT. A tail was asked to start after the shard's head: the caller's position comes from another
	// store. Metadata: position, head. Example: a restored backup older than the reader's position.
	ReasonPositionAhead Reason = "POSITION_AHEAD"
	// INVALID_ARGUMENT. The query has no word to search for. Example: "?!".
	ReasonInvalidQuery Reason = "INVALID_QUERY"
)
