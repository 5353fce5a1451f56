package control

import (
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

// Lines is what goes on with the lines of the open thread on screen.
type Lines struct {
	Box  Box // nil while no thread is drawn
	Turn int // the lines are drawn again when it changes

	quiet   bool // something has happened that changes no line,
	loud    bool // and something that may,
	before  bool // also before the present turn
	top     float64
	cut     bool     // newer messages existed than those drawn last
	opening bool     // nothing of the chat was shown yet, nor has the user gone anywhere
	goal    *goal    // what to show once it is drawn
	pending *pending // what to show once its chat is open
	marking bool     // a MarkRead is under way
	upto    uint64   // Order of the last line read while scrolled up
}

// Box is the scrolling thread as it is drawn. A line is named by LineOf, or is
// UnreadLine.
type Box interface {
	// Note remembers where the lines on screen are, and Keep puts them back
	// there after something has changed around them.
	Note()
	Keep()
	// Show scrolls a line into view, and tells whether it is there.
	Show(line string, how Showing) bool
	// First and Last are the first message that is on screen, and the last one
	// that is with its end.
	First() (model.Ref, bool)
	Last() (model.Ref, bool)
}

// Showing is how a line is shown.
type Showing struct {
	Middle bool // of the screen, or else near its top
	Flash  bool // marked for a moment
	Focus  bool // it gets the focus
}

// UnreadLine is the line above the first unread message.
const UnreadLine = "unread"

// LineOf names the line of a message.
func LineOf(ref model.Ref) string {
	if ref.FromMe {
		return "m-" + string(ref.ID)
	}
	return "t-" + string(ref.ID)
}

type goal struct {
	end    bool // of the thread, or
	line   string
	order  uint64 // or the line of the first message from there on
	around uint64 // where it is asked for; 0 for the end
	how    Showing
}

type pending struct {
	chat  model.ChatID
	order uint64
	ref   model.Ref
}

func (l *Lines) note() {
	if l.Box != nil {
		l.Box.Note()
	}
}

// reading is the Order of what the user looks at, or is about to; 0 if that is
// not known.
func (c *Control) reading(t *view.Thread) uint64 {
	if g := c.Lines.goal; g != nil {
		return g.around
	}
	if c.Lines.Box != nil {
		if ref, ok := c.Lines.Box.First(); ok {
			if order, ok := t.OrderOf(ref); ok {
				return order
			}
		}
	}
	return c.Lines.upto
}

func (c *Control) leaveLines() {
	c.Lines.goal, c.Lines.top, c.Lines.upto, c.Lines.cut, c.Lines.opening = nil, 0, 0, false, false
	c.Within = Find{}
	if p := c.Lines.pending; p != nil && p.chat != c.Route.Chat {
		c.Lines.pending = nil
	}
}

// aim shows a line once it is drawn.
func (c *Control) aim(g goal) {
	c.Lines.goal, c.Lines.opening = &g, false
	c.View.Thread(c.View.Open).AtBottom = false
}

// aimEnd shows the end once it is drawn. What the browser says until then is of
// the place before.
func (c *Control) aimEnd() {
	c.Lines.goal = &goal{end: true}
	c.View.Thread(c.View.Open).AtBottom = true
}

// AfterDraw runs fn once what has changed is drawn.
func (c *Control) AfterDraw(fn func()) {
	if c.screen != nil {
		c.screen.After(fn)
	}
}

// LinesChange takes in where the thread is scrolled to just before its lines are
// drawn anew: the browser tells of scrolling only with its next frame, and a
// busy one late.
func (c *Control) LinesChange() {
	if c.Lines.Box == nil || c.View.Open == "" || c.Lines.goal != nil {
		return
	}
	if top, height, _ := c.device.Scroll("thread"); height > 0 && top != c.Lines.top {
		t := c.View.Thread(c.View.Open)
		t.AtBottom = -top <= nearBottom && !c.Lines.cut
		c.Lines.note()
		c.lookAgain()
	}
}

// lookAgain takes in where the thread is scrolled to, and draws what depends on it.
func (c *Control) lookAgain() { c.screen.Post(func() { c.Scrolled() }) }

// LinesDrawn puts the thread where it belongs once its lines were drawn: on what is
// to be shown, or where it was.
func (c *Control) LinesDrawn() {
	if c.Lines.Box == nil || c.View.Open == "" {
		return
	}
	t := c.View.Thread(c.View.Open)
	if c.Lines.goal == nil || !c.reach(t) {
		c.LinesSettled()
	}
	c.Lines.cut = t.Cut
	c.Lines.top, _, _ = c.device.Scroll("thread")
	if c.Lines.goal == nil && !t.AtBottom {
		c.readIfSeen() // what is new on screen
	}
}

// reach goes to what is to be shown, if it is there. What is neither there nor
// under way will not come any more: the thread stays where it is.
func (c *Control) reach(t *view.Thread) (there bool) {
	switch g := c.Lines.goal; {
	case g.end && !t.Cut:
		c.device.ScrollTo("thread", 0)
		there = true
	case !g.end && c.Lines.Box.Show(c.lineOf(g), g.how):
		c.Lines.Box.Note()
		there = true
	case t.Loading:
		return false
	}
	c.Lines.goal = nil
	c.lookAgain()
	return there
}

// lineOf is the line to be shown; "" while it is not at hand.
func (c *Control) lineOf(g *goal) string {
	if g.order == 0 {
		return g.line
	}
	if ref, ok := c.View.Thread(c.View.Open).From(g.order); ok {
		return LineOf(ref)
	}
	return ""
}

// LinesSettled keeps the lines in their place after their sizes changed. At the end
// the box keeps the end in place by itself.
func (c *Control) LinesSettled() {
	if c.Lines.Box != nil && c.View.Open != "" && !c.View.Thread(c.View.Open).AtBottom {
		c.Lines.Box.Keep()
	}
}

// begin is the start of a turn.
func (l *Lines) begin() { l.before, l.loud = l.loud, true }

// Still says that what happens in this turn changes no line of the thread.
func (c *Control) Still() { c.Lines.quiet, c.Lines.loud = true, c.Lines.before }

// LinesTurn counts the drawings of the lines: it stays as it is where nothing
// happened that concerns them.
func (c *Control) LinesTurn() int {
	if l := &c.Lines; l.loud || !l.quiet {
		l.Turn++
	}
	c.Lines.loud, c.Lines.quiet = false, false
	return c.Lines.Turn
}

func (c *Control) unread(id model.ChatID) int {
	chat, _ := c.View.Chat(id)
	return max(chat.Unread, 0)
}

// readIfSeen tells the engine what the user has seen: only if the thread is on
// screen, the page is visible, and the message is in sight.
func (c *Control) readIfSeen() {
	id := c.View.Open
	if id == "" || c.core == nil || c.Route.Chat != id || !c.device.Visible() {
		return
	}
	t := c.View.Thread(id)
	if !t.AtBottom {
		c.readSome(id)
		return
	}
	if upto, ok := t.Unseen(); ok {
		t.Told(upto)
		c.View.Seen(id)
		c.do(port.MarkRead{Chat: id, Upto: upto}, nil)
	}
}

// readSome tells of what was seen of many unread messages, one step at a time.
func (c *Control) readSome(id model.ChatID) {
	t := c.View.Thread(id)
	if c.Lines.Box == nil || c.Lines.marking || c.Lines.goal != nil {
		return
	}
	ref, ok := c.Lines.Box.Last()
	if !ok {
		return
	}
	if order, ok := t.OrderOf(ref); ok {
		c.Lines.upto = order
	}
	upto, ok := t.SeenUpto(ref)
	if !ok || c.unread(id) == 0 {
		return
	}
	t.Told(upto)
	c.Lines.marking = true
	c.do(port.MarkRead{Chat: id, Upto: upto}, func(port.Reply) {
		c.Lines.marking = false
		t.NewBelow = min(t.NewBelow, c.unread(id))
	})
}
