package gateway_test

import (
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/wire"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/util/optional"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

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
