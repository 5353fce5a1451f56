package engine_test

import (
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func TestAMessageCrossesAndItsReceiptsComeBack(t *testing.T) {
	_, a, b := pair(t)
	if m := a.send(b, "m1", "hello"); m.State != model.Pending || m.Text != "hello" || !m.FromMe {
		t.Errorf("the reply is %+v", m)
	}
	b.gets(a, "m1", "hello")
	a.reaches(b, "m1", model.Delivered)
	b.send(a, "m2", "hi")
	a.gets(b, "m2", "hi")
	chat := must[port.State](b, port.Snapshot{}).Chats[0]
	if chat.Unread != 1 || chat.Contact.Name != "user "+a.relay.name.User {
		t.Errorf("b's chat is %+v", chat)
	}
	must[struct{}](b, port.MarkRead{Chat: chat.ID, Upto: chat.Order})
	a.reaches(b, "m1", model.Read)
	if chat := must[port.State](b, port.Snapshot{}).Chats[0]; chat.Unread != 0 {
		t.Errorf("still %d unread", chat.Unread)
	}
	b.reaches(a, "m2", model.Delivered)
}
