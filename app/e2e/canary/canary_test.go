package canary

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/types"

	"ferry/app/e2e/apart"
	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

func TestMain(m *testing.M) {
	code := m.Run()
	relaytest.RemoveBinary()
	os.Exit(code)
}

// world is a relay and a gateway apart, with a recorder on every way between anybody and them, and what must not be
// found there.
type world struct {
	*apart.World
	t                  *testing.T
	user, chat, enlist *relaytest.Capture // client to relay; relay to gateway; the relay's calls of its HTTP interface
	anna               *thirdparty.User
	ben                *waclient.Client
	alias              types.JID
	phone              string // Ben's, as Anna typed it
	out, in            string // the canaries
}

// digits is a random number of n digits that does not begin with a zero.
func digits(n int) string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n-1)), nil)
	x, err := rand.Int(rand.Reader, new(big.Int).Mul(most, big.NewInt(9)))
	if err != nil {
		panic(err) // never fails
	}
	return x.Add(x, most).String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	number := digits(7)
	w := &world{t: t, phone: "+49 1551 " + number, out: "kingfisher " + rand.Text(), in: "cormorant " + rand.Text()}
	w.World = apart.Start(t, apart.Options{
		Between:    func(gateway string) string { w.chat = relaytest.Record(t, gateway); return w.chat.Addr() },
		BetweenAPI: func(gateway string) string { w.enlist = relaytest.Record(t, gateway); return w.enlist.Addr() },
	})
	w.user = relaytest.Record(t, strings.TrimPrefix(w.URL, "http://"))
	w.anna = thirdparty.New(t, thirdparty.Config{Relay: "http://" + w.user.Addr(), Name: "anna"})
	w.anna.Connect()
	ben, err := waclient.NewUser(t.Context(), w.Box, w.phone, "Ben")
	w.ok(err)
	t.Cleanup(ben.Close)
	w.ben = ben
	_, alias, err := w.Box.ThirdParty(t.Context(), 7, "anna")
	w.ok(err)
	w.alias, err = types.ParseJID(alias)
	w.ok(err)
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// talk sends the canaries, online and to a peer who is offline, with all that goes with it.
func (w *world) talk() {
	w.t.Helper()
	ctx, cancel := thirdparty.Within()
	defer cancel()
	chat := w.anna.OpenChat(w.phone)
	w.anna.Do(port.Active{Active: true}, nil)
	w.anna.Do(port.Typing{Chat: chat, Composing: true}, nil)
	id := w.anna.Send(chat, w.out)
	m, err := w.ben.AwaitText(ctx, w.out)
	w.ok(err)
	w.ok(w.ben.MarkRead(ctx, m))
	w.anna.AwaitState(id, model.Read)
	w.benSends(ctx, w.in)
	got := w.anna.AwaitText(w.in)
	w.anna.Do(port.MarkRead{Chat: chat, Upto: got.Order}, nil)

	w.anna.Stop()
	w.benSends(ctx, w.in+" waits")
	w.anna.Start()
	w.anna.AwaitText(w.in + " waits")
	w.ben.Disconnect()
	id = w.anna.Send(chat, w.out+" waits")
	w.anna.AwaitState(id, model.Sent) // and stays in the mailbox, to be found there
	if found := w.anna.LookUp("+49 1551 " + digits(8)); found.Status != "not_found" {
		w.t.Errorf("a number that nobody has is %q", found.Status)
	}
}

func (w *world) benSends(ctx context.Context, text string) {
	w.t.Helper()
	_, err := w.ben.SendText(ctx, w.alias, text)
	w.ok(err)
}

// ways are the recorded bytes, as they were on the wire and without the masks of WebSocket clients.
func ways(name string, c *relaytest.Capture) []Place {
	return []Place{{name + ", up", c.Up()}, {name + ", up, unmasked", c.Sent()}, {name + ", down", c.Down()}}
}

