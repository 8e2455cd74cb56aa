package boltkit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// The layout of a bbolt meta page, of which a file has two (pages 0 and 1): a page header of 16 bytes (id u64, flags
// u16, count u16, overflow u32), then magic u32, version u32, page size u32, flags u32, root page u64, root sequence
// u64, freelist page u64, high-water page u64, transaction u64 and an FNV-1a checksum u64 of all that. Numbers are in
// the machine's own byte order.
const (
	boltMagic    = 0xED0CDAED
	boltVersion  = 2
	pageHeader   = 16
	metaBody     = 56
	metaLen      = pageHeader + metaBody + 8
	metaPageFlag = 0x04
	// noFreelist stands for the freelist page in a file whose freelist is rebuilt when it is opened.
	noFreelist  = ^uint64(0)
	minPageSize = 1 << 9
	maxPageSize = 1 << 16
)

var (
	errForeign = errors.New("it is not a bbolt file")
	errDamaged = errors.New("damaged")
)

type metaPage struct {
	pageSize, root, freelist, highWater, txid uint64
}

// checkMeta reads the two meta pages with plain reads, before anything maps the file into memory: a file that is
// shorter than its own meta pages claim would end the process with SIGBUS. bbolt itself is content with one good meta
// page and would silently go back to the commit before the last; a power cut cannot cause that (the 80 bytes lie in one
// disk sector), damage can, so both must be good.
func checkMeta(f io.ReaderAt, size int64) error {
	first, err := readMeta(f, 0, 0)
	if err != nil {
		// A file whose second meta page is right was a bbolt file once.
		for ps := int64(minPageSize); ps <= maxPageSize; ps *= 2 {
			if _, err2 := readMeta(f, ps, 1); err2 == nil {
				return fmt.Errorf("%w: its first header page", errDamaged)
			}
		}
		return err
	}
	second, err := readMeta(f, int64(first.pageSize), 1)
	if err != nil || second.pageSize != first.pageSize {
		return fmt.Errorf("%w: its second header page", errDamaged)
	}
	for _, m := range []metaPage{first, second} {
		if m.highWater < 4 || m.root >= m.highWater || m.freelist != noFreelist && m.freelist >= m.highWater {
			return fmt.Errorf("%w: a header page points outside of the file", errDamaged)
		}
		if m.highWater > uint64(size)/m.pageSize {
			return fmt.Errorf("%w: it is cut off (%d bytes, needs %d)", errDamaged, size, m.highWater*m.pageSize)
		}
	}
	return nil
}

func readMeta(f io.ReaderAt, at int64, id uint64) (metaPage, error) {
	var b [metaLen]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		if errors.Is(err, io.EOF) {
			return metaPage{}, errForeign
		}
		return metaPage{}, err
	}
	order := binary.NativeEndian
	body := b[pageHeader:]
	if order.Uint32(body) != boltMagic {
		return metaPage{}, errForeign
	}
	if v := order.Uint32(body[4:]); v != boltVersion {
		return metaPage{}, fmt.Errorf("%w: its bbolt format is version %d", errForeign, v)
	}
	m := metaPage{
		pageSize:  uint64(order.Uint32(body[8:])),
		root:      order.Uint64(body[16:]),
		freelist:  order.Uint64(body[32:]),
		highWater: order.Uint64(body[40:]),
		txid:      order.Uint64(body[48:]),
	}
	sum := fnv.New64a()
	_, _ = sum.Write(body[:metaBody])
	switch {
	case sum.Sum64() != order.Uint64(body[metaBody:]):
		return m, fmt.Errorf("%w: checksum of a header page", errDamaged)
	case order.Uint64(b[:]) != id || order.Uint16(b[8:])&metaPageFlag == 0 || m.txid%2 != id:
		return m, fmt.Errorf("%w: header page %d", errDamaged, id)
	case m.pageSize < minPageSize || m.pageSize > maxPageSize || m.pageSize&(m.pageSize-1) != 0:
		return m, fmt.Errorf("%w: page size %d", errDamaged, m.pageSize)
	}
	return m, nil
}
