package wire

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func TestJIDsHaveTheTextAndBytesThatClientsWrite(t *testing.T) {
	for _, c := range []struct {
		jid  JID
		text string
		hex  string
	}{
		{JID{User: "15550001", Server: ServerUser}, "15550001@s.whatsapp.net", "fa ff04 15550001 03"},
		{JID{User: "15550001", Server: ServerUser, Device: 1}, "15550001:1@s.whatsapp.net", "f7 0001 ff04 15550001"},
		{JID{User: "491", Server: ServerLID}, "491@lid", "fa ff82 491f 76"},
		{JID{User: "491", Server: ServerLID, Device: 2}, "491:2@lid", "f7 0102 ff82 491f"},
		{JID{User: "15550001", Server: ServerHosted}, "15550001@hosted", "f7 8000 ff04 15550001"},
		{JID{User: "15550001", Server: ServerHosted, Device: 99}, "15550001:99@hosted", "f7 8063 ff04 15550001"},
		{JID{User: "491", Server: ServerHostedLID, Device: 99}, "491:99@hosted.lid", "f7 8163 ff82 491f"},
		{JID{User: "123-45", Server: ServerGroup}, "123-45@g.us", "fa ff03 123a45 1c"},
		{JID{Server: ServerUser}, "s.whatsapp.net", "fa 00 03"},
		{JID{User: "4242", Server: ServerInterop, Integrator: 7}, "7-4242@interop", "f5 ff02 4242 0000 0007 fc07 696e7465726f70"},
		{JID{User: "4242", Server: ServerInterop, Integrator: 7, Device: 1}, "7-4242:1@interop", "f5 ff02 4242 0001 0007 fc07 696e7465726f70"},
		{JID{User: "4242", Server: ServerInterop, Integrator: 65535, Device: 65535}, "65535-4242:65535@interop", "f5 ff02 4242 ffff ffff fc07 696e7465726f70"},
		{JID{User: "99887", Server: ServerMessenger, Device: 300}, "99887:300@msgr", "f6 ff83 99887f 012c cc"},
		{JID{User: "status", Server: ServerBroadcast}, "status@broadcast", "fa 0b 0d"},
	} {
		if got := c.jid.String(); got != c.text {
			t.Errorf("%#v prints as %q, want %q", c.jid, got, c.text)
		}
		if got, err := ParseJID(c.text); err != nil || got != c.jid {
			t.Errorf("%q parses as %#v, %v", c.text, got, err)
		}
		want := unhex(t, c.hex)
		got, err := appendJID(nil, c.jid)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s encodes as %x, %v, want %x", c.text, got, err, want)
		}
		d := decoder{b: want}
		text, back, err := d.value()
		if err != nil || text != "" || back != c.jid || d.pos != len(want) {
			t.Errorf("%x decodes as %#v, %v", want, back, err)
		}
	}
}

func TestTextsThatOldOrOtherClientsWriteAreUnderstood(t *testing.T) {
	for text, want := range map[string]JID{
		"7-4242:0@interop":            {User: "4242", Server: ServerInterop, Integrator: 7},
		"7-a-b@interop":               {User: "a-b", Server: ServerInterop, Integrator: 7},
		"15550001.0:3@s.whatsapp.net": {User: "15550001", Server: ServerUser, Device: 3},
		"15550001.0@s.whatsapp.net":   {User: "15550001", Server: ServerUser},
		"491.1:3@lid":                 {User: "491", Server: ServerLID, Device: 3},
		"15550001@c.us":               {User: "15550001", Server: ServerLegacyUser},
		"g.us":                        {Server: ServerGroup},
		"x@some.future":               {User: "x", Server: "some.future"},
	} {
		if got, err := ParseJID(text); err != nil || got != want {
			t.Errorf("%q parses as %#v, %v", text, got, err)
		}
	}
}

func TestTextsThatAreNoAddressAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "@", "hello", "@lid", "a@", "a@b@c", "a b@lid", "a\x00@lid", "a:@lid", "a:b@lid", "a:1:2@lid",
		"a:256@lid", "a:65536@interop", "4242@interop", "x-4242@interop", "7-@interop", "70000-1@interop",
		"+7-1@interop", "a:+1@lid", "a:-1@lid", "1:2@g.us", "1.7:2@lid", "1.x@lid", "é@lid", "a@LID", "a@l d",
		strings.Repeat("1", 200) + "@lid", "1@" + strings.Repeat("a", 100),
	} {
		if got, err := ParseJID(text); !errors.Is(err, ErrJID) {
			t.Errorf("%q parses as %#v, %v", text, got, err)
		}
	}
}

func TestAnInteropJIDFromWhatsmeowsTextFormFindsItsIntegrator(t *testing.T) {
	// User "7-4242", device 2, integrator 0.
	d := decoder{b: unhex(t, "f5 ff03 7a4242 0002 0000 fc07 696e7465726f70")}
	_, got, err := d.value()
	if want := (JID{User: "4242", Server: ServerInterop, Integrator: 7, Device: 2}); err != nil || got != want {
		t.Errorf("got %#v, %v", got, err)
	}
}

func TestAnInteropJIDWithoutItsServerIsStillRead(t *testing.T) {
	// <message from=7-4242:1@interop id="1"/>, in the form that WhatsApp Web is said to write.
	n, err := Unmarshal(unhex(t, "00 f805 13 06 f5 ff02 4242 0001 0007 08 ff81 1f"))
	if err != nil {
		t.Fatal(err)
	}
	if got := n.Attr("from"); got != "7-4242:1@interop" || n.Attr("id") != "1" {
		t.Errorf("got from=%s id=%s", got, n.Attr("id"))
	}
}

func TestAddressesThatNoFormCanCarryAreNotWritten(t *testing.T) {
	for _, j := range []JID{
		{User: "1", Server: ServerUser, Device: 256},
		{User: "1", Server: ServerGroup, Device: 1},
		{User: "1", Server: ServerUser, Integrator: 7},
		{User: "a@b", Server: ServerUser},
		{User: "1"},
		{Server: ServerUser, Device: 1},
	} {
		if _, err := Marshal(N("x", []Attr{J("to", j)})); err == nil && !j.IsZero() {
			t.Errorf("%#v was written", j)
		}
	}
}

func TestAliasesComeBackAsTheInteropAddress(t *testing.T) {
	interop := JID{User: "1234567890", Server: ServerInterop, Integrator: 7, Device: 3}
	alias, ok := AliasLID(interop)
	if !ok || alias.String() != "88000071234567890:3@lid" {
		t.Fatalf("alias is %v", alias)
	}
	if back, ok := FromAliasLID(alias); !ok || back != interop {
		t.Errorf("comes back as %v", back)
	}
	for _, text := range []string{"491@lid", "88000071234567890@s.whatsapp.net", "88999991234567890@lid", "89000071234567890@lid"} {
		j, err := ParseJID(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := FromAliasLID(j); ok {
			t.Errorf("%s is no alias, got %v", text, got)
		}
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
