package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/chats"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/frame"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/keys"
	"ferry/app/internal/ui/people"
	"ferry/app/internal/ui/settings"
	"ferry/app/internal/ui/thread"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const mira = model.ChatID("1@lid")

// drawn is a control of a signed-in user whose view a test fills.
func drawn(t *testing.T) *control.Control {
	t.Helper()
	c := control.New(control.Config{Relay: quiet{}, Device: quiet{}, Now: func() time.Time { return now }, Lang: lang.English()})
	c.View.SignIn(host.Account{ID: "1", Username: "ada"})
	c.View.Load(port.State{
		Self: model.Self{Connected: true}, Link: model.Link{Phase: model.LinkOnline},
		Chats: []model.Chat{{ID: mira, Contact: model.Contact{Name: "Mira\u202e <b>", Phone: "+49 40 1"}, Unread: 3}},
	})
	return c
}

func has(t *testing.T, html string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(html, p) {
			t.Errorf("%q is missing in\n%s", p, html)
		}
	}
}

func TestARowSaysWhoAndHowManyAreUnread(t *testing.T) {
	c := drawn(t)
	html := app.HTMLString(chats.Pane(c))
	has(t, html, `data-chat="1@lid"`, `data-unread="3"`, `href="/chat/1@lid"`, "Mira &lt;b&gt;", "3 unread messages", `id="new-chat"`)
	if strings.Contains(html, "\u202e") {
		t.Error("a character that turns the direction of text is on the page")
	}
}

func TestABubbleSaysItsStateInWords(t *testing.T) {
	c := drawn(t)
	c.Route = control.Parse("/chat/1@lid")
	c.View.Enter(mira)
	states := map[model.SendState]string{
		model.Pending: "Waiting to be sent", model.Sent: "Sent", model.Delivered: "Delivered", model.Read: "Read", model.Failed: "Not sent",
	}
	var page port.MessagePage
	for s := range states {
		page.Messages = append(page.Messages, model.Message{
			ID: model.MessageID("ID" + s), Chat: mira, FromMe: true, Text: "<i>", At: now, Order: uint64(len(page.Messages) + 1), State: s, Failure: model.NoConsent})
	}
	c.View.Thread(mira).Put(page, 0)
	html := app.HTMLString(thread.Pane(c))
	for s, words := range states {
		has(t, html, `data-id="ID`+string(s)+`"`, `data-state="`+string(s)+`"`, words)
	}
	has(t, html, "&lt;i&gt;", "they have turned off messages from other apps", `data-do="retry"`, `data-do="delete"`, "Today", `id="composer"`)
}

func TestWhatCannotBeReadIsSaidInPlace(t *testing.T) {
	c := drawn(t)
	c.Route = control.Parse("/chat/1@lid")
	c.View.Enter(mira)
	c.View.Thread(mira).Put(port.MessagePage{Messages: []model.Message{
		{ID: "A", Chat: mira, At: now, Order: 1, State: model.Received, Failure: model.CannotDecrypt},
		{ID: "B", Chat: mira, At: now, Order: 2, State: model.Received, Failure: model.NotSupported},
	}}, 0)
	has(t, app.HTMLString(thread.Pane(c)), "Waiting for this message", "cannot show yet", "text quiet")
}

func TestThirdPartyChatsAreOffUntilTheUserAgrees(t *testing.T) {
	c := drawn(t)
	c.View.Self.Connected = false
	c.Route = control.Parse(control.PathThird)
	html := app.HTMLString(settings.Pane(c))
	has(t, html, `data-state="off"`, `id="third-party-agree"`, "WhatsApp&#39;s gateway", "Ferry&#39;s server", "The people you write to", "Nothing moves over")
	c.Third.Busy = true
	has(t, app.HTMLString(settings.Pane(c)), `data-state="connecting"`, `aria-busy`)
	c.Third.Busy, c.View.Self.Connected = false, true
	has(t, app.HTMLString(settings.Pane(c)), `data-state="on"`, `id="third-party-off"`)
}

func TestTheBannerNamesTheHop(t *testing.T) {
	c := drawn(t)
	c.View.Apply([]port.Event{port.LinkChanged{Link: model.Link{Phase: model.LinkWaiting, Down: model.HopGateway, RetryAt: now.Add(time.Minute)}}})
	c.View.Advance(now.Add(2 * time.Second))
	has(t, app.HTMLString(frame.Banner(c)), `id="link-banner"`, `data-hop="gateway"`, "WhatsApp&#39;s gateway cannot be reached", "58 s")
}

func TestTheOverviewListsEveryShortcut(t *testing.T) {
	c := drawn(t)
	html := app.HTMLString(keys.Help(c))
	for _, s := range keys.Table {
		has(t, html, s.Text(c.L.Keys))
	}
}

func TestAKeyThatIsTextStaysText(t *testing.T) {
	c := drawn(t)
	if keys.Handle(c, keys.Press{Key: "?", Typing: true}) || c.Help {
		t.Error("a question mark in a message opened the overview")
	}
	if !keys.Handle(c, keys.Press{Key: "?"}) || !c.Help {
		t.Error("a question mark elsewhere did not")
	}
	if keys.Handle(c, keys.Press{Key: "x", Ctrl: true}) {
		t.Error("a key that stands for nothing was taken")
	}
}