func TestThePlaintextIsNowhereOutsideTheTwoEnds(t *testing.T) {
	w := newWorld(t)
	w.talk()
	lid := w.ben.LID().User
	running := w.places()
	w.anna.Stop()
	w.ben.Close()
	w.Relay.Stop()
	w.Gateway.Stop()
	stopped := w.places()

	canaries := []Quarry{Text("what Anna wrote", w.out), Text("what Ben wrote", w.in)}
	plain := strings.NewReplacer("+", "", " ", "").Replace(w.phone)
	ben := []Quarry{Number("Ben's phone number", plain), Text("Ben's phone number as typed", w.phone), Number("Ben's LID", lid)}

	for _, all := range []places{running, stopped} {
		for _, p := range append(all.relay, all.gateway...) {
			absent(t, p, canaries...)
		}
		for _, p := range all.relay {
			absent(t, p, ben...)
		}
		for _, p := range all.gateway {
			if strings.HasPrefix(p.Name, "log") {
				absent(t, p, ben...)
			}
		}
		w.controls(all, canaries, ben)
	}
}

// places are where things are searched for: on the relay's side, which all that passes the tunnel belongs to, and on
// the gateway's.
type places struct{ relay, gateway []Place }

func (w *world) places() (all places) {
	w.t.Helper()
	all.relay = append(all.relay, ways("client to relay", w.user)...)
	all.relay = append(all.relay, ways("relay to gateway", w.chat)...)
	all.relay = append(all.relay, ways("enlistment", w.enlist)...)
	all.relay = append(all.relay, Place{"log of the relay", w.Relay.Logs.Bytes()})
	all.gateway = append(all.gateway, Place{"log of the gateway", w.Gateway.Logs.Bytes()})
	relay, err := Dir("relay's data", w.RelayDir)
	w.ok(err)
	gateway, err := Dir("gateway's data", w.GatewayDir)
	w.ok(err)
	all.relay, all.gateway = append(all.relay, relay...), append(all.gateway, gateway...)
	return all
}

// controls show that the search looks where something is: it finds each quarry where it belongs.
func (w *world) controls(all places, canaries, ben []Quarry) {
	w.t.Helper()
	view := Place{"what Anna's client shows", w.anna.Printed()}
	present(w.t, []Place{view}, append(canaries, ben[0], ben[2])...)
	present(w.t, []Place{{"what Ben's client shows", []byte(fmt.Sprint(waclient.Texts(w.ben)))}}, canaries[0])
	present(w.t, all.gateway, ben[0], ben[2])
	anna := Text("Anna's name", "anna")
	present(w.t, files(all.relay, "relay's data"), anna)
	present(w.t, files(all.gateway, "gateway's data"), anna)
	for way, sign := range map[string]string{
		"client to relay, up": "/tunnel", "client to relay, down": "accountId", "relay to gateway, up": "/ws/chat",
		"enlistment, up": "idToken", "enlistment, down": "7-", "log of the relay": "level=", "log of the gateway": "level=",
	} {
		present(w.t, files(append(all.relay, all.gateway...), way), Text("the sign "+sign, sign))
	}
	for _, p := range append(files(all.relay, "client to relay, up, unmasked"), files(all.relay, "relay to gateway, up, unmasked")...) {
		if !bytes.HasPrefix(p.Bytes, []byte("WA")) || len(p.Bytes) < 2000 { // the beginning of a Noise connection
			w.t.Errorf("%s is not unmasked: %d bytes, %.8x…", p.Name, len(p.Bytes), p.Bytes)
		}
	}
}

func files(all []Place, prefix string) (some []Place) {
	for _, p := range all {
		if strings.HasPrefix(p.Name, prefix) {
			some = append(some, p)
		}
	}
	return some
}

func absent(t *testing.T, p Place, all ...Quarry) {
	t.Helper()
	for _, q := range all {
		if found := Find(p.Bytes, q); len(found) > 0 {
			t.Errorf("%s is in %s, as %s", q.Name, p.Name, strings.Join(found, ", "))
		}
	}
}

// present fails the test unless each quarry is in one of the places.
func present(t *testing.T, all []Place, wanted ...Quarry) {
	t.Helper()
	for _, q := range wanted {
		found := false
		for _, p := range all {
			found = found || len(Find(p.Bytes, q)) > 0
		}
		if !found {
			t.Errorf("control: %s is not even found where it belongs, in %d places", q.Name, len(all))
		}
	}
}
