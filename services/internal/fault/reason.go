package fault

// The reasons that every service shares. They are the values of throughline.common.v1.ErrorReason without the prefix
// ERROR_REASON_; a service's own reasons live in its own enum.
const (
	InvalidRequest          = "INVALID_REQUEST"
	InvalidJSON             = "INVALID_JSON"
	UnknownField            = "UNKNOWN_FIELD"
	RequestTooLarge         = "REQUEST_TOO_LARGE"
	InvalidPageToken        = "INVALID_PAGE_TOKEN"
	InvalidConsistencyToken = "INVALID_CONSISTENCY_TOKEN"
	DeadlineExceeded        = "DEADLINE_EXCEEDED"
	Cancelled               = "CANCELLED"
	InternalError           = "INTERNAL"
	ServiceUnavailable      = "UNAVAILABLE"
	ServerDraining          = "SERVER_DRAINING"
	Overloaded              = "OVERLOADED"
	NotAuthenticated        = "UNAUTHENTICATED"
	PermissionDenied        = "PERMISSION_DENIED"
	MethodNotFound          = "METHOD_NOT_FOUND"
	StoreDamaged            = "STORE_DAMAGED"
	StoreForeign            = "STORE_FOREIGN"
	StoreSchemaNewer        = "STORE_SCHEMA_NEWER"
	StoreLocked             = "STORE_LOCKED"
	StoreFull               = "STORE_FULL"
	ConfigInvalid           = "CONFIG_INVALID"
	ListenNotLoopback       = "LISTEN_NOT_LOOPBACK"
	MaskedValue             = "MASKED_VALUE"
	TenantRequired          = "TENANT_REQUIRED"
)

// CommonReasons returns every shared reason, in the order of the enum.
func CommonReasons() []string {
	return []string{
		InvalidRequest, InvalidJSON, UnknownField, RequestTooLarge, InvalidPageToken, InvalidConsistencyToken,
		DeadlineExceeded, Cancelled, InternalError, ServiceUnavailable, ServerDraining, Overloaded, NotAuthenticated,
		PermissionDenied, MethodNotFound, StoreDamaged, StoreForeign, StoreSchemaNewer, StoreLocked, StoreFull,
		ConfigInvalid, ListenNotLoopback, MaskedValue, TenantRequired,
	}
}
