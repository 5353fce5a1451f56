package view

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/qr"
)

// people is a view of these chats, newest first.
func people(chats ...model.Chat) *View {
	v := New(lang.English(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	for i := range chats {
		chats[i].Order = uint64(100 - i)
	}
	v.Load(port.State{Self: model.Self{Connected: true, Provider: "Ferry"}, Link: model.Link{Phase: model.LinkOnline}, Chats: chats})
	return v
}

func ids(rows []Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, string(r.ID))
	}
	return strings.Join(out, " ")
}

func TestRequestsComeFirstAndOnlySomeOfThem(t *testing.T) {
	ask := func(id string) model.Chat { return model.Chat{ID: model.ChatID(id), Request: true, Unread: 9} }
	v := people(model.Chat{ID: "mira", Unread: 2}, ask("a"), ask("b"), ask("c"), ask("d"), ask("e"), model.Chat{ID: "jonas"}, model.Chat{ID: "x", Request: true, Blocked: true})
	if got := ids(v.Rows()); got != "a b c mira jonas x" || v.Requests() != 5 {
		t.Errorf("the list is %s, of %d requests", got, v.Requests())
	}
	v.Open = "e"
	if got := ids(v.Rows()); got != "a b c e mira jonas x" {
		t.Errorf("with one of them open the list is %s", got)
	}
	v.AllRequests = true
	if got := ids(v.Rows()); got != "a b c d e mira jonas x" {
		t.Errorf("all in all the list is %s", got)
	}
	if v.Unread() != 2 {
		t.Errorf("%d unread: strangers ring", v.Unread())
	}
}

func TestABarrierKeepsFromAnswering(t *testing.T) {
	for name, c := range map[string]struct {
		chat model.Chat
		bar  Barrier
	}{
		"a chat":                        {model.Chat{}, NoBarrier},
		"a request":                     {model.Chat{Request: true}, BarRequest},
		"a blocked person":              {model.Chat{Blocked: true}, BarBlocked},
		"a blocked person's request":    {model.Chat{Blocked: true, Request: true}, BarBlocked},
		"a person of a blocked app":     {model.Chat{ProviderBlocked: true, Request: true}, BarProvider},
		"a closed chat has no barrier":  {model.Chat{Closed: model.ClosedConsent}, NoBarrier},
		"a chat with a key that is new": {model.Chat{Held: true}, NoBarrier},
	} {
		c.chat.ID = "1"
		v := people(c.chat)
		if got := BarrierOf(c.chat); got != c.bar {
			t.Errorf("%s: %v, want %v", name, got, c.bar)
		}
		if want := c.bar == NoBarrier && c.chat.Closed == model.Open; v.CanAnswer("1") != want {
			t.Errorf("%s: can be answered: %v", name, !want)
		}
	}
}

func TestAStrangersMessageFetchesNothing(t *testing.T) {
	v := people(model.Chat{ID: "1", Request: true})
	v.Enter("1")
	at := v.Now.Add(-time.Minute)
	v.Thread("1").Put(port.MessagePage{Messages: []model.Message{
		{ID: "1", Chat: "1", Order: 1, At: at, State: model.Received, Kind: model.KindImage, Text: "look", Media: &model.Media{Thumb: []byte{0xff, 0xd8}, Name: "x.jpg"}},
		{ID: "2", Chat: "1", Order: 2, At: at, State: model.Received, Text: "https://example.org", Reply: &model.Quote{Ref: model.Ref{ID: "9"}, Thumb: []byte{0xff, 0xd8}}},
		{ID: "3", Chat: "1", Order: 3, At: at, State: model.Received, Kind: model.KindLocation, Place: &model.Place{Latitude: 1, Longitude: 2}},
	}}, 0)
	shown := map[model.MessageID]Bubble{}
	for _, it := range v.Items(v.Thread("1")) {
		shown[it.Bubble.ID] = it.Bubble
	}
	if b := shown["1"]; !b.Inert || b.Message.Media != nil || b.Note == nil || b.Text != "look" {
		t.Errorf("a picture: %+v", b)
	}
	if b := shown["2"]; !b.Inert || b.Quote == nil || b.Quote.Thumb != nil {
		t.Errorf("an answer: %+v", b.Quote)
	}
	if b := shown["3"]; b.Place == nil || b.Place.Link != "" {
		t.Errorf("a place: %+v", b.Place)
	}
	blocks := Format("see https://example.org now", nil)
	Unlink(blocks)
	for _, line := range blocks[0].Lines {
		for _, r := range line {
			if r.Link != "" {
				t.Errorf("%q leads somewhere", r.Text)
			}
		}
	}
	v.PutChat(model.Chat{ID: "1"})
	if b := v.Items(v.Thread("1"))[1].Bubble; b.Inert || b.Message.Media == nil {
		t.Error("what was accepted is still hidden")
	}
}

