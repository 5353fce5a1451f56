package ogg

import (
	"bufio"
	"encoding/binary"
	"time"
)

const (
	capture    = "OggS"
	headerSize = 27
	pageTime   = 48000 // samples that a page holds before the next begins: a second

	flagContinued = 1
	flagFirst     = 2
	flagLast      = 4
)

// vendor stands in the comment header.
const vendor = "ferry"

// writer makes the pages of a stream. The last page is held back until it is
// known whether it is the last of all.
type writer struct {
	out     *bufio.Writer
	serial  uint32
	page    uint32
	preSkip int64
	total   int64 // samples so far, pre-skip included
	began   int64 // total when this page began
	lacing  []byte
	body    []byte
	started bool
}

// begin writes the two headers, each on a page of its own.
func (w *writer) begin(head []byte) error {
	var err error
	if w.preSkip, err = checkHead(head); err != nil {
		return err
	}
	w.started = true
	w.add(head[:19])
	if err := w.flush(flagFirst); err != nil {
		return err
	}
	tags := binary.LittleEndian.AppendUint32([]byte("OpusTags"), uint32(len(vendor)))
	tags = binary.LittleEndian.AppendUint32(append(tags, vendor...), 0)
	w.add(tags)
	return w.flush(0)
}

// add puts a packet on the page; there must be room.
func (w *writer) add(p []byte) {
	w.body = append(w.body, p...)
	n := len(p)
	for ; n >= 255; n -= 255 {
		w.lacing = append(w.lacing, 255)
	}
	w.lacing = append(w.lacing, byte(n))
}

// packet adds a packet of sound.
func (w *writer) packet(p []byte) error {
	if !w.started {
		return unusable("sound before its header")
	}
	n, err := samples(p)
	if err != nil {
		return err
	}
	if w.total+n > maxSamples {
		return unusable("longer than a day")
	}
	if len(w.lacing) > 0 && (len(w.lacing)+len(p)/255+1 > 255 || w.total-w.began >= pageTime) {
		if err := w.flush(0); err != nil {
			return err
		}
	}
	w.total += n
	w.add(p)
	return nil
}

// close writes the last page.
func (w *writer) close() error {
	if !w.started || w.total <= w.preSkip {
		return unusable("no sound")
	}
	return w.flush(flagLast)
}

func (w *writer) duration() time.Duration {
	return time.Duration(w.total-w.preSkip) * time.Second / 48000
}

func (w *writer) flush(flags byte) error {
	h := append(make([]byte, 0, headerSize+255), capture...)
	h = append(h, 0, flags)
	h = binary.LittleEndian.AppendUint64(h, uint64(w.total))
	h = binary.LittleEndian.AppendUint32(h, w.serial)
	h = binary.LittleEndian.AppendUint32(h, w.page)
	h = binary.LittleEndian.AppendUint32(h, 0)
	h = append(append(h, byte(len(w.lacing))), w.lacing...)
	binary.LittleEndian.PutUint32(h[22:], checksum(checksum(0, h), w.body))
	w.page++
	w.out.Write(h) // the writer keeps the first error, and the caller flushes it
	_, err := w.out.Write(w.body)
	w.lacing, w.body, w.began = w.lacing[:0], w.body[:0], w.total
	return err
}

// crcTable is for the polynomial of Ogg, which no package has: 0x04C11DB7, not
// reflected.
var crcTable = func() (t [256]uint32) {
	for i := range t {
		r := uint32(i) << 24
		for range 8 {
			if r&0x80000000 != 0 {
				r = r<<1 ^ 0x04C11DB7
			} else {
				r <<= 1
			}
		}
		t[i] = r
	}
	return t
}()

func checksum(crc uint32, b []byte) uint32 {
	for _, c := range b {
		crc = crc<<8 ^ crcTable[byte(crc>>24)^c]
	}
	return crc
}
