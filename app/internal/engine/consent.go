package engine

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

const consentKey = "consent" // store.Meta: consentRow

// consentRow is what a WhatsApp user takes of third-party chats, as the gateway
// last said, and what the user has looked at and said.
type consentRow struct {
	model.Consent
	Seen   []int `json:"seen"`
	Chosen bool  `json:"chosen,omitempty"` // the user has said whether strangers wait
}

// maxApps bounds the providers that are shown.
const maxApps = 1000

func loadConsent(ctx context.Context, s store.Store) (row consentRow, err error) {
	b, err := s.Get(ctx, store.Meta, consentKey)
	if err != nil || b == nil {
		return row, err
	}
	return row, unmarshal(b, &row)
}

func (e *Engine) app(provider int) (model.App, bool) {
	i := slices.IndexFunc(e.consent.Apps, func(a model.App) bool { return a.ID == provider })
	if i < 0 {
		return model.App{}, false
	}
	return e.consent.Apps[i], true
}

func (e *Engine) providerName(provider int) string {
	app, _ := e.app(provider)
	return app.Name
}

func (e *Engine) providerBlocked(provider int) bool {
	app, _ := e.app(provider)
	return app.Blocked
}

// closedFor is why a WhatsApp user's chats with people of a provider are closed.
func (e *Engine) closedFor(provider int) model.ClosedWhy {
	app, known := e.app(provider)
	switch {
	case !e.consent.Known:
		return model.Open
	case !known || app.Suspended:
		return model.ClosedSuspended
	case !e.consent.On || !app.On:
		return model.ClosedConsent
	}
	return model.Open
}

// askConsent asks what the gateway has, for a WhatsApp user.
func (e *Engine) askConsent(t *turn) error {
	if !e.whatsApp() {
		return nil
	}
	return e.ask(t, "get", wire.NamespaceInterop, []wire.Node{wire.N("third_party_chats", nil)}, func(t *turn, n wire.Node, err error) error {
		if err != nil {
			return nil // the next connection asks again
		}
		return e.consentSaid(t, n)
	})
}

// consentSaid takes in what the gateway says the user takes.
func (e *Engine) consentSaid(t *turn, n wire.Node) error {
	said, ok := n.Child("third_party_chats")
	if !ok || !e.whatsApp() {
		return nil
	}
	c := model.Consent{
		Known: true, On: said.Attr("state") == "on", Requests: said.Attr("requests") == "on", Inbox: model.InboxSeparate,
	}
	if said.Attr("inbox") == model.InboxCombined {
		c.Inbox = model.InboxCombined
	}
	for _, app := range said.ChildrenOf("app") {
		id, ok := app.Uint("id")
		if !ok || id == 0 || id > 1<<16-1 || len(c.Apps) >= maxApps {
			continue
		}
		a := model.App{
			ID: int(id), Name: clean(app.Attr("name"), maxName), On: app.Attr("state") == "on",
			Blocked: app.Attr("blocked") == "true", Suspended: app.Attr("status") == "suspended",
		}
		if since, ok := app.Uint("since"); ok && since > 0 && since < 1<<40 {
			a.Since = time.Unix(int64(since), 0).UTC()
		}
		c.Apps = append(c.Apps, a)
	}
	slices.SortFunc(c.Apps, func(a, b model.App) int { return a.ID - b.ID })
	if !e.consent.Known { // nothing of it is news to who has not been here before
		for _, a := range c.Apps {
			e.consent.Seen = append(e.consent.Seen, a.ID)
		}
	}
	e.consent.Consent = c
	return e.keepConsent(t)
}

// keepConsent stores what the user takes, tells of it, and lets it have its
// effect on the chats.
func (e *Engine) keepConsent(t *turn) error {
	slices.Sort(e.consent.Seen)
	e.consent.Seen = slices.Compact(e.consent.Seen)
	e.consent.Apps = slices.Clone(e.consent.Apps) // the last one was given away
	for i := range e.consent.Apps {
		a := &e.consent.Apps[i]
		a.New = !slices.Contains(e.consent.Seen, a.ID)
	}
	t.putJSON(store.Meta, consentKey, e.consent)
	t.emit("consent", port.ConsentChanged{Consent: e.consent.Consent})
	rs, err := t.records(store.Chats, "")
	if err != nil {
		return err
	}
	for _, r := range rs {
		if err := e.consentOf(t, model.ChatID(r.Key)); err != nil {
			return err
		}
	}
	return nil
}

// consentOf brings a chat with a third-party person up to date.
func (e *Engine) consentOf(t *turn, id model.ChatID) error {
	chat, ok, err := t.chat(id)
	if err != nil || !ok || chat.Contact.Provider == 0 {
		return err
	}
	name, blocked := e.providerName(chat.Contact.Provider), e.providerBlocked(chat.Contact.Provider)
	if name != "" && name != chat.Contact.ProviderName || blocked != chat.ProviderBlocked {
		was := chat.ProviderBlocked
		if name != "" {
			chat.Contact.ProviderName = name
		}
		chat.ProviderBlocked = blocked
		t.putChat(chat)
		switch {
		case blocked && !was:
			err = t.note(id, model.NoticeBlocked)
		case was && !blocked:
			err = t.note(id, model.NoticeUnblocked)
		}
		if err != nil {
			return err
		}
	}
	why := e.closedFor(chat.Contact.Provider)
	if why == model.Open && chat.Closed == model.ClosedRegion {
		return nil // that is over when something goes through
	}
	return t.setClosed(id, why)
}

