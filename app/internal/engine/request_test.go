package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/app/internal/store/faulty"
)

// shy is a pair of clients, of whom the second has what strangers write wait.
func shy(t *testing.T) (g *gateway, a, b *client) {
	g = newGateway(t)
	a, b = newClient(t, g, 1), newClient(t, g, 2)
	b.asked = true
	a.start().connect()
	b.start().connect()
	return g, a, b
}

// chat is what the list has of a chat with another client.
func (c *client) chat(peer *client) (model.Chat, bool) {
	c.t.Helper()
	for _, chat := range must[port.State](c, port.Snapshot{}).Chats {
		if chat.ID == c.chatWith(peer) {
			return chat, true
		}
	}
	return model.Chat{}, false
}

// settled returns once the gateway has taken in all that c has said so far.
func (c *client) settled() {
	c.t.Helper()
	c.until("an answer", func() bool { return c.do(port.LookUp{Phone: "+4915550000000"}).Code == "" })
}

// learned is what a user has let others know, in order.
func (g *gateway) learned(c *client) (all []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.told {
		if rest, ok := strings.CutPrefix(s, c.relay.name.User+" "); ok {
			all = append(all, rest)
		}
	}
	return all
}

// said is what a user has decided about others, in order.
func (g *gateway) said(c *client) (all []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.decided {
		if rest, ok := strings.CutPrefix(s, c.relay.name.User+" "); ok {
			all = append(all, strings.TrimSpace(rest))
		}
	}
	return all
}

// notices are the lines of a thread that are no messages.
func (c *client) notices(peer *client) (all []model.NoticeKind) {
	for _, m := range c.thread(peer) {
		if m.Kind == model.KindNotice {
			all = append(all, m.Notice)
		}
	}
	return all
}

func TestWhoAsksLearnsNothingBeforeTheyAreAccepted(t *testing.T) {
	g, a, b := shy(t)
	a.send(b, "m0", "text m0")
	a.send(b, "m1", "text m1")
	b.gets(a, "m1", "text m1")
	chat, _ := b.chat(a)
	if !chat.Request || chat.Met || chat.Unread != 2 {
		t.Fatalf("the chat is %+v, want a request", chat)
	}
	must[any](b, port.MarkRead{Chat: b.chatWith(a), Upto: 1 << 62})
	must[any](b, port.Typing{Chat: b.chatWith(a), Composing: true})
	must[any](b, port.Watch{Chat: b.chatWith(a)})
	b.settled()
	if told := g.learned(b); len(told) > 0 {
		t.Fatalf("the sender of a request learns %q", told)
	}
	g.mu.Lock()
	watched, waits := g.watched[a.relay.name][b.relay.name], len(g.boxes[b.relay.dev].mail)
	g.mu.Unlock()
	if watched || waits > 0 {
		t.Errorf("watched %v, %d in the mailbox", watched, waits)
	}

	b.kill() // what is owed is kept
	b.start()
	b.online()
	if chat := must[model.Chat](b, port.Accept{Chat: b.chatWith(a)}); chat.Request || !chat.Met {
		t.Errorf("accepted: %+v", chat)
	}
	a.reaches(b, "m0", model.Read)
	a.reaches(b, "m1", model.Read)
	a.send(b, "m2", "text m2")
	a.reaches(b, "m2", model.Delivered)
	exact(t, b, a, "m0", "m1", "m2")
}

// knows reports whether a text is anywhere in the store but in the search, which
// forgets old texts some time later.
func (c *client) knows(text string) bool {
	s := c.disk.Open()
	for _, table := range store.Tables() {
		if table == store.Search {
			continue
		}
		rs, err := s.List(c.t.Context(), table, store.Range{})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, r := range rs {
			if strings.Contains(string(r.Value), text) {
				c.t.Logf("%s %q has it", table, r.Key)
				return true
			}
		}
	}
	return false
}

