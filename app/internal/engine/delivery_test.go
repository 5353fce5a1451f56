package engine_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/app/internal/store/memory"
	"ferry/relay/wire"
)

func TestWhatIsWrittenOfflineGoesOutInOrderLater(t *testing.T) {
	_, a, b := pair(t)
	a.relay.cut(true)
	for i := range 250 {
		a.send(b, fmt.Sprint("m", i), fmt.Sprint("text m", i))
	}
	a.kill() // and a restart in between
	a.relay.cut(false)
	a.start()
	a.reaches(b, "m249", model.Delivered)
	var want []string
	for i := range 250 {
		want = append(want, fmt.Sprint("m", i))
	}
	exact(t, b, a, want...)
}

func TestThousandsOfWaitingMessagesArriveOnceInOrderAndProgressIsShown(t *testing.T) {
	const many = 2000
	_, a, b := pair(t)
	a.send(b, "first", "text first")
	b.gets(a, "first", "text first")
	a.reaches(b, "first", model.Delivered) // the gateway has forgotten it: it will not wait with the others
	b.kill()
	want := []string{"first"}
	for i := range many {
		id := fmt.Sprint("m", i)
		a.send(b, id, "text "+id)
		want = append(want, id)
	}
	a.reaches(b, fmt.Sprint("m", many-1), model.Sent)
	b.start()
	b.online()
	b.gets(a, fmt.Sprint("m", many-1), fmt.Sprint("text m", many-1))
	exact(t, b, a, want...)
	seen, last := 0, 0
	for _, e := range b.events {
		if l, ok := e.(port.LinkChanged); ok && l.Phase == model.LinkCatchingUp && l.Total == many {
			if l.Done < last {
				t.Errorf("progress went back from %d to %d", last, l.Done)
			}
			seen, last = seen+1, l.Done
		}
	}
	if seen < 10 {
		t.Errorf("progress was shown %d times", seen)
	}
	a.reaches(b, fmt.Sprint("m", many-1), model.Delivered)
}

