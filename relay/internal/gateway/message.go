package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/mailbox"
	"ferry/relay/wire"

	"golang.org/x/sync/errgroup"
)

// maxID bounds a message id, in bytes. Clients use some 20.
const maxID = 128

// Errors of a message's ack that are not about the receiver.
const (
	ackMalformed = "479"
	ackFull      = "503" // no device of the receiver can take more
)

// outgoing is a message on its way from one account to another, or to itself.
type outgoing struct {
	n      wire.Node
	id     string
	to     wire.JID // as the sender wrote it
	from   wire.JID // the sending device
	me     directory.Account
	target directory.Account
	t      string // acceptance, Unix seconds
	print  string // tells this message from others of the sender
	again  uint64 // names the request of a device to have it again; 0 if none has
	// swallowed: the receiver has blocked the sender, who is not to notice. The
	// sender's other devices get their copies, the receiver's get none.
	swallowed bool
}

// envelope is one device's copy.
type envelope struct {
	dev wire.JID // canonical
	to  wire.JID // as the sender wrote it
	enc wire.Node
}

// handleMessage stores a message for each device that the sender has encrypted
// it for, and only then acks it. A message that was acked before is acked again.
func (c *conn) handleMessage(ctx context.Context, n wire.Node) error {
	m := &outgoing{n: n, id: n.Attr("id"), from: c.dev, t: unix(c.gw.now())}
	var ok bool
	if m.to, ok = n.JID("to"); !ok || m.id == "" || len(m.id) > maxID || !sorted(n) {
		return c.send(ackMessage(m, wire.A("error", ackMalformed)))
	}
	chat, err := c.gw.chat(ctx, m.to)
	if err != nil {
		return err
	}
	m.print = fingerprint(n, chat)
	if t, err := c.gw.accepted(ctx, m); err != nil {
		return err
	} else if t != "" {
		m.t = t
		refused, err := c.repeat(ctx, m)
		if err != nil {
			return err
		}
		return c.send(ackMessage(m, refused...))
	}
	envelopes, refused, err := c.address(ctx, m)
	if err == nil && refused == nil {
		refused, err = c.begins(ctx, m, envelopes)
	}
	if err == nil && refused == nil {
		refused, err = c.gw.post(ctx, m, envelopes)
	}
	if err != nil {
		return err
	}
	if refused != nil {
		return c.send(ackMessage(m, refused...))
	}
	if err := c.gw.accept(ctx, m); err != nil {
		return err
	}
	return c.send(ackMessage(m, wire.A("phash", m.missed(envelopes))))
}

func ackMessage(m *outgoing, more ...wire.Attr) wire.Node {
	attrs := []wire.Attr{wire.A("class", "message"), wire.A("id", m.id)}
	for _, a := range attrsOf(m.n, "to") {
		a.Key = "from"
		attrs = append(attrs, a)
	}
	return wire.N("ack", append(append(attrs, wire.A("t", m.t)), more...))
}

