package port_test

import (
	"reflect"
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func TestWhatIsSaidAboutConsentCrossesWhole(t *testing.T) {
	on, off := true, false
	ref := model.Ref{ID: "3EB0", FromMe: true}
	for _, c := range []port.Command{
		port.SetConsent{On: &on, Inbox: model.InboxCombined, Requests: &off, Apps: map[int]bool{7: true, 8: false}, SeenApps: []int{7}},
		port.SetConsent{},
		port.FindPerson{Provider: 7, Username: "kate"},
		port.Accept{Chat: "1@lid"},
		port.Decline{Chat: "1@lid"},
		port.Block{Chat: "1@lid", Blocked: true},
		port.BlockProvider{Provider: 7, Blocked: true},
		port.PreviewReport{Chat: "1@lid", Messages: []model.Ref{ref}},
		port.Report{Chat: "1@lid", Messages: []model.Ref{ref}, Reason: "spam", Block: true},
		port.SafetyNumber{Chat: "1@lid"},
		port.Verify{Chat: "1@lid", Verified: true, Digits: "1"},
		port.ReleaseHeld{Chat: "1@lid"},
	} {
		raw, err := port.EncodeCommand(c)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := port.DecodeCommand(raw); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%s became %#v: %v", raw, got, err)
		}
	}
	at := time.Date(2026, 5, 1, 2, 3, 4, 0, time.UTC)
	who := model.Contact{Name: "kate", Provider: 7, ProviderName: "Ferry"}
	for _, e := range []port.Event{
		port.ChatDeleted{Chat: "1@lid"},
		port.ConsentChanged{Consent: model.Consent{Known: true, On: true, Inbox: model.InboxSeparate, Requests: true, Apps: []model.App{{ID: 7, Name: "Ferry", On: true, Blocked: true, Suspended: true, Since: at, New: true}}}},
		port.BlocksChanged{Blocked: []model.BlockedPerson{{Chat: "1@lid", Contact: who}}},
		port.ChatChanged{Chat: model.Chat{ID: "1@lid", Contact: who, Request: true, Blocked: true, ProviderBlocked: true, Closed: model.ClosedRegion, Verified: true, Held: true, Met: true}},
		port.MessageChanged{Message: model.Message{ID: "1", Chat: "1@lid", At: at, Kind: model.KindNotice, Notice: model.NoticeKeyChanged, State: model.Received}},
		port.SelfChanged{Self: model.Self{Username: "x", Persona: model.WhatsAppUser, Phone: "+4915112345678"}},
	} {
		raw, err := port.EncodeEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := port.DecodeEvent(raw); err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s became %#v: %v", raw, got, err)
		}
	}
}