func TestWritingBackAccepts(t *testing.T) {
	for name, write := range map[string]func(a, b *client){
		"a text": func(a, b *client) { b.send(a, "back", "text back") },
		"a reaction": func(a, b *client) {
			must[model.Message](b, port.React{Chat: b.chatWith(a), ID: "r", Target: model.Ref{ID: "m0"}, Emoji: "👍"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, a, b := shy(t)
			a.send(b, "m0", "text m0")
			b.gets(a, "m0", "text m0")
			write(a, b)
			a.reaches(b, "m0", model.Delivered)
			if chat, _ := b.chat(a); chat.Request || !chat.Met {
				t.Errorf("the chat is %+v", chat)
			}
		})
	}
}

func TestWhomOneHasLookedUpIsNoStranger(t *testing.T) {
	_, a, b := shy(t)
	must[model.Chat](b, port.OpenChat{Chat: b.chatWith(a)})
	a.send(b, "m0", "text m0")
	a.reaches(b, "m0", model.Delivered)
}

func TestADeclinedRequestLeavesNothing(t *testing.T) {
	g, a, b := shy(t)
	a.send(b, "m0", "text secret zero")
	b.gets(a, "m0", "text secret zero")
	must[any](b, port.Decline{Chat: b.chatWith(a)})
	must[any](b, port.Decline{Chat: b.chatWith(a)})
	if _, there := b.chat(a); there || len(b.thread(a)) > 0 {
		t.Error("the chat is still there")
	}
	b.settled()
	if told := g.learned(b); len(told) > 0 {
		t.Errorf("the sender learns %q", told)
	}
	if r := must[port.SearchResult](b, port.Search{Text: "secret", Limit: 10}); len(r.Hits) > 0 {
		t.Errorf("still found: %v", r.Hits)
	}
	b.kill()
	if b.knows("secret zero") {
		t.Error("what was written is still in the store")
	}
	b.start()
	b.online()
	a.send(b, "m1", "text m1") // a new request
	b.gets(a, "m1", "text m1")
	exact(t, b, a, "m1")
	if chat, _ := b.chat(a); !chat.Request {
		t.Errorf("the chat is %+v, want a request", chat)
	}
	if r := b.do(port.Decline{Chat: a.chatWith(b)}); r.Code != "" {
		t.Errorf("a chat that is not there: %+v", r)
	}
}

func TestAChatIsNotDeclined(t *testing.T) {
	_, a, b := pair(t)
	a.send(b, "m0", "text m0")
	b.gets(a, "m0", "text m0")
	if r := b.do(port.Decline{Chat: b.chatWith(a)}); r.Code != "no_request" {
		t.Errorf("replied %+v", r)
	}
}

func TestARequestSurvivesWhateverGoesWrong(t *testing.T) { everyWrite(t, requested) }

// requested has b, whose n-th write goes wrong, get a request and accept it:
// nothing is told before, and everything after.
func requested(t *testing.T, fault faulty.Fault, n int) int {
	g, a, b := shy(t)
	b.kill()
	a.send(b, "m0", "text m0")
	a.reaches(b, "m0", model.Sent)
	broken := b.startBroken(fault, n)
	a.send(b, "m1", "text m1")
	b.gets(a, "m1", "text m1")
	attempt(b, port.MarkRead{Chat: b.chatWith(a), Upto: 1 << 62})
	if told := g.learned(b); len(told) > 0 {
		t.Errorf("before it is accepted the sender learns %q", told)
	}
	attempt(b, port.Accept{Chat: b.chatWith(a)})
	a.reaches(b, "m0", model.Read)
	a.reaches(b, "m1", model.Read)
	attempt(b, port.SendText{Chat: b.chatWith(a), ID: "back", Text: "text back"})
	a.gets(b, "back", "text back")
	exact(t, b, a, "m0", "m1")
	if chat, _ := b.chat(a); chat.Request || chat.Unread != 0 {
		t.Errorf("the chat is %+v", chat)
	}
	return broken.Writes()
}

func TestNothingOfABlockedPersonIsKept(t *testing.T) {
	g, a, b := pair(t)
	a.send(b, "m0", "text m0")
	a.reaches(b, "m0", model.Delivered)
	if chat := must[model.Chat](b, port.Block{Chat: b.chatWith(a), Blocked: true}); !chat.Blocked {
		t.Errorf("the chat is %+v", chat)
	}
	a.send(b, "m1", "text nothing of this")
	a.reaches(b, "m1", model.Sent)
	b.until("the mailbox is empty", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.boxes[b.relay.dev].mail) == 0
	})
	b.send(a, "back", "text back")
	b.until("it is not sent to whom one has blocked", func() bool {
		m, _ := b.message(a, "back")
		return m.State == model.Failed && m.Failure == model.OwnBlock
	})
	b.kill()
	if b.knows("nothing of this") {
		t.Error("it is in the store")
	}
	b.start()
	b.online()
	if s := must[port.State](b, port.Snapshot{}); len(s.Blocked) != 1 || s.Blocked[0].Chat != b.chatWith(a) || s.Blocked[0].Contact.Name == "" {
		t.Errorf("the list of the blocked is %+v", s.Blocked)
	}
	must[model.Chat](b, port.Block{Chat: b.chatWith(a), Blocked: false})
	a.send(b, "m2", "text m2")
	a.reaches(b, "m2", model.Delivered)
	exact(t, b, a, "m0", "m2")
	b.settled()
	if said := fmt.Sprint(g.said(b)); said != "[block unblock]" {
		t.Errorf("the gateway was told %s", said)
	}
	if got := fmt.Sprint(b.notices(a)); got != "[blocked unblocked]" {
		t.Errorf("the thread says %s", got)
	}
}

