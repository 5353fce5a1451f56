package headless

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"go.mau.fi/whatsmeow/util/keys"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/app/internal/store/bolt"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// stored is a WhatsApp user whose client can be closed, changed and opened again.
func (w *world) stored(name string) (*whatsApp, waclient.Store) {
	w.t.Helper()
	phone, keep := newNumber(), waclient.NewStore()
	w.ok(w.box.CreatePhone(w.ctx, phone, name, true))
	c, err := waclient.NewCompanion(w.ctx, w.box, phone, waclient.Config{Name: name, Store: keep})
	w.ok(err)
	w.t.Cleanup(c.Close)
	return &whatsApp{c, w, phone}, keep
}

// open opens the client of a store, without connecting it.
func (w *world) open(phone, name string, keep waclient.Store) *whatsApp {
	w.t.Helper()
	c, err := waclient.New(w.ctx, waclient.Config{Gateway: w.box.Address(), Root: w.Root, Name: name, Store: keep})
	w.ok(err)
	w.t.Cleanup(c.Close)
	return &whatsApp{c, w, phone}
}

// forget removes what a client's store keeps under some kinds of key.
func (w *world) forget(keep waclient.Store, kinds ...string) {
	w.t.Helper()
	all, err := keep.List(w.ctx, "device.")
	w.ok(err)
	for key := range all {
		for _, kind := range kinds {
			if strings.HasPrefix(key, "device."+kind+".") {
				w.ok(keep.Delete(w.ctx, key))
			}
		}
	}
}

// greeted opens a chat in which a message has crossed each way.
func (w *world) greeted(anna *thirdparty.User, name string, ben *whatsApp) model.ChatID {
	w.t.Helper()
	chat := anna.OpenChat(ben.phone)
	anna.AwaitState(anna.Send(chat, "hello"), model.Delivered)
	id := ben.send(w.alias(name), "hello yourself")
	anna.AwaitText("hello yourself")
	ben.hears(id, waclient.Delivered) // nothing is on its way any more
	return chat
}

// A client that was installed again has the address of the old one and none of its keys: what was encrypted for the
// old one, it asks for again.
func TestAReinstalledPeerAsksAgainForWhatItCannotRead(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna := w.thirdParty("anna")
	ben, keep := w.stored("Ben")
	chat := w.greeted(anna, "anna", ben)
	ben.Close()
	id := anna.Send(chat, "for the old keys")
	anna.AwaitState(id, model.Sent)

	w.forget(keep, "session", "identity", "prekeys")
	ben = w.open(ben.phone, "Ben", keep)
	d := ben.WA.Store
	d.IdentityKey, d.RegistrationID = keys.NewKeyPair(), d.RegistrationID+1
	d.SignedPreKey = d.IdentityKey.CreateSignedPreKey(2)
	w.ok(d.Save(w.ctx))
	ben.reconnect()
	ben.gets("for the old keys")
	anna.AwaitState(id, model.Delivered)
	if bad := waclient.All[*events.UndecryptableMessage](ben.Client); len(bad) == 0 {
		t.Error("control: the new client could read it at once, so nothing was shown")
	}
	w.bothWays(anna, ben, chat, "anna")
}

// bothWays sends a message each way, which is read at once.
func (w *world) bothWays(anna *thirdparty.User, ben *whatsApp, chat model.ChatID, name string) {
	w.t.Helper()
	bad := len(waclient.All[*events.UndecryptableMessage](ben.Client))
	ben.send(w.alias(name), "and now?")
	anna.AwaitText("and now?")
	id := anna.Send(chat, "yes, now")
	ben.gets("yes, now")
	anna.AwaitState(id, model.Delivered)
	if now := len(waclient.All[*events.UndecryptableMessage](ben.Client)); now != bad {
		w.t.Errorf("whatsmeow could not read %d of the last messages at once", now-bad)
	}
	for _, m := range anna.Thread(chat) {
		if m.Failure != "" {
			w.t.Errorf("%q is %s in the thread", m.Text, m.Failure)
		}
	}
	if twice := ben.Duplicates(); len(twice) > 0 {
		w.t.Errorf("whatsmeow shows twice: %q", twice)
	}
}

func TestAPeerWithoutItsSessionsAsksAgain(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna := w.thirdParty("anna")
	ben, keep := w.stored("Ben")
	chat := w.greeted(anna, "anna", ben)
	ben.Close()
	id := anna.Send(chat, "for a lost session")
	anna.AwaitState(id, model.Sent)
	w.forget(keep, "session")
	ben = w.open(ben.phone, "Ben", keep)
	ben.reconnect()
	ben.gets("for a lost session")
	anna.AwaitState(id, model.Delivered)
	w.bothWays(anna, ben, chat, "anna")
}

