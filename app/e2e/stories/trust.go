package main

import (
	"fmt"
	"strings"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/qr"
)

// Strangers of the stories.
const (
	unknown  = model.ChatID("100000000000021@lid")
	impostor = model.ChatID("100000000000022@lid")
	nameless = model.ChatID("100000000000023@lid")
)

// Stories of who may write, who is kept out, and who is whom.
func init() {
	for name, make := range map[string]func() story{
		"requests":      func() story { return asked(2) },
		"requests-many": func() story { return asked(7) },
		"requests-only": func() story { s := asked(2); s.state.Chats = s.state.Chats[:2]; return s },
		"blocked": func() story {
			return changed(func(c *model.Chat, s *story) { c.Blocked = true; s.state.Blocked = kept() })
		},
		"blocked-nobody": busy,
		"verified":       func() story { return changed(func(c *model.Chat, _ *story) { c.Verified = true }) },
		"held":           held,
		"notices":        func() story { return told(notices()) },
		"no-safety":      func() story { s := busy(); trustPart.none = true; return s },
		"safety-fails":   func() story { s := busy(); trustPart.fails = true; return s },
		"report-fails":   func() story { s := busy(); trustPart.refuses = true; return s },
		"wa-request": persona(func(s *story) {
			c := &s.state.Chats[0]
			c.Request, c.Met = true, false
			c.Contact.Name = "whatsapp.support"
		}),
		"wa-namesake": persona(func(s *story) { s.state.Consent.Inbox = model.InboxCombined }),
		"wa-blocked": persona(func(s *story) {
			s.state.Blocked = []model.BlockedPerson{{Chat: olaf, Contact: model.Contact{Name: "olaf", Provider: 9, ProviderName: "Birdy"}}, kept()[0]}
			s.state.Consent.Apps[1].Blocked = true
		}),
		"wa-app-blocked": persona(func(s *story) { s.state.Chats[2].ProviderBlocked = true; s.state.Consent.Apps[2].Blocked = true }),
		"wa-first": persona(func(s *story) {
			s.threads[olaf] = nil
			s.state.Chats[3].Last, s.state.Chats[3].Met = nil, false
		}),
	} {
		if stories[name] == nil {
			stories[name] = make
		}
	}
}

// trustPart is how the engine answers; the story sets it.
var trustPart struct{ none, fails, refuses bool }

// changed is a busy person's story with another chat with Mira.
func changed(change func(*model.Chat, *story)) story {
	s := busy()
	s.state.Privacy = model.Privacy{ReadReceipts: true, Typing: true, LastSeen: true}
	change(&s.state.Chats[0], &s)
	return s
}

// asked is a busy person whom so many strangers have written to.
func asked(n int) story {
	s := busy()
	photo := model.Message{Kind: model.KindImage, Text: "Is this you?", Media: &model.Media{MIME: "image/jpeg", Size: 240 << 10, Width: 1200, Height: 900, Thumb: []byte("not to be shown"), State: model.MediaRemote}}
	card := model.Message{Kind: model.KindContact, Cards: []model.Card{{Name: "Bank", Phones: []string{"+49 171 7654321"}}}}
	place := model.Message{Kind: model.KindLocation, Place: &model.Place{Latitude: 53.54, Longitude: 9.96, Name: "Come here"}}
	strangers := []model.Chat{
		{ID: unknown, Contact: model.Contact{Name: "Tomke", Phone: "+49 171 5550199"}},
		{ID: impostor, Contact: model.Contact{Name: "WhаtsApp Support"}},
		{ID: nameless, Contact: model.Contact{Phone: "+351 910 5550123"}},
	}
	texts := [][]model.Message{
		{theirs("Hello! I found your scarf on the 9:10 boat."), theirs("This is what it looks like: https://example.org/scarf"), photo, card, place},
		{theirs("Your account expires today. Confirm it at https://example.org/whatsapp/verify within 24 hours.")},
		{theirs("hi"), {Kind: model.KindVoice, Media: &model.Media{MIME: "audio/ogg", Size: 9000, Seconds: 7, State: model.MediaRemote}}},
	}
	for i := len(strangers); i < n; i++ {
		strangers = append(strangers, model.Chat{ID: model.ChatID(fmt.Sprintf("1000000000000%d@lid", 30+i)), Contact: model.Contact{Name: fmt.Sprintf("Stranger %d", i+1)}})
		texts = append(texts, []model.Message{theirs("Hello, dear friend")})
	}
	for i := range strangers[:n] {
		c := &strangers[i]
		t := texts[i]
		for j := range t {
			t[j].ID, t[j].Chat, t[j].Order = model.MessageID(fmt.Sprintf("AA%d", j+1)), c.ID, uint64(j+1)
			t[j].At, t[j].State = at(0, "14:10").Add(time.Duration(j)*time.Minute), model.Received
		}
		s.threads[c.ID] = t
		c.Request, c.Unread, c.Order, c.Last = true, len(t), uint64(60-i), &t[len(t)-1]
	}
	s.state.Chats = append(strangers[:n:n], s.state.Chats...)
	return s
}

