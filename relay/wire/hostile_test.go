package wire_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ferry/relay/wire"
	"ferry/relay/wire/wiretest"
)

// handshakeChunks runs one good handshake and returns what the client sent.
func handshakeChunks(t *testing.T, g *gateway) (hello, finish []byte) {
	t.Helper()
	ctx := t.Context()
	near, tap := wiretest.Pipe()
	relay, far := wiretest.Pipe()
	result := accept(ctx, far, g.server())
	dialled := make(chan error, 1)
	go func() {
		_, err := wire.Dial(ctx, near, g.client(must(wire.GenerateKey(nil))))
		dialled <- err
	}()
	hello = must(tap.Read(ctx))
	check(t, relay.Write(ctx, hello))
	check(t, tap.Write(ctx, must(relay.Read(ctx))))
	finish = must(tap.Read(ctx))
	check(t, relay.Write(ctx, finish))
	check(t, <-dialled)
	check(t, (<-result).err)
	return hello, finish
}

func TestAReplayedLoginIsNotAccepted(t *testing.T) {
	g := newGateway(t)
	hello, finish := handshakeChunks(t, g)
	near, far := wiretest.Pipe()
	result := accept(t.Context(), far, g.server())
	check(t, near.Write(t.Context(), hello))
	check(t, near.Write(t.Context(), finish))
	checkError(t, (<-result).err, wire.ErrDecrypt)
}

func TestTheServerRefusesHostileClients(t *testing.T) {
	g := newGateway(t)
	good, finish := handshakeChunks(t, g)
	hello := func(key []byte) []byte {
		message := append([]byte{0x12, byte(len(key) + 2), 0x0a, byte(len(key))}, key...)
		return must(wire.AppendFrame([]byte("WA\x06\x03"), message))
	}
	for _, c := range []struct {
		name   string
		chunks [][]byte
		want   error
	}{
		{"another header", [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n")}, wire.ErrHeader},
		{"another dictionary", [][]byte{[]byte("WA\x06\x02\x00\x00\x00")}, wire.ErrHeader},
		{"a huge routing blob", [][]byte{[]byte("ED\x00\x01\xff\xff\xff")}, wire.ErrHeader},
		{"a preamble twice", [][]byte{[]byte("ED\x00\x01\x00\x00\x00ED\x00\x01\x00\x00\x00")}, wire.ErrHeader},
		{"an oversized hello", [][]byte{[]byte("WA\x06\x03\xff\xff\xff")}, wire.ErrFrameTooBig},
		{"an empty hello", [][]byte{[]byte("WA\x06\x03\x00\x00\x00")}, wire.ErrMessage},
		{"garbage", [][]byte{must(wire.AppendFrame([]byte("WA\x06\x03"), bytes.Repeat([]byte{0xff}, 64)))}, wire.ErrMessage},
		{"a short key", [][]byte{hello(make([]byte, 31))}, wire.ErrKey},
		{"a key of low order", [][]byte{hello(make([]byte, 32))}, wire.ErrKey},
		{"another key of low order", [][]byte{hello(append([]byte{1}, make([]byte, 31)...))}, wire.ErrKey},
		{"an oversized finish", [][]byte{good, {0xff, 0xff, 0xff}}, wire.ErrFrameTooBig},
		{"hello for finish", [][]byte{good, good[4:]}, wire.ErrMessage},
		{"a changed finish", [][]byte{good, flipped(finish)}, wire.ErrDecrypt},
	} {
		near, far := wiretest.Pipe()
		result := accept(t.Context(), far, g.server())
		for _, chunk := range c.chunks {
			check(t, near.Write(t.Context(), chunk))
		}
		got := <-result
		t.Run(c.name, func(t *testing.T) {
			checkError(t, got.err, c.want)
			if got.ch != nil || got.payload != nil {
				t.Error("a channel came with the error")
			}
			if err := near.Write(t.Context(), nil); !errors.Is(err, wiretest.ErrClosed) {
				t.Error("the pipe was left open")
			}
		})
	}
}

func flipped(b []byte) []byte {
	b = slices.Clone(b)
	b[len(b)-1] ^= 1
	return b
}

func TestAClientWithAStaticKeyOfLowOrderIsRefused(t *testing.T) {
	// A hostile client can seal any 32 bytes as its static key; zero ones would
	// make the last shared secret known to everybody.
	g := newGateway(t)
	cfg := g.client(wire.PrivateKey{}) // whose public key is all zero
	near, far := wiretest.Pipe()
	result := accept(t.Context(), far, g.server())
	_, err := wire.Dial(t.Context(), near, cfg)
	checkError(t, err, wire.ErrKey)
	if (<-result).err == nil {
		t.Error("the server accepted it")
	}
}

func TestTheClientRefusesHostileServers(t *testing.T) {
	g, other := newGateway(t), newGateway(t)
	chain := func(leaf wire.PublicKey, from, to time.Duration) []byte {
		return must(g.authority.Issue(leaf, now.Add(from), now.Add(to)))
	}
	mine := g.static.Public()
	for _, c := range []struct {
		name  string
		chain []byte
		want  error
	}{
		{"another root", must(other.authority.Issue(mine, now.Add(-time.Hour), now.Add(time.Hour))), wire.ErrCertificate},
		{"expired", chain(mine, -2*time.Hour, -time.Second), wire.ErrCertExpired},
		{"not yet valid", chain(mine, time.Second, time.Hour), wire.ErrCertExpired},
		{"another leaf", chain(other.static.Public(), -time.Hour, time.Hour), wire.ErrCertificate},
		{"empty", nil, wire.ErrCertificate},
		{"garbage", bytes.Repeat([]byte{0xff}, 100), wire.ErrCertificate},
		{"cut short", g.chain[:len(g.chain)-10], wire.ErrCertificate},
		{"a changed signature", flipped(g.chain), wire.ErrCertificate},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := wiretest.Pipe()
			result := accept(t.Context(), far, wire.ServerConfig{Static: g.static, Chain: c.chain})
			ch, err := wire.Dial(t.Context(), near, g.client(must(wire.GenerateKey(nil))))
			checkError(t, err, c.want)
			if ch != nil {
				t.Error("a channel came with the error")
			}
			if got := <-result; got.err == nil {
				t.Error("the client sent its login to a server that it does not trust")
			}
		})
	}
}

