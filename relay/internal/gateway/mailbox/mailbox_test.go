package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/mailbox"
	"ferry/relay/wire"
)

var (
	alice = wire.JID{User: "123456789012345", Server: wire.ServerLID, Device: 1}
	bob   = wire.JID{User: "4242", Server: wire.ServerInterop, Integrator: 7}
)

func open(t *testing.T, dir string, limit int) (*mailbox.Boxes, func()) {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	boxes, err := mailbox.Open(t.Context(), b, mailbox.Options{Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return boxes, b.Close
}

var errEnough = errors.New("enough")

// waiting reads what is stored for a device without removing it.
func waiting(t *testing.T, b *mailbox.Boxes, dev wire.JID) []mailbox.Item {
	t.Helper()
	c, err := b.Count(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	if c.Total() == 0 {
		return nil
	}
	var items []mailbox.Item
	err = b.Follow(t.Context(), dev, func(i mailbox.Item) error {
		items = append(items, i)
		if i.Pending == 0 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	return items
}

func put(t *testing.T, b *mailbox.Boxes, dev wire.JID, kind mailbox.Kind, text, dedup string) {
	t.Helper()
	if err := b.Put(t.Context(), dev, kind, []byte(text), dedup); err != nil {
		t.Fatal(err)
	}
}

func TestItemsOfAllKindsStayInOrderOverARestart(t *testing.T) {
	dir := t.TempDir()
	b, stop := open(t, dir, 0)
	kinds := []mailbox.Kind{mailbox.Message, mailbox.Receipt, mailbox.Notification, mailbox.Message, mailbox.Call}
	for i, k := range kinds {
		put(t, b, alice, k, fmt.Sprint(i), "")
	}
	put(t, b, bob, mailbox.Message, "other", "")
	stop()

	b, _ = open(t, dir, 0)
	items := waiting(t, b, alice)
	if len(items) != len(kinds) {
		t.Fatalf("%d items wait, want %d", len(items), len(kinds))
	}
	for i, it := range items {
		if string(it.Stanza) != fmt.Sprint(i) || it.Kind != kinds[i] || it.Pending != uint64(len(kinds)-1-i) {
			t.Errorf("item %d is %q of kind %c with %d behind", i, it.Stanza, it.Kind, it.Pending)
		}
	}
	c, err := b.Count(t.Context(), alice)
	if err != nil || c != (mailbox.Counts{Message: 2, Receipt: 1, Notification: 1, Call: 1}) {
		t.Errorf("counts %+v, %v", c, err)
	}
}

func TestAnItemStaysUntilItIsRemoved(t *testing.T) {
	b, _ := open(t, t.TempDir(), 0)
	put(t, b, alice, mailbox.Message, "one", "")
	put(t, b, alice, mailbox.Message, "two", "")
	first := waiting(t, b, alice)[0]
	for range 2 { // the second time is no error
		if err := b.Remove(t.Context(), first.Seq); err != nil {
			t.Fatal(err)
		}
	}
	if left := waiting(t, b, alice); len(left) != 1 || string(left[0].Stanza) != "two" {
		t.Errorf("left: %v", left)
	}
}

func TestTheSameDeliveryIsStoredOnce(t *testing.T) {
	b, _ := open(t, t.TempDir(), 0)
	for range 3 {
		put(t, b, alice, mailbox.Message, "hello", "from-x/id-1/to-alice")
	}
	put(t, b, alice, mailbox.Message, "hello", "from-x/id-2/to-alice")
	if n := len(waiting(t, b, alice)); n != 2 {
		t.Errorf("%d items wait, want 2", n)
	}
}

func TestAFullMailboxRefusesAndRecovers(t *testing.T) {
	b, _ := open(t, t.TempDir(), 3)
	for i := range 3 {
		put(t, b, bob, mailbox.Message, fmt.Sprint(i), "")
	}
	if err := b.Put(t.Context(), bob, mailbox.Message, []byte("3"), ""); !errors.Is(err, mailbox.ErrFull) {
		t.Fatalf("the fourth of three: %v", err)
	}
	put(t, b, alice, mailbox.Message, "another device is not full", "")
	if err := b.Remove(t.Context(), waiting(t, b, bob)[0].Seq); err != nil {
		t.Fatal(err)
	}
	put(t, b, bob, mailbox.Message, "3", "")
	if items := waiting(t, b, bob); len(items) != 3 || string(items[0].Stanza) != "1" {
		t.Errorf("%d items, first %q", len(items), items[0].Stanza)
	}
}

func TestAGoneDeviceLosesItsMailAndNoOther(t *testing.T) {
	b, _ := open(t, t.TempDir(), 0)
	sibling := alice.WithDevice(11) // 1 is a prefix of 11: must not match
	put(t, b, alice, mailbox.Message, "x", "")
	put(t, b, alice, mailbox.Receipt, "y", "")
	put(t, b, sibling, mailbox.Message, "z", "")
	if err := b.Drop(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	if n := len(waiting(t, b, alice)); n != 0 {
		t.Errorf("%d items of the gone device are left", n)
	}
	if n := len(waiting(t, b, sibling)); n != 1 {
		t.Errorf("the sibling has %d items, want 1", n)
	}
}

func TestFollowHandsOutWhatComesLater(t *testing.T) {
	b, _ := open(t, t.TempDir(), 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan string)
	done := make(chan error, 1)
	go func() {
		done <- b.Follow(ctx, bob, func(i mailbox.Item) error {
			got <- string(i.Stanza)
			return nil
		})
	}()
	for i := range 3 {
		put(t, b, bob, mailbox.Message, fmt.Sprint(i), "")
		if s := <-got; s != fmt.Sprint(i) {
			t.Fatalf("followed %q, want %d", s, i)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow ended with %v", err)
	}
}
