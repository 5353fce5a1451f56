package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/internal/gateway/wastore/wadial"
	"ferry/relay/wire"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/util/optional"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// wa is an unmodified whatsmeow client.
type wa struct {
	w      *world
	box    *wastore.Container
	cli    *whatsmeow.Client
	events chan any
}

func (w *world) whatsmeow() *wa {
	w.t.Helper()
	release, err := wadial.Trust(w.gw.Root())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(release)
	box, err := wastore.Open(w.t.Context(), wastore.NewMemory(), "wa.", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	x := &wa{w: w, box: box}
	x.open()
	return x
}

// open makes a client of the stored device.
func (x *wa) open() {
	x.w.t.Helper()
	device, err := x.box.Device(x.w.t.Context())
	if err != nil {
		x.w.t.Fatal(err)
	}
	x.cli = whatsmeow.NewClient(device, nil)
	x.cli.EnableDecryptedEventBuffer = true
	events := make(chan any, 20_000)
	x.events = events
	x.cli.AddEventHandler(func(e any) { events <- e })
	wadial.Aim(x.cli, x.w.addr)
	cli := x.cli
	x.w.t.Cleanup(cli.Disconnect)
}

func (x *wa) connect() {
	x.w.t.Helper()
	if err := x.cli.Connect(); err != nil {
		x.w.t.Fatal(err)
	}
	await(x, "the connection", func(*events.Connected) bool { return true })
}

// pair makes a phone, unless there is one, and links a whatsmeow client to it.
func (w *world) pair(phone, name string) *wa {
	w.t.Helper()
	ctx := w.t.Context()
	if _, err := w.gw.Sandbox().NewPhone(ctx, phone, name, true); err != nil && !errors.Is(err, directory.ErrExists) {
		w.t.Fatal(err)
	}
	x := w.whatsmeow()
	code := x.qr()
	if _, err := w.gw.Sandbox().Scan(ctx, phone, code); err != nil {
		w.t.Fatal(err)
	}
	await(x, "the pairing", func(*events.PairSuccess) bool { return true })
	await(x, "the connection", func(*events.Connected) bool { return true })
	x.cli.Store.PushName = name
	if err := x.cli.SendPresence(ctx, types.PresenceAvailable); err != nil {
		w.t.Fatal(err)
	}
	return x
}

// qr connects and returns the first QR text.
func (x *wa) qr() string {
	x.w.t.Helper()
	codes, err := x.cli.GetQRChannel(context.Background())
	if err != nil {
		x.w.t.Fatal(err)
	}
	if err := x.cli.Connect(); err != nil {
		x.w.t.Fatal(err)
	}
	select {
	case c := <-codes:
		if c.Event == whatsmeow.QRChannelEventCode {
			return c.Code
		}
		x.w.t.Fatalf("instead of a QR code came %q, %v", c.Event, c.Error)
	case <-time.After(patience):
		x.w.t.Fatal("no QR code")
	}
	return ""
}

// await waits for an event of that type that fits, passing over others.
func await[E any](x *wa, what string, fits func(E) bool) E {
	x.w.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-x.events:
			if v, ok := e.(E); ok && fits(v) {
				return v
			}
		case <-deadline:
			x.w.t.Fatalf("%s did not come", what)
		}
	}
}

func (x *wa) awaitText(text string) *events.Message {
	x.w.t.Helper()
	return await(x, fmt.Sprintf("%q", text), func(m *events.Message) bool { return m.Message.GetConversation() == text })
}

func (x *wa) awaitReceipt(id string, kinds ...types.ReceiptType) *events.Receipt {
	x.w.t.Helper()
	return await(x, fmt.Sprintf("a receipt of %q", kinds), func(r *events.Receipt) bool {
		return slices.Contains(r.MessageIDs, id) && slices.Contains(kinds, r.Type)
	})
}

func (x *wa) send(to types.JID, text string) string {
	x.w.t.Helper()
	resp, err := x.cli.SendMessage(x.w.t.Context(), to, &waE2E.Message{Conversation: proto.String(text)})
	if err != nil {
		x.w.t.Fatalf("send %q: %v", text, err)
	}
	return resp.ID
}

