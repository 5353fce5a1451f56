package view

import (
	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

// Notice is a line about the chat itself, between its messages.
type Notice struct {
	Kind   model.NoticeKind
	Icon   string
	Text   string
	Time   string
	Number bool // offers to look at the safety number
}

// notice puts an entry of the thread into words.
func (v *View) notice(m *model.Message) *Notice {
	icon, text := v.noticeText(*m)
	return &Notice{
		Kind: m.Notice, Icon: icon, Text: text, Time: v.L.Clock(m.At.In(v.Now.Location())), Number: m.Notice == model.NoticeKeyChanged,
	}
}

func (v *View) noticeText(m model.Message) (icon, text string) {
	l := v.L.People.Notice
	c, _ := v.Chat(m.Chat)
	third := c.Contact.Provider != 0
	app := v.AppName(c.Contact)
	switch m.Notice {
	case model.NoticeKeyChanged:
		icon, text = "key", l.KeyChanged
	case model.NoticeVerified:
		icon, text = "shield", l.Verified
	case model.NoticeUnverified:
		icon, text = "shield", l.Unverified
	case model.NoticeConsentOff:
		if icon, text = "plug", l.ConsentOff; third {
			text = l.OwnConsentOff
		}
	case model.NoticeConsentOn:
		if icon, text = "plug", l.ConsentOn; third {
			text = l.OwnConsentOn
		}
	case model.NoticeAccepted:
		icon, text = "check", l.Accepted
	case model.NoticeBlocked:
		icon, text = "ban", l.Blocked
	case model.NoticeUnblocked:
		icon, text = "check", l.Unblocked
	case model.NoticeProviderSuspended:
		if icon, text = "gateway", l.OwnSuspended; third {
			text = l.Suspended
		}
	case model.NoticeProviderActive:
		if icon, text = "gateway", l.OwnActive; third {
			text = l.Active
		}
	case model.NoticeRegion:
		icon, text = "pin", l.Region
	case model.NoticeRegionOver:
		icon, text = "pin", l.RegionOver
	default:
		icon, text = "info", l.Unknown
	}
	if !third {
		app = v.provider()
	}
	return icon, lang.Fill(text, "name", lang.Isolate(v.Name(m.Chat)), "app", lang.Isolate(app))
}

func (v *View) noticeItem(m *model.Message) Item {
	return Item{Bubble: Bubble{ID: m.ID, Chat: m.Chat, Mine: m.FromMe, Kind: m.Kind}, Notice: v.notice(m)}
}

// calm takes out of a bubble all that would fetch something, or lead anywhere.
func (v *View) calm(b *Bubble) {
	b.Inert = true
	if b.Message.Media != nil {
		icon, title := MediaKind(v.L, b.Kind, &model.Media{})
		b.Note = &Note{icon, title, v.L.People.NotFetched}
		b.Message.Media = nil
	}
	if b.Place != nil {
		b.Place.Link = ""
	}
	if b.Quote != nil {
		b.Quote.Thumb = nil
	}
}