// loseSessions deletes all Signal sessions of a stopped third-party user.
func (w *world) loseSessions(u *thirdparty.User) {
	w.t.Helper()
	s, err := bolt.Open(filepath.Join(u.Dir(), "store"))
	w.ok(err)
	all, err := s.List(w.ctx, store.Sessions, store.Range{})
	w.ok(err)
	if len(all) == 0 {
		w.t.Fatal("control: the store has no session to lose")
	}
	var b store.Batch
	for _, r := range all {
		b.Delete(store.Sessions, r.Key)
	}
	w.ok(s.Commit(w.ctx, &b))
	w.ok(s.Close())
}

func TestOurClientWithoutItsSessionsAsksAgain(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	chat := w.greeted(anna, "anna", ben)
	anna.Stop()
	id := ben.send(w.alias("anna"), "for a lost session")

	w.loseSessions(anna)
	anna.Start()
	thirdparty.AwaitNew(anna, "a placeholder", func(e port.MessageChanged) bool { return e.Failure == model.CannotDecrypt })
	anna.AwaitText("for a lost session")
	ben.hears(id, waclient.Delivered)
	w.thread(anna, chat, "> hello", "hello yourself", "for a lost session")
	w.bothWays(anna, ben, chat, "anna")
}

// A phone that links its companion anew gives it another number; what is written meanwhile, with an old list of
// devices, must still arrive.
func TestAPeerPairedAnewGetsWhatWasWrittenMeanwhile(t *testing.T) {
	w := newWorld(t, relaytest.Options{Apart: true})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	chat := w.greeted(anna, "anna", ben)
	w.StopRelay()
	id := anna.Send(chat, "written meanwhile")
	w.ok(w.box.Unlink(w.ctx, ben.phone, ben.Device()))
	c, err := waclient.NewCompanion(w.ctx, w.box, ben.phone, waclient.Config{Name: "Ben"})
	w.ok(err)
	t.Cleanup(c.Close)
	again := &whatsApp{c, w, ben.phone}
	if again.Device() == ben.Device() {
		t.Fatalf("control: the new companion has the old number %d", again.Device())
	}
	w.StartRelay()
	again.gets("written meanwhile")
	anna.AwaitState(id, model.Delivered)
	w.bothWays(anna, again, chat, "anna")
}

