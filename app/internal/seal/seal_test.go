package seal

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"ferry/app/internal/store"
	"ferry/app/internal/store/memory"
)

// device is a vault with its disk.
type device struct {
	t    *testing.T
	disk *memory.Disk
	st   store.Store
	*Vault
}

func newDevice(t *testing.T) *device {
	t.Helper()
	d := &device{t: t, disk: memory.NewDisk()}
	d.restart()
	if err := d.MakeKeys(); err != nil {
		t.Fatal(err)
	}
	d.commit()
	return d
}

// restart forgets all that was not committed.
func (d *device) restart() {
	d.t.Helper()
	d.st = d.disk.Open()
	v, err := Open(context.Background(), d.st, rand.Reader)
	if err != nil {
		d.t.Fatal(err)
	}
	d.Vault = v
}

func (d *device) commit() {
	d.t.Helper()
	var b store.Batch
	d.Stage(&b)
	if err := d.st.Commit(context.Background(), &b); err != nil {
		d.t.Fatal(err)
	}
	d.Settle()
}

func (d *device) bundle(one bool) Bundle {
	d.t.Helper()
	p, err := d.Public()
	if err != nil {
		d.t.Fatal(err)
	}
	b := Bundle{Registration: p.Registration, Identity: p.Identity, Signed: p.Signed}
	if one {
		keys, err := d.PreKeys(context.Background(), 1)
		if err != nil {
			d.t.Fatal(err)
		}
		d.Uploaded(keys[0].ID)
		d.commit()
		b.One = &keys[0]
	}
	return b
}

