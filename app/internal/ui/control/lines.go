package control

import (
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Lines is what goes on with the lines of the open thread on screen.
type Lines struct {
	Box  Box // nil while no thread is drawn
	Turn int // the lines are drawn again when it changes

	quiet   bool // something has happened that changes no line,
	loud    bool // and something that may,
	before  bool // also before the present turn
	top     float64
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
	// Last is the last message that is on screen with its end.
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
	line  string
	order uint64 // instead: the line of the first message from there on
	how   Showing
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

// reading is the Order of what was read last; 0 if that is not known.
func (l *Lines) reading() uint64 { return l.upto }

func (c *Control) leaveLines() {
	c.Lines.goal, c.Lines.top, c.Lines.upto = nil, 0, 0
	c.Within = Find{}
	if p := c.Lines.pending; p != nil && p.chat != c.Route.Chat {
		c.Lines.pending = nil
	}
}

// aim shows a line once it is drawn.
func (c *Control) aim(g goal) {
	c.Lines.goal = &g
	c.View.Thread(c.View.Open).AtBottom = false
}

// AfterDraw runs fn once what has changed is drawn.
func (c *Control) AfterDraw(fn func()) {
	if c.screen != nil {
		c.screen.After(fn)
	}
}

// LinesDrawn puts the thread where it belongs once its lines were drawn: on what is
// to be shown, or where it was.
func (c *Control) LinesDrawn() {
	box := c.Lines.Box
	if box == nil || c.View.Open == "" {
		return
	}
	if g := c.Lines.goal; g != nil && box.Show(c.lineOf(g), g.how) {
		c.Lines.goal = nil
		box.Note()
		c.screen.Post(func() { c.Scrolled() })
	} else {
		c.LinesSettled()
	}
	c.Lines.top, _, _ = c.device.Scroll("thread")
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
