package adv

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"google.golang.org/protobuf/proto"
)

// companion is the other side of a pairing, written against whatsmeow's generated messages.
type companion struct { // unexported fields, to see that nothing prints through them
	key    AccountKey // any XEdDSA key pair will do
	secret Secret
}

func newCompanion(t testing.TB) companion {
	t.Helper()
	c := companion{key: newKey(t)}
	if _, err := rand.Read(c.secret[:]); err != nil {
		t.Fatal(err)
	}
	return c
}

func newKey(t testing.TB) AccountKey {
	t.Helper()
	k, err := GenerateAccountKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// answer checks the container as whatsmeow does and signs back.
func (c companion) answer(t testing.TB, container []byte) *waAdv.ADVSignedDeviceIdentity {
	t.Helper()
	var outer waAdv.ADVSignedDeviceIdentityHMAC
	var inner waAdv.ADVSignedDeviceIdentity
	if err := errors.Join(proto.Unmarshal(container, &outer), proto.Unmarshal(outer.GetDetails(), &inner)); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, c.secret[:])
	mac.Write(outer.GetDetails())
	if !hmac.Equal(mac.Sum(nil), outer.GetHMAC()) {
		t.Fatal("hmac")
	}
	public := c.key.Public()
	account := [32]byte(inner.AccountSignatureKey)
	message := bytes.Join([][]byte{{6, 0}, inner.Details, public[:]}, nil)
	if !ecc.VerifySignature(ecc.NewDjbECPublicKey(account), message, [64]byte(inner.AccountSignature)) {
		t.Fatal("account signature")
	}
	signature := c.key.Sign(bytes.Join([][]byte{{6, 1}, inner.Details, public[:], account[:]}, nil))
	inner.DeviceSignature = signature[:]
	inner.AccountSignatureKey = nil
	return &inner
}

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCompanionIsPairedAndItsIdentityVerifies(t *testing.T) {
	account, c := newKey(t), newCompanion(t)
	want := Details{RawID: 4000000000, Time: time.Unix(1795000000, 0), KeyIndex: 3}
	p := Vouch(account, want, c.key.Public(), c.secret)
	identity, err := p.Check(3, marshal(t, c.answer(t, p.Container)))
	if err != nil {
		t.Fatal(err)
	}
	got, by, err := Verify(identity, c.key.Public())
	if err != nil || got != want || by != account.Public() {
		t.Errorf("got %+v by %x, %v", got, by, err)
	}
	var m waAdv.ADVSignedDeviceIdentity
	if err := proto.Unmarshal(identity, &m); err != nil || len(m.AccountSignatureKey) != 32 || len(m.DeviceSignature) != 64 {
		t.Errorf("identity as whatsmeow reads it: %v, %v", &m, err)
	}
}

