package control

import (
	"context"
	"errors"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

// sandboxFake is the gateway's sandbox with one phone.
type sandboxFake struct{ phone, made error }

func (f sandboxFake) Phones(context.Context) ([]host.Phone, error) {
	return []host.Phone{{Phone: "+4915510000002", Name: "Ada"}}, f.phone
}

func (f sandboxFake) Phone(context.Context, string) (host.Phone, error) {
	return host.Phone{Phone: "+4915510000002", Name: "Ada"}, f.phone
}

func (f sandboxFake) NewPhone(_ context.Context, number, name string) (host.Phone, error) {
	return host.Phone{Phone: number, Name: name}, f.made
}

const adaHome = "/wa/4915510000002"

// asWhatsApp is a tab opened at an address of a WhatsApp user's, beside a
// remembered Ferry user, before Start.
func asWhatsApp(t *testing.T, path string, sandbox host.Sandbox) *world {
	w := newWorld(t)
	w.account, w.known = host.Account{ID: "1", Username: "ada"}, true
	w.acc.site.Gateway.Sandbox = sandbox != nil
	w.core.state = port.State{
		Self: model.Self{Connected: true, Persona: model.WhatsAppUser}, Link: model.Link{Phase: model.LinkOnline},
		Consent: model.Consent{Known: true, Inbox: model.InboxSeparate, Apps: []model.App{{ID: 7, Name: "Ferry"}, {ID: 9, Name: "Birdy"}}},
	}
	cfg := w.c
	w.c = New(Config{Relay: w, Device: w, Sandbox: sandbox, Path: path, Now: cfg.now, Rand: cfg.rand, Lang: cfg.L})
	t.Cleanup(func() {
		if w.c.timer != nil {
			w.c.timer.Stop()
		}
	})
	return w
}

// started is asWhatsApp after Start.
func started(t *testing.T, path string, sandbox host.Sandbox) *world {
	w := asWhatsApp(t, path, sandbox)
	w.c.Start(w)
	w.c.Navigated(path)
	w.run()
	return w
}

func TestAnAddressSaysForWhomATabIs(t *testing.T) {
	for path, want := range map[string]Route{
		"/":                           {Place: Chats, Path: "/"},
		"/wa":                         {Place: Pick, Path: "/wa"},
		"/wa/":                        {Place: Pick, Path: "/wa"},
		adaHome:                       {Place: Chats, Path: "/", WhatsApp: "4915510000002"},
		adaHome + "/":                 {Place: Chats, Path: "/", WhatsApp: "4915510000002"},
		adaHome + "/chat/7-1@interop": {Place: Chat, Chat: "7-1@interop", Path: "/chat/7-1@interop", WhatsApp: "4915510000002"},
		adaHome + "/wa":               {Place: Nowhere, Path: "/wa", WhatsApp: "4915510000002"},
		"/wa/ada":                     {Place: Nowhere, Path: "/wa/ada"},
		"/wa/0123456789":              {Place: Nowhere, Path: "/wa/0123456789"},
		"/wa/12":                      {Place: Nowhere, Path: "/wa/12"},
	} {
		if got := Parse(path); got != want {
			t.Errorf("Parse(%q) = %+v, want %+v", path, got, want)
		}
	}
}

func TestNothingOfAWhatsAppUserIsOpenedWithoutASandbox(t *testing.T) {
	refused := &host.RelayError{Status: 404, Code: "not_found"}
	for name, sandbox := range map[string]host.Sandbox{"another gateway": nil, "no door to it": sandboxFake{phone: refused}} {
		w := started(t, adaHome, sandbox)
		if w.c.Persona.State != PersonaNone || len(w.core.commands) != 0 || !w.c.Apart() {
			t.Errorf("%s: state %q, %d commands, apart %v", name, w.c.Persona.State, len(w.core.commands), w.c.Apart())
		}
	}
}

func TestAPhoneThatTheSandboxHasForgottenIsNotOpened(t *testing.T) {
	w := started(t, adaHome, sandboxFake{phone: &host.RelayError{Status: 404, Code: "unknown_phone"}})
	if w.c.Persona.State != PersonaGone || len(w.core.commands) != 0 {
		t.Errorf("state %q, %d commands", w.c.Persona.State, len(w.core.commands))
	}
	w = started(t, adaHome, sandboxFake{phone: errors.New("offline")})
	if w.c.Persona.State != PersonaUnreachable {
		t.Errorf("offline: state %q", w.c.Persona.State)
	}
}

func TestAWhatsAppUsersTabKeepsToItself(t *testing.T) {
	w := started(t, adaHome, sandboxFake{})
	if w.c.View.Phase != view.SignedIn || w.c.account.ID != "wa-4915510000002" {
		t.Fatalf("phase %v, account %q", w.c.View.Phase, w.c.account.ID)
	}
	if w.account.ID != "1" {
		t.Error("the browser has forgotten the Ferry user")
	}
	if got := w.c.At(ChatPath(mira)); got != adaHome+"/chat/1@lid" {
		t.Errorf("a chat is at %q", got)
	}
	w.c.Go(PathSettings)
	if w.c.Route.Place != Settings || w.c.Route.WhatsApp == "" {
		t.Errorf("settings lead to %+v", w.c.Route)
	}
	for _, path := range []string{PathSessions, PathKept, PathPassword, PathDelete, PathSignIn} {
		if w.c.Go(path); w.c.Route.Place != Nowhere {
			t.Errorf("%s is there for a WhatsApp user", path)
		}
	}
	before := w.c.Route
	w.c.Navigated("/settings") // the Ferry user's: the page is loaded anew
	if w.reloads != 1 || w.c.Route != before {
		t.Errorf("%d reloads, now at %+v", w.reloads, w.c.Route)
	}
}

func TestAFerryUserHasNoStepsOfAWhatsAppUser(t *testing.T) {
	w := signedIn(t)
	for _, path := range []string{PathInbox, PathThirdApps, PathThirdInbox} {
		if w.Go(path); w.c.Route.Place != Nowhere {
			t.Errorf("%s leads to %+v", path, w.c.Route)
		}
	}
}

func TestABrowserThatWasNeverLinkedLinksItself(t *testing.T) {
	w := asWhatsApp(t, adaHome, sandboxFake{})
	w.core.state.Self.Connected = false
	w.c.Start(w)
	w.run()
	if len(sent[port.Connect](w.core)) != 1 || !w.c.Persona.Linking {
		t.Fatal("it does not")
	}
	answer[port.Connect](w, port.Reply{Code: "refused", Error: "The phone said no"})
	if w.c.Persona.Trouble == "" || w.c.Persona.Linking {
		t.Error("that it was refused is not said")
	}
	w = asWhatsApp(t, adaHome, sandboxFake{})
	w.core.state.Self.Connected, w.core.state.Link.Down = false, model.HopSession
	w.c.Start(w)
	w.run()
	if len(sent[port.Connect](w.core)) != 0 {
		t.Error("a browser that the phone has unlinked links itself again")
	}
}

func TestConsentTakesThreeSteps(t *testing.T) {
	w := started(t, adaHome, sandboxFake{})
	w.c.Go(PathThirdInbox)
	if w.c.Route.Place != SettingsThird {
		t.Errorf("the last step can be begun with: %+v", w.c.Route)
	}
	w.c.BeginConsent()
	w.c.Understood()
	w.c.AppsChosen()
	if w.c.Route.Place != SettingsThirdApps || !w.c.Consent.Choose {
		t.Error("it goes on without an app")
	}
	w.c.ChooseApp(7, true)
	w.c.AppsChosen()
	w.c.ChooseInbox(model.InboxCombined)
	if len(sent[port.SetConsent](w.core)) != 0 {
		t.Error("something is told before the end")
	}
	w.c.FinishConsent()
	w.c.FinishConsent() // pressed twice
	told := sent[port.SetConsent](w.core)
	if len(told) != 1 || !*told[0].On || !*told[0].Requests || told[0].Inbox != model.InboxCombined || !told[0].Apps[7] || told[0].Apps[9] {
		t.Fatalf("told %+v", told)
	}
	answer[port.SetConsent](w, port.Reply{Code: "offline"})
	if w.c.Consent.Error == "" || w.c.Route.Place != SettingsThirdInbox || w.c.View.Consent.On {
		t.Error("a refusal is not said in place")
	}
	w.c.FinishConsent()
	answer[port.SetConsent](w, value(model.Consent{Known: true, On: true}))
	if w.c.Route.Place != SettingsThirdDone || !w.c.View.Consent.On {
		t.Errorf("at %+v, on %v", w.c.Route, w.c.View.Consent.On)
	}
}

func TestNotNowLeavesEverythingOff(t *testing.T) {
	w := started(t, adaHome, sandboxFake{})
	w.c.BeginConsent()
	w.c.Understood()
	w.c.ChooseApp(7, true)
	w.c.NotNow()
	if w.c.Route.Place != SettingsThird || len(sent[port.SetConsent](w.core)) != 0 {
		t.Errorf("at %+v, told %v", w.c.Route, sent[port.SetConsent](w.core))
	}
	w.c.BeginConsent()
	if w.c.Chosen(7) {
		t.Error("what was chosen then is still chosen")
	}
}

func TestTurningAnAppOffAsksAndMovesOnlyWithTheAnswer(t *testing.T) {
	w := started(t, adaHome, sandboxFake{})
	w.c.View.Consent.On, w.c.View.Consent.Apps[0].On = true, true
	w.c.SetApp(w.c.View.Apps()[0], false)
	if w.c.Ask == nil || len(sent[port.SetConsent](w.core)) != 0 {
		t.Fatal("it does not ask")
	}
	w.c.Confirm()
	if !w.c.View.Consent.Apps[0].On {
		t.Error("it looks turned off before it is")
	}
	if told := sent[port.SetConsent](w.core); len(told) != 1 || told[0].Apps[7] || told[0].On != nil {
		t.Errorf("told %+v", told)
	}
	answer[port.SetConsent](w, value(model.Consent{Known: true, On: true, Apps: []model.App{{ID: 7, Name: "Ferry"}}}))
	if w.c.View.Consent.Apps[0].On || w.c.Toast == nil {
		t.Error("the answer is not shown")
	}
}

func TestAPersonIsLookedForByAppAndName(t *testing.T) {
	w := started(t, adaHome, sandboxFake{})
	w.c.View.Consent.On, w.c.View.Consent.Apps[1].On = true, true
	w.c.Go(PathNew)
	if w.c.New.Provider != 9 {
		t.Fatalf("looked for on %d at first", w.c.New.Provider)
	}
	for text, status := range map[string]string{"": "empty", " @ ": "empty", "a b": "invalid"} {
		w.c.NewPerson(text)
		if w.c.PersonSubmit(); w.c.New.Status != status {
			t.Errorf("%q: %q, want %q", text, w.c.New.Status, status)
		}
	}
	w.c.NewPerson(" @kate ")
	w.c.PersonSubmit()
	if asked := sent[port.FindPerson](w.core); len(asked) != 1 || asked[0] != (port.FindPerson{Provider: 9, Username: "kate"}) {
		t.Fatalf("asked %+v", asked)
	}
	answer[port.FindPerson](w, value(port.LookUpResult{Status: "not_found"}))
	w.c.PersonSubmit()
	if asked := sent[port.FindPerson](w.core); w.c.New.Status != "" || len(asked) != 2 {
		t.Fatalf("who was not there is not looked for again: %+v, status %q", asked, w.c.New.Status)
	}
	found := port.LookUpResult{Status: "ok", Chat: "9-1@interop", Contact: model.Contact{Name: "kate", Provider: 9}}
	answer[port.FindPerson](w, value(found))
	if opened := sent[port.OpenChat](w.core); len(opened) != 1 || opened[0].Contact.Phone != "" {
		t.Errorf("opened %+v", opened)
	}
}

func TestWhereToLookIsKnownOnceTheAppsAre(t *testing.T) {
	w := started(t, adaHome+PathNew, sandboxFake{})
	if w.c.New.Provider != 0 {
		t.Fatal("an app is chosen that the user does not take")
	}
	on := model.Consent{Known: true, On: true, Apps: []model.App{{ID: 9, Name: "Birdy", On: true}}}
	w.tell(port.ConsentChanged{Consent: on})
	if w.c.New.Provider != 9 || w.focus != "person" {
		t.Errorf("looks on %d, the focus is on %q", w.c.New.Provider, w.focus)
	}
	w.c.FindIn(0)
	w.tell(port.ConsentChanged{Consent: on})
	if w.c.New.Provider != 0 {
		t.Error("what the user has chosen is changed under their hands")
	}
}
