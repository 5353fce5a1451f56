package strip

import (
	"bytes"
	"encoding/binary"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	soi  = 0xD8
	eoi  = 0xD9
	sos  = 0xDA
	app0 = 0xE0
	appF = 0xEF
	com  = 0xFE
)

// jpeg passes on the tables, frames and scans, the JFIF header, the colour
// profile and Adobe's word on the colours. All other application data and
// comments go, and so does what follows the end: there are previews and videos
// with data of their own.
func (s *stream) jpeg() error {
	if err := s.skip(2); err != nil {
		return err
	}
	if err := s.write(0xFF, soi); err != nil {
		return err
	}
	seg := segments{stream: s}
	marker, err := s.marker()
	for err == nil {
		switch {
		case marker == eoi:
			if !seg.scanned {
				return unusable("no scan")
			}
			return s.write(0xFF, eoi)
		case marker == sos:
			seg.scanned = true
			if err = seg.segment(marker); err == nil {
				marker, err = s.scan()
			}
			continue
		case marker == soi, marker >= 0xD0 && marker < soi, marker < 0xC0:
			return unusable("a marker out of place")
		}
		if err = seg.segment(marker); err == nil {
			marker, err = s.marker()
		}
	}
	return err
}

// marker reads the next marker; there may be fill bytes before it.
func (s *stream) marker() (byte, error) {
	if b, err := s.byte(); err != nil || b != 0xFF {
		if err == nil {
			err = unusable("no marker where one should be")
		}
		return 0, err
	}
	for {
		b, err := s.byte()
		if err != nil || b != 0xFF {
			return b, err
		}
	}
}

// scan copies entropy-coded data up to the marker after it.
func (s *stream) scan() (byte, error) {
	for {
		part, err := s.in.ReadSlice(0xFF)
		full := len(part) > 0 && part[len(part)-1] == 0xFF
		if err != nil && len(part) < window {
			return 0, cut(err)
		}
		if full {
			part = part[:len(part)-1]
		}
		if err := s.write(part...); err != nil {
			return 0, err
		}
		if !full {
			continue
		}
		b, err := s.byte()
		for err == nil && b == 0xFF {
			b, err = s.byte()
		}
		if err != nil {
			return 0, err
		}
		if b != 0 && (b < 0xD0 || b > 0xD7) { // neither data nor a restart
			return b, nil
		}
		if err := s.write(0xFF, b); err != nil {
			return 0, err
		}
	}
}

// segments passes on or drops the segments with a length.
type segments struct {
	*stream
	scanned bool
	turned  bool // the orientation was written
	body    []byte
}

func (s *segments) segment(marker byte) error {
	var length [2]byte
	if err := s.full(length[:]); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(length[:]))
	if n < 2 {
		return unusable("a segment without length")
	}
	if s.body == nil {
		s.body = make([]byte, 1<<16)
	}
	body := s.body[:n-2]
	if err := s.full(body); err != nil {
		return err
	}
	switch {
	case marker == com:
		return nil
	case marker >= app0 && marker <= appF:
		return s.application(marker, body)
	}
	return s.put(marker, body)
}

// application passes on what is needed to show the picture.
func (s *segments) application(marker byte, body []byte) error {
	switch {
	case marker == app0 && bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) >= 14:
		head := bytes.Clone(body[:14])
		head[12], head[13] = 0, 0 // without its preview
		return s.put(marker, head)
	case marker == 0xE1 && bytes.HasPrefix(body, []byte("Exif\x00")) && len(body) > 6 && !s.turned:
		o := orientation(body[6:])
		if o == 1 {
			return nil
		}
		s.turned = true
		return s.put(marker, append([]byte("Exif\x00\x00"), onlyOrientation(o)...))
	case marker == 0xE2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")):
		return s.put(marker, body)
	case marker == 0xEE && bytes.HasPrefix(body, []byte("Adobe")) && len(body) >= 12:
		return s.put(marker, body[:12])
	}
	return nil
}

func (s *segments) put(marker byte, body []byte) error {
	n := len(body) + 2
	if err := s.write(0xFF, marker, byte(n>>8), byte(n)); err != nil {
		return err
	}
	return s.write(body...)
}
