package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("CET", 3600))

const mira, jonas = model.ChatID("1@lid"), model.ChatID("2@lid")

func in(chat model.ChatID, order uint64, text string) model.Message {
	return model.Message{ID: model.MessageID(fmt.Sprintf("IN%d", order)), Chat: chat, Text: text, Order: order, At: noon.Add(time.Duration(order) * time.Second), State: model.Received}
}

func out(chat model.ChatID, order uint64, state model.SendState) model.Message {
	return model.Message{ID: model.MessageID(fmt.Sprintf("OUT%d", order)), Chat: chat, FromMe: true, Text: "out", Order: order, At: noon.Add(time.Duration(order) * time.Second), State: state}
}

// signedIn is a view of two chats, Mira's with two unread messages.
func signedIn(t *testing.T) *View {
	t.Helper()
	v := New(lang.English(), noon)
	v.SignIn(host.Account{ID: "1", Username: "ada"})
	last := in(mira, 3, "see you")
	v.Load(port.State{
		Self: model.Self{Connected: true}, Link: model.Link{Phase: model.LinkOnline},
		Chats: []model.Chat{
			{ID: mira, Contact: model.Contact{Name: "Mïra Petersen", Phone: "+49 40 1234567"}, Unread: 2, Last: &last, Order: 5},
			{ID: jonas, Contact: model.Contact{Phone: "+49 171 7654321"}, Order: 9},
		},
	})
	return v
}

func page(v *View, chat model.ChatID, n int) *Thread {
	t := v.Thread(chat)
	var p port.MessagePage
	for i := 1; i <= n; i++ {
		p.Messages = append(p.Messages, in(chat, uint64(i), fmt.Sprint(i)))
	}
	t.Put(p, 0)
	return t
}

func TestChatsAreListedLatestFirstAndFoundByNameOrNumber(t *testing.T) {
	v := signedIn(t)
	for query, want := range map[string]string{
		"": "+49 171 7654321|Mïra Petersen", "mira": "Mïra Petersen", "PETER mi": "Mïra Petersen", "1234": "Mïra Petersen",
		"+49 (171)": "+49 171 7654321", "40 12": "Mïra Petersen", "zzz": "", "mira 99": "",
	} {
		v.Search = query
		var names []string
		for _, r := range v.Rows() {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, "|"); got != want {
			t.Errorf("searching %q finds %q, want %q", query, got, want)
		}
	}
}

func TestAnEmptyListSaysWhatToDoNext(t *testing.T) {
	v := New(lang.English(), noon)
	v.SignIn(host.Account{ID: "1"})
	if got := v.Empty(v.Rows()); got != NotEmpty {
		t.Errorf("before the first state: %v", got)
	}
	v.Load(port.State{})
	if got := v.Empty(v.Rows()); got != EmptyOff {
		t.Errorf("while third-party chats are off: %v", got)
	}
	v.Apply([]port.Event{port.SelfChanged{Self: model.Self{Connected: true}}})
	if got := v.Empty(v.Rows()); got != EmptyNone {
		t.Errorf("once they are on: %v", got)
	}
	v.Site.Gateway.Sandbox, v.Site.Gateway.Echo = true, "+49 1"
	if got := v.Empty(v.Rows()); got != EmptyEcho {
		t.Errorf("on a sandbox: %v", got)
	}
	v.PutChat(model.Chat{ID: mira})
	v.Search = "zzz"
	if got := v.Empty(v.Rows()); got != EmptySearch {
		t.Errorf("when the search finds nothing: %v", got)
	}
}

func TestTheTitleCountsUnreadMessagesAndNamesTheChat(t *testing.T) {
	v := signedIn(t)
	if got := v.Title(); got != "(2) Ferry" {
		t.Errorf("got %q", got)
	}
	v.Enter(mira)
	v.Seen(mira)
	if got := v.Title(); got != "Mïra Petersen · Ferry" {
		t.Errorf("got %q", got)
	}
}

func TestABubbleKnowsItsPlaceInItsGroup(t *testing.T) {
	v := signedIn(t)
	th := v.Thread(mira)
	late := in(mira, 4, "later")
	late.At = late.At.Add(10 * time.Minute)
	tomorrow := out(mira, 6, model.Sent)
	tomorrow.At = noon.Add(13 * time.Hour)
	th.Put(port.MessagePage{Messages: []model.Message{in(mira, 1, "a"), in(mira, 2, "b"), late, tomorrow}}, 0)
	var got []string
	for _, it := range v.Items(th) {
		s := it.Divider
		if s == "" {
			s = it.Bubble.Text
		}
		if it.Bubble.First {
			s = "<" + s
		}
		if it.Bubble.Last {
			s += ">"
		}
		got = append(got, s)
	}
	if want := "Today <a b> <later> Today <out>"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, " "), want)
	}
}

