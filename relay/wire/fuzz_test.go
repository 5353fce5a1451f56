package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// script is a pipe whose other side answers each write at once.
type script struct {
	inbox  [][]byte
	answer func(written []byte) [][]byte
	closed bool
}

func (s *script) Read(context.Context) ([]byte, error) {
	if len(s.inbox) == 0 || s.closed {
		return nil, io.EOF
	}
	b := s.inbox[0]
	s.inbox = s.inbox[1:]
	return b, nil
}

func (s *script) Write(_ context.Context, b []byte) error {
	if s.closed {
		return io.EOF
	}
	if s.answer != nil {
		s.inbox = append(s.inbox, s.answer(bytes.Clone(b))...)
	}
	return nil
}

func (s *script) Close(string) error {
	s.closed = true
	return nil
}

// FuzzFrames cuts a stream into frames, however it is cut into chunks.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 1, 7, 0, 0, 0, 0, 0, 2, 8}, byte(1))
	f.Add([]byte{0xff, 0xff, 0xff, 1}, byte(2))
	f.Add([]byte{0, 0, 0, 0, 0, 0}, byte(200))
	f.Fuzz(func(t *testing.T, stream []byte, step byte) {
		whole, errWhole := framesOf([][]byte{bytes.Clone(stream)})
		var chunks [][]byte
		for rest := stream; len(rest) > 0; {
			n := min(int(step)%7+1, len(rest))
			chunks, rest = append(chunks, bytes.Clone(rest[:n])), rest[n:]
		}
		cut, errCut := framesOf(chunks)
		if !reflect.DeepEqual(whole, cut) || errors.Is(errWhole, ErrFrameTooBig) != errors.Is(errCut, ErrFrameTooBig) {
			t.Fatalf("whole: %x %v, cut: %x %v", whole, errWhole, cut, errCut)
		}
		var back []byte
		for _, frame := range whole {
			var err error
			if back, err = AppendFrame(back, frame); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.HasPrefix(stream, back) {
			t.Fatalf("%x came from %x", back, stream)
		}
	})
}

func framesOf(chunks [][]byte) (frames [][]byte, err error) {
	r := frameReader{pipe: &script{inbox: chunks}, most: 1 << 16}
	for {
		frame, err := r.next(context.Background())
		if err != nil {
			return frames, err
		}
		frames = append(frames, bytes.Clone(frame))
	}
}

func fixedKey(b byte) PrivateKey {
	return PrivateKey{&box{&[KeySize]byte{b, 1, 2, 3}}}
}

var fuzzTime = time.Unix(1_770_000_000, 0)

// FuzzHandshakeServer is a hostile client. Depth says how far it behaves:
// 0 sends data as the whole stream, 1 as the finish, 2 as the sealed static
// key, 3 as the sealed payload, 4 as a stream after the login, 5 as a sealed
// stanza.
func FuzzHandshakeServer(f *testing.F) {
	f.Add(byte(0), []byte(header+"\x00\x00\x24\x12\x22\x0a\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	f.Add(byte(0), []byte(preamble+"\x00\x00\x02ab"+header))
	f.Add(byte(1), marshalHello(clientFinish, hello{static: make([]byte, 48), payload: make([]byte, 16)}))
	f.Add(byte(2), make([]byte, 32))
	f.Add(byte(3), fullPayload().Marshal())
	f.Add(byte(4), []byte{0, 0, 17, 1, 2, 3})
	f.Add(byte(5), []byte{0, 0xf8, 1, 0x13})
	authority := &Authority{fixedKey(1)}
	static := fixedKey(2)
	chain, err := authority.Issue(static.Public(), fuzzTime.Add(-time.Hour), fuzzTime.Add(time.Hour))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, depth byte, data []byte) {
		p := &script{}
		if depth %= 6; depth == 0 {
			p.inbox = [][]byte{bytes.Clone(data)}
		} else {
			hostileClient(t, p, depth, data)
		}
		ch, _, payload, err := Accept(context.Background(), p, ServerConfig{Static: static, Chain: chain})
		if err != nil {
			if ch != nil || payload != nil || !p.closed {
				t.Fatal("an error and yet a channel")
			}
			return
		}
		if depth < 3 {
			t.Fatal("garbage logged in")
		}
		readAll(t, ch)
	})
}