// fingerprint tells messages of one sender apart; chat is whom it is for, in one
// form whatever the sender calls them. A message sent to all is the one with its id
// in that chat, whatever the sender has encrypted the second time; one that is sent
// again to a single device, because it could not read it, is another.
func fingerprint(n wire.Node, chat wire.JID) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d:%s%s", len(n.Attr("id")), n.Attr("id"), chat.Bare())
	for _, enc := range n.ChildrenOf("enc") {
		fmt.Fprintf(h, "|%s|%s|%x", n.Attr("to"), enc.Attr("count"), sha256.Sum256(enc.Data))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// fingerprintOfAll is the fingerprint of the message to all with that id.
func fingerprintOfAll(id string, chat wire.JID) string {
	return fingerprint(wire.N("message", []wire.Attr{wire.A("id", id)}), chat)
}

// chat is one form for all that an account may be called. Nobody has a number that
// is not known: it stays what it is.
func (g *Gateway) chat(ctx context.Context, to wire.JID) (wire.JID, error) {
	id, err := g.dir.Canonical(ctx, to)
	if errors.Is(err, directory.ErrNotFound) {
		id, err = to, nil
	}
	return id.Bare(), err
}

// fanned says that a message is for all devices. One that is sent again to a
// single device has its ciphertext directly inside; Baileys then adds a list of
// participants as well, with one more ciphertext for the same device.
func (m *outgoing) fanned() bool {
	_, direct := m.n.Child("enc")
	return !direct
}

func (m *outgoing) seenKey() string {
	return strings.TrimPrefix(subject(m.from), "gw.dev.") + "." + m.print
}

// accepted returns when a message was accepted, "" if it was not.
func (g *Gateway) accepted(ctx context.Context, m *outgoing) (t string, err error) {
	e, err := g.seen.Get(ctx, m.seenKey())
	if errors.Is(err, bus.ErrNotFound) {
		return "", nil
	}
	return string(e.Value), err
}

func (g *Gateway) accept(ctx context.Context, m *outgoing) error {
	if _, err := g.seen.Put(ctx, m.seenKey(), []byte(m.t)); err != nil {
		return fmt.Errorf("accept a message: %w", err)
	}
	return nil
}

// address finds out who gets a copy. Copies for devices that are gone, or of
// third parties, are left out.
func (c *conn) address(ctx context.Context, m *outgoing) (all []envelope, refused denial, err error) {
	if m.me, err = c.own(ctx); err != nil {
		return nil, nil, err
	}
	var a answer
	if m.target, a, err = c.target(ctx, &m.me, m.to, actOf(m.n)); err != nil || a.denial != nil {
		return nil, a.denial, err
	}
	m.swallowed = a.verdict == consent.Swallow
	if enc, direct := m.n.Child("enc"); direct { // to one device: sent again, or between own devices
		if !readable(enc) {
			return nil, deny(ackMalformed), nil
		}
		if _, ok := m.target.Device(m.to.Device); !ok {
			return nil, nil, nil // gone since: nobody is left to read it
		}
		return []envelope{{m.target.ID.WithDevice(m.to.Device), m.to, enc}}, nil, nil
	}
	participants, ok := m.n.Child("participants")
	if !ok || len(participants.Children) > c.gw.limits.Recipients {
		return nil, deny(ackMalformed), nil
	}
	given, reached := make(map[wire.JID]bool), m.me.ID == m.target.ID
	for _, x := range participants.ChildrenOf("to") {
		e, ok, err := c.envelope(ctx, m, x)
		if err != nil {
			return nil, nil, err
		}
		if ok && !given[e.dev] && e.dev != c.dev {
			given[e.dev] = true
			all = append(all, e)
			reached = reached || e.dev.Bare() == m.target.ID
		}
	}
	if !reached { // acked, it would be lost: nobody could ever read it
		if m.swallowed {
			return nil, deny(wire.AckNoDevice), nil
		}
		// The sender's list is out of date, and news of devices goes to those who met.
		return nil, deny(wire.AckNoDevice), c.gw.dir.Met(ctx, m.me.ID, m.target.ID)
	}
	return all, nil, nil
}

func (c *conn) envelope(ctx context.Context, m *outgoing, x wire.Node) (envelope, bool, error) {
	to, ok := x.JID("jid")
	enc, has := x.Child("enc")
	if !ok || !has || !readable(enc) {
		return envelope{}, false, nil
	}
	dev, err := c.gw.dir.Canonical(ctx, to)
	if errors.Is(err, directory.ErrNotFound) {
		return envelope{}, false, nil
	}
	if err != nil {
		return envelope{}, false, err
	}
	for _, a := range []*directory.Account{&m.target, &m.me} {
		if dev.Bare() == a.ID {
			_, ok := a.Device(dev.Device)
			return envelope{dev, to, enc}, ok, nil
		}
	}
	return envelope{}, false, nil
}

// readable says whether enc is of a kind that one device can read alone.
func readable(enc wire.Node) bool {
	kind := enc.Attr("type")
	return (kind == "msg" || kind == "pkmsg") && len(enc.Data) > 0
}

// messageType and editKind are the forms of the attributes that tell a receiver,
// and the gateway, what sort of message it is. New sorts come up all the time
// (whatsmeow getTypeFromMessage and types.EditAttribute): they pass, if short.
var (
	messageType = regexp.MustCompile(`^[a-z_]{0,24}$`)
	editKind    = regexp.MustCompile(`^[0-9]{0,2}$`)
)

// sorted says whether a message names its sort in that form.
func sorted(n wire.Node) bool {
	return messageType.MatchString(n.Attr("type")) && editKind.MatchString(n.Attr("edit"))
}

// maxHint bounds each attribute of a ciphertext, in bytes.
const maxHint = 32

// passed is the ciphertext with what a receiver has a use for: how to decrypt it,
// of what kind it is, and whether to show that it could not be decrypted.
func passed(enc wire.Node) wire.Node {
	out := wire.Bytes("enc", nil, enc.Data)
	for _, key := range []string{"v", "type", "mediatype", "decrypt-fail", "count"} {
		if text := enc.Attr(key); text != "" && len(text) <= maxHint {
			out.Attrs = append(out.Attrs, wire.A(key, text))
		}
	}
	return out
}

// post stores all copies. It is refused if there are some for the receiver and
// no mailbox had room; one full mailbox among others does not stop a message.
func (g *Gateway) post(ctx context.Context, m *outgoing, all []envelope) (refused denial, err error) {
	if m.me.ID != m.target.ID && !m.swallowed {
		if err := g.dir.Met(ctx, m.me.ID, m.target.ID); err != nil {
			return nil, err
		}
	}
	dedup := "m." + m.seenKey()
	if m.again != 0 {
		dedup += ".again." + number(m.again)
	}
	var stored, full atomic.Int32
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, e := range all {
		account := m.owner(e)
		if d, _ := account.Device(e.dev.Device); !d.HasClient() {
			continue // a phone without a client: nobody would ever fetch it
		}
		if m.swallowed && account != &m.me {
			continue
		}
		group.Go(func() error {
			err := g.put(ctx, e.dev, mailbox.Message, m.render(e), dedup)
			if errors.Is(err, mailbox.ErrFull) {
				full.Add(1)
				g.log.Warn("mailbox full, message not stored for this device")
				return nil
			}
			stored.Add(1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if full.Load() > 0 && stored.Load() == 0 {
		return deny(ackFull), nil
	}
	return nil, nil
}

// put stores a stanza for one device. dedup names the delivery for all devices.
func (g *Gateway) put(ctx context.Context, dev wire.JID, kind mailbox.Kind, n wire.Node, dedup string) error {
	raw, err := wire.Marshal(n)
	if err != nil {
		return fmt.Errorf("marshal for a mailbox: %w", err)
	}
	if dedup != "" {
		dedup += ">" + subject(dev)
	}
	return g.boxes.Put(ctx, dev, kind, raw, dedup)
}

// owner is the account that an envelope goes to.
func (m *outgoing) owner(e envelope) *directory.Account {
	if e.dev.Bare() == m.me.ID {
		return &m.me
	}
	return &m.target
}

// nameFor is what an account is called towards others: a WhatsApp user's name is
// not told to other apps.
func nameFor(a *directory.Account, viewer directory.Kind) string {
	if a.Kind == directory.WhatsApp && viewer == directory.ThirdParty {
		return ""
	}
	return a.Name
}

// render is the message as one device gets it.
func (m *outgoing) render(e envelope) wire.Node {
	owner := m.owner(e)
	from := shown(&m.me, owner.Kind, e.to.Server).WithDevice(m.from.Device)
	peer := m.n.Attr("category") == "peer" && owner == &m.me
	if peer {
		from = from.Bare()
	}
	attrs := []wire.Attr{
		wire.J("from", from), wire.A("id", m.id), wire.A("t", m.t),
		wire.A("type", or(m.n.Attr("type"), "text")), wire.A("notify", nameFor(&m.me, owner.Kind)), wire.A("edit", m.n.Attr("edit")),
	}
	switch {
	case peer:
		attrs = append(attrs, wire.A("category", "peer"))
	case m.target.ID == m.me.ID && len(attrsOf(m.n, "recipient")) > 0: // a copy that is sent again
		attrs = append(attrs, attrsOf(m.n, "recipient")...)
	case owner == &m.me:
		attrs = append(attrs, wire.J("recipient", m.to.Bare()))
		attrs = append(attrs, other("peer_recipient_", &m.target, m.to.Server)...)
	default:
		attrs = append(attrs, other("sender_", &m.me, from.Server)...)
	}
	children := []wire.Node{passed(e.enc)}
	for _, tag := range []string{"device-identity", "meta"} {
		if x, ok := m.n.Child(tag); ok && (tag == "meta" || e.enc.Attr("type") == "pkmsg") {
			children = append(children, x)
		}
	}
	return wire.N("message", attrs, children...)
}

// other is the attribute with the form of address that was not used.
func other(prefix string, a *directory.Account, used wire.Server) []wire.Attr {
	switch {
	case a.Kind != directory.WhatsApp:
		return nil
	case used == wire.ServerUser:
		return []wire.Attr{wire.J(prefix+"lid", a.ID)}
	}
	return []wire.Attr{wire.J(prefix+"pn", a.PN())}
}

// missed is the hash of the device list that the sender should have encrypted
// for, if it has left somebody out: clients then ask for the list again.
func (m *outgoing) missed(given []envelope) string {
	if !m.fanned() {
		return ""
	}
	has := map[wire.JID]bool{m.from: true}
	for _, e := range given {
		has[e.dev] = true
	}
	var all []wire.JID
	complete := true
	for _, a := range []*directory.Account{&m.target, &m.me} {
		for _, d := range listed(a) {
			dev := a.ID.WithDevice(d.Number)
			complete = complete && has[dev]
			all = append(all, shown(a, m.me.Kind, m.to.Server).WithDevice(d.Number))
		}
		if m.target.ID == m.me.ID {
			break
		}
	}
	if complete {
		return ""
	}
	return listHash(all)
}
