package tunnel

import (
	"bytes"
	"errors"
	"testing"
)

func TestHeadersAreReadOrRefused(t *testing.T) {
	for name, c := range map[string]struct {
		in     []byte
		masked bool
		want   header
		ok     bool
		err    error
	}{
		"nothing":                {in: nil},
		"half":                   {in: []byte{0x82}},
		"short":                  {in: []byte{0x82, 5}, want: header{fin: true, op: opBinary, length: 5, size: 2}, ok: true},
		"16 bits, half":          {in: []byte{0x82, 126, 1}},
		"16 bits":                {in: []byte{0x82, 126, 1, 0}, want: header{fin: true, op: opBinary, length: 256, size: 4}, ok: true},
		"64 bits":                {in: []byte{2, 127, 0, 0, 0, 0, 1, 0, 0, 0}, want: header{op: opBinary, length: 1 << 24, size: 10}, ok: true},
		"masked":                 {in: []byte{0x82, 0x80, 1, 2, 3, 4}, masked: true, want: header{fin: true, op: opBinary, size: 6, key: [4]byte{1, 2, 3, 4}}, ok: true},
		"masked, key to come":    {in: []byte{0x82, 0x80, 1, 2, 3}, masked: true},
		"mask missing":           {in: []byte{0x82, 0}, masked: true, err: errBadFrame},
		"mask from a server":     {in: []byte{0x82, 0x80, 1, 2, 3, 4}, err: errBadFrame},
		"reserved bit":           {in: []byte{0xC2, 0}, err: errBadFrame},
		"text":                   {in: []byte{0x81, 0}, err: errBadFrame},
		"unknown data opcode":    {in: []byte{0x83, 0}, err: errBadFrame},
		"unknown control opcode": {in: []byte{0x8B, 0}, err: errBadFrame},
		"control in pieces":      {in: []byte{0x09, 0}, err: errBadFrame},
		"control too long":       {in: []byte{0x89, 126, 0, 126}, err: errBadFrame},
		"control as long as it may": {in: append([]byte{0x89, 125}, make([]byte, 125)...),
			want: header{fin: true, op: opPing, length: 125, size: 2}, ok: true},
	} {
		h, ok, err := parseHeader(c.in, c.masked)
		if ok != c.ok || !errors.Is(err, c.err) || ok && h != c.want {
			t.Errorf("%s: %+v, %v, %v", name, h, ok, err)
		}
	}
}

func TestSequencesOfFramesAreChecked(t *testing.T) {
	join := func(b ...[]byte) []byte { return bytes.Join(b, nil) }
	open := func(n int) []byte { b := unmasked(opBinary, make([]byte, n)); b[0] &^= 0x80; return b }
	more := func(n int) []byte { b := unmasked(opContinuation, make([]byte, n)); b[0] &^= 0x80; return b }
	last := func(n int) []byte { return unmasked(opContinuation, make([]byte, n)) }
	for name, c := range map[string]struct {
		in  []byte
		err error
	}{
		"messages one after the other":    {join(unmasked(opBinary, make([]byte, 100)), unmasked(opBinary, make([]byte, 100))), nil},
		"a message in pieces":             {join(open(30), more(30), last(40)), nil},
		"control between the pieces":      {join(open(30), unmasked(opPing, nil), last(40)), nil},
		"continuation of nothing":         {last(1), errBadFrame},
		"a message within a message":      {join(open(1), unmasked(opBinary, nil)), errBadFrame},
		"one frame too big":               {unmasked(opBinary, make([]byte, 101)), errFrameTooBig},
		"pieces too big together":         {join(open(50), more(50), last(1)), errFrameTooBig},
		"a length that would wrap around": {join(open(50), []byte{0x80, 127, 255, 255, 255, 255, 255, 255, 255, 255}), errFrameTooBig},
		"a close with half a code":        {unmasked(opClose, []byte{3}), errBadFrame},
		"a close with a code that is not": {unmasked(opClose, closePayload(1005, "")), errBadFrame},
		"a close with a private code":     {unmasked(opClose, closePayload(4403, "x")), nil},
		"a close without a code":          {unmasked(opClose, nil), nil},
	} {
		s := scanner{max: 100}
		if err := walk(&s, c.in, nil); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
	}
}

// walk takes all frames of b the way a flow does, and collects the data spans.
func walk(s *scanner, b []byte, data *bytes.Buffer) error {
	for {
		n, err := s.data(b)
		if data != nil {
			data.Write(b[:n])
		}
		if b = b[n:]; err != nil || len(b) == 0 {
			return err
		}
		_, _, n, err = s.control(b)
		if n == 0 || err != nil {
			return err
		}
		b = b[n:]
	}
}

func TestUnmaskingInPiecesIsUnmaskingAtOnce(t *testing.T) {
	key := [4]byte{9, 8, 7, 6}
	whole := bytes.Repeat([]byte("0123456789"), 10)
	want := append([]byte(nil), whole...)
	for i := range want {
		want[i] ^= key[i%4]
	}
	for cut := range len(whole) {
		got := append([]byte(nil), whole...)
		unmask(got[:cut], key, 0)
		unmask(got[cut:], key, uint64(cut))
		if !bytes.Equal(got, want) {
			t.Fatalf("cut at %d: differs", cut)
		}
	}
}

// FuzzScanner feeds the same bytes at once and in two pieces: the data spans and
// the verdict must be the same, whatever the bytes are.
func FuzzScanner(f *testing.F) {
	f.Add([]byte{0x82, 1, 'x', 0x89, 0, 0x88, 2, 3, 232}, uint16(1), false)
	f.Add(masked(opBinary, false, make([]byte, 300)), uint16(3), true)
	f.Add([]byte{0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255, 0}, uint16(5), false)
	f.Fuzz(func(t *testing.T, b []byte, cut uint16, masks bool) {
		var once, twice bytes.Buffer
		s := scanner{masked: masks, max: 1 << 16}
		errOnce := walk(&s, append([]byte(nil), b...), &once)
		if s.left > 1<<16 || s.message > 1<<17 && errOnce == nil {
			t.Fatalf("bound not kept: %+v", s)
		}
		at := min(int(cut), len(b))
		p := scanner{masked: masks, max: 1 << 16}
		rest, errTwice := pieces(&p, append([]byte(nil), b[:at]...), &twice)
		if errTwice == nil {
			_, errTwice = pieces(&p, append(rest, b[at:]...), &twice)
		}
		if !errors.Is(errTwice, errOnce) || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatalf("at once %v %x, in pieces %v %x", errOnce, once.Bytes(), errTwice, twice.Bytes())
		}
	})
}

// pieces is walk that returns what it could not take yet. The carried bytes must
// fit where a flow keeps them.
func pieces(s *scanner, b []byte, data *bytes.Buffer) (rest []byte, err error) {
	for {
		n, err := s.data(b)
		data.Write(b[:n])
		if b = b[n:]; err != nil || len(b) == 0 {
			return nil, err
		}
		whole := append([]byte(nil), b...) // control unmasks in place
		_, _, n, err = s.control(whole)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			if len(b) > maxCarry {
				panic("carries more than a flow can keep")
			}
			return append([]byte(nil), b...), nil
		}
		b = b[n:]
	}
}