// hostileClient sends a good hello and then data at the given depth.
func hostileClient(t *testing.T, p *script, depth byte, data []byte) {
	ephemeral, static := fixedKey(3), fixedKey(4)
	p.answer = func(written []byte) [][]byte { // to the server's hello
		p.answer = nil
		if depth == 1 {
			return [][]byte{frameOf(t, data)}
		}
		public, mine := static.Public(), ephemeral.Public()
		s := newSymmetric(header)
		s.mixHash(mine[:])
		h, err := unmarshalHello(written[lengthSize:], serverHello)
		no(t, err)
		server := PublicKey(h.ephemeral)
		s.mixHash(server[:])
		no(t, s.mix(ephemeral, server))
		serverStatic, err := s.open(h.static)
		no(t, err)
		no(t, s.mix(ephemeral, PublicKey(serverStatic)))
		_, err = s.open(h.payload)
		no(t, err)
		claimed, login := public[:], (&ClientPayload{}).Marshal()
		if depth == 2 {
			claimed = data
		}
		sealedStatic, err := s.seal(claimed)
		no(t, err)
		no(t, s.mix(static, server))
		if depth == 3 {
			login = data
		}
		sealedLogin, err := s.seal(login)
		no(t, err)
		out := [][]byte{frameOf(t, marshalHello(clientFinish, hello{static: sealedStatic, payload: sealedLogin}))}
		toServer, _, err := s.split()
		no(t, err)
		return append(out, afterLogin(t, depth-4, data, toServer)...)
	}
	mine := ephemeral.Public()
	p.inbox = [][]byte{append([]byte(header), frameOf(t, marshalHello(clientHello, hello{ephemeral: mine[:]}))...)}
	if depth == 2 && bytes.Equal(data, static.Bytes()) {
		t.Skip()
	}
}

// afterLogin is data raw at depth 0 and as a sealed stanza at depth 1.
func afterLogin(t *testing.T, depth byte, data []byte, outward *direction) [][]byte {
	switch depth {
	case 0:
		return [][]byte{bytes.Clone(data)}
	case 1:
		sealed, err := outward.seal(nil, data, nil)
		no(t, err)
		return [][]byte{frameOf(t, sealed)}
	}
	return nil
}

func frameOf(t *testing.T, b []byte) []byte {
	out, err := AppendFrame(nil, b)
	no(t, err)
	return out
}

func no(t *testing.T, err error) {
	if err != nil {
		t.Helper()
		t.Fatal(err)
	}
}

func readAll(t *testing.T, ch *Channel) {
	for {
		n, err := ch.ReadNode(context.Background())
		if errors.Is(err, ErrStanza) {
			continue
		}
		if err != nil {
			return
		}
		if _, err := Marshal(n); err != nil {
			t.Fatalf("read but not written: %v", err)
		}
	}
}

// FuzzHandshakeClient is a hostile server. Depth 0 sends data as its hello, 1
// seals it as the static key, 2 as the certificate chain, 3 sends it after the
// handshake, 4 as a sealed stanza.
func FuzzHandshakeClient(f *testing.F) {
	authority := &Authority{fixedKey(1)}
	static := fixedKey(2)
	public := static.Public()
	chain, err := authority.Issue(public, fuzzTime.Add(-time.Hour), fuzzTime.Add(time.Hour))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(byte(0), []byte{0, 0, 4, 0x1a, 2, 0x0a, 0})
	f.Add(byte(1), make([]byte, 32))
	f.Add(byte(2), chain)
	f.Add(byte(2), []byte{0x0a, 2, 0x0a, 0})
	f.Add(byte(3), []byte{0, 0, 17, 1, 2, 3})
	f.Add(byte(4), []byte{2, 0x78, 0x9c})
	f.Fuzz(func(t *testing.T, depth byte, data []byte) {
		depth %= 5
		p := &script{}
		p.answer = func(written []byte) [][]byte { // to the client's hello
			p.answer = nil
			return hostileServer(t, p, depth, data, written, static, chain)
		}
		ch, err := Dial(context.Background(), p, ClientConfig{
			Static: fixedKey(4), Root: authority.Root(), Now: func() time.Time { return fuzzTime }, Payload: &ClientPayload{}})
		if err != nil {
			if ch != nil || !p.closed {
				t.Fatal("an error and yet a channel")
			}
			return
		}
		if depth < 2 || depth == 2 && !bytes.Equal(data, chain) && VerifyChain(data, authority.Root(), public, fuzzTime) != nil {
			t.Fatal("the client trusts garbage")
		}
		readAll(t, ch)
	})
}

