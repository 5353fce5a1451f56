package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// arrival is a message that came in, from one device.
type arrival struct {
	node wire.Node
	from wire.JID // the device
	id   string
	chat model.ChatID
	own  bool // a copy from another device of this user
	at   time.Time
	seen inboxRow
	was  bool // seen before, as seen says
	asks bool // the sender of a request
}

// inboxRow remembers an incoming message by its device and id.
type inboxRow struct {
	order   uint64 // its place in the thread; 0 if there was nothing to show
	waiting bool   // it did not decrypt, and the peer was asked for it again
	tries   uint8  // how often
}

func (r inboxRow) marshal() []byte {
	flag := byte(0)
	if r.waiting {
		flag = 1
	}
	return append(binary.BigEndian.AppendUint64(nil, r.order), flag, r.tries)
}

func parseInbox(b []byte) (inboxRow, error) {
	if len(b) != 10 {
		return inboxRow{}, fmt.Errorf("inbox row: %w", store.ErrTampered)
	}
	return inboxRow{order: binary.BigEndian.Uint64(b), waiting: b[8] == 1, tries: b[9]}, nil
}

func (a *arrival) inboxKey() string { return a.from.String() + "/" + a.id }

func (t *turn) putInbox(a *arrival) { t.put(store.Inbox, a.inboxKey(), a.seen.marshal()) }

// Nacks that drop a message from the mailbox without a receipt (whatsmeow
// receipt.go): it cannot be read, and will not be readable later.
const (
	nackParse     = "487"
	nackProtobuf  = "491"
	nackUnhandled = "488"
)

func (t *turn) nack(n wire.Node, code string) {
	t.send(ackOf(n).With(wire.A("error", code)))
}

// receive takes in a message. All of it, ratchet, thread, chat and the receipt
// owed, goes into the batch of this turn; the receipt leaves after the commit,
// and only then may the gateway forget the message.
func (e *Engine) receive(t *turn, n wire.Node) error {
	a, ok := e.arrival(n)
	if !ok {
		if _, hasFrom := n.JID("from"); hasFrom && validID(n.Attr("id")) {
			t.nack(n, nackUnhandled)
		}
		return nil
	}
	if !a.own && e.shut(a.chat) { // kept nowhere, and its sender learns nothing
		t.send(ackOf(n))
		return nil
	}
	var err error
	if a.asks, err = e.asks(t, a); err != nil {
		return err
	}
	b, err := t.get(store.Inbox, a.inboxKey())
	if err != nil {
		return err
	}
	if b != nil {
		a.was = true
		if a.seen, err = parseInbox(b); err != nil {
			return err
		}
		if !a.seen.waiting { // delivered twice: acknowledged twice, shown once
			return e.takenIn(t, a)
		}
	}
	enc, ok := encOf(n)
	if !ok {
		return e.unsupported(t, a)
	}
	account, fine := e.voucherOf(a, enc)
	if !fine {
		t.nack(n, nackUnhandled)
		return nil
	}
	opened, err := e.vault.Decrypt(e.ctx, addressOf(a.from), seal.Kind(enc.Attr("type")), enc.Data)
	switch {
	case err == nil:
		if err := e.accountSeen(t, a, account); err != nil {
			return err
		}
	case errors.Is(err, seal.ErrOld), errors.Is(err, seal.ErrMalformed), errors.Is(err, seal.ErrLostKey), errors.Is(err, seal.ErrNotOurs):
		return e.undecryptable(t, a, err)
	default:
		return err
	}
	return e.open(t, a, opened)
}

// arrival reads who a message is from and which chat it belongs to.
func (e *Engine) arrival(n wire.Node) (*arrival, bool) {
	from, ok := n.JID("from")
	id := n.Attr("id")
	if !ok || !isPerson(from) || !validID(id) {
		return nil, false
	}
	a := &arrival{node: n, from: from, id: id, chat: chatOf(from), at: e.cfg.Now().UTC()}
	if at, ok := n.Uint("t"); ok && at < 1<<40 {
		a.at = time.Unix(int64(at), 0).UTC()
	}
	if from.SameUser(e.self.Address) {
		recipient, ok := n.JID("recipient")
		if !ok || !isPerson(recipient) {
			return nil, false
		}
		a.own, a.chat = true, chatOf(recipient)
	}
	_, ok = peerOf(a.chat)
	return a, ok
}

// encOf finds the one ciphertext of a direct message.
func encOf(n wire.Node) (wire.Node, bool) {
	for _, c := range n.Children {
		if c.Tag == "enc" && (c.Attr("type") == string(seal.FirstKind) || c.Attr("type") == string(seal.LaterKind)) {
			return c, true
		}
	}
	return wire.Node{}, false
}