// reinstall gives a client a new identity and no sessions, as after a lost
// phone that kept its place at the gateway.
func reinstall(t *testing.T, c *client) {
	t.Helper()
	c.kill()
	old, fresh := c.disk.Open(), memory.NewDisk()
	to := fresh.Open()
	var b store.Batch
	for _, place := range []struct {
		table store.Table
		key   string
	}{{store.Meta, "self"}, {store.Identity, "noise"}} {
		v, err := old.Get(t.Context(), place.table, place.key)
		if err != nil || v == nil {
			t.Fatal(err)
		}
		b.Put(place.table, place.key, v)
	}
	v, err := seal.Open(t.Context(), to, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.MakeKeys(); err != nil {
		t.Fatal(err)
	}
	v.Stage(&b)
	if err := to.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	c.disk = fresh
	c.relay.g.mu.Lock()
	for dev, box := range c.relay.g.boxes {
		if dev.SameUser(c.relay.name) {
			box.keys, box.one = nil, nil
		}
	}
	c.relay.g.mu.Unlock()
}

func TestAMessageToAReinstalledDeviceIsAskedForAgainAndHealsInPlace(t *testing.T) {
	_, a, b := pair(t)
	a.send(b, "before", "text before")
	b.gets(a, "before", "text before")
	b.send(a, "answer", "text answer") // a's next messages are not first ones
	a.gets(b, "answer", "text answer")
	b.kill()
	a.send(b, "lost", "text lost")
	a.send(b, "after", "text after")
	a.reaches(b, "after", model.Sent)
	reinstall(t, b)
	b.start()
	b.gets(a, "lost", "text lost")
	b.gets(a, "after", "text after")
	a.reaches(b, "after", model.Delivered)
	exact(t, b, a, "lost", "after")
	placeholder := false
	for _, e := range b.events {
		if m, ok := e.(port.MessageChanged); ok && m.Failure == model.CannotDecrypt {
			placeholder = true
		}
	}
	if !placeholder {
		t.Error("no placeholder was shown")
	}
	a.send(b, "then", "text then")
	b.gets(a, "then", "text then")
	b.send(a, "back", "text back")
	a.gets(b, "back", "text back")
}

func TestWhyAMessageIsRefusedIsShownAndItCanBeSentAgain(t *testing.T) {
	for _, c := range []struct {
		code string
		want model.Failure
	}{
		{wire.AckNoConsent, model.NoConsent}, {wire.AckUnknownUser, model.NoAccount}, {"479", model.Rejected},
		{wire.AckNotEnlisted, model.NotEnlisted}, {wire.AckOutOfRegion, model.OutOfRegion}, {wire.AckOwnBlock, model.OwnBlock},
		{wire.AckRateLimited + " " + wire.ReasonUnanswered, model.Unanswered}, {wire.AckRateLimited + " " + wire.ReasonRate, model.TooMany},
	} {
		t.Run(c.code, func(t *testing.T) {
			g, a, b := pair(t)
			g.mu.Lock()
			g.refuse[b.relay.name] = c.code
			g.mu.Unlock()
			a.send(b, "m", "text m")
			a.until("failed", func() bool {
				m, _ := a.message(b, "m")
				return m.State == model.Failed && m.Failure == c.want
			})
			g.mu.Lock()
			delete(g.refuse, b.relay.name)
			g.mu.Unlock()
			if m := must[model.Message](a, port.Retry{Chat: a.chatWith(b), ID: "m"}); m.State != model.Pending || m.Failure != "" {
				t.Errorf("retry replies %+v", m)
			}
			b.gets(a, "m", "text m")
			a.reaches(b, "m", model.Delivered)
			if m := must[model.Message](a, port.Retry{Chat: a.chatWith(b), ID: "m"}); m.State != model.Delivered {
				t.Errorf("retry of a delivered message replies %+v", m)
			}
		})
	}
}

func TestTheGatewaysTemporaryRefusalIsWaitedOut(t *testing.T) {
	g, a, b := pair(t)
	g.mu.Lock()
	g.refuse[b.relay.name] = "503"
	g.mu.Unlock()
	a.send(b, "m", "text m")
	a.until("refused twice", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.refused >= 2
	})
	g.mu.Lock()
	delete(g.refuse, b.relay.name)
	g.mu.Unlock()
	b.gets(a, "m", "text m")
}

func TestAPersonWithoutConsentCannotBeWrittenTo(t *testing.T) {
	g, a, b := pair(t)
	g.mu.Lock()
	g.users[b.relay.name].off = true
	g.mu.Unlock()
	a.send(b, "m", "text m")
	a.until("failed", func() bool {
		m, _ := a.message(b, "m")
		return m.State == model.Failed && m.Failure == model.NoConsent
	})
}

func TestAnAckThatIsLostIsMadeUpForOnTheNextConnection(t *testing.T) {
	g, a, b := pair(t)
	g.mu.Lock()
	g.deaf = 1
	g.mu.Unlock()
	a.send(b, "m", "text m")
	b.gets(a, "m", "text m")
	a.relay.cut(false)
	a.until("the outbox is empty", func() bool {
		return a.disk.Len(store.Outbox) == 0
	})
}

// handled waits until a client has taken in all that the gateway had for it.
func (c *client) handled(g *gateway) {
	c.t.Helper()
	c.until("mailbox empty", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.boxes[c.relay.dev].mail) == 0
	})
}

func TestOwnOtherDevicesGetACopy(t *testing.T) {
	g, a, b := pair(t)
	second := newClient(t, g, 1).start().connect()
	a.handled(g)
	a.send(b, "m", "text m")
	b.gets(a, "m", "text m")
	second.until("the copy is there", func() bool {
		m, ok := second.message(b, "m")
		return ok && m.FromMe && m.State != model.Received && m.Text == "text m"
	})
	if c := must[port.State](second, port.Snapshot{}).Chats[0]; c.Unread != 0 {
		t.Errorf("a copy counts as unread: %d", c.Unread)
	}
	second.reaches(b, "m", model.Delivered)
	b.send(a, "r", "text r")
	a.gets(b, "r", "text r")
}