// quiet is surroundings that do nothing.
type quiet struct{}

func (quiet) Me(context.Context) (host.Account, error) { return host.Account{}, nil }
func (quiet) SignUp(context.Context, string, string) (host.Account, error) {
	return host.Account{}, nil
}
func (quiet) SignIn(context.Context, string, string) (host.Account, error) {
	return host.Account{}, nil
}
func (quiet) SignOut(context.Context) error                        { return nil }
func (quiet) Sessions(context.Context) ([]host.Session, error)     { return nil, nil }
func (quiet) Revoke(context.Context, string) error                 { return nil }
func (quiet) Site(context.Context) (host.Site, error)              { return host.Site{}, nil }
func (quiet) Kept(context.Context) (host.Kept, error)              { return host.Kept{}, nil }
func (quiet) ChangePassword(context.Context, string, string) error { return nil }
func (quiet) DeleteAccount(context.Context, string) error          { return nil }
func (quiet) Wipe(func(error))                                     {}
func (quiet) Focus(string)                                         {}
func (quiet) Scroll(string) (top, height, viewport float64)        { return 0, 0, 0 }
func (quiet) ScrollTo(string, float64)                             {}
func (quiet) FitText(string, float64)                              {}
func (quiet) SetTitle(string)                                      {}
func (quiet) Theme() string                                        { return "system" }
func (quiet) SetTheme(string)                                      {}
func (quiet) Remembered() (host.Account, bool)                     { return host.Account{}, false }
func (quiet) Remember(host.Account)                                {}
func (quiet) Forget()                                              {}
func (quiet) Leave()                                               {}
func (quiet) Leaving() bool                                        { return false }
func (quiet) SetLeaving(bool)                                      {}
func (quiet) OtherTab(func())                                      {}
func (quiet) Draft(string) string                                  { return "" }
func (quiet) SetDraft(string, string)                              {}
func (quiet) Visible() bool                                        { return false }
func (quiet) Online() bool                                         { return true }
func (quiet) Watch(func()) func()                                  { return func() {} }
func (quiet) OpenCore(host.Account) host.Core                      { return nil }
func (quiet) Copy(string)                                          {}
func (quiet) Reload()                                              {}
func (quiet) UpdateReady(func())                                   {}

func TestAStrangersRequestLeadsNowhere(t *testing.T) {
	c := drawn(t)
	c.View.PutChat(model.Chat{ID: mira, Contact: model.Contact{Name: "WhаtsApp"}, Request: true})
	c.Route = control.Parse("/chat/1@lid")
	c.View.Enter(mira)
	c.View.Thread(mira).Put(port.MessagePage{Messages: []model.Message{
		{ID: "A", Chat: mira, Text: "https://example.org/x", At: now, Order: 1, State: model.Received},
		{ID: "B", Chat: mira, Kind: model.KindImage, At: now, Order: 2, State: model.Received, Media: &model.Media{Thumb: []byte{0xff, 0xd8, 0xff}, State: model.MediaRemote}},
		{ID: "C", Chat: mira, Kind: model.KindContact, At: now, Order: 3, State: model.Received, Cards: []model.Card{{Name: "x", Phones: []string{"+49 171 7654321"}}}},
		{ID: "D", Chat: mira, Kind: model.KindLocation, At: now, Order: 4, State: model.Received, Place: &model.Place{Latitude: 1, Longitude: 2}},
		{ID: "E", Chat: mira, Text: "y", At: now, Order: 5, State: model.Received, Reply: &model.Quote{Ref: model.Ref{ID: "B"}, Kind: model.KindImage, Thumb: []byte{0xff, 0xd8, 0xff}}},
	}}, 0)
	html := app.HTMLString(thread.Pane(c))
	has(t, html, `id="request-bar"`, `id="request-accept"`, `id="request-block"`, `id="request-report"`, `id="request-delete"`, "https://example.org/x", "do not learn", `id="doubt"`, "Accept the request")
	for _, bad := range []string{"<img", "data:image", `href="http`, `data-action="fetch"`, `data-do="message"`, `id="composer"`} {
		if strings.Contains(html, bad) {
			t.Errorf("%s is on the page", bad)
		}
	}
	c.View.PutChat(model.Chat{ID: mira, Contact: model.Contact{Name: "Mira"}, Met: true})
	has(t, app.HTMLString(thread.Pane(c)), `href="https://example.org/x"`, `id="composer"`)
}

func TestAContactIsWhoTheyAre(t *testing.T) {
	c := drawn(t)
	c.View.PutChat(model.Chat{ID: "7-1@interop", Contact: model.Contact{Name: "kate", Phone: "+49 1", Provider: 7, ProviderName: "Birdy"}})
	c.Route = control.Parse("/chat/7-1@interop/info")
	c.Safety = control.Safety{Chat: "7-1@interop", Loaded: true, Number: model.SafetyNumber{Digits: strings.Repeat("12345", 12)}}
	html := app.HTMLString(people.Info(c))
	has(t, html, "kate", "Birdy", "12345", `id="verify"`, `id="safety-copy"`, `id="info-block"`, `id="info-report"`)
	if strings.Contains(html, "+49 1") {
		t.Error("a third-party person has a phone number")
	}
}
