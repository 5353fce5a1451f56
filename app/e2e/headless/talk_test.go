// Package headless shows third-party users, each the client without a screen, in talk with WhatsApp users, each
// an unmodified whatsmeow, through a real relay and gateway.
package headless

import (
	"os"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

func TestMain(m *testing.M) {
	code := m.Run()
	relaytest.RemoveBinary()
	os.Exit(code)
}

func TestTheThirdPartyUserWritesFirst(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	chat := anna.OpenChat(ben.phone)
	id := anna.Send(chat, "hello Ben")
	m := ben.gets("hello Ben")
	if m.Info.PushName != "anna" {
		t.Errorf("whatsmeow sees the name %q", m.Info.PushName)
	}
	anna.AwaitState(id, model.Delivered)
	ben.reads(m)
	anna.AwaitState(id, model.Read)

	back := ben.send(w.alias("anna"), "hello Anna")
	got := anna.AwaitText("hello Anna")
	if got.Chat != chat {
		t.Errorf("the answer is in the chat %s, not %s", got.Chat, chat)
	}
	ben.hears(back, waclient.Delivered)
	anna.Do(port.MarkRead{Chat: chat, Upto: got.Order}, nil)
	ben.hears(back, waclient.Read)
	w.thread(anna, chat, "> hello Ben", "hello Anna")
	ben.once()
}

func TestTheWhatsAppUserWritesFirst(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	id := ben.send(w.alias("anna"), "who are you?")
	got := anna.AwaitText("who are you?")
	ben.hears(id, waclient.Delivered)
	chats := anna.State().Chats
	if len(chats) != 1 || chats[0].Unread != 1 {
		t.Fatalf("the chat list is %+v", chats)
	}
	if c := chats[0].Contact; c.Name != "" || c.Phone == "" {
		t.Errorf("WhatsApp tells other apps no names of its users, but a number: %+v", c)
	}
	anna.Do(port.MarkRead{Chat: got.Chat, Upto: got.Order}, nil)
	ben.hears(id, waclient.Read)
	if chats := anna.State().Chats; chats[0].Unread != 0 {
		t.Errorf("still unread: %d", chats[0].Unread)
	}
	answer := anna.Send(got.Chat, "Anna")
	ben.reads(ben.gets("Anna"))
	anna.AwaitState(answer, model.Read)
	ben.once()
}

func TestEachSideOfflineInTurn(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	chat := anna.OpenChat(ben.phone)

	ben.Disconnect()
	first := anna.Send(chat, "one")
	second := anna.Send(chat, "two")
	anna.AwaitState(second, model.Sent)
	ben.reconnect()
	ben.gets("one")
	ben.gets("two")
	anna.AwaitState(first, model.Delivered)
	anna.AwaitState(second, model.Delivered)

	anna.Stop()
	third := ben.send(w.alias("anna"), "three")
	fourth := ben.send(w.alias("anna"), "four")
	anna.Start()
	anna.AwaitOnline()
	anna.AwaitText("three")
	anna.AwaitText("four")
	ben.hears(third, waclient.Delivered)
	ben.hears(fourth, waclient.Delivered)
	w.thread(anna, chat, "> one", "> two", "three", "four")

	// Written with no network at all: it waits in the outbox, also through a restart.
	w.StopRelay()
	fifth := anna.Send(chat, "five")
	anna.Stop()
	anna.Start()
	w.StartRelay()
	ben.reconnect()
	anna.AwaitState(fifth, model.Delivered)
	ben.gets("five")
	w.thread(anna, chat, "> one", "> two", "three", "four", "> five")
	ben.once()
}

func TestANumberThatCannotBeReachedIsANormalAnswer(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna, closed := w.thirdParty("anna"), newNumber()
	w.NewPhone(closed, "Closed", false)
	for number, want := range map[string]string{
		newNumber(): "not_found",
		closed:      "no_consent",
		"call me":   "invalid",
		"0155 1234": "invalid",
	} {
		found := anna.LookUp(number)
		if found.Status != want || found.Chat != "" {
			t.Errorf("looking up %q: %+v, want %s", number, found, want)
		}
	}
}

func TestAnAccountThatIsGoneFailsTheMessage(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	chat := anna.OpenChat(ben.phone)
	anna.AwaitState(anna.Send(chat, "hello"), model.Delivered)
	w.ok(w.box.DeletePhone(w.ctx, ben.phone))
	got := anna.AwaitState(anna.Send(chat, "still there?"), model.Failed)
	if got.Failure != model.NoAccount && got.Failure != model.NoDevices {
		t.Errorf("it fails for %q", got.Failure)
	}
}
