package seal

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"google.golang.org/protobuf/proto"

	"ferry/app/internal/store"
	"ferry/app/internal/store/memory"
)

// phone vouches as WhatsApp's do, with whatsmeow's messages.
type phone struct {
	t      testing.TB
	pair   *ecc.ECKeyPair
	secret CompanionSecret
}

func newPhone(t testing.TB) *phone {
	pair, err := newPair(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, pair: pair}
	_, _ = rand.Read(p.secret[:])
	return p
}

func (p *phone) public() []byte {
	b := p.pair.PublicKey().PublicKey()
	return b[:]
}

func (p *phone) marshal(m proto.Message) []byte {
	b, err := proto.Marshal(m)
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// vouch makes the container for a device, after change has had a look.
func (p *phone) vouch(device [32]byte, change func(*waAdv.ADVSignedDeviceIdentity)) []byte {
	details := p.marshal(&waAdv.ADVDeviceIdentity{RawID: proto.Uint32(77), Timestamp: proto.Uint64(1), KeyIndex: proto.Uint32(5)})
	signature := ecc.CalculateSignature(p.pair.PrivateKey(), slices.Concat([]byte{6, 0}, details, device[:]))
	signed := &waAdv.ADVSignedDeviceIdentity{Details: details, AccountSignatureKey: p.public(), AccountSignature: signature[:]}
	if change != nil {
		change(signed)
	}
	inner := p.marshal(signed)
	sum := hmac.New(sha256.New, p.secret[:])
	sum.Write(inner)
	return p.marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: inner, HMAC: sum.Sum(nil)})
}

func newCompanion(t testing.TB) (*Vault, [32]byte) {
	v, err := Open(context.Background(), memory.NewDisk().Open(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.MakeKeys(); err != nil {
		t.Fatal(err)
	}
	public, err := v.Public()
	if err != nil {
		t.Fatal(err)
	}
	return v, public.Identity
}

func TestADeviceSignsWhatItsPhoneHasVouchedFor(t *testing.T) {
	p := newPhone(t)
	v, me := newCompanion(t)
	c, err := v.Vouched(p.vouch(me, nil), p.secret)
	if err != nil {
		t.Fatal(err)
	}
	if c.KeyIndex != 5 || !bytes.Equal(c.Account[:], p.public()) {
		t.Errorf("companion %d of %x", c.KeyIndex, c.Account)
	}
	var answer waAdv.ADVSignedDeviceIdentity
	if err := proto.Unmarshal(c.Answer, &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.AccountSignatureKey) != 0 {
		t.Error("the answer has the account's key in it")
	}
	signed := slices.Concat([]byte{6, 1}, answer.Details, me[:], p.public())
	if !ecc.VerifySignature(ecc.NewDjbECPublicKey(me), signed, [64]byte(answer.DeviceSignature)) {
		t.Error("the device's signature does not fit")
	}
	account, err := CheckIdentity(c.Identity, me)
	if err != nil || !bytes.Equal(account[:], p.public()) {
		t.Errorf("the identity as others check it: %x, %v", account, err)
	}
	other := me
	other[3] ^= 1
	if _, err := CheckIdentity(c.Identity, other); !errors.Is(err, ErrVouch) {
		t.Errorf("of another device: %v", err)
	}
}

func TestWhatNobodyHasVouchedForIsRefused(t *testing.T) {
	p := newPhone(t)
	v, me := newCompanion(t)
	other := me
	other[0] ^= 1
	forged := newPhone(t)
	forged.secret = CompanionSecret{9}
	for name, c := range map[string]struct {
		container []byte
		want      error
	}{
		"another phone's code":        {forged.vouch(me, nil), ErrVouchMAC},
		"another device":              {p.vouch(other, nil), ErrVouch},
		"a broken account signature":  {p.vouch(me, func(m *waAdv.ADVSignedDeviceIdentity) { m.AccountSignature[4] ^= 1 }), ErrVouch},
		"a short account signature":   {p.vouch(me, func(m *waAdv.ADVSignedDeviceIdentity) { m.AccountSignature = m.AccountSignature[1:] }), ErrVouch},
		"another account's key":       {p.vouch(me, func(m *waAdv.ADVSignedDeviceIdentity) { m.AccountSignatureKey = forged.public() }), ErrVouch},
		"no account's key":            {p.vouch(me, func(m *waAdv.ADVSignedDeviceIdentity) { m.AccountSignatureKey = nil }), ErrVouch},
		"other details":               {p.vouch(me, func(m *waAdv.ADVSignedDeviceIdentity) { m.Details = append(m.Details, 0x28, 1) }), ErrVouch},
		"nothing":                     {nil, ErrVouch},
		"noise":                       {[]byte{0xff, 0xff, 0xff}, ErrVouch},
		"far too much":                {make([]byte, maxVouch+1), ErrVouch},
		"a container without details": {p.marshal(&waAdv.ADVSignedDeviceIdentityHMAC{HMAC: make([]byte, 32)}), ErrVouch},
	} {
		if _, err := v.Vouched(c.container, p.secret); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADeviceThatDropsItsKeysIsANewOne(t *testing.T) {
	ctx := context.Background()
	s := memory.NewDisk().Open()
	v, err := Open(ctx, s, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	commit := func() {
		var b store.Batch
		v.Stage(&b)
		if err := s.Commit(ctx, &b); err != nil {
			t.Fatal(err)
		}
		v.Settle()
	}
	if err := v.MakeKeys(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.PreKeys(ctx, 3); err != nil {
		t.Fatal(err)
	}
	before, _ := v.Public()
	commit()
	if _, err := v.PreKeys(ctx, 5); err != nil { // two of them staged only
		t.Fatal(err)
	}
	if err := v.DropKeys(ctx); err != nil {
		t.Fatal(err)
	}
	commit()
	if v.HasKeys() {
		t.Error("there are keys still")
	}
	for _, table := range []store.Table{store.PreKeys, store.Sessions, store.Identity} {
		if rs, err := s.List(ctx, table, store.Range{}); err != nil || len(rs) != 0 {
			t.Errorf("%v has %d records, %v", table, len(rs), err)
		}
	}
	if err := v.MakeKeys(); err != nil {
		t.Fatal(err)
	}
	if after, _ := v.Public(); after.Identity == before.Identity || after.Signed.Public == before.Signed.Public {
		t.Error("the keys are the old ones")
	}
}

func TestTheSecretOfTheCodeDoesNotPrintItself(t *testing.T) {
	secret := CompanionSecret{0xab, 0xcd, 0xef}
	for _, s := range []string{fmt.Sprint(secret), fmt.Sprintf("%+v %#v", secret, secret), fmt.Sprintf("%v", struct{ S CompanionSecret }{secret})} {
		if strings.Contains(s, "171") || strings.Contains(s, "abcd") || strings.Contains(s, "0xab") {
			t.Errorf("printed: %s", s)
		}
	}
}

func FuzzCheckIdentity(f *testing.F) {
	p := newPhone(f)
	v, me := newCompanion(f)
	c, err := v.Vouched(p.vouch(me, nil), p.secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Identity)
	f.Add(p.vouch(me, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = CheckIdentity(b, me)
		_, _ = v.Vouched(b, p.secret)
	})
}
