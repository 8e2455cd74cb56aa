package fault

// Kind is the class of a fault. The set is closed: a caller can act on every kind without knowing the reason.
type Kind uint8

// The kinds, with the HTTP status each one answers with. Internal is the zero value, so that a fault whose kind was
// forgotten is masked and never leaks as something milder.
const (
	Internal        Kind = iota // 500: our mistake; callers see a correlation id only
	Invalid                     // 400: the request is wrong and will stay wrong
	NotFound                    // 404: the named thing does not exist
	Exists                      // 409: the thing exists already, or the id was used for something else
	Conflict                    // 409: a concurrent change won; read again and retry
	Precondition                // 400: the request is right, but not in the current state
	Exhausted                   // 429: a limit or quota is reached
	Unauthenticated             // 401: no credential, or one that does not hold
	Denied                      // 403: the caller may not do this; told before existence is checked
	Unavailable                 // 503: try again, it will pass
	Timeout                     // 504: the deadline passed first
	Canceled                    // 499: the caller went away
)

var kindNames = [...]string{
	Internal:        "internal",
	Invalid:         "invalid",
	NotFound:        "not found",
	Exists:          "exists",
	Conflict:        "conflict",
	Precondition:    "precondition",
	Exhausted:       "exhausted",
	Unauthenticated: "unauthenticated",
	Denied:          "denied",
	Unavailable:     "unavailable",
	Timeout:         "timeout",
	Canceled:        "canceled",
}

// Kinds returns every kind, in the order of their definition.
func Kinds() []Kind {
	all := make([]Kind, len(kindNames))
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// String returns the kind in words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}