func (d *device) meets(peer *device, one bool) {
	d.t.Helper()
	if _, err := d.Establish(context.Background(), "peer", peer.bundle(one)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *device) seal(text string) Sealed {
	d.t.Helper()
	s, err := d.Encrypt(context.Background(), "peer", []byte(text))
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *device) open(s Sealed, want string) {
	d.t.Helper()
	o, err := d.Decrypt(context.Background(), "peer", s.Kind, s.Data)
	if err != nil {
		d.t.Fatalf("%s: %v", want, err)
	}
	if string(o.Padded) != want {
		d.t.Fatalf("opened %q, want %q", o.Padded, want)
	}
}

func (d *device) fails(s Sealed, want error) {
	d.t.Helper()
	if o, err := d.Decrypt(context.Background(), "peer", s.Kind, s.Data); !errors.Is(err, want) {
		d.t.Fatalf("got %q and %v, want %v", o.Padded, err, want)
	}
}

func TestTwoDevicesTalk(t *testing.T) {
	for _, one := range []bool{true, false} {
		t.Run(fmt.Sprintf("one-time prekey %v", one), func(t *testing.T) {
			a, b := newDevice(t), newDevice(t)
			a.meets(b, one)
			for i := range 3 {
				s := a.seal(fmt.Sprint("a", i))
				if s.Kind != FirstKind {
					t.Errorf("unanswered message %d is a %s", i, s.Kind)
				}
				b.open(s, fmt.Sprint("a", i))
			}
			for i := range 10 {
				s := b.seal(fmt.Sprint("b", i))
				if s.Kind != LaterKind {
					t.Errorf("answer %d is a %s", i, s.Kind)
				}
				a.open(s, fmt.Sprint("b", i))
				b.open(a.seal("back"), "back")
				a.commit()
				b.commit()
				a.restart()
				b.restart()
			}
		})
	}
}

func TestMessagesOpenInAnyOrderButOnce(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	var all []Sealed
	for i := range 20 {
		all = append(all, a.seal(fmt.Sprint(i)))
	}
	for i := len(all) - 1; i >= 0; i-- {
		b.open(all[i], fmt.Sprint(i))
		b.commit()
		b.restart()
	}
	for _, s := range all {
		b.fails(s, ErrOld)
	}
}

func TestWhatIsNotCommittedDidNotHappen(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	a.commit()
	first := a.seal("one")
	a.restart()
	if again := a.seal("one"); !bytes.Equal(first.Data[:20], again.Data[:20]) {
		t.Error("the session moved on without a commit")
	}
	b.open(first, "one")
	b.restart()
	b.open(first, "one")
	b.commit()
	b.fails(first, ErrOld)
}

func TestAOneTimePreKeyIsSpentWithItsMessage(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	bundle := b.bundle(true)
	if _, err := a.Establish(t.Context(), "peer", bundle); err != nil {
		t.Fatal(err)
	}
	b.open(a.seal("x"), "x")
	if k, err := b.loadPreKey(t.Context(), bundle.One.ID); k != nil || err != nil {
		t.Errorf("within the batch the prekey is still there: %v", err)
	}
	b.commit()
	if v, _ := b.st.Get(t.Context(), store.PreKeys, oneKey(bundle.One.ID)); v != nil {
		t.Error("the prekey survived the commit")
	}
	c := newDevice(t)
	if _, err := c.Establish(t.Context(), "peer", bundle); err != nil {
		t.Fatal(err)
	}
	s := c.seal("second use")
	if _, err := b.Decrypt(t.Context(), "other", s.Kind, s.Data); !errors.Is(err, ErrLostKey) {
		t.Errorf("a second use gives %v", err)
	}
}

// Both send a first message before either arrives. Trying one session's state
// on the other's message must not spoil it.
func TestBothMayBegin(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	b.meets(a, true)
	a1, b1 := a.seal("a1"), b.seal("b1")
	a2, b2 := a.seal("a2"), b.seal("b2")
	a.open(b1, "b1")
	b.open(a1, "a1")
	a.open(b2, "b2")
	b.open(a2, "a2")
	for i := range 10 {
		b.open(a.seal(fmt.Sprint(i)), fmt.Sprint(i))
		a.open(b.seal(fmt.Sprint(i)), fmt.Sprint(i))
		late, early := a.seal("late"), a.seal("early")
		b.open(early, "early")
		a.open(b.seal("turn"), "turn")
		b.open(late, "late")
	}
}

func TestGarbageLeavesNoTrace(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	b.open(a.seal("hello"), "hello")
	a.open(b.seal("hi"), "hi")
	b.commit()
	good := a.seal("good")
	for i := range good.Data {
		bad := bytes.Clone(good.Data)
		bad[i] ^= 0x41
		if _, err := b.Decrypt(t.Context(), "peer", LaterKind, bad); err == nil {
			t.Fatalf("opened with byte %d changed", i)
		}
	}
	for n := range good.Data {
		if _, err := b.Decrypt(t.Context(), "peer", LaterKind, good.Data[:n]); err == nil {
			t.Fatalf("opened when cut to %d", n)
		}
	}
	var batch store.Batch
	if b.Stage(&batch); !batch.Empty() {
		t.Errorf("failures staged %d changes", len(batch.Puts))
	}
	b.open(good, "good")
}

func TestFirstMessagesThatAreGarbageDoNotPanic(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	good := a.seal("good")
	for n := range good.Data {
		if _, err := b.Decrypt(t.Context(), "peer", FirstKind, good.Data[:n]); err == nil {
			t.Fatalf("opened when cut to %d", n)
		}
	}
	for _, data := range [][]byte{nil, {}, {0x33}, {0x33, 0x22, 0}, {0x33, 0x12, 0, 0x1a, 0, 0x22, 0}, make([]byte, MaxSealed+1)} {
		for _, kind := range []Kind{FirstKind, LaterKind, "skmsg", ""} {
			if _, err := b.Decrypt(t.Context(), "peer", kind, data); err == nil {
				t.Errorf("opened %v", data)
			}
		}
	}
	b.open(good, "good")
}

// A peer who holds the keys can MAC what no honest client would send.
func TestAForgedOuterIdentityIsNotBelieved(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	b.open(a.seal("one"), "one")
	b.commit()
	m, err := parseFirst(a.seal("two").Data)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := serial.PreKeySignalMessage.Deserialize(m.Serialize())
	if err != nil {
		t.Fatal(err)
	}
	raw.IdentityKey = append([]byte{5}, bytes.Repeat([]byte{9}, 32)...)
	forged := Sealed{FirstKind, serial.PreKeySignalMessage.Serialize(raw)}
	o, err := b.Decrypt(t.Context(), "peer", forged.Kind, forged.Data)
	if err != nil || o.NewIdentity {
		t.Errorf("the forged outer key gives %v, new identity %v", err, o.NewIdentity)
	}
}

func TestAReinstalledPeerIsAcceptedAndReported(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	b.open(a.seal("one"), "one")
	a.open(b.seal("two"), "two")
	b.commit()
	lost := b.seal("never opens")
	again := newDevice(t)
	again.fails(lost, ErrLostKey)
	changed, err := b.Establish(t.Context(), "peer", again.bundle(true))
	if err != nil || !changed {
		t.Fatalf("changed %v, %v", changed, err)
	}
	again.open(b.seal("three"), "three")
	b.open(again.seal("four"), "four")

	other := newDevice(t)
	other.meets(b, true)
	s := other.seal("five")
	o, err := b.Decrypt(t.Context(), "peer", s.Kind, s.Data)
	if err != nil || !o.NewIdentity {
		t.Errorf("a message from a third identity: %v, reported %v", err, o.NewIdentity)
	}
}

func TestABundleWithABadSignatureIsRefused(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	bundle := b.bundle(true)
	bundle.Signed.Signature[3] ^= 1
	if _, err := a.Establish(t.Context(), "peer", bundle); !errors.Is(err, ErrBadBundle) {
		t.Error(err)
	}
	if ok, err := a.HasSession(t.Context(), "peer"); ok || err != nil {
		t.Errorf("a session exists: %v %v", ok, err)
	}
}

func TestPreKeysAreOfferedUntilTheGatewayHasThem(t *testing.T) {
	a := newDevice(t)
	first, err := a.PreKeys(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	a.commit()
	a.restart()
	again, err := a.PreKeys(t.Context(), 12)
	if err != nil || len(again) != 12 {
		t.Fatal(err, len(again))
	}
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("prekey %d was made anew", i)
		}
	}
	a.Uploaded(again[11].ID)
	a.commit()
	a.restart()
	next, err := a.PreKeys(t.Context(), 1)
	if err != nil || next[0].ID != again[11].ID+1 {
		t.Errorf("after upload comes %d, %v", next[0].ID, err)
	}
	fresh, err := a.FreshPreKey()
	if err != nil || fresh.ID < firstFresh {
		t.Errorf("a fresh one has id %d, %v", fresh.ID, err)
	}
	a.commit()
	if more, err := a.PreKeys(t.Context(), 1); err != nil || more[0].ID >= firstFresh {
		t.Errorf("the gateway is offered %d, %v", more[0].ID, err)
	}
}

