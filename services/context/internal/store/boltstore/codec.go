package boltstore

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// recordKey is tenant NUL id: a tenant's name has no NUL.
func recordKey(tenant, id string) []byte {
	key := make([]byte, 0, len(tenant)+1+len(id))
	key = append(key, tenant...)
	key = append(key, 0)
	return append(key, id...)
}

func holdersKey(tenant string, k domain.IdentifierKey) []byte {
	key := recordKey(tenant, "")
	key = append(key, byte(k.Type))
	return append(key, k.Value...)
}

func shardKey(shard int32) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(shard))
}

func encodeState(s *domain.State) ([]byte, error) {
	return proto.Marshal(toState(s))
}

// decodeState reads the payload of a state's record.
func decodeState(payload []byte) (*domain.State, error) {
	var m storagev1.State
	if err := proto.Unmarshal(payload, &m); err != nil {
		return nil, damaged(err)
	}
	return fromState(&m), nil
}

func readState(tx *bbolt.Tx, key []byte) (*domain.State, error) {
	payload, err := unsealState(key, tx.Bucket(statesBucket).Get(key))
	if payload == nil || err != nil {
		return nil, err
	}
	return decodeState(payload)
}

// readRevision returns the revision of the snapshot under key, without decoding the rest: it is the record's first
// field. A record that cannot be read counts as none, so that it is written anew.
func readRevision(tx *bbolt.Tx, key []byte) (int64, bool) {
	payload, err := unsealState(key, tx.Bucket(statesBucket).Get(key))
	if payload == nil || err != nil {
		return 0, false
	}
	num, typ, n := protowire.ConsumeTag(payload)
	if n < 0 || num != 1 || typ != protowire.VarintType {
		return 0, false
	}
	v, n := protowire.ConsumeVarint(payload[n:])
	return int64(v), n > 0
}

func encodeHolders(h domain.Holders) ([]byte, error) {
	m := &storagev1.Holders{}
	for _, o := range h {
		m.Holders = append(m.Holders, &storagev1.Holder{Customer: o.Customer, Since: toTime(o.Since), Created: o.Created})
	}
	return proto.Marshal(m)
}

// decodeHolders reads the payload of a holders record.
func decodeHolders(payload []byte) (domain.Holders, error) {
	var m storagev1.Holders
	if err := proto.Unmarshal(payload, &m); err != nil {
		return nil, damaged(err)
	}
	h := make(domain.Holders, 0, len(m.GetHolders()))
	for _, o := range m.GetHolders() {
		h = append(h, domain.Owner{Customer: o.GetCustomer(), Since: fromTime(o.GetSince()), Created: o.GetCreated()})
	}
	return h, nil
}

// readHolders returns the holders of an identifier, without those who were erased.
func readHolders(tx *bbolt.Tx, tenant string, k domain.IdentifierKey) (domain.Holders, error) {
	key := holdersKey(tenant, k)
	h, err := unsealHolders(key, tx.Bucket(holdersBucket).Get(key))
	if err != nil {
		return nil, err
	}
	standing := h[:0]
	for _, o := range h {
		gone, err := erased(tx, tenant, o.Customer)
		if err != nil {
			return nil, err
		}
		if !gone {
			standing = append(standing, o)
		}
	}
	return standing, nil
}

// unsealHolders returns the holders in a record; none for no record.
func unsealHolders(key, record []byte) (domain.Holders, error) {
	payload, err := unseal(key, record)
	if payload == nil || err != nil {
		return nil, rebuild(err)
	}
	h, err := decodeHolders(payload)
	return h, rebuild(err)
}

func readPosition(key, record []byte) (int64, error) {
	payload, err := unseal(key, record)
	if payload == nil || err != nil {
		return 0, rebuild(err)
	}
	var m storagev1.Position
	if err := proto.Unmarshal(payload, &m); err != nil {
		return 0, rebuild(damaged(err))
	}
	return m.GetSequence(), nil
}

// unseal returns the payload of a record; nil for no record.
func unseal(key, record []byte) ([]byte, error) {
	version, payload, err := unsealAny(key, record)
	if payload != nil && version != recordVersion {
		return nil, damaged(fmt.Errorf("record version %d", version))
	}
	return payload, err
}

// unsealState returns the payload of a snapshot; nil for none, and for one that another fold made.
func unsealState(key, record []byte) ([]byte, error) {
	version, payload, err := unsealAny(key, record)
	if version != stateVersion {
		return nil, err
	}
	return payload, err
}

func unsealAny(key, record []byte) (version int, payload []byte, err error) {
	if record == nil {
		return 0, nil, nil
	}
	v, payload, err := boltkit.Unseal(key, record)
	if err != nil {
		return 0, nil, err
	}
	if payload == nil {
		payload = []byte{}
	}
	return int(v), payload, nil
}

func damaged(err error) error {
	return fault.New(fault.Internal, fault.StoreDamaged, "a stored record is damaged").WithCause(err)
}

// rebuild says what to do about a damaged record that, unlike a snapshot, cannot be had again alone.
func rebuild(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.Internal, fault.StoreDamaged,
		"a record of the context store is damaged; stop the service and delete the store file: it is built again from the log").WithCause(err)
}
