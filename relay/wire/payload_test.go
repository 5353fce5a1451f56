package wire

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"google.golang.org/protobuf/proto"
)

func fullPayload() *ClientPayload {
	p := &ClientPayload{
		Username: 491555000111, Passive: true, Pull: true, PushName: "Zoë", Device: 0, HasDevice: true, Product: ProductInterop,
		UserAgent: UserAgent{Platform: PlatformWeb, AppVersion: [3]uint32{2, 3000, 17}, MCC: "000", MNC: "001", OSVersion: "1", Manufacturer: "m",
			Device: "d", OSBuild: "b", ReleaseChannel: 1, Language: "en", Country: "DE"},
		WebInfo: true, SessionID: -5, ShortConnect: true, ConnectType: ConnectWifi, ConnectReason: ReasonUserActivated, ConnectAttempts: 3,
		Pairing: &PairingData{RegistrationID: 0xfffefdfc, KeyType: 5, SignedPreKeyID: 0x010203, BuildHash: make([]byte, 16), DeviceProps: []byte{1, 2}},
		Interop: &InteropData{AccountID: 1 << 60, Token: Token("a.b.c"), ReadReceipts: true}, LIDDBMigrated: true,
	}
	p.Pairing.Identity[0], p.Pairing.SignedPreKey[1], p.Pairing.SignedPreKeySignature[63] = 1, 2, 3
	return p
}

func TestPayloadsComeBack(t *testing.T) {
	for _, p := range []*ClientPayload{{}, fullPayload(), {Username: 1, HasDevice: true, Device: 9}} {
		got, err := UnmarshalPayload(p.Marshal())
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("got %+v, %v, want %+v", got, err, p)
		}
	}
}

func TestPayloadsHaveTheFieldsOfWhatsmeowsProtobuf(t *testing.T) {
	var theirs waWa6.ClientPayload
	if err := proto.Unmarshal(fullPayload().Marshal(), &theirs); err != nil {
		t.Fatal(err)
	}
	if len(theirs.ProtoReflect().GetUnknown()) != 0 {
		t.Error("we write fields that it does not know")
	}
	u, d, i := theirs.GetUserAgent(), theirs.GetDevicePairingData(), theirs.GetInteropData()
	for name, ok := range map[string]bool{
		"username": theirs.GetUsername() == 491555000111, "passive": theirs.GetPassive(), "pull": theirs.GetPull(),
		"push name": theirs.GetPushName() == "Zoë", "device": theirs.Device != nil, "product": theirs.GetProduct() == waWa6.ClientPayload_INTEROP,
		"platform": u.GetPlatform() == waWa6.ClientPayload_UserAgent_WEB, "version": u.GetAppVersion().GetTertiary() == 17,
		"mcc": u.GetMcc() == "000", "mnc": u.GetMnc() == "001", "os": u.GetOsVersion() == "1", "maker": u.GetManufacturer() == "m",
		"model": u.GetDevice() == "d", "build": u.GetOsBuildNumber() == "b", "channel": u.GetReleaseChannel() == 1,
		"language": u.GetLocaleLanguageIso6391() == "en", "country": u.GetLocaleCountryIso31661Alpha2() == "DE",
		"web": theirs.WebInfo != nil, "session": theirs.GetSessionID() == -5, "short": theirs.GetShortConnect(),
		"connect type": theirs.GetConnectType() == 1, "reason": theirs.GetConnectReason() == 1, "attempts": theirs.GetConnectAttemptCount() == 3,
		"registration": bytes.Equal(d.GetERegid(), []byte{0xff, 0xfe, 0xfd, 0xfc}), "key type": bytes.Equal(d.GetEKeytype(), []byte{5}),
		"identity": d.GetEIdent()[0] == 1, "prekey id": bytes.Equal(d.GetESkeyID(), []byte{1, 2, 3}), "prekey": d.GetESkeyVal()[1] == 2,
		"signature": d.GetESkeySig()[63] == 3, "hash": len(d.GetBuildHash()) == 16, "props": bytes.Equal(d.GetDeviceProps(), []byte{1, 2}),
		"account": i.GetAccountID() == 1<<60, "token": string(i.GetToken()) == "a.b.c", "receipts": i.GetEnableReadReceipts(),
		"migrated": theirs.GetLidDbMigrated(),
	} {
		if !ok {
			t.Errorf("%s arrives otherwise", name)
		}
	}
}

func TestFieldsThatAreNotKnownAreSkipped(t *testing.T) {
	theirs := &waWa6.ClientPayload{
		Username: proto.Uint64(5), FbCat: []byte("x"), Shards: []int32{1, 2}, PaddingBytes: make([]byte, 100), PreacksCount: proto.Int32(1),
		DnsSource: &waWa6.ClientPayload_DNSSource{AppCached: proto.Bool(true)}, AccountType: waWa6.ClientPayload_GUEST.Enum(),
	}
	b, err := proto.Marshal(theirs)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, 0x0b, 0x0c)                         // an empty group with the number of the user name
	b = append(b, 0x3d, 1, 2, 3, 4)                   // the push name as a fixed32
	b = append(b, 0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8) // field 99, fixed64
	p, err := UnmarshalPayload(b)
	if err != nil || p.Username != 5 || p.PushName != "" {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestBrokenPayloadsAreRefused(t *testing.T) {
	short := fullPayload().Pairing.marshal()
	for name, b := range map[string][]byte{
		"garbage":                {0xff},
		"cut short":              {0x3a, 5, 'a'},
		"pairing without keys":   {0x9a, 0x01, 0},
		"pairing with short key": putBytes(nil, 19, putBytes(short, 3, make([]byte, 31))),
		"broken user agent":      {0x2a, 1, 0xff},
		"broken interop":         {0xb2, 0x02, 1, 0xff},
		"too long":               make([]byte, MaxHandshakeFrame+1),
		"endless groups":         bytes.Repeat([]byte{0x0b}, 10_000),
	} {
		if p, err := UnmarshalPayload(b); !errors.Is(err, ErrPayload) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestFailuresComeBack(t *testing.T) {
	reason, code, ok := ParseFailure(Failure(FailTokenExpired, "expired_token"))
	if !ok || reason != FailTokenExpired || code != "expired_token" {
		t.Errorf("got %d %s %v", reason, code, ok)
	}
	if reason, _, ok := ParseFailure(N("failure", nil)); !ok || reason != FailGeneric {
		t.Error("a failure without a reason is a failure all the same")
	}
	if _, _, ok := ParseFailure(N("success", nil)); ok {
		t.Error("success is no failure")
	}
}
