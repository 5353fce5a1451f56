package main

import (
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

// Third-party people, as a WhatsApp user sees them.
const (
	kate     = model.ChatID("7-1000000001@interop")
	kateTwin = model.ChatID("9-1000000002@interop")
	olaf     = model.ChatID("9-1000000003@interop")
)

// sandboxPart is how the sandbox answers; the story sets it.
var sandboxPart struct {
	phones []host.Phone
	none   bool // this gateway has no sandbox
	gone   bool // it has forgotten the phone
	down   bool // the relay gives no answer
	taken  bool // the number is taken
}

var phoneAda = host.Phone{Phone: "+4915510000002", Name: "Ada Lovelace", ThirdPartyChats: true, Eligible: true}

// persona is Ada on WhatsApp, with people of two apps and one of WhatsApp.
func persona(change func(*story)) func() story {
	return func() story {
		s := story{threads: map[model.ChatID][]model.Message{
			kate: thread(kate, []line{
				{days: 0, clock: "14:01", text: "Hello Ada, this is Kate. I write from Ferry now."},
				{mine: true, clock: "14:03", text: "Nice, it works!"},
				{days: 0, clock: "14:05", text: "See you at the pier at 9:10?"},
			}),
			kateTwin: thread(kateTwin, []line{{days: 1, clock: "10:00", text: "The other Kate, from Birdy."}, {mine: true, days: 1, clock: "10:02", text: "Hello to you too."}}),
			olaf:     thread(olaf, []line{{mine: true, days: 3, clock: "08:30", text: "Are you coming?", state: model.Delivered}}),
			mira:     thread(mira, []line{{days: 0, clock: "15:02", text: "Can you see me?"}}),
		}}
		s.state = port.State{
			Self: model.Self{Username: "Ada Lovelace", Persona: model.WhatsAppUser, Phone: "+4915510000002", Connected: true},
			Link: online,
			Chats: []model.Chat{
				{ID: kate, Contact: model.Contact{Name: "kate", Provider: 7, ProviderName: "Ferry"}, Unread: 1, Met: true},
				{ID: mira, Contact: model.Contact{Name: "Mira Petersen", Phone: "+49 40 1234567"}, Unread: 1, Met: true},
				{ID: kateTwin, Contact: model.Contact{Name: "kate", Provider: 9, ProviderName: "Birdy"}, Unread: 2, Met: true},
				{ID: olaf, Contact: model.Contact{Name: "olaf", Provider: 9, ProviderName: "Birdy"}, Met: true},
			},
			Consent: model.Consent{Known: true, On: true, Inbox: model.InboxSeparate, Requests: true, Apps: apps()},
		}
		for i := range s.state.Chats {
			c := &s.state.Chats[i]
			c.Order = uint64(100 - i)
			t := s.threads[c.ID]
			c.Last = &t[len(t)-1]
		}
		if sandboxPart.phones == nil {
			sandboxPart.phones = []host.Phone{phoneAda, {Phone: "+4915510000003", Name: "Ben", Eligible: true}, {Phone: "+491510000001", Name: "Echo", ThirdPartyChats: true, Eligible: true}}
		}
		if change != nil {
			change(&s)
		}
		return s
	}
}

func apps() []model.App {
	return []model.App{{ID: 7, Name: "Ferry", On: true}, {ID: 8, Name: "Haiku"}, {ID: 9, Name: "Birdy", On: true}}
}

func off3(s *story) {
	s.state.Consent.On = false
	for i := range s.state.Consent.Apps {
		s.state.Consent.Apps[i].On = false
	}
	for i := range s.state.Chats {
		if s.state.Chats[i].Contact.Provider != 0 {
			s.state.Chats[i].Closed = model.ClosedConsent
		}
	}
}

func closeChat(id model.ChatID, why model.ClosedWhy) func(*story) {
	return func(s *story) {
		for i := range s.state.Chats {
			if s.state.Chats[i].ID == id {
				s.state.Chats[i].Closed = why
			}
		}
	}
}

func closedThere(why model.ClosedWhy) func() story {
	return func() story {
		s := busy()
		closeChat(mira, why)(&s)
		return s
	}
}

func init() {
	none := func(s *story) { s.state.Chats, s.threads = nil, nil }
	for name, make := range map[string]func() story{
		"wa":      persona(nil),
		"wa-pick": persona(nil),
		"wa-none": persona(func(*story) { sandboxPart.none = true }),
		"wa-gone": persona(func(*story) { sandboxPart.gone = true }),
		"wa-down": persona(func(*story) { sandboxPart.down = true }),
		"wa-new":  persona(func(s *story) { none(s); off3(s) }),
		"wa-on":   persona(none),
		"wa-unlinked": persona(func(s *story) {
			s.state.Self.Connected = false
			s.state.Link = model.Link{Phase: model.LinkOff, Down: model.HopSession, Reason: "unlinked"}
		}),
		"wa-linking": persona(func(s *story) {
			none(s)
			s.state.Self.Connected, s.state.Link, s.state.Consent = false, model.Link{Phase: model.LinkOff}, model.Consent{}
		}),
		"wa-link-fails": persona(func(s *story) {
			none(s)
			s.state.Self.Connected, s.state.Link, s.state.Consent = false, model.Link{Phase: model.LinkOff}, model.Consent{}
			s.connect = port.Reply{Code: "pairing_refused", Error: "The phone did not scan the code"}
		}),
		"wa-combined": persona(func(s *story) { s.state.Consent.Inbox = model.InboxCombined }),
		"wa-off":      persona(off3),
		"wa-app-off": persona(func(s *story) {
			s.state.Consent.Apps[2].On = false
			closeChat(kateTwin, model.ClosedConsent)(s)
		}),
		"wa-suspended": persona(func(s *story) {
			s.state.Consent.Apps[2].Suspended = true
			closeChat(kateTwin, model.ClosedSuspended)(s)
		}),
		"wa-region":        persona(closeChat(kate, model.ClosedRegion)),
		"wa-new-app":       persona(func(s *story) { s.state.Consent.Apps[1].New = true }),
		"wa-no-apps":       persona(func(s *story) { none(s); off3(s); s.state.Consent.Apps = nil }),
		"wa-find-none":     persona(func(s *story) { s.lookUp = port.LookUpResult{Status: "not_found"} }),
		"closed-consent":   closedThere(model.ClosedConsent),
		"closed-suspended": closedThere(model.ClosedSuspended),
		"closed-region":    closedThere(model.ClosedRegion),
	} {
		stories[name] = make
	}
}

// setConsent changes what the WhatsApp user of the story takes.
func (c *core) setConsent(cmd port.SetConsent) model.Consent {
	now := &c.story.state.Consent
	if cmd.On != nil {
		now.On = *cmd.On
	}
	if cmd.Inbox != "" {
		now.Inbox = cmd.Inbox
	}
	if cmd.Requests != nil {
		now.Requests = *cmd.Requests
	}
	now.Apps = append([]model.App(nil), now.Apps...)
	for i := range now.Apps {
		if on, ok := cmd.Apps[now.Apps[i].ID]; ok {
			now.Apps[i].On = on
		}
	}
	for _, id := range cmd.SeenApps {
		for i := range now.Apps {
			if now.Apps[i].ID == id {
				now.Apps[i].New = false
			}
		}
	}
	return *now
}
