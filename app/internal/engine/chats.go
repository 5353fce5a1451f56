package engine

import (
	"strings"
	"unicode/utf8"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// Bounds of what peers and user interfaces may name.
const (
	maxID    = 128 // bytes of a message id
	maxChat  = 160 // bytes of a chat id
	maxName  = 200 // bytes of a contact's name
	maxPhone = 32  // bytes of a phone number as written
)

// peerOf reads a chat id: the bare address of a person.
func peerOf(chat model.ChatID) (wire.JID, bool) {
	if len(chat) > maxChat || strings.ContainsAny(string(chat), "/ ") {
		return wire.JID{}, false
	}
	j, err := wire.ParseJID(string(chat))
	return j, err == nil && isPerson(j) && j.Device == 0 && j.String() == string(chat)
}

func isPerson(j wire.JID) bool {
	switch j.Server {
	case wire.ServerLID, wire.ServerInterop, wire.ServerUser:
		return j.User != "" && !strings.ContainsAny(j.User, "/ ")
	}
	return false
}

func chatOf(j wire.JID) model.ChatID { return model.ChatID(j.Bare().String()) }

// validID accepts ids of printable ASCII: they become keys and attributes.
func validID(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxID
}

// clean bounds a text that a peer chose for itself.
func clean(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}

// chat finds a chat; false where there is none.
func (t *turn) chat(id model.ChatID) (chatRow, bool, error) {
	if row, ok := t.e.chats.get(id); ok {
		return row, true, nil
	}
	var row chatRow
	ok, err := t.getJSON(store.Chats, string(id), &row)
	if ok && err == nil {
		t.e.chats.put(id, row)
	}
	return row, ok, err
}

// putChat stores a chat and tells of it.
func (t *turn) putChat(row chatRow) {
	t.e.chats.put(row.ID, row)
	t.putJSON(store.Chats, string(row.ID), row)
	t.emit("chat "+string(row.ID), port.ChatChanged{Chat: row.Chat})
}

// snapshot is the committed state of the list.
func (e *Engine) snapshot() (port.State, error) {
	s := port.State{Self: e.selfView(), Link: e.wire.show, Chats: []model.Chat{}, Privacy: e.privacy, Consent: e.consent.Consent, Blocked: e.blockedPeople()}
	rs, err := e.store.List(e.ctx, store.Chats, store.Range{})
	if err != nil {
		return s, err
	}
	for _, r := range rs {
		var row chatRow
		if err := unmarshal(r.Value, &row); err != nil {
			return s, err
		}
		s.Chats = append(s.Chats, row.Chat)
	}
	return s, nil
}

func (e *Engine) selfView() model.Self {
	v := model.Self{
		Username: e.cfg.Username, Provider: e.cfg.Provider, Connected: e.self.Connected, Persona: e.cfg.Persona, Phone: e.cfg.Phone,
	}
	if e.self.Connected {
		v.Address = e.self.Address.String()
		if alias, ok := wire.AliasLID(e.self.Address.Bare()); ok {
			v.Alias = alias.String()
		}
	}
	return v
}
