package view

import (
	"cmp"
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Bounds of a thread in memory, in messages. What is left out is asked for
// again when it is scrolled to.
const (
	PageSize = 60   // asked for at a time
	trimAt   = 400  // at the bottom, older ones beyond are let go…
	trimTo   = 200  // …down to this
	holdAt   = 1200 // scrolled up, newer ones beyond are not taken in
)

// Thread is the messages of a chat that are at hand.
type Thread struct {
	Chat    model.ChatID
	Loaded  bool // the first page has come
	Loading bool // a page is under way
	Failed  bool // the last page did not come
	Stale   bool // must be asked for again from the end
	More    bool // older ones exist
	Cut     bool // newer ones exist that are not at hand

	AtBottom bool // the newest is on screen
	NewBelow int  // incoming since it is not

	messages   []model.Message
	hidden     map[key]bool             // deleted, but it can still be undone
	unsaved    map[model.MessageID]bool // the engine did not take it
	unreadFrom uint64                   // Order of the first unread one when the thread was opened
	unread     int
	readUpto   uint64
}

// key names a message: ids are unique per chat and direction.
type key struct {
	mine bool
	id   model.MessageID
}

func keyOf(m model.Message) key { return key{m.FromMe, m.ID} }

// Thread gives a chat's thread, empty and to be loaded at first.
func (v *View) Thread(id model.ChatID) *Thread {
	t := v.threads[id]
	if t == nil {
		t = &Thread{Chat: id, AtBottom: true, hidden: map[key]bool{}, unsaved: map[model.MessageID]bool{}}
		v.threads[id] = t
	}
	return t
}

// Enter opens a chat's thread, at its end. An empty id closes the open one.
func (v *View) Enter(id model.ChatID) {
	if v.Open == id {
		return
	}
	v.Open = id
	if id == "" {
		return
	}
	t := v.Thread(id)
	t.AtBottom, t.NewBelow, t.unreadFrom, t.unread = true, 0, 0, 0
	if c := v.chats[id]; c != nil {
		t.unread = max(c.Unread, 0)
	}
	t.markUnread()
}

// Put takes a page in. From is what Messages.Before was.
func (t *Thread) Put(page port.MessagePage, from uint64) {
	fresh := !t.Loaded || t.Stale && from == 0
	if from == 0 && (t.Stale || t.Cut) {
		t.messages = slices.DeleteFunc(t.messages, func(m model.Message) bool { return !t.unsaved[m.ID] })
		t.Cut, fresh = false, true
	}
	for _, m := range page.Messages {
		t.put(m)
	}
	t.Loaded, t.Loading, t.Failed = true, false, false
	if from == 0 {
		t.Stale = false
	}
	if from != 0 || fresh {
		t.More = page.More
	}
	t.markUnread()
}

// markUnread finds the first unread message, once, when enough are at hand.
func (t *Thread) markUnread() {
	if t.unread == 0 || t.unreadFrom != 0 || !t.Loaded {
		return
	}
	left := t.unread
	for i := len(t.messages) - 1; i >= 0; i-- {
		if t.messages[i].FromMe {
			continue
		}
		if left--; left == 0 {
			t.unreadFrom = t.messages[i].Order
			return
		}
	}
}

// Oldest is the Order of the first message at hand; 0 if there is none.
func (t *Thread) Oldest() uint64 {
	if len(t.messages) == 0 {
		return 0
	}
	return t.messages[0].Order
}

// Len counts the messages at hand.
func (t *Thread) Len() int { return len(t.messages) }

// put takes a message in and tells whether it is new.
func (t *Thread) put(m model.Message) bool {
	k := keyOf(m)
	at := slices.IndexFunc(t.messages, func(o model.Message) bool { return keyOf(o) == k })
	if at >= 0 && t.messages[at].Order == m.Order {
		t.messages[at] = m
		return false
	}
	if at >= 0 { // shown ahead of the engine's word
		t.messages = slices.Delete(t.messages, at, at+1)
	}
	pos, _ := slices.BinarySearchFunc(t.messages, m, func(a, b model.Message) int { return cmp.Compare(a.Order, b.Order) })
	t.messages = slices.Insert(t.messages, pos, m)
	return at < 0
}

// trim lets go of what is far from the screen.
func (t *Thread) trim() {
	if t.AtBottom && len(t.messages) > trimAt {
		t.messages = slices.Clone(t.messages[len(t.messages)-trimTo:])
		t.More = true
	}
}

// PutMessage takes a new or changed message in.
func (v *View) PutMessage(m model.Message) {
	v.putPreview(m)
	fresh := v.isNews(m)
	if t := v.threads[m.Chat]; t != nil && (t.Loaded || t.Loading) {
		if t.takes(m) && t.put(m) && !m.FromMe && !t.AtBottom && fresh {
			t.NewBelow++
		}
		t.trim()
	}
	if fresh {
		v.announce.pending = append(v.announce.pending, m)
	}
}

// takes tells whether a message belongs to what is at hand.
func (t *Thread) takes(m model.Message) bool {
	if len(t.messages) == 0 {
		return true
	}
	if t.More && m.Order < t.Oldest() {
		return false
	}
	if newest := t.messages[len(t.messages)-1].Order; m.Order > newest {
		t.Cut = t.Cut || !t.AtBottom && !m.FromMe && len(t.messages) >= holdAt
		if t.Cut && !t.AtBottom {
			t.NewBelow++
		}
		return !t.Cut
	}
	return true
}

// isNews tells whether a message has just come in, rather than changed or been
// told again.
func (v *View) isNews(m model.Message) bool {
	c := v.chats[m.Chat]
	if m.FromMe || c == nil || m.Order <= c.heard {
		return false
	}
	c.heard = m.Order
	return true
}

// putPreview keeps the row's last message up to date, also before the engine
// tells of the chat itself.
func (v *View) putPreview(m model.Message) {
	c := v.chats[m.Chat]
	if c == nil || c.Last != nil && (m.Order < c.Last.Order || m.Order == c.Last.Order && keyOf(m) != keyOf(*c.Last)) {
		return
	}
	c.Last = &m
}

func (v *View) dropMessage(chat model.ChatID, id model.MessageID) {
	if t := v.threads[chat]; t != nil {
		t.messages = slices.DeleteFunc(t.messages, func(m model.Message) bool { return m.ID == id })
		delete(t.unsaved, id)
	}
}

// Echo shows a message that is on its way to the engine, at the end.
func (v *View) Echo(m model.Message) {
	t := v.Thread(m.Chat)
	m.Order = 1
	if n := len(t.messages); n > 0 {
		m.Order = t.messages[n-1].Order + 1
	}
	t.put(m)
	t.unread, t.unreadFrom = 0, 0
	delete(t.unsaved, m.ID)
}

// Unsaved marks a message that the engine could not take.
func (t *Thread) Unsaved(id model.MessageID) {
	for i, m := range t.messages {
		if m.FromMe && m.ID == id {
			t.messages[i].State = model.Failed
			t.unsaved[id] = true
		}
	}
}

// IsUnsaved gives the text of a message that the engine could not take.
func (t *Thread) IsUnsaved(id model.MessageID) (text string, yes bool) {
	if !t.unsaved[id] {
		return "", false
	}
	m, ok := t.Find(true, id)
	return m.Text, ok
}

// Find gives a message at hand.
func (t *Thread) Find(mine bool, id model.MessageID) (model.Message, bool) {
	for _, m := range t.messages {
		if m.FromMe == mine && m.ID == id {
			return m, true
		}
	}
	return model.Message{}, false
}

// Hide takes a message off the screen, until Show or until it is deleted.
func (t *Thread) Hide(mine bool, id model.MessageID) { t.hidden[key{mine, id}] = true }

// Show takes Hide back.
func (t *Thread) Show(mine bool, id model.MessageID) { delete(t.hidden, key{mine, id}) }

// Unseen gives the Order up to which the user has now seen all, if that is
// further than told before.
func (t *Thread) Unseen() (upto uint64, ok bool) {
	if t.Cut || !t.Loaded || t.Stale {
		return 0, false
	}
	for i := len(t.messages) - 1; i >= 0; i-- {
		if m := t.messages[i]; !m.FromMe {
			return m.Order, m.Order > t.readUpto
		}
	}
	return 0, false
}

// Told remembers that all up to an Order was seen.
func (t *Thread) Told(upto uint64) { t.readUpto = max(t.readUpto, upto) }

// ManyUnread tells whether the unread messages may not fit on a screen.
func (t *Thread) ManyUnread() bool { return t.unreadFrom != 0 && t.unread > 8 }

// Mark tells apart what is at the end of the open thread.
type Mark struct {
	Chat   model.ChatID
	last   key
	typing bool
}

// Mark gives what is at the end of the open thread.
func (v *View) Mark() Mark {
	m := Mark{Chat: v.Open, typing: v.Typing(v.Open)}
	if t := v.threads[v.Open]; t != nil && len(t.messages) > 0 {
		m.last = keyOf(t.messages[len(t.messages)-1])
	}
	return m
}

// PutReply takes in a message of ours as the engine has stored it, unless an
// event has already told more.
func (v *View) PutReply(m model.Message) {
	if t := v.threads[m.Chat]; t != nil {
		if old, ok := t.Find(true, m.ID); ok && old.State != model.Pending && m.State == model.Pending && !t.unsaved[m.ID] {
			return
		}
	}
	v.PutMessage(m)
}