// knowsDevices waits until the client has heard of so many devices of somebody. It has no event for that.
func (a *whatsApp) knowsDevices(who types.JID, many int) {
	a.w.t.Helper()
	ctx, cancel := thirdparty.Within()
	defer cancel()
	for {
		devices, err := a.WA.GetUserDevices(ctx, []types.JID{who})
		if err == nil && len(devices) == many {
			return
		}
		select {
		case <-ctx.Done():
			a.w.t.Fatalf("whatsmeow knows the devices %v, %v", devices, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A third-party user who has lost everything on the device enlists it anew, as one more device of the account.
func TestAThirdPartyUserStartsOverOnANewDevice(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	chat := w.greeted(anna, "anna", ben)
	anna.Stop()
	again := w.thirdParty("anna")
	if len(again.State().Chats) != 0 {
		t.Errorf("a new device has chats: %+v", again.State().Chats)
	}
	ben.knowsDevices(w.alias("anna"), 2)
	ben.send(w.alias("anna"), "are you back?")
	if got := again.AwaitText("are you back?"); got.Chat != chat {
		t.Errorf("it is in the chat %s, not %s", got.Chat, chat)
	}
	id := again.Send(chat, "I am")
	if m := ben.gets("I am"); m.Info.Sender.ToNonAD() != w.alias("anna") {
		t.Errorf("it is from %s", m.Info.Sender)
	}
	again.AwaitState(id, model.Delivered)
	w.bothWays(again, ben, chat, "anna")
}

func TestTwoDevicesOfAThirdPartyAccount(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	ben := w.whatsApp("Ben")
	first, second := w.thirdParty("anna"), w.thirdParty("anna")
	chat := first.OpenChat(ben.phone)
	id := first.Send(chat, "from the first")
	ben.gets("from the first")
	copied := thirdparty.Await(second, "the copy", func(e port.MessageChanged) bool { return e.Text == "from the first" })
	if !copied.FromMe || copied.Chat != chat || copied.ID != id {
		t.Errorf("the copy is %+v", copied.Message)
	}
	ben.send(w.alias("anna"), "to both")
	first.AwaitText("to both")
	second.AwaitText("to both")

	first.Stop() // gets the copy when it is back
	other := second.Send(chat, "from the second")
	ben.gets("from the second")
	second.AwaitState(other, model.Delivered)
	first.Start()
	thirdparty.Await(first, "the copy", func(e port.MessageChanged) bool { return e.Text == "from the second" && e.FromMe })
	want := []string{"> from the first", "to both", "> from the second"}
	w.thread(first, chat, want...)
	w.thread(second, chat, want...)
	ben.once()
}

// Who turns third-party chats off is gone from the gateway at once, with every device; each can turn them on again.
func TestTurnedOffOnOneDeviceIsOffOnAll(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	ben := w.whatsApp("Ben")
	first, second := w.thirdParty("anna"), w.thirdParty("anna")
	chat := first.OpenChat(ben.phone)
	first.AwaitState(first.Send(chat, "hello"), model.Delivered)
	mark := second.Mark()
	first.Do(port.Disconnect{Everywhere: true}, nil)
	thirdparty.AwaitAfter(second, mark, "that its session has ended", func(e port.LinkChanged) bool { return e.Down == model.HopSession })
	if _, _, err := w.box.ThirdParty(w.ctx, providerID, "anna"); err == nil {
		t.Error("the gateway still knows her")
	}
	second.Do(port.Connect{}, nil)
	second.AwaitState(second.Send(chat, "here again"), model.Delivered)
	ben.gets("here again")
}

func TestAnOwnDeviceWithoutItsSessionsAsksAgainForTheCopy(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	ben := w.whatsApp("Ben")
	first, second := w.thirdParty("anna"), w.thirdParty("anna")
	chat := first.OpenChat(ben.phone)
	first.Send(chat, "one")
	thirdparty.Await(second, "the copy", func(e port.MessageChanged) bool { return e.Text == "one" && e.FromMe })
	second.Stop()
	first.AwaitState(first.Send(chat, "two"), model.Delivered)
	w.loseSessions(second)
	second.Start()
	thirdparty.AwaitNew(second, "a placeholder", func(e port.MessageChanged) bool { return e.Failure == model.CannotDecrypt })
	copied := thirdparty.Await(second, "the copy", func(e port.MessageChanged) bool { return e.Text == "two" })
	if !copied.FromMe || copied.Chat != chat {
		t.Errorf("the copy is %+v", copied.Message)
	}
	w.thread(second, chat, "> one", "> two")
	if chats := second.State().Chats; len(chats) != 1 {
		t.Errorf("the second device has the chats %+v", chats)
	}
	ben.once()
}

// When both write first at the same moment there are two sessions. whatsmeow's library moves the newer one on when a
// message for the older comes, and may have to ask for a message again; all must arrive, once, all the same.
func TestBothWriteFirstAtTheSameMoment(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	chat, alias := anna.OpenChat(ben.phone), w.alias("anna")
	texts := []string{"one", "two", "three", "four", "five"}
	var sending sync.WaitGroup
	sending.Go(func() {
		for _, text := range texts {
			if _, err := ben.SendText(w.ctx, alias, "ben "+text); err != nil {
				t.Error(err)
			}
		}
	})
	for _, text := range texts {
		anna.Send(chat, "anna "+text)
	}
	sending.Wait()
	for _, text := range texts {
		ben.gets("anna " + text)
		anna.AwaitText("ben " + text)
	}
	w.bothWays(anna, ben, chat, "anna")
}

// bundles fetches one prekey bundle of a device with each client at the same instant, and returns the ids of the
// one-time prekeys that came with them, 0 for none.
func bundles(ctx context.Context, device types.JID, clients ...*whatsApp) []uint32 {
	ids := make([]uint32, len(clients))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() {
			<-start
			//lint:ignore SA1019 there is no other way to ask for a bundle alone
			if b := c.WA.DangerousInternals().FetchPreKeysNoError(ctx, []types.JID{device})[device]; b != nil && !b.PreKeyID().IsEmpty {
				ids[i] = b.PreKeyID().Value
			}
		})
	}
	close(start)
	all.Wait()
	return ids
}

func TestTheLastPrekeyIsAskedForByTwoAtTheSameInstant(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	ben, cem := w.whatsApp("Ben"), w.whatsApp("Cem")
	anna := w.thirdParty("anna")
	alias := w.alias("anna")
	// One by one until the first batch of a hundred has one left. She is offline, so that no more come.
	seen := map[uint32]bool{}
	take := func(ids ...uint32) (none bool) {
		for _, id := range ids {
			none = none || id == 0
			if id != 0 && seen[id] {
				t.Errorf("prekey %d was handed out twice", id)
			}
			seen[id] = true
		}
		return none
	}
	take(bundles(w.ctx, alias, ben)...)
	anna.Stop()
	for len(seen) < 99 {
		if take(bundles(w.ctx, alias, ben)...) {
			t.Fatalf("no prekey is left after %d", len(seen))
		}
	}
	if testing.Verbose() {
		t.Logf("the stock is %d keys down", len(seen))
	}
	var sending sync.WaitGroup
	for _, c := range []*whatsApp{ben, cem} {
		sending.Go(func() {
			if _, err := c.SendText(w.ctx, alias, "first from "+c.phone); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	if !take(bundles(w.ctx, alias, ben, cem)...) {
		t.Log("the stock had been filled up meanwhile: the last key was not contested this time")
	}
	anna.Start()
	anna.AwaitText("first from " + ben.phone)
	got := anna.AwaitText("first from " + cem.phone)
	anna.AwaitState(anna.Send(got.Chat, "hello Cem"), model.Delivered)
	cem.gets("hello Cem")
	ben.once()
	cem.once()
}
