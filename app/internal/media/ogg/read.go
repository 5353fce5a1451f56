package ogg

import (
	"encoding/binary"
	"io"
)

// Reader reads the packets of an Ogg file with one stream, strictly: pages in
// order, with right checksums, from the first to the last.
type Reader struct {
	in      io.Reader
	serial  uint32
	page    uint32
	granule uint64
	lacing  []byte // of this page, not read yet
	body    []byte // of this page, not read yet
	last    bool
}

// NewReader reads from in.
func NewReader(in io.Reader) *Reader { return &Reader{in: in} }

// Granule is the position that the page of the last packet gave, in samples.
func (r *Reader) Granule() uint64 { return r.granule }

// Packet gives the next packet; io.EOF after the last. It is good until the
// next call.
func (r *Reader) Packet() ([]byte, error) {
	var p []byte
	for {
		for len(r.lacing) > 0 {
			n := int(r.lacing[0])
			p = append(p, r.body[:n]...)
			r.lacing, r.body = r.lacing[1:], r.body[n:]
			if len(p) > maxPacket {
				return nil, unusable("a packet too long")
			}
			if n < 255 {
				return p, nil
			}
		}
		if r.last {
			if p != nil {
				return nil, unusable("a packet without its end")
			}
			return nil, io.EOF
		}
		if err := r.next(p != nil); err != nil {
			return nil, err
		}
	}
}

// next reads a page.
func (r *Reader) next(continued bool) error {
	head := make([]byte, headerSize, headerSize+255)
	if _, err := io.ReadFull(r.in, head); err != nil {
		return cut(err)
	}
	if string(head[:4]) != capture || head[4] != 0 {
		return unusable("no page")
	}
	serial, page := binary.LittleEndian.Uint32(head[14:]), binary.LittleEndian.Uint32(head[18:])
	if r.page == 0 {
		r.serial = serial
	}
	flags := head[5]
	if serial != r.serial || page != r.page || (flags&flagFirst != 0) != (r.page == 0) || (flags&flagContinued != 0) != continued {
		return unusable("a page out of order")
	}
	head = head[:headerSize+int(head[26])]
	if _, err := io.ReadFull(r.in, head[headerSize:]); err != nil {
		return cut(err)
	}
	r.lacing = head[headerSize:]
	size := 0
	for _, n := range r.lacing {
		size += int(n)
	}
	r.body = make([]byte, size)
	if _, err := io.ReadFull(r.in, r.body); err != nil {
		return cut(err)
	}
	sum := binary.LittleEndian.Uint32(head[22:])
	binary.LittleEndian.PutUint32(head[22:], 0)
	if checksum(checksum(0, head), r.body) != sum {
		return unusable("a page with a wrong checksum")
	}
	r.granule, r.last = binary.LittleEndian.Uint64(head[6:]), flags&flagLast != 0
	r.page++
	return nil
}
