package view

import (
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Want asks for a page: at most one field is set, as in port.Messages.
type Want struct{ Before, After, Around uint64 }

// Begin notes that a page is under way, and gives what Take needs; false if
// there is nothing to ask for now.
func (t *Thread) Begin(w Want) (stretch int, ok bool) {
	switch {
	case w.Before != 0 && (!t.Loaded || !t.More || t.Loading || t.Stale),
		w.After != 0 && (!t.Loaded || !t.Cut || t.Ahead || t.Loading || t.Stale):
		return 0, false
	case w.After != 0:
		t.Ahead = true
		return t.stretch, true
	case w.Before == 0: // another stretch, or the same one anew
		t.stretch++
		t.Ahead = false
	}
	t.Loading, t.Failed = true, false
	return t.stretch, true
}

// Take takes in the page that was asked for, and tells whether it still fits.
func (t *Thread) Take(page port.MessagePage, w Want, stretch int) bool {
	switch {
	case stretch != t.stretch:
		return false
	case w.After != 0:
		t.putNewer(page, w.After)
	case w.Around != 0:
		t.putAround(page)
	default:
		t.Put(page, w.Before)
	}
	return true
}

// Fail notes that a page did not come.
func (t *Thread) Fail(w Want, stretch int) {
	switch {
	case stretch != t.stretch:
	case w.After != 0:
		t.Ahead = false
	default:
		t.Loading, t.Failed = false, true
	}
}

// Put takes a page of older messages in, or the end of the thread if from is 0.
// From is what Messages.Before was.
func (t *Thread) Put(page port.MessagePage, from uint64) {
	if from == 0 {
		if t.Stale || t.Cut || t.apart(page) {
			t.restart()
		}
		fresh := len(t.messages) == 0 || !t.Loaded
		for _, m := range page.Messages {
			t.put(m)
		}
		if fresh || len(page.Messages) > 0 && page.Messages[0].Order <= t.Oldest() {
			t.More = page.More
		}
		t.Stale, t.Cut = false, false
	} else {
		t.join(page.Messages)
		t.More = page.More
		t.trimEnd()
	}
	t.Loaded, t.Loading, t.Failed = true, false, false
	t.trimStart()
	t.markUnread()
}

// apart tells whether there may be messages between what is at hand and a page
// of the thread's end.
func (t *Thread) apart(page port.MessagePage) bool {
	stored := t.newest()
	return stored != 0 && page.More && len(page.Messages) > 0 && page.Messages[0].Order > stored
}

// restart lets go of all but what the engine does not have.
func (t *Thread) restart() {
	t.messages = slices.DeleteFunc(t.messages, func(m model.Message) bool { return !t.unsaved[m.ID] })
}

func (t *Thread) putNewer(page port.MessagePage, from uint64) {
	t.Ahead = false
	if t.newest() != from { // what it should join is gone
		return
	}
	t.join(page.Messages)
	t.Cut = page.Newer
	t.keep(AtHand)
	t.markUnread()
}

func (t *Thread) putAround(page port.MessagePage) {
	t.messages = t.messages[:0]
	t.join(page.Messages)
	t.More, t.Cut = page.More, page.Newer
	t.Loaded, t.Loading, t.Failed, t.Stale, t.AtBottom = true, false, false, false, false
	t.markUnread()
}

// join puts a page in that lies at either end, or where its messages are known.
func (t *Thread) join(page []model.Message) {
	for _, m := range page {
		t.put(m)
	}
}

// trimEnd lets go of the newest ones where there are too many: whoever asks for
// older ones is far from them.
func (t *Thread) trimEnd() {
	for len(t.messages) > AtHand {
		last := len(t.messages) - 1
		if t.unsaved[t.messages[last].ID] {
			return
		}
		t.messages[last] = model.Message{}
		t.messages = t.messages[:last]
		t.Cut = true
	}
}

// trimStart lets go of the oldest ones where the user is at the end.
func (t *Thread) trimStart() {
	if t.AtBottom {
		t.keep(AtHand)
	}
}

// keep lets go of the oldest ones where there are more than so many.
func (t *Thread) keep(most int) {
	if over := len(t.messages) - most; over > 0 {
		t.messages = slices.Delete(t.messages, 0, over)
		t.More = true
	}
}
