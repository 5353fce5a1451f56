package gateway_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/wire"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

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
