package view

import (
	"time"

	"ferry/app/internal/model"
)

// groupGap is how long a pause ends a group of bubbles.
const groupGap = 5 * time.Minute

// Item is a line of a thread: a divider or a bubble.
type Item struct {
	Divider string // a day, or how many are unread; "" for a bubble
	Unread  bool   // the divider is the unread one
	Bubble  Bubble
	Notice  *Notice // a line about the chat: only ID and so on of Bubble are set
}

// Bubble is one message as shown.
type Bubble struct {
	ID      model.MessageID
	Chat    model.ChatID
	Mine    bool
	Text    string
	Time    string // of the day
	Moment  string // in full
	State   model.SendState
	Failure string // why it failed and what to do; "" if it did not
	Quiet   bool   // Text is a placeholder
	Emoji   bool   // a few emoji and nothing else: shown large
	First   bool   // of a group
	Last    bool   // of a group: it has the tail

	Message   model.Message // as the engine tells it: hostile texts
	Kind      model.Kind
	Mentions  []Mention
	Quote     *Quote // what it answers
	Chips     []Chip
	Edited    string // when, in full; "" if it was not
	Forwarded bool
	Cards     []Card
	Place     *Place
	Note      *Note  // stands in for what is not shown
	Inert     bool   // of a stranger: nothing in it does or fetches anything
	Waits     string // why it is held back; "" if it is not
}

// Items are a thread's lines, oldest first.
func (v *View) Items(t *Thread) []Item {
	items := make([]Item, 0, len(t.messages)+4)
	var before *model.Message
	for i := range t.messages {
		m := &t.messages[i]
		if t.hidden[keyOf(*m)] {
			continue
		}
		at := m.At.In(v.Now.Location())
		newDay := before == nil || !sameDay(before.At.In(v.Now.Location()), at)
		if newDay {
			items = append(items, Item{Divider: v.L.Day(v.Now, at)})
		}
		unread := t.unreadFrom != 0 && m.Order == t.unreadFrom
		if unread {
			items = append(items, Item{Divider: v.L.Thread.Unread.Of(t.unread), Unread: true})
		}
		if m.Kind == model.KindNotice {
			items = append(items, v.noticeItem(m))
			before = m
			continue
		}
		first := newDay || unread || before.Kind == model.KindNotice || before.FromMe != m.FromMe || m.At.Sub(before.At) > groupGap
		if n := len(items); first && n > 0 {
			items[n-1].Bubble.Last = true // harmless on a divider
		}
		items = append(items, Item{Bubble: v.bubble(t, m, first)})
		before = m
	}
	if n := len(items); n > 0 {
		items[n-1].Bubble.Last = true
	}
	return closeGroups(items)
}

// closeGroups marks the bubble before a divider as the last of its group.
func closeGroups(items []Item) []Item {
	for i := range items {
		if items[i].Divider == "" && items[i].Notice == nil {
			continue
		}
		items[i].Bubble.Last = false
		if i > 0 && items[i-1].Divider == "" && items[i-1].Notice == nil {
			items[i-1].Bubble.Last = true
		}
	}
	return items
}

func (v *View) bubble(t *Thread, m *model.Message, first bool) Bubble {
	at := m.At.In(v.Now.Location())
	b := Bubble{
		ID: m.ID, Chat: m.Chat, Mine: m.FromMe, Text: CleanText(m.Text),
		Time: v.L.Clock(at), Moment: v.L.Moment(v.Now, at), State: m.State, First: first,
	}
	switch {
	case m.Failure == model.CannotDecrypt:
		b.Text, b.Quiet = v.L.Thread.WaitingFor, true
	case m.Failure == model.NotSupported:
		b.Text, b.Quiet = v.L.Thread.NotSupported, true
	case m.State == model.Failed:
		b.Failure = v.failure(t, m)
	case m.Failure == model.HeldForKey:
		b.Waits = v.L.People.Safety.Waits
	}
	v.fill(&b, t, m)
	b.Emoji = !b.Quiet && b.Kind == model.KindText && b.Quote == nil && fewEmoji(b.Text)
	return b
}

func (v *View) failure(t *Thread, m *model.Message) string {
	l := v.L.Failure
	if t.unsaved[m.ID] {
		return l.NotSaved
	}
	switch m.Failure {
	case model.NoConsent:
		return l.NoConsent
	case model.NoAccount:
		return l.NoAccount
	case model.NoDevices:
		return l.NoDevices
	case model.Rejected:
		return l.Rejected
	case model.NotEnlisted:
		return l.NotEnlisted
	case model.OutOfRegion:
		return l.OutOfRegion
	case model.OwnBlock:
		return l.OwnBlock
	case model.Unanswered:
		return l.Unanswered
	case model.TooMany:
		return l.TooMany
	case model.IdentityChanged:
		return l.IdentityChanged
	}
	return l.Other
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}

// fewEmoji tells whether a text is one to three emoji and nothing else.
func fewEmoji(s string) bool {
	if len(s) == 0 || len(s) > 120 {
		return false
	}
	n, joined := 0, false
	for _, r := range s {
		switch {
		case r == '\u200d':
			joined = true
		case r == '\ufe0f', r >= 0x1f3fb && r <= 0x1f3ff, r >= 0xe0020 && r <= 0xe007f:
		case r >= 0x1f1e6 && r <= 0x1f1ff, r >= 0x1f300 && r <= 0x1faff, r >= 0x2600 && r <= 0x27bf, r == '\u2b50':
			if !joined {
				n++
			}
			joined = false
		case r == ' ':
		default:
			return false
		}
	}
	return n >= 1 && n <= 3
}