func TestRecordsThatAreDamagedAreRefused(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	s, err := a.load(t.Context(), "peer")
	if err != nil {
		t.Fatal(err)
	}
	whole := marshalSession(s.data)
	for n := range whole {
		if _, err := parseSession(whole[:n]); !errors.Is(err, store.ErrTampered) {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
	if _, err := parseSession(append(whole, 0)); !errors.Is(err, store.ErrTampered) {
		t.Error("a byte too many was accepted")
	}
	t.Logf("a young session is %d bytes", len(whole))
}

func TestForgettingASession(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.meets(b, false)
	a.commit()
	if err := a.ForgetAll(t.Context(), "pe"); err != nil {
		t.Fatal(err)
	}
	a.commit()
	a.restart()
	if ok, err := a.HasSession(t.Context(), "peer"); ok || err != nil {
		t.Errorf("still there: %v, %v", ok, err)
	}
	if _, err := a.Encrypt(t.Context(), "peer", nil); !errors.Is(err, ErrNoSession) {
		t.Error(err)
	}
}

func TestManySessionsDoNotStayInMemory(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	bundle := b.bundle(false)
	for i := range cacheMax + 50 {
		if _, err := a.Establish(t.Context(), Address(fmt.Sprint(i)), bundle); err != nil {
			t.Fatal(err)
		}
	}
	a.commit()
	if len(a.sessions) > cacheMax {
		t.Errorf("%d sessions in memory", len(a.sessions))
	}
	for i := range cacheMax + 50 {
		if ok, err := a.HasSession(t.Context(), Address(fmt.Sprint(i))); !ok || err != nil {
			t.Fatalf("session %d is gone: %v", i, err)
		}
	}
}

func TestWithoutKeysNothingWorksButAsking(t *testing.T) {
	v, err := Open(t.Context(), memory.NewDisk().Open(), rand.Reader)
	if err != nil || v.HasKeys() {
		t.Fatal(err)
	}
	if _, err := v.Decrypt(t.Context(), "peer", FirstKind, nil); !errors.Is(err, ErrNoKeys) {
		t.Error(err)
	}
	if _, err := v.PreKeys(t.Context(), 1); !errors.Is(err, ErrNoKeys) {
		t.Error(err)
	}
}

// libsignal prints to standard output unless silenced.
func TestNothingIsPrinted(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	a, b := newDevice(t), newDevice(t)
	a.meets(b, true)
	s := a.seal("x")
	b.open(s, "x")
	b.fails(s, ErrOld)
	os.Stdout = stdout
	w.Close()
	out, err := io.ReadAll(r)
	if err != nil || strings.TrimSpace(string(out)) != "" {
		t.Errorf("printed %q, %v", out, err)
	}
}