func TestANewDeviceOfThePeerIsWrittenToOnceItIsAnnounced(t *testing.T) {
	g, a, b := pair(t)
	a.send(b, "m", "text m")
	b.gets(a, "m", "text m")
	a.reaches(b, "m", model.Delivered)
	second := newClient(t, g, 2).start().connect()
	a.handled(g)
	a.send(b, "n", "text n")
	second.gets(a, "n", "text n")
	b.gets(a, "n", "text n")
}

func TestLookingUpAPhoneNumber(t *testing.T) {
	g, a, b := pair(t)
	for phone, want := range map[string]string{
		"+4915550000002": "ok", "+49 155 500-00 02": "not_found", "0049 (155) 5000.0002": "ok", " +49 155/5000 0002 ": "ok",
		"+4915550009999": "not_found", "": "invalid", "hello": "invalid", "015550000002": "invalid",
		"+49": "invalid", "+12345678901234567": "invalid", "+4915550000x2": "invalid", "+0915550000002": "invalid",
	} {
		r := must[port.LookUpResult](a, port.LookUp{Phone: phone})
		if r.Status != want {
			t.Errorf("%q is %+v, want %s", phone, r, want)
		}
		if want == "ok" && (r.Chat != a.chatWith(b) || r.Contact.Phone != "+4915550000002" || r.Contact.Name == "") {
			t.Errorf("%q is %+v", phone, r)
		}
	}
	g.mu.Lock()
	g.users[b.relay.name].off = true
	g.mu.Unlock()
	if r := must[port.LookUpResult](a, port.LookUp{Phone: "+4915550000002"}); r.Status != "no_consent" || r.Chat != "" {
		t.Errorf("without consent: %+v", r)
	}
	a.relay.cut(true)
	a.until("offline", func() bool { return a.do(port.LookUp{Phone: "+4915550000002"}).Code == "offline" })
}

func TestTypingIsPassedOnOnlyWhereThereIsAChat(t *testing.T) {
	_, a, b := pair(t)
	must[struct{}](a, port.Typing{Chat: a.chatWith(b), Composing: true})
	a.send(b, "m", "text m")
	b.gets(a, "m", "text m")
	must[struct{}](a, port.Typing{Chat: a.chatWith(b), Composing: true})
	must[struct{}](a, port.Typing{Chat: a.chatWith(b), Composing: false})
	b.until("typing and stopped", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		for i := len(b.events) - 1; i >= 0; i-- {
			if e, ok := b.events[i].(port.PeerTyping); ok {
				return e.Chat == b.chatWith(a) && !e.Composing
			}
		}
		return false
	})
}

func TestACommandGivenTwiceHasOneEffect(t *testing.T) {
	_, a, b := pair(t)
	for range 3 {
		a.send(b, "m", "text m")
	}
	b.gets(a, "m", "text m")
	a.reaches(b, "m", model.Delivered)
	a.send(b, "m", "text m")
	if all := a.thread(b); len(all) != 1 {
		t.Errorf("the thread has %d entries", len(all))
	}
	for range 2 {
		must[struct{}](b, port.MarkRead{Chat: b.chatWith(a), Upto: 1 << 40})
	}
	a.reaches(b, "m", model.Read)
	for range 2 {
		must[struct{}](b, port.Delete{Chat: b.chatWith(a), ID: "m"})
	}
	if all := b.thread(a); len(all) != 0 {
		t.Errorf("the deleted message is still there: %+v", all)
	}
	if c := must[port.State](b, port.Snapshot{}).Chats[0]; c.Last != nil {
		t.Errorf("the chat's last message is %+v", c.Last)
	}
}

