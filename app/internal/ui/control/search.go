package control

import (
	"strconv"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// findPage is how many hits are asked for at first, and then with "more".
const findPage = 30

// Find is a search for messages.
type Find struct {
	On      bool         // its field is open; for the search within a chat
	Chat    model.ChatID // only there
	Text    string
	Hits    []port.Hit // newest first
	More    uint64     // where to go on; 0 if that was all
	Busy    bool       // a part is under way
	Failed  bool
	Indexed int // percent of the store that can be searched; 0 for all
	At      int // the hit shown; -1 for none
	NoDate  bool

	want int    // hits that are to be shown
	of   string // the text that Hits are of
	wish wish   // once Hits are what Text finds
}

// wish is what the user did in the field in a hurry, for the first hit.
type wish int

const (
	toFocus wish = 1 + iota
	toOpen
)

// Fresh tells whether Hits are what Text finds.
func (f *Find) Fresh() bool { return f.of == f.Text }

// look asks for the next part, if one is due: one question at a time, so that
// quick typing asks only for what it has come to.
func (c *Control) look(f *Find) {
	if f.Busy || f.Fresh() && (f.More == 0 || len(f.Hits) >= f.want) {
		return
	}
	if f.Text == "" {
		f.of, f.Hits, f.More = "", nil, 0
		return
	}
	before := f.More
	if !f.Fresh() {
		before, f.want, f.At = 0, findPage, -1
	}
	asked, chat := f.Text, f.Chat
	f.Busy = true
	c.do(port.Search{Text: asked, Chat: chat, Before: before, Limit: findPage}, func(r port.Reply) {
		var part port.SearchResult
		err := decode(r, &part)
		f.Busy = false
		if f.Chat != chat {
			return
		}
		if f.Failed = err != nil; err != nil {
			f.of, f.Hits, f.More = asked, nil, 0
		} else {
			if before == 0 {
				f.Hits = nil
			}
			f.of, f.Hits, f.More, f.Indexed = asked, append(f.Hits, part.Hits...), part.More, part.Indexed
		}
		if f.Fresh() {
			c.fulfil(f)
		}
		c.look(f)
	})
}

// FindMore shows more of what a search finds.
func (c *Control) FindMore(f *Find) {
	defer c.Turn()()
	f.want = len(f.Hits) + findPage
	c.look(f)
}

// FindAgain repeats a search that failed.
func (c *Control) FindAgain(f *Find) {
	defer c.Turn()()
	f.of, f.Failed = "", false
	c.look(f)
}

// Search filters the chat list, and looks for messages.
func (c *Control) Search(text string) {
	defer c.Turn()()
	c.View.Search = text
	c.Find.Text, c.Find.wish = text, 0
	c.look(&c.Find)
}

// OpenHit shows a message that was found.
func (c *Control) OpenHit(f *Find, i int) {
	defer c.Turn()()
	if i < 0 || i >= len(f.Hits) {
		return
	}
	f.At = i
	m := f.Hits[i].Message
	if f == &c.Within {
		c.jump(m.Order, m.Ref(), false)
		return
	}
	c.OpenAt(m.Chat, m.Order, m.Ref())
}

// EnterHits goes from the field to the first hit, or shows it: where what was
// found is of an earlier text, once it is not.
func (c *Control) EnterHits(f *Find, open bool) {
	defer c.Turn()()
	switch {
	case !f.Fresh() && open:
		f.wish = toOpen
	case !f.Fresh():
		f.wish = toFocus
	case open:
		c.OpenHit(f, 0)
	default:
		c.MoveHit(f, -1, 1)
	}
}

func (c *Control) fulfil(f *Find) {
	w := f.wish
	f.wish = 0
	switch {
	case w == 0 || len(f.Hits) == 0:
	case w == toOpen:
		c.OpenHit(f, 0)
	default:
		c.Focus(HitID(f, 0))
	}
}

// HitID is the element id of a hit.
func HitID(f *Find, i int) string {
	if f.On {
		return "hit-here-" + strconv.Itoa(i)
	}
	return "hit-" + strconv.Itoa(i)
}

// MoveHit moves the focus through the hits, and above them to the rows or the
// field.
func (c *Control) MoveHit(f *Find, from, step int) {
	to := min(from+step, len(f.Hits)-1)
	switch {
	case to >= 0:
		c.device.Focus(HitID(f, to))
	case f == &c.Within:
		c.device.Focus("find")
	default:
		if rows := c.View.Rows(); len(rows) > 0 {
			c.FocusRow(rows[len(rows)-1].ID)
			return
		}
		c.device.Focus("search")
	}
}

// OpenFind opens the search within the open chat, and tells whether one is open.
func (c *Control) OpenFind() bool {
	defer c.Turn()()
	if c.View.Open == "" || c.Route.Chat != c.View.Open {
		return false
	}
	if !c.Within.On {
		c.Within = Find{On: true, Chat: c.View.Open, At: -1}
	}
	c.Focus("find")
	return true
}

// CloseFind closes it, and tells whether it was open.
func (c *Control) CloseFind() bool {
	defer c.Turn()()
	if !c.Within.On {
		return false
	}
	c.Within = Find{}
	c.Focus("composer")
	return true
}

// FindHere looks for a text in the open chat.
func (c *Control) FindHere(text string) {
	defer c.Turn()()
	c.Within.Text, c.Within.NoDate, c.Within.wish = text, false, 0
	c.look(&c.Within)
}

// NextHit shows the next older hit in the open chat, or with step -1 the next
// newer one. The focus stays.
func (c *Control) NextHit(step int) {
	f := &c.Within
	if !f.Fresh() {
		f.wish = toOpen
		return
	}
	if at := f.At + step; at >= 0 && at < len(f.Hits) {
		c.OpenHit(f, at)
		if at+1 == len(f.Hits) && f.More != 0 {
			c.FindMore(f)
		}
	}
}

// GoToDate shows the first message of a day, "2026-11-22".
func (c *Control) GoToDate(day string) {
	defer c.Turn()()
	at, err := time.ParseInLocation(time.DateOnly, day, c.View.Now.Location())
	chat := c.View.Open
	if err != nil || chat == "" {
		return
	}
	c.do(port.FindDate{Chat: chat, At: at}, func(r port.Reply) {
		var found port.Found
		if decode(r, &found) != nil || c.View.Open != chat {
			return
		}
		if c.Within.NoDate = found.Order == 0; !c.Within.NoDate {
			c.jumpAt(found.Order)
		}
	})
}