func TestTheUnreadDividerStaysWhereItWasWhenTheChatWasOpened(t *testing.T) {
	v := signedIn(t)
	v.Enter(mira)
	th := page(v, mira, 3)
	v.Seen(mira)
	v.Apply([]port.Event{port.MessageChanged{Message: in(mira, 4, "new")}})
	items := v.Items(th)
	if at := 2; !items[at].Unread || items[at].Divider != "2 unread messages" {
		t.Errorf("items %+v", items)
	}
	v.Enter("")
	v.Enter(mira)
	for _, it := range v.Items(th) {
		if it.Unread {
			t.Error("the divider is still there after the chat was read, left and opened again")
		}
	}
}

func TestTheUnreadDividerIsThereWhenTheAddressOfTheChatWasOpenedFirst(t *testing.T) {
	known := signedIn(t)
	v := New(lang.English(), noon)
	v.SignIn(host.Account{ID: "1", Username: "ada"})
	v.Enter(mira)
	chat, _ := known.Chat(mira)
	state := port.State{Self: model.Self{Connected: true}, Chats: []model.Chat{chat}}
	v.Load(state)
	th := page(v, mira, 3)
	if it := v.Items(th)[2]; !it.Unread {
		t.Errorf("no divider: %+v", v.Items(th))
	}
	state.Chats[0].Unread = 1
	v.Load(state) // a new engine takes over
	if it := v.Items(th)[2]; !it.Unread {
		t.Error("the divider moved while the chat was open")
	}
}

func TestAMessageShownAheadIsReplacedByTheStoredOne(t *testing.T) {
	v := signedIn(t)
	v.Enter(mira)
	th := page(v, mira, 3)
	echo := out(mira, 0, model.Pending)
	v.Echo(echo)
	v.Apply([]port.Event{port.MessageChanged{Message: in(mira, 4, "crossing")}})
	stored := echo
	stored.Order = 5
	v.PutReply(stored)
	if n := th.Len(); n != 5 {
		t.Fatalf("%d messages, want 5", n)
	}
	if last := th.messages[4]; last.ID != echo.ID || last.Order != 5 {
		t.Errorf("last is %+v", last)
	}
}

func TestALateReplyDoesNotTakeATickBack(t *testing.T) {
	v := signedIn(t)
	th := page(v, mira, 3)
	sent := out(mira, 4, model.Delivered)
	v.Apply([]port.Event{port.MessageChanged{Message: sent}})
	sent.State = model.Pending
	v.PutReply(sent)
	if m, _ := th.Find(true, sent.ID); m.State != model.Delivered {
		t.Errorf("state %q", m.State)
	}
}

func TestAnUnsavedMessageFailsInWordsAndKeepsItsText(t *testing.T) {
	v := signedIn(t)
	th := page(v, mira, 1)
	m := out(mira, 0, model.Pending)
	v.Echo(m)
	th.Unsaved(m.ID)
	if text, ok := th.IsUnsaved(m.ID); !ok || text != "out" {
		t.Errorf("text %q, %v", text, ok)
	}
	items := v.Items(th)
	if got := items[len(items)-1].Bubble.Failure; got != lang.English().Failure.NotSaved {
		t.Errorf("failure %q", got)
	}
	th.Stale = true
	th.Put(port.MessagePage{Messages: []model.Message{in(mira, 1, "a")}}, 0)
	if _, ok := th.Find(true, m.ID); !ok {
		t.Error("it went when the thread was fetched again")
	}
}

func TestOlderPagesGoAboveAndSayWhetherThereAreMore(t *testing.T) {
	v := signedIn(t)
	th := v.Thread(mira)
	th.Put(port.MessagePage{Messages: []model.Message{in(mira, 10, "j"), in(mira, 11, "k")}, More: true}, 0)
	th.Put(port.MessagePage{Messages: []model.Message{in(mira, 8, "h"), in(mira, 9, "i")}, More: false}, 10)
	if th.Oldest() != 8 || th.Len() != 4 || th.More {
		t.Errorf("oldest %d, %d messages, more %v", th.Oldest(), th.Len(), th.More)
	}
}

func TestTenThousandMessagesDoNotPileUpOnTheScreen(t *testing.T) {
	v := signedIn(t)
	v.Enter(mira)
	th := page(v, mira, 10)
	for i := uint64(11); i <= 10000; i++ {
		v.Apply([]port.Event{port.MessageChanged{Message: in(mira, i, "x")}})
	}
	if th.Len() > AtHand || !th.More {
		t.Errorf("at the bottom: %d messages, more %v", th.Len(), th.More)
	}
	th.AtBottom = false
	for i := uint64(10001); i <= 20000; i++ {
		v.Apply([]port.Event{port.MessageChanged{Message: in(mira, i, "x")}})
	}
	if th.Len() > AtHand || !th.Cut || th.NewBelow != 10000 {
		t.Errorf("scrolled up: %d messages, cut %v, %d below", th.Len(), th.Cut, th.NewBelow)
	}
	if _, ok := th.Unseen(); ok {
		t.Error("messages that are not at hand count as seen")
	}
	th.AtBottom = true
	th.Put(port.MessagePage{Messages: []model.Message{in(mira, 20000, "x")}, More: true}, 0)
	if th.Cut || th.Len() != 1 {
		t.Errorf("after fetching the end: cut %v, %d messages", th.Cut, th.Len())
	}
}

