package gateway_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/wire"

	"github.com/coder/websocket"
	"go.mau.fi/libsignal/ecc"
)

// patience is how long a test waits for something that should happen at once.
const patience = 15 * time.Second

// world is a gateway on a folder; it can be restarted.
type world struct {
	t      testing.TB
	dir    string
	limits gateway.Limits
	addr   string
	keep   bool // sockets outlive t

	providers *enlist.Registry // nil: of number 7 alone
	regions   []string
	now       func() time.Time

	bus  *bus.Bus
	gw   *gateway.Gateway
	stop func()
}

func start(t testing.TB, limits gateway.Limits) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), limits: limits, addr: "127.0.0.1:0"}
	w.up()
	t.Cleanup(func() { w.stop() })
	return w
}

// testLog is shown with FERRY_TEST_LOG=1.
func testLog() *slog.Logger {
	out := io.Discard
	if os.Getenv("FERRY_TEST_LOG") != "" {
		out = os.Stderr
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *world) up() {
	w.t.Helper()
	b, err := bus.Open(context.Background(), bus.Config{Dir: w.dir})
	if err != nil {
		w.t.Fatal(err)
	}
	l, err := net.Listen("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.addr = l.Addr().String()
	gw, done := w.node(b, l)
	w.bus, w.gw = b, gw
	w.stop = sync.OnceFunc(func() {
		gw.Close()
		<-done
		b.Close()
	})
}

func (w *world) registry() *enlist.Registry {
	w.t.Helper()
	if w.providers != nil {
		return w.providers
	}
	r, err := enlist.NewRegistry(provider(7))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func provider(id uint16) enlist.Provider {
	return enlist.Provider{
		ID: id, Name: fmt.Sprint("Provider ", id), Issuer: fmt.Sprintf("https://%d.example", id),
		KeySet: fmt.Sprintf("https://%d.example/keys", id), Protocol: wire.EncryptionProtocol,
	}
}

// node starts one more gateway over the same state.
func (w *world) node(b *bus.Bus, l net.Listener) (*gateway.Gateway, chan error) {
	w.t.Helper()
	a := &admission{}
	gw, err := gateway.New(context.Background(), gateway.Config{
		Bus: b, Listener: l, Limits: w.limits, Log: testLog(), Admission: a, Sandbox: &gateway.SandboxConfig{},
		Providers: w.registry(), Regions: w.regions, Now: w.now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	a.dir = gw.Directory()
	done := make(chan error, 1)
	go func() { done <- gw.Run(context.Background()) }()
	return gw, done
}

func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.up()
}

// admission takes the user's name for a token.
type admission struct{ dir *directory.Directory }

func (a *admission) Login(ctx context.Context, account uint64, device uint16, token []byte, noise wire.PublicKey) (directory.Account, directory.Device, error) {
	fail := func(code enlist.Code) (directory.Account, directory.Device, error) {
		return directory.Account{}, directory.Device{}, &enlist.Error{Code: code}
	}
	if string(token) == "expired" {
		return fail(enlist.ExpiredToken)
	}
	acc, err := a.dir.ThirdPartyBySub(ctx, 7, string(token))
	if errors.Is(err, directory.ErrNotFound) {
		acc, err = a.dir.ThirdPartyBySub(ctx, 8, string(token))
	}
	if err != nil || acc.Number != account {
		return fail(enlist.Revoked)
	}
	dev, ok := acc.Device(device)
	if !ok || dev.Noise != noise {
		return fail(enlist.Revoked)
	}
	return acc, dev, nil
}

// pipe is a client's WebSocket.
type pipe struct{ ws *websocket.Conn }

func (p pipe) Read(ctx context.Context) ([]byte, error) {
	_, b, err := p.ws.Read(ctx)
	return b, err
}
func (p pipe) Write(ctx context.Context, b []byte) error {
	return p.ws.Write(ctx, websocket.MessageBinary, b)
}
func (p pipe) Close(string) error { return p.ws.CloseNow() }

func (w *world) socket() pipe {
	w.t.Helper()
	ws, _, err := websocket.Dial(context.Background(), "ws://"+w.addr+wire.PathChat, &websocket.DialOptions{
		HTTPHeader: map[string][]string{"Origin": {"https://web.whatsapp.com"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ws.SetReadLimit(4 << 20)
	if !w.keep {
		w.t.Cleanup(func() { _ = ws.CloseNow() })
	}
	return pipe{ws}
}

// user is a third-party user's device that speaks the protocol by hand.
type user struct {
	w        *world
	noise    wire.PrivateKey
	identity *ecc.ECKeyPair
	jid      wire.JID
	account  uint64
	sub      string
	prekeys  int // to upload at the first connection

	ch   *wire.Channel
	next int
	got  chan wire.Node // all that is no answer to an iq
	mu   sync.Mutex
	wait map[string]chan wire.Node
	dead chan error
}

// enlist makes a third-party user.
func (w *world) enlist(sub string) *user {
	w.t.Helper()
	return w.enlistWith(7, sub)
}

func (w *world) enlistWith(provider uint16, sub string) *user {
	w.t.Helper()
	k, err := wire.GenerateKey(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	a, dev, err := w.gw.Directory().Enlist(w.t.Context(), provider, sub, sub+"-name", k.Public())
	if err != nil {
		w.t.Fatal(err)
	}
	identity, err := ecc.GenerateKeyPair()
	if err != nil {
		w.t.Fatal(err)
	}
	return &user{
		w: w, noise: k, identity: identity, jid: a.ID.WithDevice(dev.Number), account: a.Number, sub: sub, prekeys: 10,
	}
}

// again is the same device, for one more connection.
func (u *user) again() *user {
	return &user{w: u.w, noise: u.noise, identity: u.identity, jid: u.jid, account: u.account, sub: u.sub}
}

func (u *user) payload() *wire.ClientPayload {
	return &wire.ClientPayload{
		Product: wire.ProductInterop, Device: uint32(u.jid.Device), HasDevice: true, Passive: true, Pull: true,
		Interop: &wire.InteropData{AccountID: u.account, Token: wire.Token(u.sub)},
	}
}

// login connects and returns the first stanza.
func (u *user) login(p *wire.ClientPayload) (wire.Node, error) {
	ctx, cancel := context.WithTimeout(u.w.t.Context(), patience)
	defer cancel()
	ch, err := wire.Dial(ctx, u.w.socket(), wire.ClientConfig{
		Static: u.noise, Root: u.w.gw.Root(), Payload: p,
	})
	if err != nil {
		return wire.Node{}, err
	}
	u.ch = ch
	u.got = make(chan wire.Node, 20_000)
	u.mu.Lock()
	u.wait = make(map[string]chan wire.Node)
	u.mu.Unlock()
	u.dead = make(chan error, 1)
	return ch.ReadNode(ctx)
}

// connect logs in and makes the keys known.
func (u *user) connect() {
	u.w.t.Helper()
	n, err := u.login(u.payload())
	if err != nil || n.Tag != "success" {
		u.w.t.Fatalf("login answered with %v, %v", n, err)
	}
	if j, _ := n.JID("jid"); j != u.jid {
		u.w.t.Fatalf("logged in as %s, want %s", j, u.jid)
	}
	go u.read(u.ch, u.got, u.dead)
	if u.prekeys > 0 {
		u.upload(u.prekeys)
		u.prekeys = 0
	}
}

func (u *user) read(ch *wire.Channel, got chan<- wire.Node, dead chan<- error) {
	for {
		n, err := ch.ReadNode(context.Background())
		if err != nil {
			dead <- err
			close(got)
			return
		}
		u.mu.Lock()
		answer := u.wait[n.Attr("id")]
		if n.Tag == "iq" || n.Tag == "ack" {
			delete(u.wait, n.Attr("id"))
		} else {
			answer = nil
		}
		u.mu.Unlock()
		if answer != nil {
			answer <- n
		} else {
			got <- n
		}
	}
}

func (u *user) send(n wire.Node) {
	u.w.t.Helper()
	if err := u.ch.WriteNode(u.w.t.Context(), n); err != nil {
		u.w.t.Fatal(err)
	}
}

// ask sends a stanza with an id and waits for its iq result or ack.
func (u *user) ask(n wire.Node) wire.Node {
	u.w.t.Helper()
	id := n.Attr("id")
	answer := make(chan wire.Node, 1)
	u.mu.Lock()
	u.wait[id] = answer
	u.mu.Unlock()
	u.send(n)
	select {
	case got := <-answer:
		return got
	case <-time.After(patience):
		u.w.t.Fatalf("no answer to %v", n)
	}
	return wire.Node{}
}

var server = wire.JID{Server: wire.ServerUser}

func (u *user) iq(xmlns, kind string, children ...wire.Node) wire.Node {
	u.w.t.Helper()
	u.next++
	return u.ask(wire.N("iq", []wire.Attr{
		wire.J("to", server), wire.A("xmlns", xmlns), wire.A("type", kind), wire.A("id", fmt.Sprint("q", u.next)),
	}, children...))
}

func id24(id uint32) []byte { return []byte{byte(id >> 16), byte(id >> 8), byte(id)} }

// upload sends the device's long-term keys and n one-time prekeys from id 1 on.
func (u *user) upload(n int) {
	u.w.t.Helper()
	public := u.identity.PublicKey().PublicKey()
	signed := [32]byte{9, 9, byte(u.jid.Device)}
	signature := ecc.CalculateSignature(u.identity.PrivateKey(), append([]byte{5}, signed[:]...))
	list := wire.N("list", nil)
	for i := range n {
		key := make([]byte, 32)
		binary.BigEndian.PutUint32(key, uint32(i+1))
		list.Children = append(list.Children, wire.N("key", nil, wire.Bytes("id", nil, id24(uint32(i+1))), wire.Bytes("value", nil, key)))
	}
	got := u.iq("encrypt", "set",
		wire.Bytes("registration", nil, []byte{0, 0, 1, byte(u.jid.Device)}), wire.Bytes("type", nil, []byte{5}),
		wire.Bytes("identity", nil, public[:]), list,
		wire.N("skey", nil, wire.Bytes("id", nil, id24(1)), wire.Bytes("value", nil, signed[:]), wire.Bytes("signature", nil, signature[:])))
	if got.Attr("type") != "result" {
		u.w.t.Fatalf("upload answered with %v", got)
	}
}

// until waits for the next stanza that fits, passing over others.
func (u *user) until(what string, fits func(wire.Node) bool) wire.Node {
	u.w.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case n, ok := <-u.got:
			if !ok {
				u.w.t.Fatalf("the connection ended before %s: %v", what, <-u.dead)
			}
			if fits(n) {
				return n
			}
		case <-deadline:
			u.w.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (u *user) untilTag(tag string) wire.Node {
	u.w.t.Helper()
	return u.until("<"+tag+">", func(n wire.Node) bool { return n.Tag == tag })
}

// message is one with made-up ciphertext for each of the devices.
func message(id string, to wire.JID, devices ...wire.JID) wire.Node {
	participants := wire.N("participants", nil)
	for _, d := range devices {
		participants.Children = append(participants.Children, wire.N("to", []wire.Attr{wire.J("jid", d)},
			wire.Bytes("enc", []wire.Attr{wire.A("v", "2"), wire.A("type", "msg")}, []byte(id+" for "+d.String()))))
	}
	return wire.N("message", []wire.Attr{wire.A("id", id), wire.J("to", to), wire.A("type", "text")}, participants)
}

// gone waits for the end of the connection.
func (u *user) gone() {
	u.w.t.Helper()
	select {
	case <-u.dead:
	case <-time.After(patience):
		u.w.t.Fatal("the connection is still open")
	}
}

// phone makes a WhatsApp user whose phone has a client that speaks by hand.
func (w *world) phone(number, name string, consent bool) *user {
	w.t.Helper()
	k, err := wire.GenerateKey(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	identity, err := ecc.GenerateKeyPair()
	if err != nil {
		w.t.Fatal(err)
	}
	a, err := w.gw.Directory().CreatePhone(w.t.Context(), directory.NewPhone{
		Number: number, Name: name, Consent: directory.Consent{All: consent}, Noise: k.Public(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return &user{w: w, noise: k, identity: identity, jid: a.ID, sub: a.Phone, prekeys: 10}
}

// connectPhone is connect for a WhatsApp user.
func (u *user) connectPhone() {
	u.w.t.Helper()
	var digits uint64
	if _, err := fmt.Sscan(u.sub, &digits); err != nil {
		u.w.t.Fatal(err)
	}
	n, err := u.login(&wire.ClientPayload{Username: digits, HasDevice: true, Passive: true, Pull: true})
	if err != nil || n.Tag != "success" {
		u.w.t.Fatalf("login answered with %v, %v", n, err)
	}
	go u.read(u.ch, u.got, u.dead)
	if u.prekeys > 0 {
		u.upload(u.prekeys)
		u.prekeys = 0
	}
}

var errNoFailure = errors.New("no failure stanza")

// failure logs in and returns the reason of the refusal.
func (u *user) failure(p *wire.ClientPayload) (wire.FailureReason, error) {
	n, err := u.login(p)
	if err != nil {
		return 0, err
	}
	reason, _, ok := wire.ParseFailure(n)
	if !ok {
		return 0, errNoFailure
	}
	return reason, nil
}
