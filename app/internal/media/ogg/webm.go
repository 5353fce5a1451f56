package ogg

import (
	"bufio"
	"bytes"
	"io"
)

// Elements of Matroska that matter here (RFC 9559). Those that are entered may
// be of unknown size: what follows tells where they end.
const (
	idSegment     = 0x18538067
	idTracks      = 0x1654AE6B
	idTrack       = 0xAE
	idNumber      = 0xD7
	idCodec       = 0x86
	idPrivate     = 0x63A2
	idEncodings   = 0x6D80
	idCluster     = 0x1F43B675
	idGroup       = 0xA0
	idBlock       = 0xA1
	idSimpleBlock = 0xA3
)

// webm reads elements one after the other, whatever holds them: no element that
// matters here has two meanings.
type webm struct {
	in    *bufio.Reader
	out   *writer
	track track  // being described
	use   uint64 // number of the track that is read; 0 for none yet
}

type track struct {
	number  uint64
	codec   string
	private []byte
	encoded bool // compressed or encrypted once more
}

func fromWebM(in *bufio.Reader, w *writer) error {
	m := &webm{in: in, out: w}
	for {
		id, err := m.id()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		size, known, err := m.size()
		if err != nil {
			return err
		}
		more, err := m.element(id, size, known)
		if err != nil || !more {
			return err
		}
	}
}

// element takes in one element; false after the last.
func (m *webm) element(id, size uint64, known bool) (bool, error) {
	switch id {
	case idTrack:
		m.track = track{}
		return true, nil
	case idSegment, idTracks, idGroup:
		return true, nil
	case idCluster:
		return true, m.choose()
	}
	if !known {
		return false, unusable("an element without a size")
	}
	switch id {
	case idNumber, idCodec, idPrivate:
		b, err := m.bytes(size, maxPrivate)
		if err != nil {
			return false, err
		}
		m.describe(id, b)
		return true, nil
	case idEncodings:
		m.track.encoded = true
	case idBlock, idSimpleBlock:
		b, err := m.bytes(size, maxPacket+16)
		if err != nil {
			return false, err
		}
		return true, m.block(b)
	}
	if size > 1<<62 {
		return false, unusable("an element too long")
	}
	if _, err := io.CopyN(io.Discard, m.in, int64(size)); err != nil {
		return false, cut(err)
	}
	return true, nil
}

func (m *webm) describe(id uint64, b []byte) {
	switch id {
	case idNumber:
		m.track.number = 0
		for _, c := range b[:min(len(b), 8)] {
			m.track.number = m.track.number<<8 | uint64(c)
		}
	case idCodec:
		m.track.codec = string(bytes.TrimRight(b, "\x00"))
	case idPrivate:
		m.track.private = b
	}
}

// choose takes the track that was described last; there is only one in a
// recording.
func (m *webm) choose() error {
	if m.use != 0 {
		return nil
	}
	if m.track.codec != "A_OPUS" || m.track.number == 0 || m.track.encoded {
		return unusable("no track of Opus")
	}
	m.use = m.track.number
	return m.out.begin(m.track.private)
}

// block takes the packet out of a block (RFC 9559, section 10).
func (m *webm) block(b []byte) error {
	n := vintLength(b[0])
	if n > 8 || len(b) < n+3 {
		return unusable("a block too short")
	}
	number := uint64(b[0]) & (1<<(8-n) - 1)
	for _, c := range b[1:n] {
		number = number<<8 | uint64(c)
	}
	if number != m.use {
		return nil
	}
	const lacing = 0x06
	if b[n+2]&lacing != 0 {
		return unusable("laced blocks")
	}
	return m.out.packet(b[n+3:])
}

// id reads an element's id: 1 to 4 bytes. io.EOF only where none begins.
func (m *webm) id() (uint64, error) {
	b, err := m.in.ReadByte()
	if err != nil {
		return 0, err
	}
	n := vintLength(b)
	if n > 4 {
		return 0, unusable("no element")
	}
	v := uint64(b)
	for range n - 1 {
		if b, err = m.in.ReadByte(); err != nil {
			return 0, cut(err)
		}
		v = v<<8 | uint64(b)
	}
	return v, nil
}

// size reads the size of an element; all ones mean that it is not known.
func (m *webm) size() (v uint64, known bool, err error) {
	b, err := m.in.ReadByte()
	if err != nil {
		return 0, false, cut(err)
	}
	n := vintLength(b)
	if n > 8 {
		return 0, false, unusable("no size")
	}
	v = uint64(b) & (1<<(8-n) - 1)
	for range n - 1 {
		if b, err = m.in.ReadByte(); err != nil {
			return 0, false, cut(err)
		}
		v = v<<8 | uint64(b)
	}
	return v, v != 1<<(7*n)-1, nil
}

// vintLength is how many bytes a number has by its first one; 9 if none has.
func vintLength(b byte) int {
	for n := 1; n <= 8; n++ {
		if b&(0x80>>(n-1)) != 0 {
			return n
		}
	}
	return 9
}

func (m *webm) bytes(size uint64, most int) ([]byte, error) {
	if size == 0 || size > uint64(most) {
		return nil, unusable("an element of a size that cannot be")
	}
	b := make([]byte, size)
	_, err := io.ReadFull(m.in, b)
	return b, cut(err)
}
