package headless

import (
	"testing"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
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