// setConsent has the gateway take what the user has decided.
func (e *Engine) setConsent(t *turn, r *request, c port.SetConsent) error {
	if !e.whatsApp() {
		t.refuse(r, "not_whatsapp", "this is for WhatsApp users")
		return nil
	}
	if c.Inbox != "" && c.Inbox != model.InboxSeparate && c.Inbox != model.InboxCombined {
		t.refuse(r, "bad_inbox", "an inbox is separate or combined")
		return nil
	}
	for _, id := range c.SeenApps {
		if _, ok := e.app(id); ok {
			e.consent.Seen = append(e.consent.Seen, id)
		}
	}
	if c.On == nil && c.Inbox == "" && c.Requests == nil && len(c.Apps) == 0 {
		if err := e.keepConsent(t); err != nil {
			return err
		}
		t.ok(r, e.consent.Consent)
		return nil
	}
	switch {
	case c.Requests != nil:
		e.consent.Chosen = true
	case c.On != nil && *c.On && !e.consent.On && !e.consent.Chosen: // strangers wait unless the user wants them in
		c.Requests = c.On
	}
	var attrs []wire.Attr
	onOff := func(key string, v *bool) {
		if v != nil {
			attrs = append(attrs, wire.A(key, map[bool]string{true: "on", false: "off"}[*v]))
		}
	}
	onOff("state", c.On)
	onOff("requests", c.Requests)
	if c.Inbox != "" {
		attrs = append(attrs, wire.A("inbox", c.Inbox))
	}
	body := wire.N("third_party_chats", attrs)
	for _, id := range slices.Sorted(maps.Keys(c.Apps)) {
		body.Children = append(body.Children, wire.N("app", []wire.Attr{
			wire.A("id", strconv.Itoa(id)), wire.A("state", map[bool]string{true: "on", false: "off"}[c.Apps[id]]),
		}))
		e.consent.Seen = append(e.consent.Seen, id)
	}
	return e.changeConsent(t, r, body)
}

// blockProvider has the gateway block or unblock all people of a provider.
func (e *Engine) blockProvider(t *turn, r *request, c port.BlockProvider) error {
	if !e.whatsApp() {
		t.refuse(r, "not_whatsapp", "this is for WhatsApp users")
		return nil
	}
	action := map[bool]string{true: "block", false: "unblock"}[c.Blocked]
	return e.changeConsent(t, r, wire.N("provider", []wire.Attr{wire.A("id", strconv.Itoa(c.Provider)), wire.A("action", action)}))
}

// changeConsent replies once the gateway has said what holds then.
func (e *Engine) changeConsent(t *turn, r *request, body wire.Node) error {
	return e.ask(t, "set", wire.NamespaceInterop, []wire.Node{body}, func(t *turn, n wire.Node, err error) error {
		t.requests = append(t.requests, r)
		if err != nil {
			t.refuse(r, queryCode(err), err.Error())
			return nil
		}
		if err := e.consentSaid(t, n); err != nil {
			return err
		}
		t.ok(r, e.consent.Consent)
		return nil
	})
}

// interopNotified takes in news of third-party chats.
func (e *Engine) interopNotified(t *turn, n wire.Node) error {
	for _, c := range n.Children {
		who, isPerson := personAt(c)
		var err error
		switch {
		case c.Tag == "third_party_chats" && isPerson && !e.whatsApp():
			err = e.peerTakes(t, who, c.Attr("state") == "on")
		case c.Tag == "third_party_chats" && e.whatsApp():
			err = e.consentSaid(t, n)
		case c.Tag == "provider":
			err = e.askConsent(t)
		case c.Tag == "accept" && isPerson, c.Tag == "decline" && isPerson:
			err = e.decidedElsewhere(t, who, c.Tag == "accept")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func personAt(n wire.Node) (wire.JID, bool) {
	jid, ok := n.JID("jid")
	return jid.Bare(), ok && isPerson(jid)
}

// peerTakes takes in that a WhatsApp user takes third-party chats, or does not
// any more.
func (e *Engine) peerTakes(t *turn, who wire.JID, on bool) error {
	e.forgetDevices(t, who)
	return e.opened(t, chatOf(who), on, model.NoConsent)
}

// opened brings a chat up to date with whether its peer takes messages of this
// provider. Why they do not may be known better already.
func (e *Engine) opened(t *turn, id model.ChatID, on bool, why model.Failure) error {
	chat, ok, err := t.chat(id)
	switch {
	case err != nil || !ok:
		return err
	case on:
		return t.setClosed(id, model.Open)
	case chat.Closed == model.Open, why == model.OutOfRegion, chat.Closed == model.ClosedRegion:
		return e.refused(t, id, why)
	}
	return nil
}

// passed takes in that a message has gone through to a chat.
func (e *Engine) passed(t *turn, id model.ChatID) error {
	chat, ok, err := t.chat(id)
	if err != nil || !ok {
		return err
	}
	if !chat.Met {
		chat.Met = true
		t.putChat(chat)
	}
	return t.setClosed(id, model.Open)
}

// refused takes in that a message was refused for what holds for all of the chat.
func (e *Engine) refused(t *turn, id model.ChatID, why model.Failure) error {
	closed, ok := closes(why)
	if !ok {
		return nil
	}
	return t.setClosed(id, closed)
}