func TestAThirdPartyPersonIsNamedWithTheirApp(t *testing.T) {
	v := people(
		model.Chat{ID: "7-1@interop", Contact: model.Contact{Name: "kate", Provider: 7, ProviderName: "Ferry"}},
		model.Chat{ID: "9-1@interop", Contact: model.Contact{Name: "Kаte", Provider: 9, ProviderName: "Birdy\u202e"}},
		model.Chat{ID: "1@lid", Contact: model.Contact{Name: "Kate", Phone: "+49"}},
		model.Chat{ID: "2@lid", Contact: model.Contact{Name: "Mira"}},
	)
	for id, want := range map[model.ChatID]string{"7-1@interop": "kate · Ferry", "9-1@interop": "Kаte · Birdy", "1@lid": "Kate", "none": ""} {
		if got := v.Who(id); got != want {
			t.Errorf("%s is called %q, want %q", id, got, want)
		}
	}
	var names []string
	for _, c := range v.Namesakes("7-1@interop") {
		names = append(names, string(c.ID))
	}
	if want := []string{"9-1@interop", "1@lid"}; !slices.Equal(names, want) {
		t.Errorf("the namesakes are %v, want %v", names, want)
	}
	if d := v.Doubt("9-1@interop"); !d.Mixed {
		t.Error("a name of two alphabets is not doubted")
	}
	if v.Doubt("2@lid").Any() {
		t.Error("Mira is doubted")
	}
	v.PutChat(model.Chat{ID: "2@lid", Contact: model.Contact{Name: "Ferry Support"}})
	if d := v.Doubt("2@lid"); d.Like != "Ferry" {
		t.Errorf("a changed name is not looked at again: %+v", d)
	}
}

func TestNoticesAreLinesOfTheirOwn(t *testing.T) {
	v := people(model.Chat{ID: "1", Contact: model.Contact{Name: "Mira"}})
	v.Enter("1")
	at := v.Now.Add(-time.Minute)
	msg := func(order uint64, mine bool) model.Message {
		return model.Message{ID: model.MessageID(rune('a' + order)), Chat: "1", FromMe: mine, Order: order, At: at, Text: "x", State: model.Received}
	}
	note := msg(2, false)
	note.Kind, note.Notice = model.KindNotice, model.NoticeKeyChanged
	v.Thread("1").Put(port.MessagePage{Messages: []model.Message{msg(1, false), note, msg(3, false)}}, 0)
	items := v.Items(v.Thread("1"))
	if len(items) != 4 || items[2].Notice == nil || !items[2].Notice.Number || !strings.Contains(items[2].Notice.Text, "Mira") {
		t.Fatalf("%+v", items)
	}
	if !items[1].Bubble.Last || !items[3].Bubble.First {
		t.Error("a notice does not part the bubbles around it")
	}
	v.Apply([]port.Event{port.MessageChanged{Message: note}})
	if CanReply(note) || v.Shown([]model.Message{note}) != nil {
		t.Error("a notice can be answered or reported")
	}
}

func TestEveryNoticeHasWords(t *testing.T) {
	for _, chat := range []model.Chat{{ID: "1", Contact: model.Contact{Name: "Mira"}}, {ID: "1", Contact: model.Contact{Name: "kate", Provider: 7, ProviderName: "Birdy"}}} {
		v := people(chat)
		seen := map[string]model.NoticeKind{}
		for _, k := range []model.NoticeKind{
			model.NoticeKeyChanged, model.NoticeVerified, model.NoticeUnverified, model.NoticeConsentOff, model.NoticeConsentOn, model.NoticeAccepted, model.NoticeBlocked,
			model.NoticeUnblocked, model.NoticeProviderSuspended, model.NoticeProviderActive, model.NoticeRegion, model.NoticeRegionOver, "what comes later",
		} {
			icon, text := v.Gist(model.Message{Chat: "1", Kind: model.KindNotice, Notice: k})
			if icon == "" || text == "" || strings.ContainsAny(text, "{}") || seen[text] != "" {
				t.Errorf("%s says %q (%s), as %s", k, text, icon, seen[text])
			}
			seen[text] = k
		}
	}
}