func TestOnlyWhatIsNewIsAnnounced(t *testing.T) {
	v := signedIn(t)
	text := func() string { s, _ := v.Announcement(); return s }
	v.Apply([]port.Event{port.MessageChanged{Message: in(mira, 3, "see you")}})
	if text() != "" {
		t.Errorf("an old message was announced: %q", text())
	}
	v.Apply([]port.Event{port.MessageChanged{Message: in(mira, 4, "hello\nthere")}})
	if text() != "Mïra Petersen: hello there" {
		t.Errorf("got %q", text())
	}
	_, before := v.Announcement()
	v.Apply([]port.Event{port.MessageChanged{Message: in(mira, 4, "hello\nthere")}, port.MessageChanged{Message: out(mira, 5, model.Sent)}})
	if _, after := v.Announcement(); after != before {
		t.Errorf("something was announced again: %q", text())
	}
}

func TestCatchingUpIsAnnouncedOnceAtItsEnd(t *testing.T) {
	v := signedIn(t)
	v.Apply([]port.Event{port.LinkChanged{Link: model.Link{Phase: model.LinkCatchingUp, Total: 3}}})
	for i := uint64(4); i < 1004; i++ {
		v.Apply([]port.Event{port.MessageChanged{Message: in(mira, i, "x")}})
	}
	if _, seq := v.Announcement(); seq != 0 {
		t.Errorf("announced %d times while catching up", seq)
	}
	v.Apply([]port.Event{port.LinkChanged{Link: model.Link{Phase: model.LinkOnline}}})
	if text, seq := v.Announcement(); text != "1,000 new messages" || seq != 1 {
		t.Errorf("got %q, %d", text, seq)
	}
}

func TestAStrangersFirstMessageIsAnnounced(t *testing.T) {
	v := signedIn(t)
	m := in("9@lid", 1, "hi")
	v.Apply([]port.Event{port.MessageChanged{Message: m}, port.ChatChanged{Chat: model.Chat{ID: "9@lid", Contact: model.Contact{Name: "Zoe"}, Unread: 1, Last: &m}}})
	if text, _ := v.Announcement(); text != "Zoe: hi" {
		t.Errorf("got %q", text)
	}
}

func TestTypingEndsWithTheMessage(t *testing.T) {
	v := signedIn(t)
	tell := func(last model.Message) {
		v.Apply([]port.Event{port.PeerTyping{Chat: mira, Composing: true}})
		v.Apply([]port.Event{port.ChatChanged{Chat: model.Chat{ID: mira, Last: &last, Order: last.Order}}})
	}
	if tell(in(mira, 3, "see you")); !v.Typing(mira) {
		t.Error("ended by a change to an old message")
	}
	own := in(mira, 4, "hello")
	own.FromMe = true
	if tell(own); !v.Typing(mira) {
		t.Error("ended by an own message")
	}
	if tell(in(mira, 5, "here it is")); v.Typing(mira) {
		t.Error("still typing what has arrived")
	}
}

func TestTypingEndsByItself(t *testing.T) {
	v := signedIn(t)
	v.Apply([]port.Event{port.PeerTyping{Chat: mira, Composing: true}})
	if !v.Typing(mira) || !v.Wake().Equal(noon.Add(typingFor)) {
		t.Fatalf("typing %v, wake %v", v.Typing(mira), v.Wake())
	}
	v.Advance(noon.Add(typingFor))
	if v.Typing(mira) {
		t.Error("still typing")
	}
	if w := v.Wake(); w.Hour() != 0 || w.Day() != 23 {
		t.Errorf("wakes at %v, not at midnight", w)
	}
}

func TestAResyncKeepsDraftsAndFetchesThreadsAgain(t *testing.T) {
	v := signedIn(t)
	th := page(v, mira, 3)
	v.SetDraft(mira, "unsent")
	v.Load(port.State{Self: v.Self, Link: v.Link, Chats: []model.Chat{{ID: mira, Order: 1}}})
	if !th.Stale {
		t.Error("the thread is not marked to be fetched again")
	}
	if r := v.Rows(); len(r) != 1 || !r[0].Draft || r[0].Preview != "unsent" {
		t.Errorf("rows %+v", r)
	}
}