func (x *wa) pn() types.JID { return x.cli.Store.ID.ToNonAD() }

func TestTwoWhatsmeowClientsTalk(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada, bob := w.pair("+4915510000011", "Ada"), w.pair("+4915510000012", "Bob")
	for _, to := range []types.JID{bob.pn(), bob.cli.Store.LID.ToNonAD()} { // by number and by hidden id
		text := "hello by " + to.Server
		id := ada.send(to, text)
		m := bob.awaitText(text)
		if m.Info.PushName != "Ada" || m.Info.Sender.Server != to.Server || m.Info.SenderAlt.IsEmpty() {
			t.Errorf("arrived from %s, also known as %s, name %q", m.Info.Sender, m.Info.SenderAlt, m.Info.PushName)
		}
		ada.awaitReceipt(id, types.ReceiptTypeDelivered, types.ReceiptTypeInactive)
		if err := bob.cli.MarkRead(t.Context(), []string{id}, time.Now(), m.Info.Chat, m.Info.Sender); err != nil {
			t.Fatal(err)
		}
		ada.awaitReceipt(id, types.ReceiptTypeRead)
		back := "back by " + to.Server
		bob.send(m.Info.Chat, back)
		ada.awaitText(back)
	}
	if err := ada.cli.SendChatPresence(t.Context(), bob.pn(), types.ChatPresenceComposing, ""); err != nil {
		t.Fatal(err)
	}
	await(bob, "typing", func(p *events.ChatPresence) bool { return p.State == types.ChatPresenceComposing })
	if err := bob.cli.SubscribePresence(t.Context(), ada.pn()); err != nil {
		t.Fatal(err)
	}
	await(bob, "presence", func(p *events.Presence) bool { return !p.Unavailable })
	found, err := ada.cli.IsOnWhatsApp(t.Context(), []string{"+4915510000012", "+4915510000099"})
	if err != nil || len(found) != 2 || !found[0].IsIn || found[0].JID != bob.pn() || found[1].IsIn {
		t.Errorf("looked up %+v, %v", found, err)
	}
}

func TestWhatsmeowGetsItsMailInOrderAfterAGatewayRestart(t *testing.T) {
	const many = 40
	w := start(t, gateway.Limits{})
	ada, bob := w.pair("+4915510000011", "Ada"), w.pair("+4915510000012", "Bob")
	bob.cli.Disconnect()
	for i := range many {
		ada.send(bob.pn(), fmt.Sprint("text ", i))
	}
	ada.cli.Disconnect()
	w.restart()
	bob.open()
	if err := bob.cli.Connect(); err != nil {
		t.Fatal(err)
	}
	for i := range many {
		m := await(bob, "mail", func(*events.Message) bool { return true })
		if got := m.Message.GetConversation(); got != fmt.Sprint("text ", i) {
			t.Fatalf("message %d is %q", i, got)
		}
	}
	await(bob, "the end of the backlog", func(e *events.OfflineSyncCompleted) bool { return e.Count >= many })
	// Receipts waited for the sender, too.
	ada.open()
	ada.connect()
	await(ada, "the last receipt", func(r *events.Receipt) bool { return r.Sender.User == bob.pn().User })
}