func kept() []model.BlockedPerson {
	return []model.BlockedPerson{
		{Chat: mira, Contact: model.Contact{Name: "Mira Petersen", Phone: "+49 40 1234567"}},
		{Chat: impostor, Contact: model.Contact{Name: "WhаtsApp Support", Phone: "+1 202 5550123"}},
		{Chat: nameless, Contact: model.Contact{Phone: "+351 910 5550123"}},
	}
}

func held() story {
	note := model.Message{Kind: model.KindNotice, Notice: model.NoticeKeyChanged}
	wait := func(text string) model.Message {
		m := mine(text)
		m.State, m.Failure = model.Pending, model.HeldForKey
		return m
	}
	s := told([]model.Message{theirs("See you tomorrow!"), {Kind: model.KindNotice, Notice: model.NoticeVerified}, mine("Bring the papers, please."), note, wait("Did you get a new phone?"), wait("The code of the locker is in the letter.")})
	s.state.Chats[0].Held = true
	return s
}

func notices() []model.Message {
	var out []model.Message
	for _, n := range []model.NoticeKind{
		model.NoticeAccepted, model.NoticeKeyChanged, model.NoticeVerified, model.NoticeUnverified, model.NoticeConsentOff, model.NoticeConsentOn, model.NoticeBlocked,
		model.NoticeUnblocked, model.NoticeProviderSuspended, model.NoticeProviderActive, model.NoticeRegion, model.NoticeRegionOver, "of another version",
	} {
		out = append(out, model.Message{Kind: model.KindNotice, Notice: n})
		if len(out)%4 == 1 {
			out = append(out, theirs("Hello?"), mine("Yes"))
		}
	}
	return out
}

// trust answers what is about people; false if the command is not.
func (c *core) trust(cmd port.Command) (port.Reply, bool) {
	switch cmd := cmd.(type) {
	case port.Accept:
		return c.alter(cmd.Chat, func(chat *model.Chat) { chat.Request, chat.Met = false, true }), true
	case port.Block:
		return c.alter(cmd.Chat, func(chat *model.Chat) { chat.Blocked = cmd.Blocked }), true
	case port.Name:
		return c.alter(cmd.Chat, func(chat *model.Chat) { chat.Contact.Given = cmd.Name }), true
	case port.BlockProvider:
		for i := range c.story.state.Consent.Apps {
			if a := &c.story.state.Consent.Apps[i]; a.ID == cmd.Provider {
				a.Blocked = cmd.Blocked
			}
		}
		return reply(c.story.state.Consent), true
	case port.Verify:
		return c.alter(cmd.Chat, func(chat *model.Chat) { chat.Verified, chat.Held = cmd.Verified, false }), true
	case port.ReleaseHeld:
		return c.alter(cmd.Chat, func(chat *model.Chat) { chat.Held = false }), true
	case port.SafetyNumber:
		return number(), true
	case port.PreviewReport:
		return c.previewReport(cmd), true
	case port.Report:
		if trustPart.refuses {
			return port.Reply{Code: "offline", Error: "There is no connection"}, true
		}
		return c.alter(cmd.Chat, func(chat *model.Chat) { chat.Blocked = chat.Blocked || cmd.Block }), true
	}
	return port.Reply{}, false
}

func (c *core) alter(id model.ChatID, change func(*model.Chat)) port.Reply {
	for i := range c.story.state.Chats {
		if chat := &c.story.state.Chats[i]; chat.ID == id {
			change(chat)
			return reply(*chat)
		}
	}
	return reply(model.Chat{ID: id})
}

func number() port.Reply {
	n := model.SafetyNumber{Digits: strings.Repeat("0418523976", 6), QR: []byte("ferry-safety:0:" + strings.Repeat("0418523976", 6)), ChangedAt: at(1, "20:15")}
	switch {
	case trustPart.fails:
		return port.Reply{Code: "offline", Error: "There is no connection"}
	case trustPart.none:
		return reply(model.SafetyNumber{})
	}
	if code, err := qr.Encode(n.QR); err == nil {
		n.Drawn = code.Marshal()
	}
	return reply(n)
}

func (c *core) previewReport(cmd port.PreviewReport) port.Reply {
	p := port.ReportPreview{Address: string(cmd.Chat)}
	for _, chat := range c.story.state.Chats {
		if chat.ID == cmd.Chat {
			p.Contact = chat.Contact
		}
	}
	for _, m := range c.story.threads[cmd.Chat] {
		for _, ref := range cmd.Messages {
			if m.Ref() == ref {
				text := m.Text
				if m.Media != nil {
					text = strings.TrimSpace("[" + string(m.Kind) + "] " + text)
				}
				p.Messages = append(p.Messages, model.ReportedMessage{Ref: ref, At: m.At, Text: text})
			}
		}
	}
	return reply(p)
}
