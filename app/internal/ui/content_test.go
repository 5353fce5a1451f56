package ui

import (
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/keys"
	"ferry/app/internal/ui/settings"
	"ferry/app/internal/ui/thread"
)

// talk is the chat with Mira, with these messages in it.
func talk(t *testing.T, messages ...model.Message) *control.Control {
	t.Helper()
	c := drawn(t)
	c.Route = control.Parse("/chat/1@lid")
	c.View.Privacy = model.Privacy{ReadReceipts: true, Typing: true, LastSeen: true}
	c.View.Enter(mira)
	for i := range messages {
		m := &messages[i]
		m.Chat, m.At, m.Order = mira, now, uint64(i+1)
		if m.State == "" {
			if m.State = model.Received; m.FromMe {
				m.State = model.Sent
			}
		}
	}
	c.View.Thread(mira).Put(port.MessagePage{Messages: messages}, 0)
	return c
}

func TestATextIsDrawnWithElementsAlone(t *testing.T) {
	c := talk(t, model.Message{ID: "A", Text: "*b* _i_ ~s~ `c` <script>alert(1)</script> https://a.example/?x=<b>\n> q\n* one\n7. seven\n```\nx < y\n```"})
	html := app.HTMLString(thread.Pane(c))
	has(t, html, "<strong>", "<em>", "<s>", `<code class="code">`, "&lt;script&gt;", `href="https://a.example/?x="`, `rel="noopener noreferrer nofollow"`,
		"<blockquote", "<ul class=\"bullets\"", `value="7"`, "<pre", "x &lt; y")
	if strings.Contains(html, "<script") {
		t.Error("a text became an element")
	}
}

func TestABubbleShowsWhatItAnswersAndWhoReacted(t *testing.T) {
	c := talk(t,
		model.Message{ID: "A", Text: "see <you>", Forwarded: true, Reactions: []model.Reaction{{Emoji: "👍", FromMe: true}, {Emoji: "❤️"}}},
		model.Message{ID: "B", FromMe: true, Text: "yes", Edited: now, Reply: &model.Quote{Ref: model.Ref{ID: "A"}, Text: "see <you>", Order: 1}},
	)
	has(t, app.HTMLString(thread.Pane(c)), `data-kind="text"`, "Forwarded", `data-quote="A"`, "see &lt;you&gt;", "chip chip-mine", "👍 by You", "❤️ by Mira", "edited", "Edited today at 12:00")
}

func TestEveryKindHasItsPlaceInABubble(t *testing.T) {
	c := talk(t,
		model.Message{ID: "A", Kind: model.KindPoll}, model.Message{ID: "B", Kind: model.KindDeleted}, model.Message{ID: "C", Kind: "hologram"},
		model.Message{ID: "D", Kind: model.KindContact, Cards: []model.Card{{Name: "Eve <b>", Phones: []string{"+49 171 7654321"}, Emails: []string{"e@example.org"}}}},
		model.Message{ID: "E", Kind: model.KindLocation, Place: &model.Place{Latitude: 53.5, Longitude: 9.9, Name: "Pier"}},
	)
	html := app.HTMLString(thread.Pane(c))
	has(t, html, `data-kind="poll"`, "cannot take part in polls", "This message was deleted.", "newer version of WhatsApp",
		"Eve &lt;b&gt;", "Copy +49 171 7654321", "Message +49 171 7654321", "Copy e@example.org", "Pier", "53.50000° N", "https://www.openstreetmap.org/")
	if strings.Contains(html, "<img") || strings.Contains(html, "<iframe") {
		t.Error("a place is fetched before the user asks")
	}
}