func TestWrongAnswerIsRefused(t *testing.T) {
	account, c := newKey(t), newCompanion(t)
	p := Vouch(account, Details{RawID: 1, Time: time.Unix(1, 0), KeyIndex: 1}, c.key.Public(), c.secret)
	good := c.answer(t, p.Container)
	tests := []struct {
		name   string
		change func(*waAdv.ADVSignedDeviceIdentity)
		index  uint32
		want   error
	}{
		{"another key index", func(*waAdv.ADVSignedDeviceIdentity) {}, 2, ErrDetails},
		{"other details", func(m *waAdv.ADVSignedDeviceIdentity) { m.Details = append(m.Details, 0x28, 1) }, 1, ErrDetails},
		{"another account", func(m *waAdv.ADVSignedDeviceIdentity) { m.AccountSignatureKey = make([]byte, 32) }, 1, ErrDetails},
		{"another account signature", func(m *waAdv.ADVSignedDeviceIdentity) { m.AccountSignature[5] ^= 1 }, 1, ErrDetails},
		{"a broken device signature", func(m *waAdv.ADVSignedDeviceIdentity) { m.DeviceSignature[5] ^= 1 }, 1, ErrDeviceSignature},
		{"a short device signature", func(m *waAdv.ADVSignedDeviceIdentity) { m.DeviceSignature = m.DeviceSignature[1:] }, 1, ErrMalformed},
		{"no device signature", func(m *waAdv.ADVSignedDeviceIdentity) { m.DeviceSignature = nil }, 1, ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := proto.Clone(good).(*waAdv.ADVSignedDeviceIdentity)
			tt.change(m)
			if _, err := p.Check(tt.index, marshal(t, m)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := p.Check(1, make([]byte, maxIdentity+1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("overlong identity: %v", err)
	}
}

func TestIdentityOfAnotherDeviceDoesNotVerify(t *testing.T) {
	account, c := newKey(t), newCompanion(t)
	p := Vouch(account, Details{KeyIndex: 1, Time: time.Unix(1, 0)}, c.key.Public(), c.secret)
	identity, err := p.Check(1, marshal(t, c.answer(t, p.Container)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Verify(identity, newKey(t).Public()); !errors.Is(err, ErrAccountSignature) {
		t.Errorf("got %v", err)
	}
	for name, b := range map[string][]byte{"nothing": nil, "unsigned": p.Container, "cut": identity[:len(identity)-1]} {
		if _, _, err := Verify(b, c.key.Public()); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyIndexListIsSignedByTheAccount(t *testing.T) {
	account := newKey(t)
	var outer waAdv.ADVSignedKeyIndexList
	var list waAdv.ADVKeyIndexList
	raw := KeyIndexList(account, 7, time.Unix(9, 0), 5, []uint32{0, 2, 5})
	if err := errors.Join(proto.Unmarshal(raw, &outer), proto.Unmarshal(outer.GetDetails(), &list)); err != nil {
		t.Fatal(err)
	}
	public := account.Public()
	if list.GetRawID() != 7 || list.GetTimestamp() != 9 || list.GetCurrentIndex() != 5 ||
		fmt.Sprint(list.GetValidIndexes()) != "[0 2 5]" || !bytes.Equal(outer.AccountSignatureKey, public[:]) {
		t.Errorf("list %v", &list)
	}
	if !verified(public, [64]byte(outer.AccountSignature), []byte{6, 2}, outer.Details) {
		t.Error("signature")
	}
}

func qrText(c companion, ref string) string {
	b64, public := base64.StdEncoding.EncodeToString, c.key.Public()
	return strings.Join([]string{ref, b64(make([]byte, 32)), b64(public[:]), b64(c.secret[:])}, ",")
}

func TestBothFormsOfQRTextAreRead(t *testing.T) {
	c := newCompanion(t)
	text := qrText(c, "2@abc==")
	for _, tt := range []struct{ text, client string }{
		{text, ""},
		{"https://wa.me/settings/linked_devices#" + text + ",9", "9"},
		{text + ",e", "e"},
		{" " + text + "\n", ""},
	} {
		q, err := ParseQR(tt.text)
		if err != nil || q.Ref != "2@abc==" || q.Identity != c.key.Public() || q.Secret != c.secret || q.Client != tt.client {
			t.Errorf("%q: %+v, %v", tt.text, q, err)
		}
	}
	for _, bad := range []string{
		"", ",,,", "hello", text + ",9,9", text + ",99", text[1:20], "#", qrText(c, ""), strings.Replace(text, "A", "*", 1),
		"2@a,AA==,AA==,AA==", strings.Repeat("a", maxQR+1),
	} {
		if _, err := ParseQR(bad); !errors.Is(err, ErrQR) {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

func TestSecretsDoNotPrintThemselves(t *testing.T) {
	c := newCompanion(t)
	q := QR{Secret: c.secret}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %s %+v", c.key, c.key, c.key, c.key, c), fmt.Sprintf("%+v %#v %x", q, q, q.Secret)} {
		if strings.Contains(s, fmt.Sprintf("%x", c.secret[:4])) || strings.Contains(s, fmt.Sprint(c.key.private[:4])[1:8]) {
			t.Errorf("printed: %s", s)
		}
	}
}

func FuzzParseQR(f *testing.F) {
	f.Add(qrText(newCompanion(f), "2@abc"))
	f.Add("https://wa.me/settings/linked_devices#" + qrText(newCompanion(f), "x") + ",1")
	f.Fuzz(func(t *testing.T, text string) {
		if q, err := ParseQR(text); err == nil && (q.Ref == "" || strings.Contains(q.Ref, ",")) {
			t.Errorf("accepted %q", text)
		}
	})
}

func FuzzCheck(f *testing.F) {
	account, c := newKey(f), newCompanion(f)
	p := Vouch(account, Details{KeyIndex: 1, Time: time.Unix(1, 0)}, c.key.Public(), c.secret)
	good := marshal(f, c.answer(f, p.Container))
	f.Add(good)
	f.Add(p.Container)
	f.Fuzz(func(t *testing.T, b []byte) {
		if identity, err := p.Check(1, b); err == nil {
			if _, _, err := Verify(identity, c.key.Public()); err != nil {
				t.Errorf("checked, but does not verify: %v", err)
			}
		}
		_, _, _ = Verify(b, c.key.Public())
	})
}
