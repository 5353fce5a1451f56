package directory_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

func open(t *testing.T) *directory.Directory {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return openOn(t, b)
}

func openOn(t *testing.T, b *bus.Bus) *directory.Directory {
	t.Helper()
	d, err := directory.Open(t.Context(), b, directory.Options{Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func noise(t *testing.T, b byte) wire.PublicKey {
	t.Helper()
	k, err := wire.ParsePublicKey(slices.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func keys(b byte) directory.Keys {
	return directory.Keys{Registration: uint32(b), Identity: [32]byte{b}, Signed: directory.SignedPreKey{ID: 1, Key: [32]byte{b, 1}, Signature: [64]byte{b}}}
}

func phone(t *testing.T, d *directory.Directory, number string) directory.Account {
	t.Helper()
	a, err := d.CreatePhone(t.Context(), directory.NewPhone{Number: number, Name: "Ada", Keys: keys(9), Secret: []byte("s")})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAPhoneIsFoundUnderEveryName(t *testing.T) {
	d, ctx := open(t), t.Context()
	a := phone(t, d, "+49 151 20")
	if a.Phone != "4915120" || a.ID.Server != wire.ServerLID || len(a.Devices) != 1 || a.Devices[0].HasClient() {
		t.Fatalf("created %+v", a)
	}
	for _, j := range []wire.JID{a.ID, a.PN(), a.ID.WithDevice(3), {User: a.Phone, Server: wire.ServerLegacyUser}} {
		if got, err := d.Resolve(ctx, j); err != nil || got.ID != a.ID {
			t.Errorf("%s leads to %s, %v", j, got.ID, err)
		}
	}
	if _, err := d.CreatePhone(ctx, directory.NewPhone{Number: "4915120"}); !errors.Is(err, directory.ErrExists) {
		t.Errorf("the number twice: %v", err)
	}
	if s, err := d.PhoneSecret(ctx, a.ID); err != nil || string(s) != "s" {
		t.Errorf("secret %q, %v", s, err)
	}
}

func TestNamesOfNobody(t *testing.T) {
	d := open(t)
	for _, j := range []wire.JID{
		{}, {Server: wire.ServerUser}, {User: "4915199", Server: wire.ServerUser},
		{User: "49..15120", Server: wire.ServerUser}, {User: "+4915120", Server: wire.ServerUser}, {User: "1234.", Server: wire.ServerLegacyUser}, {User: "1", Server: wire.ServerLID},
		{User: "x.y.", Server: wire.ServerLID}, {User: "..", Server: wire.ServerInterop}, {User: "1-2", Server: wire.ServerGroup},
	} {
		if _, err := d.Resolve(t.Context(), j); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%q: %v", j, err)
		}
	}
}

func TestPhoneNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"+49 151-20": "4915120", "4915120@c.us": "4915120", "+1 (555) 000.1234": "15550001234",
		"": "", "0151200": "", "+49x151": "", "49+15120": "", "1234567890123456": "", "123": "",
	} {
		got, err := directory.Digits(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Digits(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestAliasesLeadBack(t *testing.T) {
	j := wire.JID{User: "1234567890", Server: wire.ServerInterop, Integrator: 7, Device: 2}
	alias := directory.AliasOf(j)
	if alias.String() != "88000071234567890:2@lid" {
		t.Errorf("alias is %s", alias)
	}
	if back := directory.Unalias(alias); back != j {
		t.Errorf("the alias leads to %v", back)
	}
	for _, j := range []wire.JID{
		{User: "123456789012345", Server: wire.ServerLID}, {User: "88", Server: wire.ServerLID}, {User: "8899999123", Server: wire.ServerLID},
		{User: "88000070123", Server: wire.ServerLID}, {User: "8800007x", Server: wire.ServerLID}, {User: "88000071", Server: wire.ServerUser},
	} {
		if directory.Unalias(j) != j {
			t.Errorf("%s was taken for an alias", j)
		}
	}
}

func TestADeletedPhoneIsGoneAndItsNumberFree(t *testing.T) {
	d, ctx := open(t), t.Context()
	a := phone(t, d, "4915120")
	if err := d.AddPreKeys(ctx, a.ID, []directory.PreKey{{ID: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DeletePhone(ctx, "+4915120"); err != nil {
		t.Fatal(err)
	}
	for _, j := range []wire.JID{a.ID, a.PN()} {
		if _, err := d.Resolve(ctx, j); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%s after deletion: %v", j, err)
		}
	}
	if again := phone(t, d, "4915120"); again.ID == a.ID {
		t.Error("the new owner of the number has the old one's LID")
	}
}

func TestEnlistingIsRepeatable(t *testing.T) {
	d, ctx := open(t), t.Context()
	a, dev, err := d.Enlist(ctx, 7, "sub.1", "mo", noise(t, 1))
	if err != nil || dev.Number != 0 || a.ID.Integrator != 7 || len(a.ID.User) != 10 {
		t.Fatalf("enlisted %s as device %d, %v", a.ID, dev.Number, err)
	}
	same, dev, err := d.Enlist(ctx, 7, "sub.1", "mo2", noise(t, 1))
	if err != nil || same.ID != a.ID || dev.Number != 0 || same.Name != "mo2" {
		t.Errorf("again: %s device %d, %v", same.ID, dev.Number, err)
	}
	_, dev, err = d.Enlist(ctx, 7, "sub.1", "mo2", noise(t, 2))
	if err != nil || dev.Number != 1 {
		t.Errorf("another key: device %d, %v", dev.Number, err)
	}
	other, _, err := d.Enlist(ctx, 8, "sub.1", "mo", noise(t, 1))
	if err != nil || other.ID == a.ID {
		t.Errorf("another provider's user: %s, %v", other.ID, err)
	}
	if got, err := d.ThirdPartyByName(ctx, 7, "mo2"); err != nil || got.ID != a.ID {
		t.Errorf("by name: %s, %v", got.ID, err)
	}
	if _, err := d.ThirdPartyByName(ctx, 7, "mo"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("by the old name: %v", err)
	}
}

func TestManyAtOnceEnlistOneAccountWithDifferentDevices(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	nodes := []*directory.Directory{openOn(t, b), openOn(t, b)}
	var mu sync.Mutex
	var wg sync.WaitGroup
	devices, accounts := map[uint16]int{}, map[wire.JID]bool{}
	for i := range 8 {
		wg.Go(func() {
			a, dev, err := nodes[i%2].Enlist(context.WithoutCancel(t.Context()), 7, "s", "mo", noise(t, byte(1+i)))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			devices[dev.Number]++
			accounts[a.ID] = true
		})
	}
	wg.Wait()
	if len(accounts) != 1 || len(devices) != 8 {
		t.Errorf("%d accounts, device numbers %v", len(accounts), devices)
	}
}

func TestRevokedDeviceNumbersAreNotUsedAgain(t *testing.T) {
	d, ctx := open(t), t.Context()
	a, _, err := d.Enlist(ctx, 7, "s", "mo", noise(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Enlist(ctx, 7, "s", "mo", noise(t, 2)); err != nil {
		t.Fatal(err)
	}
	after, gone, err := d.Revoke(ctx, 7, "s", noise(t, 1))
	if err != nil || len(gone) != 1 || len(after.Devices) != 1 {
		t.Fatalf("revoked %v, left %v, %v", gone, after.Devices, err)
	}
	if _, _, err := d.Revoke(ctx, 7, "s", noise(t, 1)); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	again, dev, err := d.Enlist(ctx, 7, "s", "mo", noise(t, 1))
	if err != nil || again.ID != a.ID || dev.Number != 2 {
		t.Errorf("back as %s device %d, %v", again.ID, dev.Number, err)
	}
}

func TestAnAccountGoesWithItsLastDevice(t *testing.T) {
	d, ctx := open(t), t.Context()
	a, _, err := d.Enlist(ctx, 7, "s", "mo", noise(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Enlist(ctx, 7, "s", "renamed", noise(t, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ThirdPartyByName(ctx, 7, "mo"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("by the old name: %v", err)
	}
	after, gone, err := d.Revoke(ctx, 7, "s", wire.PublicKey{})
	if err != nil || len(gone) != 2 || len(after.Devices) != 0 || after.ID != a.ID {
		t.Fatalf("revoked %v, left %v, %v", gone, after, err)
	}
	for what, look := range map[string]func() error{
		"by number": func() error { _, err := d.Account(ctx, a.ID); return err },
		"by name":   func() error { _, err := d.ThirdPartyByName(ctx, 7, "renamed"); return err },
		"by sub":    func() error { _, err := d.ThirdPartyBySub(ctx, 7, "s"); return err },
		"again":     func() error { _, _, err := d.Revoke(ctx, 7, "s", wire.PublicKey{}); return err },
	} {
		if err := look(); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	left, err := d.Leaving(ctx)
	if err != nil || len(left) != 1 || left[0] != (directory.Left{ID: a.ID, Sub: "s", Name: "renamed"}) {
		t.Errorf("leaving: %v, %v", left, err)
	}
	b, dev, err := d.Enlist(ctx, 7, "s", "mo", noise(t, 1))
	if err != nil || b.ID == a.ID || dev.Number != 0 {
		t.Fatalf("back as %s device %d, %v", b.ID, dev.Number, err)
	}
	if err := d.Sweep(ctx, left[0]); err != nil { // late: the name and the user are somebody else's now
		t.Fatal(err)
	}
	if c, err := d.ThirdPartyBySub(ctx, 7, "s"); err != nil || c.ID != b.ID {
		t.Errorf("after a late sweep: %v, %v", c.ID, err)
	}
	if err := d.Forgotten(ctx, a.ID); err != nil {
		t.Fatal(err)
	}
	if left, err := d.Leaving(ctx); err != nil || len(left) != 0 {
		t.Errorf("leaving: %v, %v", left, err)
	}
}

func TestJoiningAndLeavingAtOnceLeavesNobodyHalfThere(t *testing.T) {
	d, ctx := open(t), t.Context()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 8 {
				a, dev, err := d.Enlist(ctx, 7, "s", "mo", noise(t, byte(i+1)))
				if err != nil || dev.Noise != noise(t, byte(i+1)) || a.ID.IsZero() {
					t.Errorf("%v, %v, %v", a, dev, err)
				}
				if _, _, err := d.Revoke(ctx, 7, "s", noise(t, byte(i+1))); err != nil && !errors.Is(err, directory.ErrNotFound) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	a, _, err := d.Enlist(ctx, 7, "s", "mo", noise(t, 9))
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.ThirdPartyBySub(ctx, 7, "s")
	if err != nil || b.ID != a.ID {
		t.Errorf("%v, %v", b, err)
	}
	if all, err := d.ThirdParties(ctx, 7, 100); err != nil || len(all) != 1 {
		t.Errorf("%d accounts, %v", len(all), err)
	}
}

func TestCompanionsGetNumbersOnce(t *testing.T) {
	d, ctx := open(t), t.Context()
	a := phone(t, d, "4915120")
	n1, k1, err := d.ReserveCompanion(ctx, a.ID) // a pairing that will fail
	if err != nil {
		t.Fatal(err)
	}
	n2, k2, err := d.ReserveCompanion(ctx, a.ID)
	if err != nil || n1 != 1 || k1 != 1 || n2 != 2 || k2 != 2 {
		t.Fatalf("reserved %d/%d and %d/%d, %v", n1, k1, n2, k2, err)
	}
	list := directory.KeyList{Time: time.Unix(5, 0), Signed: []byte("list")}
	c := directory.Companion{Noise: noise(t, 3), Keys: keys(3), Platform: "web"}
	got, err := d.AddCompanion(ctx, a.ID.WithDevice(n2), k2, c, []byte("adv"), list)
	if err != nil || len(got.Devices) != 2 || string(got.KeyList.Signed) != "list" {
		t.Fatalf("added: %+v, %v", got, err)
	}
	if _, err := d.AddCompanion(ctx, a.ID.WithDevice(9), 9, c, nil, list); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("a number that was not reserved: %v", err)
	}
	_, dev, err := d.Device(ctx, a.PN().WithDevice(n2))
	if err != nil || dev.KeyIndex != 2 || string(dev.ADV) != "adv" || dev.Keys.Identity != keys(3).Identity || dev.Noise != noise(t, 3) {
		t.Errorf("device %+v, %v", dev, err)
	}
	if _, err := d.RemoveDevice(ctx, a.ID.WithDevice(n2)); err != nil {
		t.Fatal(err)
	}
	if n3, k3, err := d.ReserveCompanion(ctx, a.ID); err != nil || n3 != 3 || k3 != 3 {
		t.Errorf("after removal: %d/%d, %v", n3, k3, err)
	}
}

func TestEachPreKeyIsHandedOutOnceEver(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	nodes := []*directory.Directory{openOn(t, b), openOn(t, b)}
	ctx := t.Context()
	dev := wire.JID{User: "1", Server: wire.ServerLID, Device: 1}
	var upload []directory.PreKey
	for i := range 30 {
		upload = append(upload, directory.PreKey{ID: uint32(i), Key: [32]byte{byte(i)}})
	}
	if err := nodes[0].AddPreKeys(ctx, dev, upload); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	taken, none := map[uint32]int{}, 0
	for i := range 40 {
		wg.Go(func() {
			k, ok, _, err := nodes[i%2].TakePreKey(ctx, dev)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case ok:
				taken[k.ID]++
			default:
				none++
			}
		})
	}
	wg.Wait()
	if len(taken) != 30 || none != 10 {
		t.Errorf("%d keys to 30 takers, %d takers went without", len(taken), none)
	}
	// The client missed the answer to its upload and repeats it.
	if err := nodes[1].AddPreKeys(ctx, dev, upload); err != nil {
		t.Fatal(err)
	}
	if k, ok, _, err := nodes[0].TakePreKey(ctx, dev); ok || err != nil {
		t.Errorf("key %d was handed out again, %v", k.ID, err)
	}
	// The same id with a new key is a new key.
	if err := nodes[1].AddPreKeys(ctx, dev, []directory.PreKey{{ID: 3, Key: [32]byte{200}}}); err != nil {
		t.Fatal(err)
	}
	if n, err := nodes[0].CountPreKeys(ctx, dev); n != 1 || err != nil {
		t.Errorf("stock of %d, %v", n, err)
	}
}

func TestAStockOfPreKeysIsBounded(t *testing.T) {
	d, ctx := open(t), t.Context()
	dev := wire.JID{User: "1", Server: wire.ServerLID, Device: 1}
	var upload []directory.PreKey
	for i := range directory.MaxPreKeys + 5 {
		upload = append(upload, directory.PreKey{ID: uint32(i)})
	}
	if err := d.AddPreKeys(ctx, dev, upload); err != nil {
		t.Fatal(err)
	}
	if k, _, left, err := d.TakePreKey(ctx, dev); err != nil || k.ID != 5 || left != directory.MaxPreKeys-1 {
		t.Errorf("took %d, %d left, %v", k.ID, left, err)
	}
}

func TestANewIdentityDropsTheOldInstallationsPreKeys(t *testing.T) {
	d, ctx := open(t), t.Context()
	a, _, err := d.Enlist(ctx, 7, "s", "mo", noise(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, false, true} {
		changed, err := d.SetKeys(ctx, a.ID, keys(byte(1+i/2)))
		if err != nil || changed != want {
			t.Errorf("upload %d: changed %v, %v", i, changed, err)
		}
		if i == 1 {
			if err := d.AddPreKeys(ctx, a.ID, []directory.PreKey{{ID: 1}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, err := d.CountPreKeys(ctx, a.ID); n != 0 || err != nil {
		t.Errorf("%d prekeys of the old identity are left, %v", n, err)
	}
}

func TestConsentIsAskedPerProvider(t *testing.T) {
	d, ctx := open(t), t.Context()
	a := phone(t, d, "4915120")
	if a.Consent.Allows(7) {
		t.Error("on without having been turned on")
	}
	a, err := d.SetConsent(ctx, a.ID, 7, true)
	if err != nil || !a.Consent.Allows(7) || a.Consent.Allows(8) {
		t.Errorf("for 7 only: %+v, %v", a.Consent, err)
	}
	a, err = d.SetConsent(ctx, a.ID, 0, true)
	if err != nil || !a.Consent.Allows(8) {
		t.Errorf("for all: %+v, %v", a.Consent, err)
	}
	if a, err = d.SetConsent(ctx, a.ID, 8, false); err != nil || a.Consent.Allows(8) || !a.Consent.Allows(7) {
		t.Errorf("for all but 8: %+v, %v", a.Consent, err)
	}
}

func TestThoseWhoHaveMetKnowEachOther(t *testing.T) {
	d, ctx := open(t), t.Context()
	a := phone(t, d, "4915120")
	mo, _, err := d.Enlist(ctx, 7, "s", "mo", noise(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Met(ctx, mo.ID.WithDevice(1), a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := d.Peers(ctx, a.ID); err != nil || len(p) != 1 || p[0] != mo.ID {
		t.Errorf("the phone's peers: %v, %v", p, err)
	}
	if p, err := d.Peers(ctx, mo.ID); err != nil || len(p) != 1 || p[0] != a.ID {
		t.Errorf("the other's peers: %v, %v", p, err)
	}
}