// open reads what was decrypted. That it decrypted is not undone by what it
// says: its keys are spent.
func (e *Engine) open(t *turn, a *arrival, opened seal.Opened) error {
	if opened.NewIdentity {
		e.log.Info("a peer's device has a new identity")
	}
	if err := e.keySeen(t, a.from, opened.NewIdentity); err != nil {
		return err
	}
	var m content.Message
	inner, err := content.Unpad(opened.Padded)
	if err == nil {
		m, err = content.Parse(inner)
	}
	if err != nil {
		m = content.Message{Kind: content.KindUnknown}
	}
	if a.own != (m.SentTo != "") && m.Kind != content.KindControl && m.Kind != content.KindUnknown {
		// Only own devices may say what this user sent, and they say nothing else.
		m = content.Message{Kind: content.KindControl}
	}
	a.seen.waiting = false
	if err := e.takenIn(t, a); err != nil {
		return err
	}
	if a.own && m.Kind != content.KindControl { // written on another device
		if chat, ok, err := t.chat(a.chat); err != nil {
			return err
		} else if ok && chat.Request {
			if err := e.welcome(t, chat, false); err != nil {
				return err
			}
		}
	}
	switch m.Kind {
	case content.KindControl:
		return e.nothingToShow(t, a)
	case content.KindReaction, content.KindEdit, content.KindRevoke:
		return e.operated(t, a, m)
	}
	return e.show(t, a, m)
}

// nothingToShow remembers a message without an entry; a placeholder that stood
// for it goes.
func (e *Engine) nothingToShow(t *turn, a *arrival) error {
	if a.was && a.seen.order != 0 {
		row, ok, err := t.message(a.chat, a.seen.order)
		if err != nil {
			return err
		}
		if ok {
			if err := e.dropMessage(t, row); err != nil {
				return err
			}
		}
	}
	t.putInbox(a)
	return nil
}

// show puts a message into its thread, or into the placeholder's place.
func (e *Engine) show(t *turn, a *arrival, m content.Message) error {
	row := messageRow{From: a.from, Message: model.Message{
		ID: model.MessageID(a.id), Chat: a.chat, FromMe: a.own, At: a.at, State: model.Received,
		Kind: kindOf(m.Kind), Text: m.Text, Mentions: m.Mentions, Forwarded: m.Forwarded, Cards: m.Cards, Place: m.Place,
	}}
	if a.own {
		row.State = model.Sent
	}
	var err error
	if row.Reply, err = e.quoteIn(t, a.chat, m.Quote); err != nil {
		return err
	}
	if err := e.attach(t, &row, m); err != nil {
		return err
	}
	return e.place(t, a, row)
}

// place gives an entry its place: that of its placeholder, or a new one.
func (e *Engine) place(t *turn, a *arrival, row messageRow) error {
	if a.was && a.seen.order != 0 {
		row.Order = a.seen.order
		t.putInbox(a)
		known, ok, err := t.message(a.chat, row.Order)
		if err != nil || !ok {
			return err // deleted meanwhile
		}
		if known.Kind == model.KindDeleted { // taken back before it could be read
			return nil
		}
		if rank(known.State) > rank(row.State) { // of a copy: receipts came before what it says
			row.State = known.State
		}
		return e.placed(t, row)
	}
	if a.own {
		if _, ok, err := t.ownMessage(a.chat, row.ID); err != nil || ok {
			t.putInbox(a)
			return err
		}
	}
	chat, err := e.welcomed(t, a)
	if err != nil {
		return err
	}
	if row, err = t.addMessage(chat, row); err != nil {
		return err
	}
	a.seen.order = row.Order
	t.putInbox(a)
	if row.Failure == model.CannotDecrypt {
		return nil
	}
	return e.placed(t, row)
}

// placed does what is due once a message can be read: what waited for it.
func (e *Engine) placed(t *turn, row messageRow) error {
	row, err := e.fileArrived(t, row)
	if err != nil {
		return err
	}
	if err := t.putMessage(row); err != nil {
		return err
	}
	return e.applyHeld(t, row)
}

// contactOf is what a message tells about its sender.
func contactOf(a *arrival) model.Contact {
	if a.own {
		return model.Contact{}
	}
	c := model.Contact{Name: a.node.Attr("notify")}
	if a.from.Server == wire.ServerInterop {
		c.Provider = int(a.from.Integrator)
		return c
	}
	if pn, ok := a.node.JID("sender_pn"); ok && pn.Server == wire.ServerUser {
		if phone, ok := normalPhone("+" + pn.User); ok {
			c.Phone = phone
		}
	}
	return c
}

// unsupported shows that something came which is not encrypted as it should be.
func (e *Engine) unsupported(t *turn, a *arrival) error {
	if _, ok := a.node.Child("enc"); !ok { // nothing inside: what the sender could not send
		t.nack(a.node, nackParse)
		return nil
	}
	t.nack(a.node, nackUnhandled)
	if a.was {
		return nil
	}
	return e.show(t, a, content.Message{Kind: content.KindUnknown})
}

// oweReceipt owes the delivery receipt, which is also what lets the gateway
// forget the message.
func (e *Engine) oweReceipt(t *turn, a *arrival) {
	attrs := []wire.Attr{wire.A("id", a.id), wire.J("to", a.from)}
	if a.own {
		recipient, _ := a.node.JID("recipient")
		attrs = append(attrs, wire.A("type", "sender"), wire.J("recipient", recipient))
	}
	t.owe(wire.N("receipt", attrs))
}
