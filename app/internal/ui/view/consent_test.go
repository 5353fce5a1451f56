package view

import (
	"strings"
	"testing"
	"time"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// asAda is a WhatsApp user with one person of each kind.
func asAda(change func(*port.State)) *View {
	v := New(lang.English(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	v.WhatsApp = "4915510000002"
	s := port.State{
		Self: model.Self{Connected: true, Persona: model.WhatsAppUser},
		Chats: []model.Chat{
			{ID: "7-1@interop", Contact: model.Contact{Name: "kate", Provider: 7, ProviderName: "Ferry"}, Unread: 2, Order: 2},
			{ID: "1@lid", Contact: model.Contact{Name: "Mira"}, Unread: 1, Order: 1},
		},
		Consent: model.Consent{Known: true, On: true, Inbox: model.InboxSeparate, Apps: []model.App{{ID: 7, Name: "Ferry", On: true}, {ID: 9, Name: "Bi\u202erdy", New: true}}},
	}
	if change != nil {
		change(&s)
	}
	v.Load(s)
	return v
}

func names(v *View) string {
	var all []string
	for _, r := range v.Rows() {
		all = append(all, r.Name+"/"+r.App.Label)
	}
	return strings.Join(all, " ")
}

func TestASeparateInboxHoldsThirdPartyChatsApart(t *testing.T) {
	v := asAda(nil)
	if got := names(v); got != "Mira/" || v.SectionUnread() != 2 || v.Unread() != 3 {
		t.Errorf("listed %q, %d unread there, %d in all", got, v.SectionUnread(), v.Unread())
	}
	v.AtInbox = true
	if got := names(v); got != "kate/Ferry" {
		t.Errorf("the inbox lists %q", got)
	}
	v.AtInbox = false
	v.Enter("7-1@interop")
	if got := names(v); got != "kate/Ferry" {
		t.Errorf("beside an open third-party chat is %q", got)
	}
	v.Enter("")
	v.Search = "k"
	if got := names(v); got != "kate/Ferry" {
		t.Errorf("a search finds %q", got)
	}
}

func TestACombinedInboxMarksThirdPartyChats(t *testing.T) {
	v := asAda(func(s *port.State) { s.Consent.Inbox = model.InboxCombined })
	if got := names(v); got != "kate/Ferry Mira/" {
		t.Errorf("listed %q", got)
	}
}

func TestTheInboxStaysWhileThereIsSomethingToReadInIt(t *testing.T) {
	off := func(s *port.State) { s.Consent.On = false }
	if v := asAda(off); !v.Separate() {
		t.Error("with chats in it, it is gone")
	}
	if v := asAda(func(s *port.State) { off(s); s.Chats = nil }); v.Separate() || v.Empty(v.Rows()) != EmptyConsent {
		t.Error("with nothing in it, it is offered")
	}
}

func TestAFerryUsersListHasNoSections(t *testing.T) {
	v := asAda(nil)
	v.WhatsApp, v.AtInbox = "", true
	if v.Separate() || v.InSection() {
		t.Error("it has")
	}
}

func TestNewAppsAreTold(t *testing.T) {
	v := asAda(nil)
	if apps := v.NewApps(); len(apps) != 1 || apps[0].Label != "Birdy" {
		t.Errorf("told of %+v", apps)
	}
	if apps := asAda(func(s *port.State) { s.Consent.On = false }).NewApps(); len(apps) != 0 {
		t.Error("who takes no third-party chats is told")
	}
}

func TestAClosedChatSaysWhy(t *testing.T) {
	kate, mira := model.ChatID("7-1@interop"), model.ChatID("1@lid")
	for _, c := range []struct {
		chat model.ChatID
		why  model.ClosedWhy
		on   bool
		want string
	}{
		{kate, model.Open, true, ""},
		{kate, model.ClosedConsent, true, "You have turned off \u2068Ferry\u2069"},
		{kate, model.ClosedConsent, false, "You have turned off third-party chats"},
		{kate, model.ClosedSuspended, true, "WhatsApp has suspended \u2068Ferry\u2069"},
		{kate, model.ClosedRegion, true, "only in Europe"},
		{mira, model.ClosedConsent, true, "\u2068Mira\u2069 has turned off"},
		{mira, model.ClosedSuspended, true, "WhatsApp takes no messages from"},
	} {
		v := asAda(func(s *port.State) { s.Consent.On = c.on })
		chat, _ := v.Chat(c.chat)
		chat.Closed = c.why
		got := v.Closed(chat)
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s %s: %q, want %q", c.chat, c.why, got, c.want)
		}
		if can := model.Can(model.WhatsAppUser, chat); can.Text != (c.why == model.Open) {
			t.Errorf("%s %s: can write: %v", c.chat, c.why, can.Text)
		}
	}
}

func TestTheTitleSaysWhoseTabItIs(t *testing.T) {
	v := asAda(nil)
	v.Phase = SignedIn
	if got := v.Title(); !strings.Contains(got, "+4915510000002") || !strings.HasPrefix(got, "(3) ") {
		t.Errorf("it is %q", got)
	}
}