func hostileServer(t *testing.T, p *script, depth byte, data, written []byte, static PrivateKey, chain []byte) [][]byte {
	if depth == 0 {
		return [][]byte{bytes.Clone(data)}
	}
	h, err := unmarshalHello(written[len(header)+lengthSize:], clientHello)
	no(t, err)
	client, ephemeral := PublicKey(h.ephemeral), fixedKey(5)
	mine, public := ephemeral.Public(), static.Public()
	s := newSymmetric(header)
	s.mixHash(client[:])
	s.mixHash(mine[:])
	no(t, s.mix(ephemeral, client))
	claimed := public[:]
	if depth == 1 {
		claimed = data
	}
	sealedStatic, err := s.seal(claimed)
	no(t, err)
	no(t, s.mix(static, client))
	if depth == 2 {
		chain = data
	}
	sealedChain, err := s.seal(chain)
	no(t, err)
	p.answer = func(written []byte) [][]byte { // to the client's finish
		p.answer = nil
		h, err := unmarshalHello(written[lengthSize:], clientFinish)
		no(t, err)
		clientStatic, err := s.open(h.static)
		no(t, err)
		no(t, s.mix(ephemeral, PublicKey(clientStatic)))
		_, err = s.open(h.payload)
		no(t, err)
		_, toClient, err := s.split()
		no(t, err)
		return afterLogin(t, depth-3, data, toClient)
	}
	return [][]byte{frameOf(t, marshalHello(serverHello, hello{mine[:], sealedStatic, sealedChain}))}
}

// FuzzNode: what is read can be written, reads the same again, and is read the
// same way by whatsmeow.
func FuzzNode(f *testing.F) {
	for _, n := range []Node{
		N("iq", []Attr{A("id", "1.2-3"), A("type", "get"), J("to", JID{Server: ServerUser})}, N("count", nil)),
		Bytes("enc", []Attr{A("v", "2"), J("from", JID{User: "4242", Server: ServerInterop, Integrator: 7, Device: 1})}, []byte{1, 2, 3}),
		N("list", nil, N("key", []Attr{A("hex", "3EB0"), A("w", "ünï")}), N("key", []Attr{J("j", JID{User: "1", Server: ServerHosted, Device: 99})})),
	} {
		b, err := Marshal(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(deflated(b[1:]))
	}
	f.Add([]byte("\x00\xf8\x02\x13\xf9\xff\xff"))
	f.Add([]byte("\x00\xf8\x03\x13\x06\xf5\xff\x02\x42\x42\x00\x01\x00\x07"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Unmarshal(b)
		if err != nil {
			if !errors.Is(err, ErrStanza) {
				t.Fatalf("untyped error: %v", err)
			}
			return
		}
		_ = n.String()
		once, err := Marshal(n)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		again, err := Unmarshal(once)
		if err != nil || !reflect.DeepEqual(n, again) {
			t.Fatalf("%#v came back as %#v, %v", n, again, err)
		}
		if _, err := waBinary.Unmarshal(once[1:]); err != nil {
			t.Fatalf("whatsmeow does not read %x: %v", once, err)
		}
	})
}

// FuzzJID: a text that parses comes back from its own text, and addresses that
// differ have texts that differ.
func FuzzJID(f *testing.F) {
	for _, text := range []string{"15550001@s.whatsapp.net", "491:2@lid", "7-4242:1@interop", "7-4242:0@interop", "0-7-4@interop", "1.0:2@s.whatsapp.net", "g.us", "1-2@g.us", "a@b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		j, err := ParseJID(text)
		if err != nil {
			if !j.IsZero() {
				t.Fatal("an error and yet an address")
			}
			return
		}
		if back, err := ParseJID(j.String()); err != nil || back != j {
			t.Fatalf("%q is %#v, which prints as %q, which is %#v, %v", text, j, j.String(), back, err)
		}
		b, err := appendJID(nil, j)
		if err != nil {
			t.Fatalf("%#v is not written: %v", j, err)
		}
		d := decoder{b: b}
		if _, back, err := d.value(); err != nil || back != j {
			t.Fatalf("%#v comes back as %#v, %v", j, back, err)
		}
	})
}

// FuzzPayload: what is read can be written and reads the same again.
func FuzzPayload(f *testing.F) {
	f.Add(fullPayload().Marshal())
	f.Add((&ClientPayload{Username: 1}).Marshal())
	f.Add([]byte{0x9a, 0x01, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := UnmarshalPayload(b)
		if err != nil {
			return
		}
		again, err := UnmarshalPayload(p.Marshal())
		if err != nil || !reflect.DeepEqual(normal(p), normal(again)) {
			t.Fatalf("%+v came back as %+v, %v", p, again, err)
		}
	})
}

// normal makes empty and absent byte fields the same.
func normal(p *ClientPayload) ClientPayload {
	c := *p
	if c.Interop != nil {
		interop := *c.Interop
		interop.Token = append(Token(nil), interop.Token...)
		c.Interop = &interop
	}
	return c
}