func TestTheFirstTimeIsOnlyBeforeTheFirstMessage(t *testing.T) {
	v := people(model.Chat{ID: "1"}, model.Chat{ID: "2", Met: true}, model.Chat{ID: "3", Request: true})
	for id, want := range map[model.ChatID]bool{"1": true, "2": false, "3": false, "none": false} {
		if v.FirstTime(id) != want {
			t.Errorf("%s: the first time is %v", id, !want)
		}
	}
	v.Echo(model.Message{ID: "x", Chat: "1", FromMe: true, State: model.Pending})
	if v.FirstTime("1") {
		t.Error("it still is after a message")
	}
}

func TestWhatIsHeldBackSaysSo(t *testing.T) {
	v := people(model.Chat{ID: "1", Held: true})
	v.Enter("1")
	v.Thread("1").Put(port.MessagePage{Messages: []model.Message{
		{ID: "1", Chat: "1", FromMe: true, Order: 1, State: model.Pending, Failure: model.HeldForKey},
		{ID: "2", Chat: "1", FromMe: true, Order: 2, State: model.Pending},
	}}, 0)
	items := v.Items(v.Thread("1"))
	if n := v.Waiting(v.Thread("1")); n != 1 || items[1].Bubble.Waits == "" || items[2].Bubble.Waits != "" {
		t.Errorf("%d wait", n)
	}
}

func TestADeletedChatIsGone(t *testing.T) {
	v := people(model.Chat{ID: "1", Request: true}, model.Chat{ID: "2"})
	v.Thread("1")
	v.Apply([]port.Event{port.ChatDeleted{Chat: "1"}, port.BlocksChanged{Blocked: []model.BlockedPerson{{Chat: "2", Contact: model.Contact{Name: "zoe"}}, {Chat: "3", Contact: model.Contact{Name: "Ada"}}}}})
	if _, known := v.Chat("1"); known || ids(v.Rows()) != "2" {
		t.Error("it is still there")
	}
	if all := v.BlockedPeople(); len(all) != 2 || all[0].Chat != "3" {
		t.Errorf("the blocked are %v", all)
	}
}

func TestASafetyNumberIsTwelveGroups(t *testing.T) {
	if g := SafetyGroups(strings.Repeat("12345", 12)); len(g) != 12 || g[11] != "12345" {
		t.Errorf("%v", g)
	}
	for _, bad := range []string{"", "123", strings.Repeat("1", 59), strings.Repeat("1", 61), strings.Repeat("x", 60)} {
		if SafetyGroups(bad) != nil {
			t.Errorf("%q has groups", bad)
		}
	}
}

func TestACodeIsDrawnSquareBySquare(t *testing.T) {
	c, err := qr.Encode([]byte("ferry"))
	if err != nil {
		t.Fatal(err)
	}
	s, ok := SquareOf(c.Marshal())
	if !ok || s.Side != c.Side {
		t.Fatalf("%v %+v", ok, s)
	}
	if !strings.HasPrefix(s.Path, "M0 0h7v1h-7z") { // the upper edge of the first finder
		t.Errorf("the path begins with %.40s", s.Path)
	}
	for _, bad := range [][]byte{nil, {21}, {20, 1, 2}, append([]byte{25}, c.Bits...), make([]byte, 1<<16)} {
		if _, ok := SquareOf(bad); ok {
			t.Errorf("%d bytes are a code", len(bad))
		}
	}
}

func TestWhatWorksIsWhatTheTableSays(t *testing.T) {
	v := people(model.Chat{ID: "1", Blocked: true})
	c, _ := v.Chat("1")
	yes, no := v.Works(c)
	if !slices.Contains(yes, "Text") || !slices.Contains(no, "Calls") || len(yes)+len(no) != 17 {
		t.Errorf("yes %v, no %v", yes, no)
	}
}