func TestABlockIsToldOnceThereIsAConnection(t *testing.T) {
	g, a, b := pair(t)
	b.relay.cut(true)
	b.until("down", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.link.Phase != model.LinkOnline })
	must[model.Chat](b, port.Block{Chat: b.chatWith(a), Blocked: true}) // there is no chat
	b.kill()
	b.relay.cut(false)
	b.start()
	b.online()
	b.until("told", func() bool { return len(g.said(b)) > 0 })
	b.settled()
	if s := must[port.State](b, port.Snapshot{}); len(s.Blocked) != 1 {
		t.Errorf("the list of the blocked is %+v", s.Blocked)
	}
	b.kill() // another device unblocks a
	g.mu.Lock()
	clear(g.blocks[b.relay.name])
	g.mu.Unlock()
	b.start()
	b.until("unblocked", func() bool { return len(must[port.State](b, port.Snapshot{}).Blocked) == 0 })
	if said := fmt.Sprint(g.said(b)); said != "[block]" {
		t.Errorf("the gateway was told %s", said)
	}
}

func TestAReportShowsWhatWasChosenAndNoMore(t *testing.T) {
	g, a, b := pair(t)
	a.send(b, "m0", "text m0")
	a.send(b, "m1", "text m1")
	b.gets(a, "m1", "text m1")
	refs := []model.Ref{{ID: "m1"}}
	p := must[port.ReportPreview](b, port.PreviewReport{Chat: b.chatWith(a), Messages: refs})
	if len(p.Messages) != 1 || p.Messages[0].Text != "text m1" || p.Address != string(b.chatWith(a)) {
		t.Errorf("shown is %+v", p)
	}
	chat := must[model.Chat](b, port.Report{Chat: b.chatWith(a), Messages: refs, Reason: "spam", Block: true})
	if !chat.Blocked {
		t.Error("not blocked")
	}
	if said := fmt.Sprint(g.said(b)); said != `[report spam m1="text m1"]` {
		t.Errorf("the gateway was told %s", said)
	}
	for code, c := range map[string]port.Report{
		"bad_reason": {Chat: b.chatWith(a), Reason: "because"},
		"no_message": {Chat: b.chatWith(a), Reason: "spam", Messages: []model.Ref{{ID: "m9"}}},
		"too_many":   {Chat: b.chatWith(a), Reason: "spam", Messages: make([]model.Ref, 21)},
		"no_chat":    {Chat: "1@lid", Reason: "spam"},
	} {
		if r := b.do(c); r.Code != code {
			raw, _ := json.Marshal(c)
			t.Errorf("%s: %+v, want %s", raw, r, code)
		}
	}
}

func TestNothingOfARequestIsFetchedBeforeItIsAccepted(t *testing.T) {
	_, a, b := mediaPair(t)
	b.kill()
	b.asked = true
	b.start()
	must[model.Message](a, a.hand(b, model.KindImage, 1))
	a.reaches(b, "media1", model.Sent)
	b.mediaIs(a, "media1", model.MediaRemote)
	ref := model.Ref{ID: "media1"}
	if r := b.do(port.Transfer{Chat: b.chatWith(a), Target: ref}); r.Code != "request" {
		t.Errorf("fetched by hand: %+v", r)
	}
	if _, err := b.now().Attachment(t.Context(), b.chatWith(a), ref); err == nil {
		t.Error("it can be shown")
	}
	b.kill()
	b.start()
	b.mediaIs(a, "media1", model.MediaRemote)
	must[model.Chat](b, port.Accept{Chat: b.chatWith(a)})
	b.mediaIs(a, "media1", model.MediaLocal)
	b.holds(a, 1, false)
	a.reaches(b, "media1", model.Delivered)
}
