package headless

import (
	"bytes"
	"fmt"
	"testing"

	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// companion is a WhatsApp user who is our own client, paired as a device of a
// phone of the sandbox.
func (w *world) companion(phone, name string) *thirdparty.User {
	w.t.Helper()
	u := thirdparty.New(w.t, thirdparty.Config{Relay: w.URL, Name: name, Phone: phone})
	u.Connect()
	return u
}

func TestAWhatsAppUserOfTheSandboxIsTheSameClient(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	anna := w.thirdParty("anna")
	address := anna.State().Self.Address
	bert := w.companion("+49 1551 0000010", "Bert")
	if self := bert.State().Self; self.Persona != model.WhatsAppUser || self.Phone != "+4915510000010" || !self.Connected {
		t.Errorf("Bert is %+v", self)
	}

	chat := anna.OpenChat("+49 1551 0000010")
	id := anna.Send(chat, "hello Bert")
	m := bert.AwaitText("hello Bert")
	if m.Chat != model.ChatID(address) {
		t.Errorf("the chat is %q, want that of %q", m.Chat, address)
	}
	anna.AwaitState(id, model.Delivered)
	bert.Do(port.MarkRead{Chat: m.Chat, Upto: m.Order}, nil)
	anna.AwaitState(id, model.Read)

	answer := bert.Send(m.Chat, "hello Anna")
	got := anna.AwaitText("hello Anna")
	if got.Chat != chat {
		t.Errorf("the answer is in %q, want %q", got.Chat, chat)
	}
	bert.AwaitState(answer, model.Delivered)
	anna.Do(port.MarkRead{Chat: got.Chat, Upto: got.Order}, nil)
	bert.AwaitState(answer, model.Read)
}

// duo is a third-party user and a WhatsApp user of ours who know each other.
type duo struct {
	*world
	anna, bert *thirdparty.User
	atAnnas    model.ChatID // with bert
	atBerts    model.ChatID // with anna
}

func newDuo(t *testing.T) *duo {
	t.Helper()
	w := newWorld(t, relaytest.Options{})
	d := &duo{world: w, anna: w.thirdParty("anna"), bert: w.companion(newNumber(), "Bert")}
	d.atAnnas = d.anna.OpenChat(d.bert.State().Self.Phone)
	d.anna.Send(d.atAnnas, "hello")
	d.atBerts = d.bert.AwaitText("hello").Chat
	return d
}

func TestAWhatsAppUserSeesPeopleByNameAndApp(t *testing.T) {
	d := newDuo(t)
	if c := d.bert.State().Chats[0].Contact; c.Name != "anna" || c.Phone != "" || c.Provider != providerID || c.ProviderName != "Ferry" {
		t.Errorf("bert sees %+v", c)
	}
	if c := d.anna.State().Chats[0].Contact; c.Provider != 0 {
		t.Errorf("anna sees %+v", c)
	}
	d.world.thirdParty("carol")
	for name, want := range map[string]string{"carol": "ok", "nobody": "not_found", "": "invalid"} {
		var found port.LookUpResult
		d.bert.Do(port.FindPerson{Provider: providerID, Username: name}, &found)
		if found.Status != want || want == "ok" && (found.Contact.Name != name || found.Contact.Provider != providerID || found.Contact.ProviderName != "Ferry") {
			t.Errorf("%q: %+v", name, found)
		}
		if want != "ok" {
			continue
		}
		d.bert.Do(port.OpenChat{Chat: found.Chat, Contact: found.Contact}, nil)
		d.bert.AwaitState(d.bert.Send(found.Chat, "found you"), model.Delivered)
	}
}

func TestFilesCrossBetweenTheTwoProducts(t *testing.T) {
	d := newDuo(t)
	for i, size := range []int{100_000, 9<<20 + 3} { // more than one part where there are parts
		b := noise(size + i)
		name := fmt.Sprintf("report %d.pdf", i)
		id := d.bert.SendFile(d.atBerts, name, b, nil)
		ref := model.Ref{ID: id}
		d.anna.AwaitMedia(d.atAnnas, ref, model.MediaRemote)
		d.anna.Do(port.Transfer{Chat: d.atAnnas, Target: ref}, nil)
		d.anna.AwaitMedia(d.atAnnas, ref, model.MediaLocal)
		if got := d.anna.Saved(d.atAnnas, ref); !bytes.Equal(got, b) {
			t.Errorf("anna gets %d bytes of %d", len(got), len(b))
		}
		d.bert.AwaitState(id, model.Delivered)

		back := model.Ref{ID: d.anna.SendFile(d.atAnnas, name, b, nil)}
		d.bert.AwaitMedia(d.atBerts, back, model.MediaRemote)
		d.bert.Do(port.Transfer{Chat: d.atBerts, Target: back}, nil)
		d.bert.AwaitMedia(d.atBerts, back, model.MediaLocal)
		if got := d.bert.Saved(d.atBerts, back); !bytes.Equal(got, b) {
			t.Errorf("bert gets %d bytes of %d", len(got), len(b))
		}
	}
	pic := photo(t)
	ref := model.Ref{ID: d.anna.SendFile(d.atAnnas, "cat.png", pic, map[string]any{"caption": "look"})}
	if m := d.bert.AwaitMedia(d.atBerts, ref, model.MediaLocal); m.Kind != model.KindImage || m.Text != "look" {
		t.Errorf("bert gets %+v", m)
	}
}

func TestTypingAndPresenceCrossBetweenTheTwoProducts(t *testing.T) {
	d := newDuo(t)
	for _, c := range []struct {
		from, to     *thirdparty.User
		atFrom, atTo model.ChatID
	}{{d.anna, d.bert, d.atAnnas, d.atBerts}, {d.bert, d.anna, d.atBerts, d.atAnnas}} {
		c.to.Do(port.Active{Active: true}, nil)
		c.to.Do(port.Watch{Chat: c.atTo}, nil)
		c.from.Do(port.Active{Active: true}, nil)
		thirdparty.Await(c.to, "presence", func(e port.PeerPresence) bool { return e.Chat == c.atTo && e.Online })
		c.from.Do(port.Typing{Chat: c.atFrom, Composing: true}, nil)
		thirdparty.Await(c.to, "typing", func(e port.PeerTyping) bool { return e.Chat == c.atTo && e.Composing })
	}
}

func TestWhatIsDoneToMessagesCrossesBetweenTheTwoProducts(t *testing.T) {
	d := newDuo(t)
	for _, c := range []struct {
		from, to     *thirdparty.User
		atFrom, atTo model.ChatID
	}{{d.anna, d.bert, d.atAnnas, d.atBerts}, {d.bert, d.anna, d.atBerts, d.atAnnas}} {
		id := c.from.Send(c.atFrom, "first")
		c.to.AwaitText("first")
		c.from.AwaitState(id, model.Delivered)
		c.to.Do(port.React{Chat: c.atTo, ID: thirdparty.NewID(), Target: model.Ref{ID: id}, Emoji: "👍"}, nil)
		thirdparty.Await(c.from, "a reaction", func(e port.MessageChanged) bool {
			return e.Message.ID == id && len(e.Message.Reactions) == 1 && e.Message.Reactions[0].Emoji == "👍"
		})
		c.from.Do(port.Edit{Chat: c.atFrom, ID: thirdparty.NewID(), Target: id, Text: "second"}, nil)
		thirdparty.Await(c.to, "an edit", func(e port.MessageChanged) bool { return e.Message.ID == id && e.Message.Text == "second" })
		c.to.Do(port.SendText{Chat: c.atTo, ID: thirdparty.NewID(), Text: "an answer", ReplyTo: &model.Ref{ID: id}}, nil)
		if m := c.from.AwaitText("an answer"); m.Reply == nil || m.Reply.ID != id {
			t.Errorf("the answer is %+v", m)
		}
		c.from.Do(port.Revoke{Chat: c.atFrom, ID: thirdparty.NewID(), Target: id}, nil)
		thirdparty.Await(c.to, "a deletion", func(e port.MessageChanged) bool { return e.Message.ID == id && e.Message.Kind == model.KindDeleted })
	}
}

func TestAWhatsAppUsersDevicesShareTheirChats(t *testing.T) {
	d := newDuo(t)
	phone := d.bert.State().Self.Phone
	second := d.companion(phone, "Bert")
	third, err := waclient.NewCompanion(d.ctx, d.box, phone, waclient.Config{Name: "Bert"})
	d.ok(err)
	t.Cleanup(third.Close)

	copied := func(u *thirdparty.User, id model.MessageID, text string) {
		t.Helper()
		if m := u.AwaitState(id, model.Delivered); m.Chat != d.atBerts || !m.FromMe || m.Text != text {
			t.Errorf("another device of %s has %+v", u, m)
		}
	}
	id := d.bert.Send(d.atBerts, "from the first device")
	d.anna.AwaitText("from the first device")
	copied(second, id, "from the first device")
	within, cancel := thirdparty.Within()
	defer cancel()
	_, err = waclient.Await(within, third, func(m *events.Message) bool {
		return m.Info.IsFromMe && waclient.Text(m.Message) == "from the first device"
	})
	if err != nil {
		t.Errorf("whatsmeow as a third device: %v", err)
	}
	id = second.Send(d.atBerts, "from the second device")
	d.anna.AwaitText("from the second device")
	copied(d.bert, id, "from the second device")
	other, err := third.SendText(d.ctx, d.alias("anna"), "from whatsmeow")
	d.ok(err)
	d.anna.AwaitText("from whatsmeow")
	copied(d.bert, model.MessageID(other), "from whatsmeow")
	copied(second, model.MessageID(other), "from whatsmeow")
	d.anna.Send(d.atAnnas, "to all")
	last := d.bert.AwaitText("to all")
	second.AwaitText("to all")
	d.bert.Do(port.MarkRead{Chat: last.Chat, Upto: last.Order}, nil)
	thirdparty.Await(second, "what was read on the other device", func(e port.ChatChanged) bool {
		return e.Chat.Last != nil && e.Chat.Last.Text == "to all" && e.Chat.Unread == 0
	})
	if _, err := third.AwaitText(within, "to all"); err != nil {
		t.Error(err)
	}
}

func TestTwoWhatsAppUsersOfDifferentClientsTalk(t *testing.T) {
	w := newWorld(t, relaytest.Options{})
	bert, ben := w.companion(newNumber(), "Bert"), w.whatsApp("Ben")
	chat := bert.OpenChat(ben.phone)
	id := bert.Send(chat, "hello Ben")
	m := ben.gets("hello Ben")
	bert.AwaitState(id, model.Delivered)
	ben.reads(m)
	bert.AwaitState(id, model.Read)
	ben.send(m.Info.Sender.ToNonAD(), "hello Bert")
	if got := bert.AwaitText("hello Bert"); got.Chat != chat {
		t.Errorf("the answer is in %s, not %s", got.Chat, chat)
	}
	ben.once()
}