func TestAllDevicesOfAnAccountSeeItsMessages(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada, bob := w.pair("+4915510000011", "Ada"), w.pair("+4915510000012", "Bob")
	ada.send(bob.pn(), "one")
	m := bob.awaitText("one")
	bob.send(m.Info.Chat, "two") // bob's list of ada's devices is cached now
	ada.awaitText("two")

	ada2 := w.pair("+4915510000011", "Ada")
	bob.send(m.Info.Chat, "three")
	ada.awaitText("three")
	ada2.awaitText("three")
	ada.send(bob.pn(), "four")
	if m := ada2.awaitText("four"); !m.Info.IsFromMe || m.Info.Chat != bob.pn() {
		t.Errorf("the copy is of chat %s, from me: %v", m.Info.Chat, m.Info.IsFromMe)
	}
	id := bob.send(m.Info.Chat, "five")
	five := ada2.awaitText("five")
	if err := ada2.cli.MarkRead(t.Context(), []string{id}, time.Now(), five.Info.Chat, five.Info.Sender); err != nil {
		t.Fatal(err)
	}
	ada.awaitReceipt(id, types.ReceiptTypeReadSelf)

	if err := ada2.cli.Logout(t.Context()); err != nil {
		t.Errorf("logout: %v", err)
	}
	if err := w.gw.Sandbox().Unlink(t.Context(), "+4915510000011", 1); err != nil {
		t.Fatal(err)
	}
	await(ada, "the logout", func(e *events.LoggedOut) bool { return !e.OnConnect })
	phone, err := w.gw.Sandbox().Phone(t.Context(), "+4915510000011")
	if err != nil || !slices.Equal(phone.Devices, []uint16{0}) {
		t.Errorf("left are %v, %v", phone.Devices, err)
	}
}

func TestADeletedPhoneLogsItsCompanionsOut(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada := w.pair("+4915510000011", "Ada")
	bob := w.pair("+4915510000011", "Ada")
	bob.cli.Disconnect()
	if err := w.gw.Sandbox().DeletePhone(t.Context(), "+4915510000011"); err != nil {
		t.Fatal(err)
	}
	await(ada, "the logout", func(e *events.LoggedOut) bool { return !e.OnConnect })
	bob.open()
	if err := bob.cli.Connect(); err != nil {
		t.Fatal(err)
	}
	await(bob, "the refused login", func(e *events.LoggedOut) bool { return e.OnConnect })
}

func TestAScanOfTheWrongCodeCostsNothing(t *testing.T) {
	w := start(t, gateway.Limits{})
	ctx := t.Context()
	box := w.gw.Sandbox()
	if _, err := box.NewPhone(ctx, "+4915510000011", "Ada", true); err != nil {
		t.Fatal(err)
	}
	x, y := w.whatsmeow(), w.whatsmeow()
	mine, other := x.qr(), y.qr()
	ref, _, _ := strings.Cut(other, ",")
	_, keys, _ := strings.Cut(mine, ",")
	for _, bad := range []string{ref + "," + keys, "2@nobody," + keys} {
		if _, err := box.Scan(ctx, "+4915510000011", bad); !errors.Is(err, sandbox.ErrUnknownQR) {
			t.Errorf("scanned with %v", err)
		}
	}
	newer := "https://wa.me/settings/linked_devices#" + mine + ",9"
	if _, err := box.Scan(ctx, "+4915510000011", newer); err != nil {
		t.Fatal(err)
	}
	await(x, "the connection", func(*events.Connected) bool { return true })
	if _, err := box.Scan(ctx, "+4915510000011", mine); !errors.Is(err, sandbox.ErrUnknownQR) {
		t.Errorf("the used code was scanned with %v", err)
	}
	y.cli.Disconnect()
}

func TestAMessageThatCannotBeReadIsSentAgain(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada, bob := w.pair("+4915510000011", "Ada"), w.pair("+4915510000012", "Bob")
	ada.send(bob.pn(), "one")
	m := bob.awaitText("one")
	bob.send(m.Info.Chat, "two") // from now on ada sends without prekeys
	ada.awaitText("two")
	for _, who := range []types.JID{ada.pn(), ada.cli.Store.LID} { // bob is reinstalled, so to say
		if err := bob.cli.Store.Sessions.DeleteAllSessions(t.Context(), who.SignalAddressUser()); err != nil {
			t.Fatal(err)
		}
	}
	ada.send(bob.pn(), "three")
	await(bob, "the unreadable message", func(*events.UndecryptableMessage) bool { return true })
	bob.awaitText("three")
}

func TestAWhatsmeowConnectionIsReplaced(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada := w.pair("+4915510000011", "Ada")
	older := &wa{w: w, cli: ada.cli, events: ada.events}
	ada.open()
	ada.connect()
	await(older, "the replacement", func(*events.StreamReplaced) bool { return true })
}

// signalUser is a third-party user with Signal sessions of its own.
type signalUser struct {
	*user
	device *store.Device
}

