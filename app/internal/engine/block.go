package engine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// blockedPrefix is where whom the user has blocked lies: store.Meta,
// model.BlockedPerson by chat.
const blockedPrefix = "blocked/"

// maxBlocked bounds the list of whom a user has blocked.
const maxBlocked = 20000

func loadBlocked(ctx context.Context, s store.Store) (map[model.ChatID]model.BlockedPerson, error) {
	rs, err := s.List(ctx, store.Meta, store.Prefix(blockedPrefix))
	if err != nil {
		return nil, err
	}
	all := make(map[model.ChatID]model.BlockedPerson, len(rs))
	for _, r := range rs {
		var p model.BlockedPerson
		if err := unmarshal(r.Value, &p); err != nil {
			return nil, err
		}
		all[p.Chat] = p
	}
	return all, nil
}

// blockedPeople are whom the user has blocked, by their names.
func (e *Engine) blockedPeople() []model.BlockedPerson {
	return slices.SortedFunc(maps.Values(e.blocked), func(a, b model.BlockedPerson) int {
		if c := strings.Compare(a.Contact.Name, b.Contact.Name); c != 0 {
			return c
		}
		return strings.Compare(string(a.Chat), string(b.Chat))
	})
}

// shut reports whether nothing of a person is taken in.
func (e *Engine) shut(chat model.ChatID) bool {
	if _, ok := e.blocked[chat]; ok {
		return true
	}
	peer, ok := peerOf(chat)
	return ok && peer.Server == wire.ServerInterop && e.providerBlocked(int(peer.Integrator))
}

// block blocks or unblocks a person: here now, at the gateway once it can be told.
func (e *Engine) block(t *turn, r *request, c port.Block) error {
	peer, ok := peerOf(c.Chat)
	if !ok || e.isSelf(peer.String()) {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	if _, is := e.blocked[c.Chat]; is != c.Blocked {
		if err := e.setBlocked(t, c.Chat, c.Blocked); err != nil {
			return err
		}
		what := "unblock"
		if c.Blocked {
			what = "block"
		}
		if err := e.tell(t, aboutBlock, what, peer); err != nil {
			return err
		}
	}
	return t.okBlocked(r, c.Chat)
}

// okBlocked replies with a chat, which may not exist: people can be blocked
// elsewhere.
func (t *turn) okBlocked(r *request, id model.ChatID) error {
	chat, ok, err := t.chat(id)
	if err != nil {
		return err
	}
	if !ok {
		p, is := t.e.blocked[id]
		chat.Chat = model.Chat{ID: id, Contact: p.Contact, Blocked: is}
	}
	t.ok(r, chat.Chat)
	return nil
}

// setBlocked changes who is blocked on this device.
func (e *Engine) setBlocked(t *turn, id model.ChatID, on bool) error {
	if _, is := e.blocked[id]; is == on {
		return nil
	}
	chat, ok, err := t.chat(id)
	if err != nil {
		return err
	}
	if on {
		p := model.BlockedPerson{Chat: id, Contact: chat.Contact}
		if !ok {
			p.Contact = e.contactAt(id)
		}
		e.blocked[id] = p
		t.putJSON(store.Meta, blockedPrefix+string(id), p)
	} else {
		delete(e.blocked, id)
		t.delete(store.Meta, blockedPrefix+string(id))
	}
	t.emit("blocks", port.BlocksChanged{Blocked: e.blockedPeople()})
	if !ok {
		return nil
	}
	chat.Blocked = on
	t.putChat(chat)
	if e.watching == id && !on {
		e.subscribe(t)
	}
	if e.watching == id && on {
		if peer, ok := peerOf(id); ok && e.wire.conn != nil && e.privacy.LastSeen {
			t.send(wire.N("presence", []wire.Attr{wire.A("type", "unsubscribe"), wire.J("to", peer)}))
		}
		e.presenceUnknown(t)
	}
	if on {
		return t.note(id, model.NoticeBlocked)
	}
	return t.note(id, model.NoticeUnblocked)
}

// contactAt is what an address alone tells about a person.
func (e *Engine) contactAt(id model.ChatID) (c model.Contact) {
	if peer, ok := peerOf(id); ok && e.whatsApp() && peer.Server == wire.ServerInterop {
		c.Provider = int(peer.Integrator)
		c.ProviderName = e.providerName(c.Provider)
	}
	return c
}

// askBlocked asks the gateway for the list that the user's devices share. What
// this device has not told yet holds against it.
func (e *Engine) askBlocked(t *turn) error {
	return e.ask(t, "get", "blocklist", nil, func(t *turn, n wire.Node, err error) error {
		if err != nil {
			return nil // the next connection asks again
		}
		list, ok := n.Child("list")
		if !ok {
			return nil
		}
		there := map[model.ChatID]bool{}
		for _, item := range list.ChildrenOf("item") {
			if len(there) >= maxBlocked {
				return nil // no list of a person's: what is known here stays
			}
			if jid, ok := item.JID("jid"); ok && isPerson(jid) {
				there[chatOf(jid)] = true
			}
		}
		return e.sharedBlocks(t, there)
	})
}

func (e *Engine) sharedBlocks(t *turn, there map[model.ChatID]bool) error {
	all := maps.Clone(there)
	for id := range e.blocked {
		all[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		peer, ok := peerOf(id)
		if !ok || e.untold(aboutBlock, peer) != "" {
			continue
		}
		if err := e.setBlocked(t, id, there[id]); err != nil {
			return err
		}
	}
	return nil
}

// blocksChanged takes in what another device of the user has blocked or unblocked.
func (e *Engine) blocksChanged(t *turn, list wire.Node) error {
	if list.Attr("action") != "modify" {
		return e.askBlocked(t)
	}
	for _, item := range list.ChildrenOf("item") {
		jid, ok := item.JID("jid")
		block := item.Attr("action") == "block"
		if !ok || !isPerson(jid) || block && len(e.blocked) >= maxBlocked || e.untold(aboutBlock, jid.Bare()) != "" {
			continue
		}
		if err := e.setBlocked(t, chatOf(jid), block); err != nil {
			return err
		}
	}
	return nil
}

// tellBlocks has a gateway that may not know this user's blocks told all of them.
func (e *Engine) tellBlocks(t *turn) error {
	for _, id := range slices.Sorted(maps.Keys(e.blocked)) {
		peer, ok := peerOf(id)
		if !ok || e.untold(aboutBlock, peer) != "" {
			continue
		}
		if err := e.tell(t, aboutBlock, "block", peer); err != nil {
			return err
		}
	}
	return nil
}
