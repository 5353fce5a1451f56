package control

import (
	"strconv"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

// Consent is how far a WhatsApp user is with turning third-party chats on, and
// what is being changed.
type Consent struct {
	Begun  bool // the first step was gone through
	Apps   map[int]bool
	Inbox  string
	Busy   bool
	Error  string
	Choose bool // no app was chosen, and one must be
}

// BeginConsent begins with what it means.
func (c *Control) BeginConsent() {
	c.Consent = Consent{Apps: map[int]bool{}, Inbox: model.InboxSeparate}
	for _, a := range c.View.Consent.Apps { // as it was when it was turned off
		if a.On {
			c.Consent.Apps[a.ID] = true
		}
	}
	if c.View.Consent.Inbox != "" {
		c.Consent.Inbox = c.View.Consent.Inbox
	}
	c.Go(PathThirdMeaning)
}

// Understood goes on to the apps.
func (c *Control) Understood() {
	c.Consent.Begun = true
	c.Go(PathThirdApps)
}

// ChooseApp chooses an app, or takes it back.
func (c *Control) ChooseApp(id int, on bool) {
	c.Consent.Apps[id], c.Consent.Choose = on, false
}

// Chosen tells whether an app is chosen.
func (c *Control) Chosen(id int) bool { return c.Consent.Apps[id] }

// AppsChosen goes on to the inbox, if there is an app for it.
func (c *Control) AppsChosen() {
	for _, a := range c.View.Consent.Apps {
		if c.Consent.Apps[a.ID] {
			c.Go(PathThirdInbox)
			return
		}
	}
	c.Consent.Choose = true
	c.Focus("apps")
}

// ChooseInbox chooses how third-party chats are listed.
func (c *Control) ChooseInbox(inbox string) { c.Consent.Inbox = inbox }

// NotNow leaves everything off.
func (c *Control) NotNow() {
	c.Consent = Consent{}
	c.Back(PathThird)
}

// FinishConsent turns third-party chats on, as chosen.
func (c *Control) FinishConsent() {
	defer c.Turn()()
	if c.Consent.Busy {
		return
	}
	on := true
	apps := map[int]bool{}
	for _, a := range c.View.Consent.Apps {
		apps[a.ID] = c.Consent.Apps[a.ID]
	}
	c.Consent.Busy, c.Consent.Error = true, ""
	c.do(port.SetConsent{On: &on, Inbox: c.Consent.Inbox, Requests: &on, Apps: apps, SeenApps: c.appIDs()}, func(r port.Reply) {
		c.Consent.Busy = false
		if c.consentTaken(r) {
			c.Consent = Consent{}
			c.goInstead(PathThirdDone)
		}
	})
}

// consentTaken takes the engine's word on what is allowed now; false if it was
// refused, which Consent.Error says then.
func (c *Control) consentTaken(r port.Reply) bool {
	var now model.Consent
	if err := decode(r, &now); err != nil {
		c.Consent.Error = lang.Fill(c.L.Consent.Failed, "message", c.told(err))
		return false
	}
	if now.Known {
		c.View.Consent = now
	}
	return true
}

func (c *Control) appIDs() (ids []int) {
	for _, a := range c.View.Consent.Apps {
		ids = append(ids, a.ID)
	}
	return ids
}

// SeeApps ends the notice of new apps.
func (c *Control) SeeApps() {
	for i := range c.View.Consent.Apps {
		c.View.Consent.Apps[i].New = false
	}
	c.do(port.SetConsent{SeenApps: c.appIDs()}, nil)
}

// change changes what is allowed, and says so. What the screen shows moves with
// the engine's answer: nothing looks turned off that is not.
func (c *Control) change(cmd port.SetConsent, said string) {
	defer c.Turn()()
	if c.Consent.Busy {
		return
	}
	c.Consent.Busy, c.Consent.Error = true, ""
	c.do(cmd, func(r port.Reply) {
		c.Consent.Busy = false
		if c.consentTaken(r) {
			c.say(said)
		}
	})
}

// AskConsentOff asks, then turns third-party chats off.
func (c *Control) AskConsentOff() {
	l, off := c.L.Consent, false
	c.Ask = &Ask{Title: l.OffAsk, Text: l.OffAskText, Do: l.OffDo, act: func() {
		c.change(port.SetConsent{On: &off}, l.TurnedOff)
		c.Focus("screen-title")
	}}
}

// SetApp turns an app on, or asks before it turns it off.
func (c *Control) SetApp(a view.App, on bool) {
	l, name := c.L.Consent, lang.Isolate(a.Label)
	apps := map[int]bool{a.ID: on}
	if on {
		c.change(port.SetConsent{Apps: apps, SeenApps: []int{a.ID}}, lang.Fill(l.AppTurnedOn, "app", name))
		return
	}
	c.Ask = &Ask{Title: lang.Fill(l.AppOffAsk, "app", name), Text: lang.Fill(l.AppOffText, "app", name), Do: l.AppOffDo, act: func() {
		c.change(port.SetConsent{Apps: apps}, lang.Fill(l.AppTurnedOff, "app", name))
		c.Focus(AppID(a.ID))
	}}
}

// AppID is the element id of an app's switch.
func AppID(id int) string { return "app-" + strconv.Itoa(id) }

// SetInbox changes how third-party chats are listed: at once, as it changes
// nothing for anybody else.
func (c *Control) SetInbox(inbox string) {
	defer c.Turn()()
	was := c.View.Consent.Inbox
	c.View.Consent.Inbox, c.Consent.Error = inbox, ""
	c.do(port.SetConsent{Inbox: inbox}, func(r port.Reply) {
		if !c.consentTaken(r) {
			c.View.Consent.Inbox = was
		}
	})
}

// SetRequests changes whether first messages wait as requests.
func (c *Control) SetRequests(on bool) {
	c.change(port.SetConsent{Requests: &on}, c.L.Consent.Changed)
}

// CanRecheck tells whether the gateway can be asked if a chat is still closed:
// by the number of somebody who took no third-party chats.
func (c *Control) CanRecheck(chat model.Chat) bool {
	return (chat.Closed == model.ClosedConsent || chat.Closed == model.ClosedRegion) && chat.Contact.Provider == 0 && chat.Contact.Phone != "" && c.View.Link.Phase == model.LinkOnline
}

// Recheck asks it.
func (c *Control) Recheck() {
	defer c.Turn()()
	id := c.View.Open
	chat, ok := c.View.Chat(id)
	if !ok || c.Rechecking || !c.CanRecheck(chat) {
		return
	}
	c.Rechecking = true
	c.do(port.LookUp{Phone: chat.Contact.Phone}, func(r port.Reply) {
		c.Rechecking = false
		var found port.LookUpResult
		if now, _ := c.View.Chat(id); decode(r, &found) != nil || found.Status != "ok" || now.Closed != model.Open {
			c.say(c.L.Consent.ClosedStill)
		}
	})
}

// stepBefore is where the step shown now was come to from.
func (c *Control) stepBefore() string {
	switch c.Route.Place {
	case SettingsThirdApps:
		return PathThirdMeaning
	case SettingsThirdInbox:
		return PathThirdApps
	}
	return PathThird
}

// Home is the list that the open chat is in.
func (c *Control) Home() string {
	if c.Route.Place == Chat && c.View.InSection() {
		return PathInbox
	}
	return PathChats
}

// consentStep sends whoever comes to a step out of turn, by its address or after
// a reload, back to the beginning.
func (c *Control) consentStep(r Route) {
	switch r.Place {
	case SettingsThirdMeaning, SettingsThirdApps, SettingsThirdInbox:
		if c.Consent.Apps == nil || r.Place != SettingsThirdMeaning && !c.Consent.Begun {
			c.goInstead(PathThird)
		}
	}
}