func (w *world) signalUser(sub string) *signalUser {
	w.t.Helper()
	u := w.enlist(sub)
	box, err := wastore.Open(w.t.Context(), wastore.NewMemory(), "tp.", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := box.Device(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	d.ID = &types.JID{User: u.jid.User, Server: types.InteropServer}
	if err := d.Save(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	u.prekeys = 0
	s := &signalUser{u, d}
	u.connect()
	one, err := d.PreKeys.GenOnePreKey(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	got := u.iq("encrypt", "set",
		wire.Bytes("registration", nil, []byte{byte(d.RegistrationID >> 24), byte(d.RegistrationID >> 16), byte(d.RegistrationID >> 8), byte(d.RegistrationID)}),
		wire.Bytes("type", nil, []byte{5}), wire.Bytes("identity", nil, d.IdentityKey.Pub[:]),
		wire.N("list", nil, wire.N("key", nil, wire.Bytes("id", nil, id24(one.KeyID)), wire.Bytes("value", nil, one.Pub[:]))),
		wire.N("skey", nil, wire.Bytes("id", nil, id24(d.SignedPreKey.KeyID)), wire.Bytes("value", nil, d.SignedPreKey.Pub[:]),
			wire.Bytes("signature", nil, d.SignedPreKey.Signature[:])))
	if got.Attr("type") != "result" {
		w.t.Fatalf("upload answered with %s", got)
	}
	return s
}

func (s *signalUser) cipher(dev wire.JID) (*session.Builder, *session.Cipher) {
	addr := protocol.NewSignalAddress(dev.User+"_1", uint32(dev.Device))
	b := session.NewBuilderFromSignal(s.device, addr, store.SignalProtobufSerializer)
	return b, session.NewCipher(b, addr)
}

// begin starts a session from a device's bundle.
func (s *signalUser) begin(dev wire.JID) {
	s.w.t.Helper()
	got := s.iq("encrypt", "get", wire.N("key", nil, wire.N("user", []wire.Attr{wire.J("jid", dev)})))
	n, ok := got.Path("list", "user")
	if _, bad := n.Child("error"); !ok || bad {
		s.w.t.Fatalf("no bundle of %s: %s", dev, got)
	}
	key := func(n wire.Node) (uint32, ecc.ECPublicKeyable) {
		id, _ := n.Child("id")
		value, _ := n.Child("value")
		return uint32(id.Data[0])<<16 | uint32(id.Data[1])<<8 | uint32(id.Data[2]), ecc.NewDjbECPublicKey([32]byte(value.Data))
	}
	skey, _ := n.Child("skey")
	signature, _ := skey.Child("signature")
	signedID, signed := key(skey)
	who, _ := n.Child("identity")
	oneID, one := optional.NewEmptyUint32(), ecc.ECPublicKeyable(nil)
	if k, ok := n.Child("key"); ok {
		var id uint32
		id, one = key(k)
		oneID = optional.NewOptionalUint32(id)
	}
	b, _ := s.cipher(dev)
	err := b.ProcessBundle(s.w.t.Context(), prekey.NewBundle(1, uint32(dev.Device), oneID, signedID, one, signed,
		[64]byte(signature.Data), identity.NewKey(ecc.NewDjbECPublicKey([32]byte(who.Data)))))
	if err != nil {
		s.w.t.Fatal(err)
	}
}

func (s *signalUser) write(id, text string, to wire.JID, devices ...wire.JID) {
	s.w.t.Helper()
	plain, err := proto.Marshal(&waE2E.Message{Conversation: proto.String(text)})
	if err != nil {
		s.w.t.Fatal(err)
	}
	plain = append(plain, 1) // padding
	participants := wire.N("participants", nil)
	for _, d := range devices {
		_, c := s.cipher(d)
		m, err := c.Encrypt(s.w.t.Context(), plain)
		if err != nil {
			s.w.t.Fatal(err)
		}
		kind := "msg"
		if m.Type() == protocol.PREKEY_TYPE {
			kind = "pkmsg"
		}
		participants.Children = append(participants.Children, wire.N("to", []wire.Attr{wire.J("jid", d)},
			wire.Bytes("enc", []wire.Attr{wire.A("v", "2"), wire.A("type", kind)}, m.Serialize())))
	}
	got := s.ask(wire.N("message", []wire.Attr{wire.A("id", id), wire.J("to", to), wire.A("type", "text")}, participants))
	if got.Attr("error") != "" {
		s.w.t.Fatalf("ack %s", got)
	}
}

func (s *signalUser) read(n wire.Node) string {
	s.w.t.Helper()
	from, _ := n.JID("from")
	enc, _ := n.Child("enc")
	b, c := s.cipher(from)
	var plain []byte
	var err error
	if enc.Attr("type") == "pkmsg" {
		var m *protocol.PreKeySignalMessage
		if m, err = protocol.NewPreKeySignalMessageFromBytes(enc.Data, store.SignalProtobufSerializer.PreKeySignalMessage, store.SignalProtobufSerializer.SignalMessage); err == nil {
			plain, _, err = c.DecryptMessageReturnKey(s.w.t.Context(), m)
		}
	} else {
		var m *protocol.SignalMessage
		if m, err = protocol.NewSignalMessageFromBytes(enc.Data, store.SignalProtobufSerializer.SignalMessage); err == nil {
			plain, err = c.Decrypt(s.w.t.Context(), m)
		}
	}
	_ = b
	if err != nil {
		s.w.t.Fatal(err)
	}
	plain = plain[:len(plain)-int(plain[len(plain)-1])]
	var m waE2E.Message
	if err := proto.Unmarshal(plain, &m); err != nil {
		s.w.t.Fatal(err)
	}
	return m.GetConversation()
}

func TestAThirdPartyUserAndWhatsmeowTalk(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada := w.pair("+4915510000011", "Ada")
	mo := w.signalUser("mo")
	a, err := w.gw.Directory().PhoneByNumber(t.Context(), "+4915510000011")
	if err != nil {
		t.Fatal(err)
	}
	companion := a.ID.WithDevice(1)
	mo.begin(companion)
	mo.write("M1", "hello from outside", a.ID, companion)
	m := ada.awaitText("hello from outside")
	alias := directory.AliasOf(mo.jid)
	if m.Info.Sender.User != alias.User || m.Info.Sender.Server != types.HiddenUserServer || m.Info.PushName != "mo-name" {
		t.Errorf("arrived from %s, name %q", m.Info.Sender, m.Info.PushName)
	}
	if r := mo.untilTag("receipt"); r.Attr("id") != "M1" || r.Attr("from") != companion.String() {
		t.Errorf("the receipt is %s from %s", r, r.Attr("from"))
	}
	if err := ada.cli.MarkRead(t.Context(), []string{"M1"}, time.Now(), m.Info.Chat, m.Info.Sender); err != nil {
		t.Fatal(err)
	}
	mo.until("the read receipt", func(n wire.Node) bool { return n.Tag == "receipt" && n.Attr("type") == "read" })
	id := ada.send(m.Info.Chat, "hello back") // an unmodified client writes to the alias
	n := mo.untilTag("message")
	if text := mo.read(n); text != "hello back" || n.Attr("from") != companion.String() {
		t.Errorf("%q arrived from %s", text, n.Attr("from"))
	}
	mo.ask(receipt(n, ""))
	ada.awaitReceipt(id, types.ReceiptTypeDelivered)
	if err := ada.cli.SendChatPresence(t.Context(), m.Info.Chat, types.ChatPresenceComposing, ""); err != nil {
		t.Fatal(err)
	}
	mo.untilTag("chatstate")
}

func TestWhatsmeowWritesFirstToAThirdPartyUser(t *testing.T) {
	w := start(t, gateway.Limits{})
	ada := w.pair("+4915510000011", "Ada")
	mo := w.signalUser("mo")
	alias := directory.AliasOf(mo.jid)
	ada.send(types.NewJID(alias.User, types.HiddenUserServer), "first")
	if text := mo.read(mo.untilTag("message")); text != "first" {
		t.Errorf("read %q", text)
	}
}