func TestAMenuOffersWhatCanBeDone(t *testing.T) {
	c := talk(t, model.Message{ID: "A", FromMe: true, Text: "x"}, model.Message{ID: "B", Text: "y"}, model.Message{ID: "C", Kind: model.KindDeleted})
	c.Menu = control.MessageKey{Mine: true, ID: "A"}
	html := app.HTMLString(thread.Pane(c))
	for _, name := range []string{"reply", "copy", "edit", "revoke", "delete"} {
		has(t, html, `data-action="`+name+`"`)
	}
	has(t, html, `id="menu"`, `data-emoji="👍"`, "React with ❤️")
	c.Menu = control.MessageKey{ID: "B"}
	if html = app.HTMLString(thread.Pane(c)); strings.Contains(html, `data-action="edit"`) || strings.Contains(html, `data-action="revoke"`) {
		t.Error("somebody else's message can be changed")
	}
	c.Menu = control.MessageKey{ID: "C"}
	if html = app.HTMLString(thread.Pane(c)); strings.Contains(html, `data-action="reply"`) || strings.Contains(html, `data-emoji`) || !strings.Contains(html, `data-action="delete"`) {
		t.Error("a deleted message offers too much, or not its end")
	}
}

func TestTheReplyBarShowsWhatIsAnsweredOrChanged(t *testing.T) {
	c := talk(t, model.Message{ID: "A", Text: "see you"})
	c.Replying = &control.Replying{Ref: model.Ref{ID: "A"}}
	has(t, app.HTMLString(thread.Pane(c)), `id="reply-bar"`, `data-mode="reply"`, "see you", "Cancel the reply")
	c.Replying, c.Editing = nil, &control.Editing{ID: "A", Was: "see yuo"}
	has(t, app.HTMLString(thread.Pane(c)), `data-mode="edit"`, "see yuo", "Cancel editing")
}

func TestTheListOfWhoReactedOffersToRemoveOnesOwn(t *testing.T) {
	c := talk(t, model.Message{ID: "A", Text: "x", Reactions: []model.Reaction{{Emoji: "❤️", At: now}, {Emoji: "👍", FromMe: true, At: now}}})
	c.Who = control.MessageKey{ID: "A"}
	html := app.HTMLString(thread.Pane(c))
	has(t, html, `id="who"`, "today at 12:00", `data-do="unreact"`)
	if strings.Count(html, `data-do="unreact"`) != 1 {
		t.Error("somebody else's reaction can be removed")
	}
}

func TestTheHeadTellsOfThePeer(t *testing.T) {
	c := talk(t)
	c.View.Apply([]port.Event{port.PeerPresence{Chat: mira, Presence: model.Presence{Online: true}}})
	has(t, app.HTMLString(thread.Pane(c)), `id="presence"`, "online")
	c.View.Apply([]port.Event{port.PeerTyping{Chat: mira, Recording: true}})
	has(t, app.HTMLString(thread.Pane(c)), "recording…", "is recording a voice message")
}

func TestThePrivacySwitchesSayThatTheyWorkBothWays(t *testing.T) {
	c := drawn(t)
	c.View.Privacy = model.Privacy{ReadReceipts: true}
	c.Route = control.Parse(control.PathPrivacy)
	html := app.HTMLString(settings.Pane(c))
	has(t, html, `id="privacy-read"`, `id="privacy-typing"`, `id="privacy-last-seen"`, "works both ways", `role="switch"`)
	if strings.Count(html, "Off for both of you") != 2 {
		t.Error("what is off is not said")
	}
}

func TestLettersActOnTheMessageWithTheFocusAlone(t *testing.T) {
	c := talk(t, model.Message{ID: "A", Text: "x"})
	c.MessageFocused(control.MessageKey{ID: "A"})
	for _, key := range []string{"r", "e", "m"} {
		if keys.Handle(c, keys.Press{Key: key}) {
			t.Errorf("%s did something elsewhere", key)
		}
	}
	if !keys.Handle(c, keys.Press{Key: "m", Message: true}) || c.Menu.ID != "A" {
		t.Error("M did not open the actions")
	}
}

func TestEmojiCanBeChosenOnlyWhereThereAreSome(t *testing.T) {
	c := talk(t)
	if strings.Contains(app.HTMLString(thread.Pane(c)), "emoji-button") {
		t.Error("a picker without emoji")
	}
}
