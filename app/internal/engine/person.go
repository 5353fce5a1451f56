package engine

import (
	"strconv"
	"strings"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

// findPerson asks the gateway for a third-party person, for a WhatsApp user.
func (e *Engine) findPerson(t *turn, r *request, c port.FindPerson) error {
	name := strings.TrimSpace(c.Username)
	switch {
	case !e.whatsApp():
		t.refuse(r, "not_whatsapp", "only a WhatsApp user finds people of other apps")
		return nil
	case name == "" || name != clean(name, maxName) || c.Provider <= 0 || c.Provider >= 1<<16:
		t.ok(r, port.LookUpResult{Status: statusInvalid})
		return nil
	case !e.self.Connected:
		t.refuse(r, "not_connected", "this device is not paired")
		return nil
	}
	body := wire.N("user", []wire.Attr{wire.A("provider", strconv.Itoa(c.Provider)), wire.A("username", name)})
	return e.ask(t, "get", wire.NamespaceInterop, []wire.Node{body}, func(t *turn, n wire.Node, err error) error {
		t.requests = append(t.requests, r)
		if err != nil {
			t.refuse(r, queryCode(err), err.Error())
			return nil
		}
		t.ok(r, personFound(n, c.Provider, name))
		return nil
	})
}

// personFound reads the answer.
func personFound(n wire.Node, provider int, username string) port.LookUpResult {
	user, _ := n.Child("user")
	found := port.LookUpResult{Status: statusNotFound, Contact: model.Contact{
		Name: username, Provider: provider, ProviderName: clean(user.Attr("name"), maxName),
	}}
	if user.Attr("state") == "off" {
		found.Status = statusNoConsent
		return found
	}
	jid, ok := user.JID("jid")
	if ok && jid.Server == wire.ServerInterop && int(jid.Integrator) == provider && isPerson(jid) {
		found.Status, found.Chat = statusOK, chatOf(jid)
	}
	return found
}
