package engine_test

import (
	"fmt"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// is waits until a message is as ok wants it.
func (c *client) is(peer *client, id, what string, ok func(m model.Message) bool) model.Message {
	c.t.Helper()
	var m model.Message
	c.until(id+" "+what, func() bool {
		var there bool
		m, there = c.message(peer, id)
		return there && ok(m)
	})
	return m
}

// emojis is both sides' reactions, own first.
func emojis(m model.Message) string {
	var mine, theirs string
	for _, r := range m.Reactions {
		if r.FromMe {
			mine += r.Emoji
		} else {
			theirs += r.Emoji
		}
	}
	return mine + "|" + theirs
}

func (c *client) shows(peer *client, id, reactions string) {
	c.t.Helper()
	c.is(peer, id, "has "+reactions, func(m model.Message) bool { return emojis(m) == reactions })
}

func (c *client) react(peer *client, id, target string, fromMe bool, emoji string) {
	c.t.Helper()
	must[model.Message](c, port.React{Chat: c.chatWith(peer), ID: model.MessageID(id), Target: model.Ref{ID: model.MessageID(target), FromMe: fromMe}, Emoji: emoji})
}

func (c *client) reads(peer *client, id, text string) model.Message {
	c.t.Helper()
	return c.is(peer, id, "reads "+text, func(m model.Message) bool { return m.Text == text && !m.Edited.IsZero() })
}

func gone(m model.Message) bool {
	return m.Kind == model.KindDeleted && m.Text == "" && m.Reply == nil && m.Reactions == nil && m.Media == nil && m.Edited.IsZero()
}

// exchanged is a pair that has said m from a and n from b.
func exchanged(t *testing.T) (*gateway, *client, *client) {
	g, a, b := pair(t)
	a.send(b, "m", "text m")
	b.gets(a, "m", "text m")
	b.send(a, "n", "text n")
	a.gets(b, "n", "text n")
	a.reaches(b, "m", model.Delivered)
	b.reaches(a, "n", model.Delivered)
	return g, a, b
}

func TestAReplyNamesWhatItIsAbout(t *testing.T) {
	_, a, b := exchanged(t)
	chat := a.chatWith(b)
	m, _ := a.message(b, "m")
	theirs, _ := a.message(b, "n")
	for _, c := range []struct {
		id     string
		target model.Message
	}{{"to own", m}, {"to theirs", theirs}} {
		id, ref := model.MessageID(c.id[3:]), c.target.Ref()
		sent := must[model.Message](a, port.SendText{Chat: chat, ID: id, Text: "yes", ReplyTo: &ref})
		if q := sent.Reply; q == nil || q.Ref != ref || q.Text != c.target.Text || q.Order != c.target.Order {
			t.Errorf("%s: a has %+v", c.id, q)
		}
		b.gets(a, string(id), "yes")
		got, _ := b.message(a, string(id))
		original, _ := b.message(a, string(c.target.ID))
		if q := got.Reply; q == nil || q.Ref != original.Ref() || q.Text != c.target.Text || q.Order != original.Order {
			t.Errorf("%s: b has %+v, the original is %+v", c.id, got.Reply, original)
		}
	}
	must[struct{}](b, port.Delete{Chat: b.chatWith(a), ID: "n", FromMe: true})
	ref := theirs.Ref()
	must[model.Message](a, port.SendText{Chat: chat, ID: "again", Text: "again", ReplyTo: &ref})
	b.gets(a, "again", "again")
	if got, _ := b.message(a, "again"); got.Reply == nil || got.Reply.Text != "text n" || got.Reply.Order != 0 || !got.Reply.FromMe {
		t.Errorf("of a deleted one: %+v", got.Reply)
	}
	ref.ID = "nothing"
	if r := a.do(port.SendText{Chat: chat, ID: "x", Text: "x", ReplyTo: &ref}); r.Code != "no_message" {
		t.Errorf("to nothing: %+v", r)
	}
}

func TestReactionsAreSetChangedAndTakenAwayByBothSides(t *testing.T) {
	_, a, b := exchanged(t)
	a.react(b, "r1", "n", false, "👍")
	b.shows(a, "n", "|👍")
	a.shows(b, "n", "👍|")
	b.react(a, "r2", "n", true, "😂")
	a.shows(b, "n", "👍|😂")
	b.shows(a, "n", "😂|👍")
	a.react(b, "r3", "n", false, "❤️")
	b.shows(a, "n", "😂|❤️")
	a.react(b, "r4", "n", false, "")
	b.shows(a, "n", "😂|")
	a.shows(b, "n", "|😂")
}

func TestOwnOtherDevicesFollow(t *testing.T) {
	g, a, b := pair(t)
	second := newClient(t, g, 1).start().connect()
	b.send(a, "n", "text n")
	second.gets(b, "n", "text n")
	a.gets(b, "n", "text n")
	a.send(b, "m", "text m")
	a.send(b, "o", "text o")
	second.reaches(b, "o", model.Delivered)
	a.react(b, "r", "n", false, "👍")
	second.shows(b, "n", "👍|")
	must[model.Message](a, port.Edit{Chat: a.chatWith(b), ID: "e", Target: "m", Text: "better"})
	second.reads(b, "m", "better")
	must[model.Message](a, port.Revoke{Chat: a.chatWith(b), ID: "v", Target: "o"})
	second.is(b, "o", "is gone", gone)
	second.react(b, "r2", "n", false, "🎉")
	a.shows(b, "n", "🎉|")
	b.shows(a, "n", "|🎉")
	if all := second.thread(b); len(all) != 3 {
		t.Errorf("the thread is %+v", all)
	}
}

func TestAnEditReachesTheOtherSideAndKeepsItsPlace(t *testing.T) {
	g, a, b := exchanged(t)
	a.react(b, "r", "m", true, "🙈")
	edited := must[model.Message](a, port.Edit{Chat: a.chatWith(b), ID: "e1", Target: "m", Text: "better"})
	if edited.Text != "better" || edited.Edited.IsZero() || emojis(edited) != "🙈|" {
		t.Errorf("%+v", edited)
	}
	must[model.Message](a, port.Edit{Chat: a.chatWith(b), ID: "e2", Target: "m", Text: "best"})
	got := b.reads(a, "m", "best")
	if emojis(got) != "|🙈" || got.Order != b.thread(a)[0].Order || len(b.thread(a)) != 2 {
		t.Errorf("%+v", got)
	}
	if c := must[port.State](b, port.Snapshot{}).Chats[0]; c.Unread != 1 {
		t.Errorf("%d unread", c.Unread)
	}
	must[model.Message](a, port.Revoke{Chat: a.chatWith(b), ID: "v", Target: "m"})
	b.is(a, "m", "is gone", gone)
	a.is(b, "m", "is gone", gone)
	a.react(b, "r3", "n", false, "")
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, want := range map[string]string{"m": "text   ", "r": "reaction   hide", "e1": "text 1  hide", "v": "text 7  hide"} {
		if got := g.outside[id]; got != want {
			t.Errorf("%s goes as %q, want %q", id, got, want)
		}
	}
}

func TestTheGatewayIsToldOfAReactionTakenAwayAsWhatsAppDoes(t *testing.T) {
	g, a, b := exchanged(t)
	a.react(b, "r1", "n", false, "👍")
	b.shows(a, "n", "|👍")
	a.react(b, "r2", "n", false, "")
	b.shows(a, "n", "|")
	g.mu.Lock()
	defer g.mu.Unlock()
	if got := g.outside["r2"]; got != "reaction 7  hide" {
		t.Errorf("%q", got)
	}
}

func TestChangesThatCannotBeMadeAreRefused(t *testing.T) {
	g, a, b := exchanged(t)
	chat := a.chatWith(b)
	g.mu.Lock()
	g.clock = 1700000000
	g.mu.Unlock()
	a.send(b, "old", "text old")
	a.reaches(b, "old", model.Delivered)
	mine := func(id model.MessageID) model.Ref { return model.Ref{ID: id, FromMe: true} }
	for _, c := range []struct {
		cmd  port.Command
		code string
	}{
		{port.React{Chat: chat, ID: "x1", Target: mine("nothing"), Emoji: "👍"}, "no_message"},
		{port.React{Chat: chat, ID: "x2", Target: mine("n"), Emoji: "👍"}, "no_message"},
		{port.React{Chat: chat, ID: "x3", Target: mine("m"), Emoji: string(make([]byte, 65))}, "bad_emoji"},
		{port.React{Chat: chat, ID: "", Target: mine("m"), Emoji: "👍"}, "bad_id"},
		{port.React{Chat: chat, ID: "m", Target: mine("m"), Emoji: "👍"}, "bad_id"},
		{port.React{Chat: "g@g.us", ID: "x4", Target: mine("m"), Emoji: "👍"}, "no_chat"},
		{port.Edit{Chat: chat, ID: "x5", Target: "n", Text: "x"}, "no_message"},
		{port.Edit{Chat: chat, ID: "x6", Target: "m", Text: " "}, "empty"},
		{port.Edit{Chat: chat, ID: "x7", Target: "m", Text: string(make([]byte, 65<<10))}, "too_long"},
		{port.Edit{Chat: chat, ID: "x8", Target: "old", Text: "x"}, "too_late"},
		{port.Revoke{Chat: chat, ID: "x9", Target: "n"}, "no_message"},
		{port.Revoke{Chat: chat, ID: "x10", Target: "old"}, "too_late"},
		{port.Retry{Chat: chat, ID: "nothing"}, "no_message"},
	} {
		if r := a.do(c.cmd); r.Code != c.code {
			t.Errorf("%.60v gives %q, want %q", c.cmd, r.Code, c.code)
		}
	}
	if got, _ := a.message(b, "m"); got.Text != "text m" || got.Reactions != nil {
		t.Errorf("%+v", got)
	}
}

func TestWhatHasNotLeftIsChangedWithoutAWord(t *testing.T) {
	g, a, b := pair(t)
	a.relay.cut(true)
	a.until("down", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.link.Phase != model.LinkOnline
	})
	for _, id := range []string{"m", "n"} {
		a.send(b, id, "text "+id)
	}
	must[model.Message](a, port.Edit{Chat: a.chatWith(b), ID: "e", Target: "m", Text: "better"})
	a.react(b, "r", "n", true, "👍")
	must[model.Message](a, port.Revoke{Chat: a.chatWith(b), ID: "v", Target: "n"})
	a.relay.cut(false)
	a.now().Do(t.Context(), port.Online{Online: true})
	b.gets(a, "m", "better")
	a.send(b, "o", "text o")
	b.gets(a, "o", "text o")
	if all := b.thread(a); len(all) != 2 || !all[0].Edited.IsZero() {
		t.Errorf("b has %+v", all)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.outside["e"]+g.outside["v"]+g.outside["n"]+g.outside["r"] != "" {
		t.Errorf("%+v", g.outside)
	}
}

func TestAChangeThatIsRefusedIsTakenBackAndTold(t *testing.T) {
	g, a, b := exchanged(t)
	chat := a.chatWith(b)
	a.react(b, "r1", "m", true, "👍")
	b.shows(a, "m", "|👍")
	a.send(b, "o", "text o")
	a.reaches(b, "o", model.Delivered)
	g.mu.Lock()
	g.refuse[b.relay.name] = "471"
	g.mu.Unlock()
	a.react(b, "r2", "m", true, "👎")
	for i := range 3 {
		must[model.Message](a, port.Edit{Chat: chat, ID: model.MessageID(fmt.Sprint("e", i)), Target: "m", Text: fmt.Sprint("edit ", i)})
	}
	must[model.Message](a, port.Revoke{Chat: chat, ID: "v", Target: "o"})
	for _, id := range []string{"r2", "e0", "e1", "e2", "v"} {
		saw(a, id+" failed", func(f port.ChangeFailed) bool { return string(f.ID) == id && f.Failure == model.NoConsent })
	}
	m, _ := a.message(b, "m")
	if m.Text != "text m" || !m.Edited.IsZero() || emojis(m) != "👍|" {
		t.Errorf("%+v", m)
	}
	if o, _ := a.message(b, "o"); o.Text != "text o" || o.Kind != model.KindText || o.State != model.Delivered {
		t.Errorf("%+v", o)
	}
	g.mu.Lock()
	delete(g.refuse, b.relay.name)
	g.mu.Unlock()
	a.react(b, "r3", "m", true, "🎉")
	b.shows(a, "m", "|🎉")
	must[model.Message](a, port.Revoke{Chat: chat, ID: "v2", Target: "m"})
	b.is(a, "m", "is gone", gone)
}

func TestAChangeGivenTwiceHasOneEffect(t *testing.T) {
	_, a, b := exchanged(t)
	cmds := []port.Command{
		port.React{Chat: a.chatWith(b), ID: "r", Target: model.Ref{ID: "n"}, Emoji: "👍"},
		port.Edit{Chat: a.chatWith(b), ID: "e", Target: "m", Text: "better"},
	}
	for _, c := range append(cmds, cmds...) {
		must[model.Message](a, c)
	}
	b.shows(a, "n", "|👍")
	b.reads(a, "m", "better")
	a.react(b, "r2", "n", false, "🎉")
	must[model.Message](a, cmds[0]) // late, and long done
	a.send(b, "then", "text then")
	b.gets(a, "then", "text then")
	if m, _ := b.message(a, "n"); emojis(m) != "|🎉" {
		t.Errorf("%+v", m)
	}
}

func TestADeletedMessageIsNamedByItsSide(t *testing.T) {
	_, a, b := exchanged(t)
	b.send(a, "m", "mine has the same id")
	a.until("both are there", func() bool { return len(a.thread(b)) == 3 })
	order := a.thread(b)[0].Order
	must[struct{}](a, port.Delete{Chat: a.chatWith(b), ID: "m", FromMe: true})
	saw(a, "told", func(d port.MessageDeleted) bool { return d.ID == "m" && d.FromMe && d.Order == order })
	if all := a.thread(b); len(all) != 2 || all[1].FromMe || all[1].ID != "m" {
		t.Errorf("%+v", all)
	}
	must[struct{}](a, port.Delete{Chat: a.chatWith(b), ID: "m"})
	if all := a.thread(b); len(all) != 1 || all[0].ID != "n" {
		t.Errorf("%+v", all)
	}
	if c := must[port.State](a, port.Snapshot{}).Chats[0]; c.Last == nil || c.Last.ID != "n" || c.Unread != 1 {
		t.Errorf("%+v", c)
	}
	b.react(a, "r", "m", true, "👍") // to one that is not here any more
	a.send(b, "then", "text then")
	b.gets(a, "then", "text then")
	if all := a.thread(b); len(all) != 2 {
		t.Errorf("%+v", all)
	}
}

func TestAThreadIsReadFromAnyPlaceInBothDirections(t *testing.T) {
	_, a, b := pair(t)
	for i := range 25 {
		a.send(b, fmt.Sprint("m", i), "x")
	}
	all := a.thread(b)
	for _, c := range []struct {
		name        string
		cmd         port.Messages
		from, to    int
		more, newer bool
	}{
		{"end", port.Messages{Limit: 10}, 15, 25, true, false},
		{"before", port.Messages{Limit: 10, Before: all[15].Order}, 5, 15, true, true},
		{"before the first", port.Messages{Limit: 10, Before: all[0].Order}, 0, 0, false, true},
		{"before all", port.Messages{Limit: 10, Before: 1 << 62}, 15, 25, true, false},
		{"after", port.Messages{Limit: 10, After: all[4].Order}, 5, 15, true, true},
		{"after, to the end", port.Messages{Limit: 10, After: all[14].Order}, 15, 25, true, false},
		{"after the last", port.Messages{Limit: 10, After: all[24].Order}, 25, 25, true, false},
		{"around", port.Messages{Limit: 10, Around: all[12].Order}, 7, 17, true, true},
		{"around the first", port.Messages{Limit: 10, Around: all[0].Order}, 0, 5, false, true},
		{"around the last", port.Messages{Limit: 10, Around: all[24].Order}, 19, 25, true, false},
		{"around, one only", port.Messages{Limit: 1, Around: all[3].Order}, 3, 4, true, true},
	} {
		c.cmd.Chat = a.chatWith(b)
		page := must[port.MessagePage](a, c.cmd)
		want := all[c.from:c.to]
		ok := len(page.Messages) == len(want) && page.More == c.more && page.Newer == c.newer
		for i := range want {
			ok = ok && page.Messages[i].ID == want[i].ID
		}
		if !ok {
			t.Errorf("%s: %d messages, more %v, newer %v", c.name, len(page.Messages), page.More, page.Newer)
		}
	}
	if r := a.do(port.Messages{Chat: a.chatWith(b), Before: 1, After: 2}); r.Code != "bad_command" {
		t.Errorf("%+v", r)
	}
}