func TestWhatCannotBeSentIsRefusedAtOnce(t *testing.T) {
	_, a, b := pair(t)
	for _, c := range []struct {
		cmd  port.SendText
		code string
	}{
		{port.SendText{Chat: "", ID: "m", Text: "x"}, "no_chat"},
		{port.SendText{Chat: "g@g.us", ID: "m", Text: "x"}, "no_chat"},
		{port.SendText{Chat: "1:2@lid", ID: "m", Text: "x"}, "no_chat"},
		{port.SendText{Chat: a.chatWith(b), ID: "", Text: "x"}, "bad_id"},
		{port.SendText{Chat: a.chatWith(b), ID: "a b", Text: "x"}, "bad_id"},
		{port.SendText{Chat: a.chatWith(b), ID: "m", Text: " \n"}, "empty"},
		{port.SendText{Chat: a.chatWith(b), ID: "m", Text: strings.Repeat("x", content.MaxText+1)}, "too_long"},
	} {
		if r := a.do(c.cmd); r.Code != c.code {
			t.Errorf("%.40v gives %q, want %q", c.cmd, r.Code, c.code)
		}
	}
	long := strings.Repeat("x", content.MaxText)
	a.send(b, "long", long)
	b.gets(a, "long", long)
}

func TestTurningThirdPartyChatsOffAndOnAgain(t *testing.T) {
	_, a, b := pair(t)
	a.send(b, "m", "text m")
	b.gets(a, "m", "text m")
	if s := must[model.Self](a, port.Disconnect{}); s.Connected {
		t.Error("still connected")
	}
	if s := must[model.Self](a, port.Disconnect{}); s.Connected {
		t.Error("still connected")
	}
	if len(must[port.State](a, port.Snapshot{}).Chats) != 1 {
		t.Error("the chats are gone")
	}
	a.connect()
	a.send(b, "n", "text n")
	b.gets(a, "n", "text n")
}

func TestANewerEngineFencesTheOlder(t *testing.T) {
	_, a, b := pair(t)
	a.disk.Open() // another engine begins on the same data
	if r := a.do(port.SendText{Chat: a.chatWith(b), ID: "m", Text: "x"}); r.Code != "replaced" {
		t.Errorf("the reply is %+v", r)
	}
	a.until("halted", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		h, ok := a.events[len(a.events)-1].(port.Halted)
		return ok && h.Reason == "replaced"
	})
	if err := a.kill(); err == nil {
		t.Error("Run returned no error")
	}
}

func TestAThreadIsReadInPages(t *testing.T) {
	_, a, b := pair(t)
	for i := range 25 {
		a.send(b, fmt.Sprint("m", i), "x")
	}
	page := must[port.MessagePage](a, port.Messages{Chat: a.chatWith(b), Limit: 10})
	if len(page.Messages) != 10 || !page.More || page.Messages[9].ID != "m24" || page.Messages[0].ID != "m15" {
		t.Fatalf("%+v", page)
	}
	page = must[port.MessagePage](a, port.Messages{Chat: a.chatWith(b), Limit: 200, Before: page.Messages[0].Order})
	if len(page.Messages) != 15 || page.More || page.Messages[14].ID != "m14" {
		t.Fatalf("%+v", page)
	}
}

func TestPreKeysAreToppedUpAndReplacedWhenTheyRunLow(t *testing.T) {
	g := newGateway(t)
	a := newClient(t, g, 1)
	a.topUp = time.Millisecond
	a.start().connect()
	stock := func() int {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.boxes[a.relay.dev].one)
	}
	a.until("plenty of prekeys", func() bool { return stock() >= 400 })
	g.mu.Lock()
	g.boxes[a.relay.dev].one = g.boxes[a.relay.dev].one[:3]
	g.post(a.relay.dev, wire.N("notification", []wire.Attr{
		wire.J("from", wire.JID{Server: wire.ServerUser}), wire.A("id", "low"), wire.A("type", "encrypt")},
		wire.N("count", []wire.Attr{wire.A("value", "3")})))
	g.mu.Unlock()
	a.until("new prekeys", func() bool { return stock() >= 100 })
	g.mu.Lock()
	defer g.mu.Unlock()
	ids := map[string]bool{}
	for _, k := range g.boxes[a.relay.dev].one {
		id, _ := k.Child("id")
		if ids[string(id.Data)] {
			t.Fatalf("prekey %x is offered twice", id.Data)
		}
		ids[string(id.Data)] = true
	}
}
