package view

import (
	"cmp"
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Bounds of a thread in memory and on screen, in messages. What is left out is
// asked for again when it is scrolled to.
const (
	FirstSize  = 18  // asked for at first: about a screenful, so that it is there soon
	PageSize   = 12  // asked for at a time later: what can be drawn between two frames
	AroundSize = 36  // asked for around a place: a screenful each way
	AtHand     = 120 // beyond, what is farthest from the screen is let go
)

// Thread is the messages of a chat that are at hand: a stretch of it without
// gaps, in order.
type Thread struct {
	Chat    model.ChatID
	Loaded  bool // the first page has come
	Loading bool // a page of older ones, or a new stretch, is under way
	Failed  bool // the last page did not come
	Stale   bool // must be asked for again
	More    bool // older ones exist
	Cut     bool // newer ones exist that are not at hand
	Ahead   bool // a page of newer ones is under way

	AtBottom bool // the newest is on screen
	NewBelow int  // incoming since it is not

	messages   []model.Message
	hidden     map[key]bool             // deleted, but it can still be undone
	unsaved    map[model.MessageID]bool // the engine did not take it
	moved      map[model.Ref]port.Moved // how far attachments are
	unreadFrom uint64                   // Order of the first unread one when the thread was opened
	unread     int
	readBefore uint64 // Order up to which all was read when the thread was opened; 0 if not known
	readUpto   uint64
	stretch    int // counts the stretches: a page of an earlier one is dropped
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
		t = &Thread{Chat: id, AtBottom: true, hidden: map[key]bool{}, unsaved: map[model.MessageID]bool{}, moved: map[model.Ref]port.Moved{}}
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
	t.AtBottom, t.NewBelow = true, 0
	t.keep(FirstSize)
	v.countUnread(t)
}

// countUnread notes what of a thread is unread now that it opens.
func (v *View) countUnread(t *Thread) {
	t.unreadFrom, t.unread, t.readBefore = 0, 0, 0
	if c := v.chats[t.Chat]; c != nil {
		t.unread, t.readBefore = max(c.Unread, 0), c.ReadUpto
	}
	t.markUnread()
}

// First is the Order around which a thread opens whose unread messages do not
// fit on a screen; 0 for its end.
func (t *Thread) First() uint64 {
	if t.unread <= fewUnread {
		return 0
	}
	return max(t.readBefore, 1)
}

// fewUnread fit on a screen.
const fewUnread = 8

// markUnread finds the first unread message, once, when enough are at hand.
func (t *Thread) markUnread() {
	if t.unread == 0 || t.unreadFrom != 0 || !t.Loaded {
		return
	}
	if t.readBefore != 0 {
		t.unreadFrom = t.firstAfter(t.readBefore)
		return
	}
	if t.Cut { // counting from the end needs the end
		if !t.More {
			t.unreadFrom = t.firstAfter(0)
		}
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

// firstAfter is the Order of the first incoming message after another one, if
// what is at hand begins before it.
func (t *Thread) firstAfter(order uint64) uint64 {
	if t.More && t.Oldest() > order {
		return 0
	}
	for _, m := range t.messages {
		if !m.FromMe && m.Order > order {
			return m.Order
		}
	}
	return 0
}

// newest is the Order of the last message at hand that the engine has; 0 if
// there is none.
func (t *Thread) newest() uint64 {
	for i := len(t.messages) - 1; i >= 0; i-- {
		if !t.unsaved[t.messages[i].ID] {
			return t.messages[i].Order
		}
	}
	return 0
}

// Newest is the Order after which newer ones are asked for.
func (t *Thread) Newest() uint64 { return t.newest() }

// Holds tells whether an Order lies within what is at hand.
func (t *Thread) Holds(order uint64) bool {
	return t.Loaded && !t.Stale && len(t.messages) > 0 && order >= t.Oldest() && order <= t.newest()
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

// PutMessage takes a new or changed message in.
func (v *View) PutMessage(m model.Message) {
	v.putPreview(m)
	fresh := v.isNews(m)
	if t := v.threads[m.Chat]; t != nil && (t.Loaded || t.Loading) {
		if t.takes(m) {
			t.put(m)
		}
		if fresh && !t.AtBottom {
			t.NewBelow++
		}
		t.trimStart()
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
	if m.Order > t.messages[len(t.messages)-1].Order && !t.known(keyOf(m)) {
		t.Cut = t.Cut || !t.AtBottom && len(t.messages) >= AtHand
		return !t.Cut
	}
	return true
}

func (t *Thread) known(k key) bool {
	return slices.ContainsFunc(t.messages, func(m model.Message) bool { return keyOf(m) == k })
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

func (v *View) dropMessage(e port.MessageDeleted) {
	if t := v.threads[e.Chat]; t != nil {
		mine := e.FromMe || t.unsaved[e.ID]
		t.messages = slices.DeleteFunc(t.messages, func(m model.Message) bool { return m.ID == e.ID && m.FromMe == mine })
		delete(t.unsaved, e.ID)
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
func (t *Thread) ManyUnread() bool { return t.unreadFrom != 0 && t.unread > fewUnread }

// Progress takes in how far an attachment's bytes are.
func (v *View) Progress(e port.Moved) {
	t := v.threads[e.Chat]
	if t == nil {
		return
	}
	if len(t.moved) > AtHand {
		clear(t.moved)
	}
	t.moved[e.Ref] = e
}

// Moved is how far an attachment's bytes are, while they move.
func (t *Thread) Moved(ref model.Ref) (port.Moved, bool) {
	m, ok := t.moved[ref]
	return m, ok
}

// OrderOf is the Order of a message at hand.
func (t *Thread) OrderOf(ref model.Ref) (uint64, bool) {
	m, ok := t.Find(ref.FromMe, ref.ID)
	return m.Order, ok
}

// From is the first message at hand from an Order on, if that lies within.
func (t *Thread) From(order uint64) (model.Ref, bool) {
	if !t.Holds(order) {
		return model.Ref{}, false
	}
	for _, m := range t.messages {
		if m.Order >= order && !t.hidden[keyOf(m)] {
			return m.Ref(), true
		}
	}
	return model.Ref{}, false
}

// SeenUpto is Unseen where the screen ends above the last message: ref is the
// last one on it.
func (t *Thread) SeenUpto(ref model.Ref) (upto uint64, ok bool) {
	if !t.Loaded || t.Stale {
		return 0, false
	}
	last, ok := t.OrderOf(ref)
	if !ok {
		return 0, false
	}
	for i := len(t.messages) - 1; i >= 0; i-- {
		if m := t.messages[i]; !m.FromMe && m.Order <= last {
			return m.Order, m.Order > max(t.readUpto, t.readBefore)
		}
	}
	return 0, false
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
