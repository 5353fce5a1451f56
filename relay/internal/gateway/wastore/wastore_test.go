package wastore_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/wastore"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

var jid = types.NewADJID("4915510000001", types.WhatsAppDomain, 1)

// paired opens a container and stores a device in it, as pairing does.
func paired(t *testing.T, kv wastore.KV) (*wastore.Container, *store.Device) {
	t.Helper()
	c, err := wastore.Open(t.Context(), kv, "echo.", nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Device(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := jid
	d.ID, d.LID, d.PushName = &id, types.NewJID("77", types.HiddenUserServer), "Echo"
	d.Account = &waAdv.ADVSignedDeviceIdentity{Details: []byte("details")}
	if err := d.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c, d
}

func reopen(t *testing.T, kv wastore.KV) *store.Device {
	t.Helper()
	c, err := wastore.Open(t.Context(), kv, "echo.", nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Device(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func kvs(t *testing.T) map[string]wastore.KV {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	bucket, err := b.Bucket(t.Context(), "echo", bus.BucketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := wastore.Sealed(t.Context(), wastore.OnBucket(bucket), "sealed.")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]wastore.KV{"memory": wastore.NewMemory(), "bus": wastore.OnBucket(bucket), "sealed": sealed}
}

func TestDeviceComesBackAfterARestart(t *testing.T) {
	for name, kv := range kvs(t) {
		t.Run(name, func(t *testing.T) {
			_, d := paired(t, kv)
			must(t, d.Sessions.PutSession(t.Context(), "123_1:2", []byte("ratchet")))
			must(t, d.LIDs.PutLIDMapping(t.Context(), types.NewJID("77", "lid"), types.NewJID("49", types.DefaultUserServer)))
			got := reopen(t, kv)
			if *got.ID != jid || got.LID.User != "77" || got.PushName != "Echo" || string(got.Account.Details) != "details" {
				t.Errorf("device changed: %v %v %q", got.ID, got.LID, got.PushName)
			}
			for _, pair := range [][2][]byte{
				{d.NoiseKey.Priv[:], got.NoiseKey.Priv[:]}, {d.IdentityKey.Pub[:], got.IdentityKey.Pub[:]},
				{d.SignedPreKey.Signature[:], got.SignedPreKey.Signature[:]}, {d.AdvSecretKey, got.AdvSecretKey},
			} {
				if !bytes.Equal(pair[0], pair[1]) {
					t.Error("a key changed")
				}
			}
			if s, err := got.Sessions.GetSession(t.Context(), "123_1:2"); err != nil || string(s) != "ratchet" {
				t.Errorf("session %q, %v", s, err)
			}
			if lid, err := got.LIDs.GetLIDForPN(t.Context(), types.NewJID("49", types.DefaultUserServer)); err != nil || lid.User != "77" {
				t.Errorf("lid %v, %v", lid, err)
			}
		})
	}
}

func TestSealedStoreShowsNeitherNamesNorValues(t *testing.T) {
	ctx, disk := t.Context(), wastore.NewMemory()
	kv, err := wastore.Sealed(ctx, disk, "echo.")
	must(t, err)
	must(t, kv.Put(ctx, "met.4915510000009", []byte("canary in a coal mine")))
	stored, err := disk.List(ctx, "echo.")
	must(t, err)
	for k, v := range stored {
		if strings.Contains(k, "49155") || bytes.Contains(v, []byte("canary")) || bytes.Contains(v, []byte("49155")) {
			t.Errorf("readable: %q", k)
		}
	}
	again, err := wastore.Sealed(ctx, disk, "echo.")
	must(t, err)
	if v, ok, err := again.Get(ctx, "met.4915510000009"); !ok || err != nil || string(v) != "canary in a coal mine" {
		t.Errorf("read again: %q, %v, %v", v, ok, err)
	}
	for k := range stored {
		if k != "echo.key" {
			must(t, disk.Put(ctx, k, []byte("tampered with, but long enough")))
		}
	}
	if _, _, err := again.Get(ctx, "met.4915510000009"); !errors.Is(err, wastore.ErrCorrupt) {
		t.Errorf("tampered record: %v", err)
	}
}

func TestUnlinkedDeviceLeavesNothing(t *testing.T) {
	kv := wastore.NewMemory()
	_, d := paired(t, kv)
	must(t, d.Sessions.PutSession(t.Context(), "1:2", []byte("x")))
	must(t, d.Delete(t.Context()))
	left, err := kv.List(t.Context(), "echo.")
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %d records, %v", len(left), err)
	}
	if got := reopen(t, kv); got.ID != nil {
		t.Errorf("still paired as %v", got.ID)
	}
}

func TestPreKeyIdsAreNeverUsedTwice(t *testing.T) {
	_, d := paired(t, wastore.NewMemory())
	p := d.PreKeys
	first, err := p.GetOrGenPreKeys(t.Context(), 812)
	must(t, err)
	again, err := p.GetOrGenPreKeys(t.Context(), 812)
	must(t, err)
	if first[0].KeyID != 1 || first[811].KeyID != 812 || *again[811].Priv != *first[811].Priv {
		t.Errorf("ids %d to %d", first[0].KeyID, first[811].KeyID)
	}
	must(t, p.MarkPreKeysAsUploaded(t.Context(), 812))
	if n, err := p.UploadedPreKeyCount(t.Context()); n != 812 || err != nil {
		t.Errorf("uploaded %d, %v", n, err)
	}
	must(t, p.RemovePreKey(t.Context(), 812))
	if k, err := p.GetPreKey(t.Context(), 812); k != nil || err != nil {
		t.Errorf("removed key is still there: %v", err)
	}
	one, err := p.GenOnePreKey(t.Context())
	must(t, err)
	more, err := p.GetOrGenPreKeys(t.Context(), 50)
	must(t, err)
	if one.KeyID != 813 || more[0].KeyID != 814 {
		t.Errorf("next ids %d and %d", one.KeyID, more[0].KeyID)
	}
	if k, err := p.GetPreKey(t.Context(), 300); err != nil || *k.Pub != *first[299].Pub {
		t.Errorf("key 300 differs, %v", err)
	}
}

func TestFailedDecryptionLeavesNoTrace(t *testing.T) {
	_, d := paired(t, wastore.NewMemory())
	ctx := t.Context()
	_, err := d.PreKeys.GetOrGenPreKeys(ctx, 3)
	must(t, err)
	must(t, d.Sessions.PutSession(ctx, "1:2", []byte("old")))
	bad := errors.New("bad mac")
	err = d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
		must(t, d.Sessions.PutSession(ctx, "1:2", []byte("new")))
		must(t, d.PreKeys.RemovePreKey(ctx, 2))
		if s, _ := d.Sessions.GetSession(ctx, "1:2"); string(s) != "new" {
			t.Error("a transaction does not see its own writes")
		}
		return bad
	})
	if !errors.Is(err, bad) {
		t.Fatal(err)
	}
	if s, _ := d.Sessions.GetSession(ctx, "1:2"); string(s) != "old" {
		t.Errorf("session %q", s)
	}
	if k, _ := d.PreKeys.GetPreKey(ctx, 2); k == nil {
		t.Error("prekey is gone")
	}
}

// crashing fails every write from the n-th on: the disk of a process that died there.
type crashing struct {
	*wastore.Memory
	left int
}

var errCrash = errors.New("crash")

func (s *crashing) Put(ctx context.Context, k string, v []byte) error {
	if s.left--; s.left < 0 {
		return errCrash
	}
	return s.Memory.Put(ctx, k, v)
}

func (s *crashing) Delete(ctx context.Context, k string) error {
	if s.left--; s.left < 0 {
		return errCrash
	}
	return s.Memory.Delete(ctx, k)
}

func TestRatchetAndPlaintextAreCommittedTogetherWhereverItCrashes(t *testing.T) {
	base := wastore.NewMemory()
	_, d := paired(t, base)
	_, err := d.PreKeys.GetOrGenPreKeys(t.Context(), 3)
	must(t, err)
	must(t, d.Sessions.PutSession(t.Context(), "1:2", []byte("old")))
	hash := [32]byte{7}
	for n := range 7 {
		kv := &crashing{base.Clone(), 1 << 30}
		d := reopen(t, kv)
		kv.left = n
		err := d.EventBuffer.DoDecryptionTxn(t.Context(), func(ctx context.Context) error {
			return errors.Join(d.Sessions.PutSession(ctx, "1:2", []byte("new")), d.PreKeys.RemovePreKey(ctx, 2),
				d.EventBuffer.PutBufferedEvent(ctx, hash, []byte("hello"), time.Unix(1, 0)))
		})
		if (err != nil) != (n < 5) { // journal, three records, journal
			t.Errorf("crash at write %d: %v", n, err)
		}
		after := reopen(t, kv.Memory.Clone())
		s, _ := after.Sessions.GetSession(t.Context(), "1:2")
		k, _ := after.PreKeys.GetPreKey(t.Context(), 2)
		e, _ := after.EventBuffer.GetBufferedEvent(t.Context(), hash)
		all := string(s) == "new" && k == nil && e != nil && string(e.Plaintext) == "hello"
		none := string(s) == "old" && k != nil && e == nil
		if !all && !none || n > 0 && !all {
			t.Errorf("crash at write %d: session %q, prekey kept %v, event %v", n, s, k != nil, e != nil)
		}
	}
}

func TestHandledEventKeepsItsHashButNotItsText(t *testing.T) {
	_, d := paired(t, wastore.NewMemory())
	b, ctx, hash := d.EventBuffer, t.Context(), [32]byte{1}
	must(t, b.PutBufferedEvent(ctx, hash, []byte("hi"), time.Unix(5, 0)))
	must(t, b.ClearBufferedEventPlaintext(ctx, hash))
	must(t, b.DeleteOldBufferedHashes(ctx))
	e, err := b.GetBufferedEvent(ctx, hash)
	if err != nil || e == nil || e.Plaintext != nil || e.ServerTime.Unix() != 5 {
		t.Errorf("event %+v, %v", e, err)
	}
	if e, err := b.GetBufferedEvent(ctx, [32]byte{2}); e != nil || err != nil {
		t.Errorf("unknown event %+v, %v", e, err)
	}
}

func TestSessionsMoveFromThePhoneNumberToTheLID(t *testing.T) {
	_, d := paired(t, wastore.NewMemory())
	ctx := t.Context()
	must(t, d.Sessions.PutSession(ctx, "49:0", []byte("zero")))
	must(t, d.Sessions.PutSession(ctx, "49:3", []byte("three")))
	must(t, d.Sessions.PutSession(ctx, "490:3", []byte("other")))
	must(t, d.Identities.PutIdentity(ctx, "49:3", [32]byte{3}))
	must(t, d.SenderKeys.PutSenderKey(ctx, "1@g.us", "49:3", []byte("group")))
	must(t, d.Sessions.MigratePNToLID(ctx, types.NewJID("49", types.DefaultUserServer), types.NewJID("77", types.HiddenUserServer)))
	got, err := d.Sessions.GetManySessions(ctx, []string{"49:0", "77_1:0", "77_1:3", "490:3"})
	want := map[string][]byte{"49:0": nil, "77_1:0": []byte("zero"), "77_1:3": []byte("three"), "490:3": []byte("other")}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("sessions %q, %v", got, err)
	}
	if ok, _ := d.Identities.IsTrustedIdentity(ctx, "77_1:3", [32]byte{4}); ok {
		t.Error("the identity did not move")
	}
	if k, _ := d.SenderKeys.GetSenderKey(ctx, "1@g.us", "77_1:3"); string(k) != "group" {
		t.Errorf("sender key %q", k)
	}
}

func TestSmallStoresRememberWhatTheyAreTold(t *testing.T) {
	_, d := paired(t, wastore.NewMemory())
	ctx, user := t.Context(), types.NewJID("49", types.DefaultUserServer)
	lid := types.NewJID("77", types.HiddenUserServer)
	must(t, d.LIDs.PutLIDMapping(ctx, lid, user))
	if changed, old, err := d.Contacts.PutPushName(ctx, user, "Ann"); !changed || old != "" || err != nil {
		t.Error(changed, old, err)
	}
	if changed, old, _ := d.Contacts.PutPushName(ctx, user, "Bea"); !changed || old != "Ann" {
		t.Error(changed, old)
	}
	must(t, d.Contacts.PutContactName(ctx, user, "Bea Full", "Bea"))
	all, err := d.Contacts.GetAllContacts(ctx)
	if err != nil || all[user].FullName != "Bea Full" || all[user].PushName != "Bea" {
		t.Errorf("contacts %+v, %v", all, err)
	}
	must(t, d.MsgSecrets.PutMessageSecret(ctx, user, user, "id", []byte("s")))
	if s, _, err := d.MsgSecrets.GetMessageSecret(ctx, lid, lid, "id"); string(s) != "s" || err != nil {
		t.Errorf("secret under the other address form: %q, %v", s, err)
	}
	must(t, d.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: user, Token: []byte("t")}))
	if tok, err := d.PrivacyTokens.GetPrivacyToken(ctx, lid); err != nil || tok == nil || string(tok.Token) != "t" {
		t.Errorf("token %+v, %v", tok, err)
	}
	must(t, d.AppStateKeys.PutAppStateSyncKey(ctx, []byte{1}, store.AppStateSyncKey{Data: []byte("a"), Timestamp: 1}))
	must(t, d.AppStateKeys.PutAppStateSyncKey(ctx, []byte{2}, store.AppStateSyncKey{Data: []byte("b"), Timestamp: 2}))
	if id, _ := d.AppStateKeys.GetLatestAppStateSyncKeyID(ctx); !bytes.Equal(id, []byte{2}) {
		t.Errorf("latest key %x", id)
	}
	must(t, d.AppState.PutAppStateVersion(ctx, "regular", 4, [128]byte{9}))
	if v, h, err := d.AppState.GetAppStateVersion(ctx, "regular"); v != 4 || h[0] != 9 || err != nil {
		t.Error(v, h[0], err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
