package engine_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"testing"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"google.golang.org/protobuf/proto"

	"ferry/app/internal/content"
	"ferry/app/internal/engine"
	"ferry/app/internal/model"
	"ferry/app/internal/seal"
	"ferry/relay/wire"
)

// phone vouches for devices as WhatsApp's do.
type phone struct{ key *ecc.ECKeyPair }

func newPhone(t *testing.T) phone {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	return phone{ecc.CreateKeyPair(b[:])}
}

// vouch gives what goes along with the first messages of a device.
func (p phone) vouch(t *testing.T, v *seal.Vault) []byte {
	t.Helper()
	marshal := func(m proto.Message) []byte {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	device, err := v.Public()
	if err != nil {
		t.Fatal(err)
	}
	details := marshal(&waAdv.ADVDeviceIdentity{RawID: proto.Uint32(1), Timestamp: proto.Uint64(1), KeyIndex: proto.Uint32(1)})
	public := p.key.PublicKey().PublicKey()
	signature := ecc.CalculateSignature(p.key.PrivateKey(), slices.Concat([]byte{6, 0}, details, device.Identity[:]))
	inner := marshal(&waAdv.ADVSignedDeviceIdentity{Details: details, AccountSignatureKey: public[:], AccountSignature: signature[:]})
	mac := hmac.New(sha256.New, make([]byte, 32))
	mac.Write(inner)
	c, err := v.Vouched(marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: inner, HMAC: mac.Sum(nil)}), seal.CompanionSecret{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Identity
}

// fromCompanion is a message as device 3 of peer sends it.
func fromCompanion(n wire.Node, voucher []byte) wire.Node {
	n.Attrs = slices.Clone(n.Attrs)
	for i, a := range n.Attrs {
		if a.Key == "from" {
			n.Attrs[i] = wire.J("from", peer.WithDevice(3))
		}
	}
	if voucher != nil {
		n.Children = append(slices.Clone(n.Children), wire.Bytes("device-identity", nil, voucher))
	}
	return n
}

func TestADeviceThatItsAccountHasNotVouchedForIsNotHeard(t *testing.T) {
	e, _, keys := loneWithKeys(t)
	p, v := newPhone(t), stranger(t, keys)
	good := p.vouch(t, v)
	text, err := content.Encode(content.Message{Kind: content.KindText, Text: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	broken := slices.Clone(good)
	broken[len(broken)-5] ^= 1
	for name, voucher := range map[string][]byte{
		"nothing": nil, "noise": {1, 2, 3}, "a broken signature": broken, "another device's": p.vouch(t, stranger(t, keys)),
	} {
		feed(t, e, fromCompanion(says(t, v, name, text), voucher))
		if all := threadOf(t, e); len(all) != 0 {
			t.Fatalf("vouched for with %s: %+v", name, all)
		}
	}
	feed(t, e, fromCompanion(says(t, v, "good", text), good))
	if all := threadOf(t, e); len(all) != 1 || all[0].Text != "hi" {
		t.Errorf("vouched for: %+v", all)
	}
}

func TestAnAccountWithAnotherKeyIsNoticed(t *testing.T) {
	e, _, keys := loneWithKeys(t)
	v := stranger(t, keys)
	say := func(p phone, id string) {
		t.Helper()
		plain, err := content.Encode(content.Message{Kind: content.KindText, Text: id})
		if err != nil {
			t.Fatal(err)
		}
		feed(t, e, fromCompanion(says(t, v, id, plain), p.vouch(t, v)))
	}
	first := newPhone(t)
	say(first, "one")
	say(first, "two")
	if n := changedKeys(t, e); n != 0 {
		t.Errorf("%d notices before the key changes", n)
	}
	say(newPhone(t), "three")
	if n := changedKeys(t, e); n != 1 {
		t.Errorf("%d notices of another key", n)
	}
}

func changedKeys(t *testing.T, e *engine.Engine) (n int) {
	for _, m := range threadOf(t, e) {
		if m.Notice == model.NoticeKeyChanged {
			n++
		}
	}
	return n
}
