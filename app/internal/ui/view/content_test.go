package view

import (
	"math"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// shown is the bubble of one message.
func shown(v *View, m model.Message) Bubble {
	m.Chat, m.At = mira, noon
	return v.bubble(v.Thread(mira), &m, true)
}

func TestEveryKindIsShownAsSomething(t *testing.T) {
	v := signedIn(t)
	for _, k := range []model.Kind{model.KindSticker, model.KindPoll, model.KindCall, model.KindInvite, model.KindViewOnce, model.KindUnknown, "hologram"} {
		b := shown(v, model.Message{ID: "A", Kind: k})
		if b.Note == nil || b.Note.Title == "" || b.Note.Text == "" || b.Note.Icon == "" {
			t.Errorf("%q is shown as %+v", k, b.Note)
		}
		if icon, text := v.Gist(model.Message{Kind: k}); icon == "" || text == "" {
			t.Errorf("%q is summed up as %q %q", k, icon, text)
		}
	}
	for _, k := range []model.Kind{model.KindContact, model.KindLocation, model.KindDeleted, model.KindImage, model.KindVoice} {
		if _, text := v.Gist(model.Message{Kind: k}); text == "" {
			t.Errorf("%q is summed up as nothing", k)
		}
	}
}

func TestADeletedMessageKeepsNothing(t *testing.T) {
	v := signedIn(t)
	m := model.Message{ID: "A", Kind: model.KindDeleted, Text: "secret", Reactions: []model.Reaction{{Emoji: "👍"}}, Reply: &model.Quote{Text: "x"}, Media: &model.Media{Name: "x"}}
	b := shown(v, m)
	if b.Text != v.L.Content.Deleted || b.Quote != nil || b.Chips != nil || b.Message.Media != nil || strings.Contains(b.Message.Text, "secret") {
		t.Errorf("%+v", b)
	}
	m.FromMe = true
	if b := shown(v, m); b.Text != v.L.Content.DeletedMe {
		t.Errorf("%q", b.Text)
	}
	v.Thread(mira).Put(port.MessagePage{Messages: []model.Message{{ID: "A", Chat: mira, Kind: model.KindDeleted, Order: 4}}}, 0)
	q := shown(v, model.Message{ID: "B", Reply: &model.Quote{Ref: model.Ref{ID: "A"}, Text: "secret", Thumb: []byte{1}}}).Quote
	if q.Text != v.L.Content.Deleted || q.Thumb != nil || q.Order != 4 {
		t.Errorf("what was taken back lives on in a quote: %+v", q)
	}
}

func TestAQuoteSaysWhoAndWhat(t *testing.T) {
	v := signedIn(t)
	for _, c := range []struct {
		q          model.Quote
		name, text string
		icon       bool
	}{
		{model.Quote{Text: "*hi* _there_"}, "Mïra Petersen", "hi there", false},
		{model.Quote{Ref: model.Ref{FromMe: true}, Text: "a\nb"}, "You", "a b", false},
		{model.Quote{Kind: model.KindImage}, "Mïra Petersen", v.L.Media.Photo, true},
		{model.Quote{Kind: model.KindLocation}, "Mïra Petersen", "Location", true},
		{model.Quote{Kind: model.KindPoll}, "Mïra Petersen", "Poll", true},
	} {
		got := shown(v, model.Message{ID: "B", Reply: &c.q}).Quote
		if got.Name != c.name || got.Text != c.text || (got.Icon != "") != c.icon {
			t.Errorf("%+v is shown as %+v", c.q, got)
		}
	}
	big := shown(v, model.Message{ID: "B", Reply: &model.Quote{Text: strings.Repeat("x", 5000), Thumb: make([]byte, model.MaxThumb+1)}}).Quote
	if len(big.Text) > 200 || big.Thumb != nil {
		t.Error("a quote is not bounded")
	}
}

func TestThoseNamedAreShownByTheirNames(t *testing.T) {
	v := signedIn(t)
	v.Self = model.Self{Connected: true, Address: "7-4242@interop", Alias: "88000074242@lid"}
	peer, _, _ := strings.Cut(string(mira), "@")
	text := "@88000074242 and @" + peer + " and @880000742421"
	m := model.Message{ID: "A", Chat: mira, Text: text, Mentions: []string{v.Self.Alias, string(mira), "880000742421@lid"}}
	if got, want := v.Plain(m), "@ada and @Mïra Petersen and @880000742421"; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
	if got := shown(v, model.Message{ID: "B", Reply: &model.Quote{Text: text}}).Quote.Text; got != "@ada and @Mïra Petersen and @880000742421" {
		t.Errorf("quoted as %q", got)
	}
}

func TestReactionsAreCountedByEmoji(t *testing.T) {
	v := signedIn(t)
	b := shown(v, model.Message{ID: "A", Reactions: []model.Reaction{{Emoji: "❤️"}, {Emoji: "👍", FromMe: true}, {Emoji: "❤", FromMe: true}, {Emoji: ""}}})
	want := []Chip{{"❤️", 2, true, "Mïra Petersen, You"}, {"👍", 1, true, "You"}}
	if len(b.Chips) != 2 || b.Chips[0] != want[0] || b.Chips[1] != want[1] {
		t.Errorf("%+v", b.Chips)
	}
	for hostile, want := range map[string]string{
		"<b>x</b>": noEmoji, "\u202e👍": noEmoji, strings.Repeat("👍", 50): noEmoji, "a": noEmoji, ":)": noEmoji, "\xff": noEmoji,
		"1️⃣": "1️⃣", "👩‍❤️‍💋‍👨": "👩‍❤️‍💋‍👨", "🏴󠁧󠁢󠁷󠁬󠁳󠁿": "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "🇪🇺": "🇪🇺", "©️": "©️",
	} {
		if got := cleanEmoji(hostile); got != want {
			t.Errorf("cleanEmoji(%q) = %q, want %q", hostile, got, want)
		}
	}
}

func TestAReactionIsAnnouncedOnce(t *testing.T) {
	v := signedIn(t)
	m := in(mira, 3, "see you")
	v.Thread(mira).Put(port.MessagePage{Messages: []model.Message{m}}, 0)
	_, before := v.Announcement()
	m.Reactions = []model.Reaction{{Emoji: "😂"}}
	v.Apply([]port.Event{port.MessageChanged{Message: m}})
	text, seq := v.Announcement()
	if seq != before+1 || !strings.Contains(text, "😂") || !strings.Contains(text, "see you") || !strings.Contains(text, "Mïra") {
		t.Errorf("said %q", text)
	}
	v.Apply([]port.Event{port.MessageChanged{Message: m}})
	m.Reactions = append(m.Reactions, model.Reaction{Emoji: "👍", FromMe: true})
	v.Apply([]port.Event{port.MessageChanged{Message: m}})
	if _, again := v.Announcement(); again != seq {
		t.Error("said again, or of one's own")
	}
}

func TestPersonsAreNamedInTexts(t *testing.T) {
	v := signedIn(t)
	v.Self.Address = "7-42@interop"
	user, _, _ := strings.Cut(string(mira), "@")
	m := model.Message{Chat: mira, Text: "ask @" + user + " or @7-42 or @999, *@" + user + "*", Mentions: []string{string(mira), "7-42@interop", "999@lid", "", "@x"}}
	if got := v.Plain(m); got != "ask @Mïra Petersen or @ada or @999, @Mïra Petersen" {
		t.Errorf("%q", got)
	}
	if got := v.Named(m); !strings.Contains(got, "*@Mïra Petersen*") {
		t.Errorf("%q", got)
	}
}

func TestCardsAndPlacesAreHarmless(t *testing.T) {
	v := signedIn(t)
	many := make([]model.Card, 100)
	many[0] = model.Card{Name: "\u202eeve\nx", Phones: []string{"+49 1", "", strings.Repeat("9", 400)}, Emails: make([]string, 50)}
	b := shown(v, model.Message{ID: "A", Kind: model.KindContact, Cards: many})
	if len(b.Cards) != maxCards || b.Cards[0].Name != "eve x" || len(b.Cards[0].Phones) != 2 || b.Cards[0].Emails != nil || b.Cards[1].Name == "" {
		t.Errorf("%+v", b.Cards[0])
	}
	for _, c := range []struct {
		lat, lon    float64
		where, link string
	}{
		{53.5459, 9.9685, "53.54590° N, 9.96850° E", "https://www.openstreetmap.org/?mlat=53.54590&mlon=9.96850#map=16/53.54590/9.96850"},
		{-33.856784, -151.2153, "33.85678° S, 151.21530° W", "https://www.openstreetmap.org/?mlat=-33.85678&mlon=-151.21530#map=16/-33.85678/-151.21530"},
		{math.NaN(), 0, "", ""}, {0, math.Inf(1), "", ""}, {91, 0, "", ""}, {0, -1e300, "", ""},
	} {
		p := shown(v, model.Message{ID: "A", Kind: model.KindLocation, Place: &model.Place{Latitude: c.lat, Longitude: c.lon}}).Place
		if p.Where != c.where || p.Link != c.link {
			t.Errorf("%v, %v: %+v", c.lat, c.lon, p)
		}
	}
}

func TestWhatCanBeDoneDependsOnTheMessage(t *testing.T) {
	now := noon
	sent := model.Message{FromMe: true, State: model.Delivered, At: now.Add(-time.Minute), Text: "x"}
	with := func(change func(*model.Message)) model.Message { m := sent; change(&m); return m }
	for name, c := range map[string]struct {
		m                          model.Message
		reply, react, edit, revoke bool
	}{
		"one's own":         {sent, true, true, true, true},
		"theirs":            {with(func(m *model.Message) { m.FromMe, m.State = false, model.Received }), true, true, false, false},
		"pending":           {with(func(m *model.Message) { m.State = model.Pending }), true, false, false, false},
		"failed":            {with(func(m *model.Message) { m.State = model.Failed }), false, false, false, false},
		"deleted":           {with(func(m *model.Message) { m.Kind = model.KindDeleted }), false, false, false, false},
		"unreadable":        {with(func(m *model.Message) { m.Failure = model.CannotDecrypt }), false, false, false, false},
		"a quarter old":     {with(func(m *model.Message) { m.At = now.Add(-port.EditFor) }), true, true, false, true},
		"two days old":      {with(func(m *model.Message) { m.At = now.Add(-port.RevokeFor) }), true, true, false, false},
		"a caption":         {with(func(m *model.Message) { m.Kind = model.KindImage }), true, true, true, true},
		"without caption":   {with(func(m *model.Message) { m.Kind, m.Text = model.KindImage, "" }), true, true, false, true},
		"a voice":           {with(func(m *model.Message) { m.Kind = model.KindVoice }), true, true, false, true},
		"a poll of a phone": {with(func(m *model.Message) { m.Kind = model.KindPoll }), true, true, false, true},
	} {
		if got := [4]bool{CanReply(c.m), CanReact(c.m), CanEdit(c.m, now), CanRevoke(c.m, now)}; got != [4]bool{c.reply, c.react, c.edit, c.revoke} {
			t.Errorf("%s: reply, react, edit, revoke: %v", name, got)
		}
	}
}

func TestTheLineUnderTheNameTellsWhatIsShared(t *testing.T) {
	v := signedIn(t)
	v.Privacy = model.Privacy{ReadReceipts: true, Typing: true, LastSeen: true}
	say := func() string { text, _ := v.Presence(mira); return text }
	if say() != "" {
		t.Errorf("%q before anything is known", say())
	}
	v.Apply([]port.Event{port.PeerPresence{Chat: mira, Presence: model.Presence{Online: true}}})
	if say() != "online" {
		t.Errorf("%q", say())
	}
	v.Apply([]port.Event{port.PeerTyping{Chat: mira, Composing: true, Recording: true}})
	if say() != "recording…" || !v.Recording(mira) {
		t.Errorf("%q", say())
	}
	v.Apply([]port.Event{port.PeerTyping{Chat: mira, Composing: true}})
	if say() != "typing…" || v.Recording(mira) {
		t.Errorf("%q", say())
	}
	v.Apply([]port.Event{port.PeerTyping{Chat: mira}, port.PeerPresence{Chat: mira, Presence: model.Presence{LastSeen: noon.Add(-time.Hour)}}})
	if say() != "last seen today at 11:00" {
		t.Errorf("%q", say())
	}
	v.Apply([]port.Event{port.LinkChanged{Link: model.Link{Phase: model.LinkWaiting}}})
	if say() != "" {
		t.Errorf("%q while nothing is heard", say())
	}
	v.Apply([]port.Event{port.LinkChanged{Link: model.Link{Phase: model.LinkOnline}}, port.PrivacyChanged{}})
	if say() != "" {
		t.Errorf("%q, though it is not told either", say())
	}
}

func TestTheSkinToneLivesAmongTheEmojiUsedLast(t *testing.T) {
	list := WithTone([]string{"👍", "🏻", "❤️"}, 4)
	if ToneOf(list) != 4 || len(list) != 3 {
		t.Errorf("%q", list)
	}
	if list = WithTone(list, 0); ToneOf(list) != 0 || len(list) != 2 {
		t.Errorf("%q", list)
	}
}

func TestEmojiAreFoundByWhatTheyAreCalled(t *testing.T) {
	s, err := ParseEmoji([]byte(`[["😀","grinning face","grinning","smile happy","0",""],["😄","smiling eyes","smile","happy","0",""],
		["👍","thumbs up","+1 thumbsup","yes ok","1","a b c d e"],["🇫🇷","flag: France","fr france","fête","8",""]]`))
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"smile": "😄", ":smile:": "😄", "SMI": "😄", "happy": "😀", "thumb": "👍", "+1": "👍", "ok yes": "👍", "grinning face": "😀", "frânce": "🇫🇷",
	} {
		if got := s.Search(query, 9); len(got) == 0 || got[0].Text != want {
			t.Errorf("%q finds %v, want %s", query, got, want)
		}
	}
	for _, query := range []string{"", " ", "zzz", "happy zzz"} {
		if got := s.Search(query, 9); len(got) != 0 {
			t.Errorf("%q finds %v", query, got)
		}
	}
	if e, ok := s.Known("c"); !ok || e.With(3) != "c" || e.With(0) != "👍" || e.With(9) != "👍" || e.Code() != ":+1:" {
		t.Errorf("%+v", e)
	}
	if n := len(s.In(0)) + len(s.In(1)) + len(s.In(4)) + len(s.In(8)); n != 4 || len(s.In(8)) != 1 {
		t.Errorf("%d in groups", n)
	}
	for _, bad := range []string{"", "{}", `[["a"]]`, `[["a","b","c","d","9","f"]]`, `[["","b","c","d","1","f"]]`} {
		if _, err := ParseEmoji([]byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
