package engine

import (
	"errors"
	"strings"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

// What LookUpResult.Status may be.
const (
	statusOK        = "ok"
	statusNotFound  = "not_found"
	statusNoConsent = "no_consent"
	statusRegion    = "out_of_region"
	statusInvalid   = "invalid"
)

// Lengths of an international phone number, in digits (ITU-T E.164).
const minDigits, maxDigits = 7, 15

// normalPhone gives "+" and digits. A number without its country, or with
// anything but digits and the usual separators, is no number.
func normalPhone(s string) (string, bool) {
	s = strings.TrimSpace(s)
	rest, plus := strings.CutPrefix(s, "+")
	if !plus {
		var zeros bool
		if rest, zeros = strings.CutPrefix(s, "00"); !zeros {
			return "", false
		}
	}
	var digits []byte
	for _, r := range rest {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case strings.ContainsRune(" .-()/\u00a0\u202f\u2010\u2011", r):
		default:
			return "", false
		}
	}
	if len(digits) < minDigits || len(digits) > maxDigits || digits[0] == '0' {
		return "", false
	}
	return "+" + string(digits), true
}

// lookUp asks the gateway about a phone number. That it is unknown, or does
// not want to be reached, is an answer and not an error.
func (e *Engine) lookUp(t *turn, r *request, c port.LookUp) error {
	phone, ok := normalPhone(c.Phone)
	if !ok {
		t.ok(r, port.LookUpResult{Status: statusInvalid})
		return nil
	}
	if !e.self.Connected {
		t.refuse(r, "not_connected", "third-party chats are off")
		return nil
	}
	body := usync("interactive", "query",
		[]wire.Node{wire.N("contact", nil), wire.N("lid", nil), wire.N("third_party_chats", nil), wire.N("username", nil), wire.N("devices", []wire.Attr{wire.A("version", "2")})},
		wire.N("user", nil, wire.Bytes("contact", nil, []byte(phone))))
	return e.ask(t, "get", "usync", body, func(t *turn, n wire.Node, err error) error {
		t.requests = append(t.requests, r)
		if err != nil {
			t.refuse(r, queryCode(err), err.Error())
			return nil
		}
		result, err := e.found(t, phone, n)
		if err != nil {
			return err
		}
		t.ok(r, result)
		return nil
	})
}

// queryCode names why a query has no answer.
func queryCode(err error) string {
	var refused *queryError
	switch {
	case errors.Is(err, errDown):
		return "offline"
	case errors.As(err, &refused):
		return "refused"
	}
	return "timeout"
}

// found reads the answer, and keeps the device list that came with it.
func (e *Engine) found(t *turn, phone string, n wire.Node) (port.LookUpResult, error) {
	list, ok := n.Path("usync", "list")
	users := list.ChildrenOf("user")
	if !ok || len(users) == 0 {
		return port.LookUpResult{Status: statusNotFound}, nil
	}
	user := users[0]
	contact := model.Contact{Phone: phone}
	if name, ok := user.Child("username"); ok {
		contact.Name = clean(name.Text(), maxName)
	}
	if c, ok := user.Child("contact"); !ok || c.Attr("type") != "in" {
		return port.LookUpResult{Status: statusNotFound, Contact: contact}, nil
	}
	if c, ok := user.Child("third_party_chats"); !e.whatsApp() && (!ok || c.Attr("state") != "on") {
		if c.Attr(wire.AttrReason) == wire.ReasonRegion {
			return port.LookUpResult{Status: statusRegion, Contact: contact}, nil
		}
		return port.LookUpResult{Status: statusNoConsent, Contact: contact}, nil
	}
	jid, ok := user.JID("jid")
	if lid, has := user.Child("lid"); has {
		if v, is := lid.JID("val"); is {
			jid, ok = v, true
		}
	}
	if !ok || !isPerson(jid) {
		return port.LookUpResult{Status: statusNotFound, Contact: contact}, nil
	}
	if _, has := user.Child("devices"); has {
		if err := e.keepDevices(t, jid.Bare(), user); err != nil {
			return port.LookUpResult{}, err
		}
	}
	return port.LookUpResult{Status: statusOK, Chat: chatOf(jid), Contact: contact}, nil
}

// usync builds the body of a contact or device query.
func usync(context, mode string, query []wire.Node, users ...wire.Node) []wire.Node {
	return []wire.Node{wire.N("usync", []wire.Attr{
		wire.A("sid", "1"), wire.A("mode", mode), wire.A("last", "true"), wire.A("index", "0"), wire.A("context", context),
	}, wire.N("query", nil, query...), wire.N("list", nil, users...))}
}
