package control

import (
	"strings"

	"ferry/app/internal/model"
)

// Place is a screen.
type Place int

// Places.
const (
	Chats Place = iota
	Chat
	ChatInfo // who a chat is with
	NewChatPlace
	Settings
	SettingsAccount
	SettingsKept
	SettingsPassword
	SettingsDelete
	SettingsThird
	SettingsThirdMeaning
	SettingsThirdApps
	SettingsThirdInbox
	SettingsThirdDone
	SettingsSessions
	SettingsLook
	SettingsPrivacy
	SettingsBlocked
	SettingsAbout
	SignInPlace
	ThirdInbox
	Pick
	Nowhere
)

// Paths of the screens.
const (
	PathChats    = "/"
	PathNew      = "/new"
	PathSettings = "/settings"
	PathAccount  = "/settings/account"
	PathKept     = "/settings/account/data"
	PathPassword = "/settings/account/password"
	PathDelete   = "/settings/account/delete"
	PathThird    = "/settings/third-party"
	// The steps of a WhatsApp user who turns third-party chats on.
	PathThirdMeaning = "/settings/third-party/about"
	PathThirdApps    = "/settings/third-party/apps"
	PathThirdInbox   = "/settings/third-party/inbox"
	PathThirdDone    = "/settings/third-party/done"

	PathInbox    = "/third-party" // a separate inbox
	PathSessions = "/settings/sessions"
	PathLook     = "/settings/appearance"
	PathAbout    = "/settings/about"
	PathPrivacy  = "/settings/privacy"
	PathBlocked  = "/settings/privacy/blocked"
	PathSignIn   = "/signin"
	// PathPick is where somebody becomes a WhatsApp user of a sandbox; below it,
	// by the digits of the number, is all that this user sees.
	PathPick   = "/wa"
	chatPrefix = "/chat/"
	infoSuffix = "/info"
)

var places = map[string]Place{
	PathChats: Chats, PathNew: NewChatPlace, PathSettings: Settings, PathAccount: SettingsAccount,
	PathKept: SettingsKept, PathPassword: SettingsPassword, PathDelete: SettingsDelete, PathThird: SettingsThird, PathSessions: SettingsSessions, PathLook: SettingsLook, PathPrivacy: SettingsPrivacy,
	PathAbout: SettingsAbout, PathSignIn: SignInPlace, PathPick: Pick,
	PathThirdMeaning: SettingsThirdMeaning, PathThirdApps: SettingsThirdApps, PathThirdInbox: SettingsThirdInbox, PathThirdDone: SettingsThirdDone,
	PathInbox: ThirdInbox, PathBlocked: SettingsBlocked,
}

// Route is a place, and which chat if it is one.
type Route struct {
	Place Place
	Chat  model.ChatID
	Path  string
	// WhatsApp is the number, in digits, of the WhatsApp user whose place it is; ""
	// for a Ferry user's. Path is without it.
	WhatsApp string
}

// Parse reads a path, unescaped.
func Parse(path string) Route {
	if len(path) > 1 {
		path = strings.TrimRight(path, "/")
	}
	phone, path := personaOf(path)
	if path == "" {
		path = PathChats
	}
	r := Route{Place: Nowhere, Path: path, WhatsApp: phone}
	if id, ok := strings.CutPrefix(path, chatPrefix); ok && id != "" {
		r.Place, r.Chat = Chat, model.ChatID(id)
		if who, info := strings.CutSuffix(id, infoSuffix); info && who != "" {
			r.Place, r.Chat = ChatInfo, model.ChatID(who)
		}
	} else if p, ok := places[path]; ok && (p != Pick || phone == "") {
		r.Place = p
	}
	return r
}

// personaOf takes the WhatsApp user off the front of a path.
func personaOf(path string) (phone, rest string) {
	below, ok := strings.CutPrefix(path, PathPick+"/")
	if !ok {
		return "", path
	}
	phone, rest, found := strings.Cut(below, "/")
	if !isNumber(phone) {
		return "", path
	}
	if found {
		rest = "/" + rest
	}
	return phone, rest
}

// InSettings tells whether it is one of the settings.
func (r Route) InSettings() bool { return r.Place >= Settings && r.Place <= SettingsAbout }

// ChatPath is where a chat is.
func ChatPath(id model.ChatID) string { return chatPrefix + escape(string(id)) }

// InfoPath is where it says who a chat is with.
func InfoPath(id model.ChatID) string { return ChatPath(id) + infoSuffix }

// thread is the chat whose messages a route shows; "" if none.
func (r Route) thread() model.ChatID {
	if r.Place == Chat {
		return r.Chat
	}
	return ""
}

// escape percent-encodes what would end a path segment or is not ASCII.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		ch := s[i]
		if ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || strings.IndexByte("@.-_~:", ch) >= 0 {
			b.WriteByte(ch)
			continue
		}
		b.Write([]byte{'%', hex[ch>>4], hex[ch&15]})
	}
	return b.String()
}

// Navigated takes in that another path is shown.
func (c *Control) Navigated(path string) {
	defer c.Turn()()
	before := c.Route
	at := Parse(path)
	if c.leaves(at) {
		return
	}
	c.Route = c.offered(at)
	c.takeEarly()
	c.View.AtInbox = c.Route.Place == ThirdInbox
	c.consentStep(c.Route)
	c.Ask, c.Help, c.Menu, c.Message = nil, false, MessageKey{}, MessageKey{}
	if c.Route.Place == NewChatPlace && before.Place != NewChatPlace {
		c.New = NewChat{}
		c.preferApp()
	}
	switch c.Route.Place {
	case SettingsSessions:
		c.LoadSessions()
	case SettingsKept:
		c.LoadKept()
	case SettingsPassword:
		c.Password = Password{}
	case SettingsDelete:
		c.Deletion = Deletion{}
	}
	c.ChatMenu, c.Blocking, c.Naming, c.Report = false, nil, "", nil
	c.View.About = ""
	if c.Route.Place == ChatInfo {
		c.View.About = c.Route.Chat
		c.openSafety(c.Route.Chat)
	}
	if open := c.Route.thread(); open != c.View.Open {
		c.leaveChat()
		c.View.Enter(open)
		c.enterChat()
	}
	c.placeFocus(before)
}

// placeFocus puts the focus where somebody who uses the keyboard or a screen
// reader goes on.
func (c *Control) placeFocus(before Route) {
	switch {
	case before.Path == "" && c.Route.Place == Chats:
	case c.Route.Place == Chat && c.View.Inert(c.Route.Chat):
		c.Focus("request-title")
	case c.Route.Place == Chat && !c.screen.Touch() && (!c.View.Ready || c.View.CanAnswer(c.Route.Chat)):
		c.Focus("composer")
	case c.Route.Place == Chat:
		c.Focus("thread-title")
	case c.Route.Place == NewChatPlace:
		c.Focus(c.newField())
	case c.Route.InSettings(), c.Route.Place == Nowhere, c.Route.Place == ChatInfo:
		c.Focus("screen-title")
	case c.Route.Place == ThirdInbox && before.Chat == "":
		c.Focus("section-title")
	case before.Place == ThirdInbox:
		c.Focus("third-party-inbox")
	case before.Chat != "":
		c.Focus(RowID(before.Chat))
	case before.Place == NewChatPlace:
		c.Focus("new-chat")
	case before.InSettings():
		c.Focus("settings-button")
	}
}

// RowID is the element id of a chat's row.
func RowID(id model.ChatID) string { return "row-" + string(id) }