func TestTheClientRefusesGarbage(t *testing.T) {
	g := newGateway(t)
	low := append([]byte{0x1a, 0x22, 0x0a, 0x20}, make([]byte, 32)...)
	for name, answer := range map[string][]byte{
		"oversized":             {0xff, 0xff, 0xff},
		"empty":                 {0, 0, 0},
		"not a message":         must(wire.AppendFrame(nil, []byte{0xff, 0xff})),
		"a key of low order":    must(wire.AppendFrame(nil, low)),
		"a client's own hello":  must(wire.AppendFrame(nil, []byte{0x12, 0})),
		"a server's empty part": must(wire.AppendFrame(nil, []byte{0x1a, 0})),
	} {
		near, far := wiretest.Pipe()
		check(t, far.Write(t.Context(), answer))
		if _, err := wire.Dial(t.Context(), near, g.client(must(wire.GenerateKey(nil)))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAHalfOpenHandshakeEndsInTime(t *testing.T) {
	g := newGateway(t)
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		began := time.Now()
		_, far := wiretest.Pipe()
		result := accept(ctx, far, g.server())
		near, _ := wiretest.Pipe()
		_, err := wire.Dial(ctx, near, g.client(must(wire.GenerateKey(nil))))
		checkError(t, err, context.DeadlineExceeded)
		checkError(t, (<-result).err, context.DeadlineExceeded)
		if d := time.Since(began); d != wire.HandshakeTimeout {
			t.Errorf("it took %v", d)
		}
	})
}

func TestAnAnnouncedFrameCostsNothingUntilItComes(t *testing.T) {
	client, server, raw := channels(t)
	_ = client
	check(t, raw.Write(t.Context(), []byte{0x1f, 0xff, 0xff, 1, 2, 3}))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := server.ReadNode(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<10 {
		t.Errorf("two megabytes announced made us allocate %d bytes", grown)
	}
}

// channels returns both ends and the client's pipe, for raw bytes.
func channels(t *testing.T) (client, server *wire.Channel, raw *wiretest.End) {
	t.Helper()
	g := newGateway(t)
	near, far := wiretest.Pipe()
	result := accept(t.Context(), far, g.server())
	client, err := wire.Dial(t.Context(), near, g.client(must(wire.GenerateKey(nil))))
	check(t, err)
	a := <-result
	check(t, a.err)
	return client, a.ch, near
}

func TestAFrameThatDoesNotDecryptClosesTheChannel(t *testing.T) {
	client, server, raw := channels(t)
	check(t, raw.Write(t.Context(), append([]byte{0, 0, 30}, make([]byte, 30)...)))
	_, err := server.ReadNode(t.Context())
	checkError(t, err, wire.ErrDecrypt)
	checkError(t, client.WriteNode(t.Context(), wire.N("iq", nil)), wiretest.ErrClosed)
	checkError(t, server.WriteNode(t.Context(), wire.N("iq", nil)), wire.ErrClosed)
}

func TestAnOversizedFrameClosesTheChannel(t *testing.T) {
	_, server, raw := channels(t)
	check(t, raw.Write(t.Context(), []byte{0xff, 0xff, 0xff}))
	_, err := server.ReadNode(t.Context())
	checkError(t, err, wire.ErrFrameTooBig)
	checkError(t, raw.Write(t.Context(), nil), wiretest.ErrClosed)
}

func TestABadStanzaDoesNotEndTheChannel(t *testing.T) {
	client, server, _ := channels(t)
	// Seventy thousand children in one stanza are fine for who writes them.
	many := wire.Node{Tag: "list", Children: make([]wire.Node, 0xffff)}
	for i := range many.Children {
		many.Children[i].Tag = "item"
	}
	check(t, client.WriteNode(t.Context(), wire.N("list", nil, many, many)))
	_, err := server.ReadNode(t.Context())
	checkError(t, err, wire.ErrStanza)
	checkError(t, client.WriteNode(t.Context(), wire.N("", nil)), wire.ErrStanza)
	exchange(t, client, server, wire.N("ack", nil))
}

func TestManyWritersShareAChannel(t *testing.T) {
	client, server, _ := channels(t)
	const writers, each = 8, 50
	for w := range writers {
		go func() {
			for range each {
				if err := client.WriteNode(t.Context(), wire.Bytes("message", nil, make([]byte, w*100))); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for range writers * each {
		if _, err := server.ReadNode(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFramesMayComeCutOrTogether(t *testing.T) {
	ctx := t.Context()
	g := newGateway(t)
	near, tap := wiretest.Pipe()
	relay, far := wiretest.Pipe()
	result := accept(ctx, far, g.server())
	dialled := make(chan *wire.Channel, 1)
	go func() { dialled <- must(wire.Dial(ctx, near, g.client(must(wire.GenerateKey(nil))))) }()
	// Every byte towards the server is a chunk of its own.
	trickle := func(chunk []byte) {
		for i := range chunk {
			check(t, relay.Write(ctx, chunk[i:i+1]))
		}
	}
	trickle(must(tap.Read(ctx)))
	check(t, tap.Write(ctx, must(relay.Read(ctx))))
	trickle(must(tap.Read(ctx)))
	client, server := <-dialled, (<-result).ch
	// And then several frames come in one.
	var together []byte
	for i := range 3 {
		check(t, client.WriteNode(ctx, wire.Bytes("message", nil, []byte{byte(i)})))
		together = append(together, must(tap.Read(ctx))...)
	}
	check(t, relay.Write(ctx, together))
	for i := range 3 {
		if n, err := server.ReadNode(ctx); err != nil || n.Data[0] != byte(i) {
			t.Errorf("stanza %d: %v, %v", i, n, err)
		}
	}
}
