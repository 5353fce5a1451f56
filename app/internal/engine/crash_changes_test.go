package engine_test

import (
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store/faulty"
)

// changes has a, whose n-th write goes wrong, and b reply to, react to, edit
// and take back messages, both at once. Each change has its effect once, on
// both sides, and nothing is left of any but the effect.
func changes(t *testing.T, fault faulty.Fault, n int) int {
	_, a, b := pair(t)
	for _, id := range []string{"a0", "a1"} {
		a.send(b, id, "text "+id)
	}
	for _, id := range []string{"b0", "b1"} {
		b.send(a, id, "text "+id)
	}
	b.gets(a, "a1", "text a1")
	a.gets(b, "b1", "text b1")
	a.reaches(b, "a1", model.Delivered)
	b.reaches(a, "b1", model.Delivered)
	a.kill()
	broken := a.startBroken(fault, n)
	ab, ba := a.chatWith(b), b.chatWith(a)
	theirs := func(id model.MessageID) model.Ref { return model.Ref{ID: id} }
	both := func(mine, his port.Command) {
		attempt(a, mine)
		attempt(b, his)
	}
	ref := theirs("b0")
	attempt(a, port.SendText{Chat: ab, ID: "ar", Text: "text ar", ReplyTo: &ref})
	ref = theirs("a0")
	attempt(b, port.SendText{Chat: ba, ID: "br", Text: "text br", ReplyTo: &ref})
	both(port.React{Chat: ab, ID: "a2", Target: theirs("b0"), Emoji: "👍"}, port.React{Chat: ba, ID: "b2", Target: theirs("a0"), Emoji: "👍"})
	both(port.Edit{Chat: ab, ID: "a3", Target: "a0", Text: "better"}, port.Edit{Chat: ba, ID: "b3", Target: "b0", Text: "better"})
	both(port.React{Chat: ab, ID: "a4", Target: theirs("b0"), Emoji: "🎉"}, port.React{Chat: ba, ID: "b4", Target: theirs("a0"), Emoji: ""})
	both(port.Revoke{Chat: ab, ID: "a5", Target: "a1"}, port.Revoke{Chat: ba, ID: "b5", Target: "b1"})
	attempt(a, port.SendText{Chat: ab, ID: "az", Text: "text az"})
	attempt(b, port.SendText{Chat: ba, ID: "bz", Text: "text bz"})
	a.gets(b, "bz", "text bz")
	b.gets(a, "az", "text az")
	a.reaches(b, "az", model.Delivered)
	b.reaches(a, "bz", model.Delivered)
	changed(t, a, b, "a", "b", "🎉|", "|")
	changed(t, b, a, "b", "a", "|", "|🎉")
	return broken.Writes()
}

// changed checks all that c shows of what it and its peer did.
func changed(t *testing.T, c, peer *client, own, other, onTheirs, onMine string) {
	t.Helper()
	all := map[model.MessageID]model.Message{}
	thread := c.thread(peer)
	for _, m := range thread {
		all[m.ID] = m
	}
	name := c.relay.name.User
	if len(thread) != 8 || len(all) != 8 {
		t.Errorf("%s has %d entries: %+v", name, len(thread), thread)
	}
	for id, want := range map[string]string{own + "0": onMine, other + "0": onTheirs} {
		m := all[model.MessageID(id)]
		if m.Text != "better" || m.Edited.IsZero() || emojis(m) != want {
			t.Errorf("%s: %s is %q with %s, want %s", name, id, m.Text, emojis(m), want)
		}
	}
	for _, id := range []string{own + "1", other + "1"} {
		if m := all[model.MessageID(id)]; !gone(m) {
			t.Errorf("%s: %s is %+v", name, id, m)
		}
	}
	for id, fromMe := range map[string]bool{own + "r": false, other + "r": true} {
		m := all[model.MessageID(id)]
		if m.Reply == nil || m.Reply.FromMe != fromMe || m.Reply.Order != all[m.Reply.ID].Order || m.Text != "text "+id {
			t.Errorf("%s: %s is %+v, about %+v", name, id, m, m.Reply)
		}
	}
	if c.heard(func(e port.Event) bool { _, is := e.(port.ChangeFailed); return is }) {
		t.Errorf("%s: a change failed", name)
	}
}
