package view

import (
	"slices"
	"strings"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Barrier is what this user has put, or not yet taken away, between a person
// and themselves.
type Barrier int

// Barriers.
const (
	NoBarrier   Barrier = iota
	BarRequest          // a request that is not accepted
	BarBlocked          // the person is blocked
	BarProvider         // their whole app is
)

// BarrierOf is what stands between a chat's person and this user.
func BarrierOf(c model.Chat) Barrier {
	switch {
	case c.Blocked:
		return BarBlocked
	case c.ProviderBlocked:
		return BarProvider
	case c.Request:
		return BarRequest
	}
	return NoBarrier
}

// CanAnswer tells whether something could be sent in a chat, as far as this
// user's own doing goes.
func (v *View) CanAnswer(id model.ChatID) bool {
	return v.Can(id).Text
}

// Can is what can be done in a chat as things stand, by what crosses to its
// person: nothing else is offered.
func (v *View) Can(id model.ChatID) model.Capabilities {
	if !v.Self.Connected {
		return model.Capabilities{}
	}
	self, chat := model.ThirdParty, model.Chat{}
	if v.WhatsApp != "" {
		self = model.WhatsAppUser
	}
	if c := v.chats[id]; c != nil {
		chat = c.Chat
	}
	return model.Can(self, chat)
}

// Inert tells whether what a chat holds is to do nothing and fetch nothing: the
// person is a stranger, or not wanted.
func (v *View) Inert(id model.ChatID) bool {
	c := v.chats[id]
	return c != nil && c.Request
}

// Provider is this messenger's own name.
func (v *View) Provider() string { return v.provider() }

// AppName is a person's messenger.
func (v *View) AppName(c model.Contact) string {
	if app, third := v.AppOf(c); third {
		return app.Label
	}
	return v.L.People.WhatsApp
}

// Who is a chat's person in full: a username comes with its app, since it says
// nothing without.
func (v *View) Who(id model.ChatID) string {
	c := v.chats[id]
	if c == nil {
		return ""
	}
	return v.WhoIs(c.Contact)
}

// WhoIs is Who for a person without a chat.
func (v *View) WhoIs(c model.Contact) string {
	name := v.nameOf(c)
	if app, third := v.AppOf(c); third {
		return name + " · " + app.Label
	}
	return name
}

// Doubt is why a chat's name may not be what it looks like.
func (v *View) Doubt(id model.ChatID) Doubt {
	c := v.chats[id]
	if c == nil || c.Contact.Given != "" {
		return Doubt{}
	}
	brands := v.brands()
	if key := c.name + "\n" + strings.Join(brands, "\n"); c.doubtOf != key {
		c.doubtOf, c.doubt = key, DoubtName(c.name, brands...)
	}
	return c.doubt
}

// brands are the names that people must not seem to have.
func (v *View) brands() []string {
	names := []string{v.L.App.Name, v.provider()}
	for _, a := range v.Consent.Apps {
		names = append(names, a.Name)
	}
	return names
}

// DoubtText says it in words; "" if there is none.
func (v *View) DoubtText(d Doubt) string {
	switch {
	case d.Like != "":
		return lang.Fill(v.L.People.DoubtLike, "like", lang.Isolate(d.Like))
	case d.Mixed:
		return v.L.People.DoubtMixed
	}
	return ""
}

// Namesakes are chats with others whose names look the same, in another app.
func (v *View) Namesakes(id model.ChatID) []model.Chat {
	c := v.chats[id]
	if c == nil {
		return nil
	}
	bones := skeleton(c.name)
	var out []model.Chat
	for _, o := range v.sorted() {
		if o.ID != id && bones != "" && o.Contact.Provider != c.Contact.Provider && !o.Blocked && skeleton(o.name) == bones {
			out = append(out, o.Chat)
		}
	}
	return out
}

// fewRequests are shown at first: many may come at once, and be unwanted.
const fewRequests = 3

// Requests counts the chats that wait to be accepted, among those listed.
func (v *View) Requests() int {
	n := 0
	for _, c := range v.chats {
		if c.Request && !c.Blocked && v.listed(c) {
			n++
		}
	}
	return n
}

// foldRequests drops the requests that are not shown; rows begin with them.
func (v *View) foldRequests(rows []Row) []Row {
	n := 0
	for n < len(rows) && rows[n].Request {
		n++
	}
	if n <= fewRequests || v.AllRequests || v.Search != "" {
		return rows
	}
	keep := fewRequests
	for i := keep; i < n; i++ { // the open one is always in the list
		if rows[i].Open {
			rows[keep], keep = rows[i], keep+1
			break
		}
	}
	return slices.Delete(rows, keep, n)
}

// BlockedPeople are all persons whom this user has blocked, by name.
func (v *View) BlockedPeople() []model.BlockedPerson {
	out := slices.Clone(v.Blocked)
	slices.SortStableFunc(out, func(a, b model.BlockedPerson) int {
		return strings.Compare(fold(v.WhoIs(a.Contact)), fold(v.WhoIs(b.Contact)))
	})
	return out
}

// BlockedApps are the providers whom this user has blocked.
func (v *View) BlockedApps() []App {
	return slices.DeleteFunc(v.Apps(), func(a App) bool { return !a.Blocked })
}

// Waiting counts what is held back in a chat, of what is at hand.
func (v *View) Waiting(t *Thread) int {
	n := 0
	for _, m := range t.messages {
		if m.Failure == model.HeldForKey && m.State == model.Pending {
			n++
		}
	}
	return n
}

// FirstTime tells whether to say what a person will and will not see: nothing
// has been sent to them yet.
func (v *View) FirstTime(id model.ChatID) bool {
	c := v.chats[id]
	if c == nil || c.Met || BarrierOf(c.Chat) != NoBarrier {
		return false
	}
	for _, m := range v.Thread(id).messages {
		if m.FromMe && m.Kind != model.KindNotice {
			return false
		}
	}
	return true
}

// dropChat takes in that a chat is gone.
func (v *View) dropChat(e port.ChatDeleted) {
	delete(v.chats, e.Chat)
	delete(v.threads, e.Chat)
}

// Shown are the messages of a thread that a report may show, newest first.
func (v *View) Shown(all []model.Message) []model.Message {
	var out []model.Message
	for _, m := range slices.Backward(all) {
		if !m.FromMe && m.Kind != model.KindNotice && m.Kind != model.KindDeleted && m.Failure == model.NoFailure {
			out = append(out, m)
		}
	}
	return out
}

// Works are all kinds of things that two people may send each other, by whether
// they reach a chat's person whole; blocks and the like aside.
func (v *View) Works(c model.Chat) (yes, no []string) {
	self := model.ThirdParty
	if v.WhatsApp != "" {
		self = model.WhatsAppUser
	}
	l := v.L.People.Contact
	can := model.Can(self, model.Chat{ID: c.ID, Contact: c.Contact})
	for i, on := range []bool{
		can.Text, can.Photos, can.Videos, can.Voice, can.Files, can.Reply, can.React, can.Edit, can.Revoke,
		can.Typing, can.Receipts, can.LastSeen, can.Calls, can.Stickers, can.Polls, can.Vanishing,
	} {
		if on {
			yes = append(yes, l.Kinds[i])
		} else {
			no = append(no, l.Kinds[i])
		}
	}
	return yes, append(no, l.Groups)
}
