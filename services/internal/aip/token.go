package aip

import (
	"encoding/binary"
	"math"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	consistencyVersion = 'c'
	// MaxToken is the longest consistency token, in ASCII characters.
	MaxToken = 256
)

// Position is a point in one customer's history.
type Position struct {
	// Customer is the customer's id.
	Customer string
	// Revision is the revision of the last event included; 0 is before the first.
	Revision int64
}

// EncodeToken returns the consistency token of a position: every write answers with one, and a read that carries it is
// at least as fresh. Tokens are at most MaxToken characters for ids that ParseID accepts.
func EncodeToken(tenant string, p Position) string {
	body := binary.AppendUvarint(nil, uint64(max(p.Revision, 0)))
	body = append(body, p.Customer...)
	return sealToken(consistencyVersion, bind(tenant, p.Customer), body)
}

// DecodeToken returns the position in a consistency token. A token that is damaged or of another tenant is a fault
// INVALID_CONSISTENCY_TOKEN.
func DecodeToken(tenant, token string) (Position, error) {
	if len(token) <= MaxToken {
		if bound, body, ok := openToken(consistencyVersion, token); ok {
			rev, n := binary.Uvarint(body)
			if n > 0 && rev <= math.MaxInt64 {
				p := Position{Customer: string(body[n:]), Revision: int64(rev)}
				if bound == bind(tenant, p.Customer) {
					return p, nil
				}
			}
		}
	}
	return Position{}, tokenFault("the consistency token is damaged or was not issued to this caller")
}

// DecodeTokenFor returns the revision in a token that must belong to customer. The empty token gives 0: no demand.
func DecodeTokenFor(tenant, customer, token string) (int64, error) {
	if token == "" {
		return 0, nil
	}
	p, err := DecodeToken(tenant, token)
	if err != nil {
		return 0, err
	}
	if p.Customer != customer {
		return 0, tokenFault("the consistency token belongs to another customer")
	}
	return p.Revision, nil
}

func tokenFault(msg string) error {
	return fault.New(fault.Invalid, fault.InvalidConsistencyToken, "%s", msg).
		WithField("consistency_token", "must be a token of an earlier answer, unchanged")
}
