package control

import (
	"slices"
	"strconv"
	"strings"

	"ferry/app/internal/ui/view"
)

// EmojiColumns is how many emoji are in a line of the picker.
const EmojiColumns = 8

// Bounds of what is shown at a time.
const (
	maxFound    = 96
	maxComplete = 8
)

// RecentGroup stands for the emoji used last among the groups.
const RecentGroup = -1

// Emoji is the picker.
type Emoji struct {
	Open   bool
	For    MessageKey // the message to react to; none is the composer
	Query  string
	Group  int
	At     int // of Shown: where the Tab key stops
	Tone   int
	Tones  bool           // the skin tone is being chosen
	Set    *view.EmojiSet // nil until loaded
	Failed bool
	Recent []string

	loading bool
	wanted  []func() // what waits for the set
}

// CanEmoji tells whether there are emoji to choose from.
func (c *Control) CanEmoji() bool { return c.files != nil }

// ToggleEmoji opens or closes the picker of the composer.
func (c *Control) ToggleEmoji() {
	if c.Emoji.Open && c.Emoji.For.ID == "" {
		c.CloseEmoji()
		return
	}
	c.OpenEmoji(MessageKey{})
}

// OpenEmoji opens the picker, for a reaction or, without a message, for the
// composer.
func (c *Control) OpenEmoji(of MessageKey) {
	defer c.Turn()()
	if c.files == nil || c.View.Open == "" {
		return
	}
	e := &c.Emoji
	c.Menu, c.Complete = MessageKey{}, Complete{}
	e.Open, e.For, e.Query, e.At, e.Tones = true, of, "", 0, false
	e.take(c.files.Recent())
	if e.Group = 0; len(e.Recent) > 0 {
		e.Group = RecentGroup
	}
	c.loadEmoji(nil)
	if !c.screen.Touch() {
		c.Focus("emoji-search")
	}
}

func (e *Emoji) take(recent []string) {
	e.Tone = view.ToneOf(recent)
	e.Recent = slices.DeleteFunc(slices.Clone(recent), view.IsTone)
}

// CloseEmoji closes the picker.
func (c *Control) CloseEmoji() {
	defer c.Turn()()
	if c.Emoji.Open {
		c.Emoji.Open = false
		if c.Emoji.For.ID == "" && !c.screen.Touch() {
			c.Focus("composer")
		}
	}
}

// LoadEmoji tries again.
func (c *Control) LoadEmoji() {
	defer c.Turn()()
	c.loadEmoji(nil)
}

// loadEmoji fetches the emoji once, and runs fn when they are there.
func (c *Control) loadEmoji(fn func()) {
	e := &c.Emoji
	if e.Set != nil {
		if fn != nil {
			fn()
		}
		return
	}
	if fn != nil && len(e.wanted) < 4 {
		e.wanted = append(e.wanted, fn)
	}
	if e.loading || c.files == nil {
		return
	}
	e.loading, e.Failed = true, false
	c.files.Emoji(func(data []byte, err error) {
		var set *view.EmojiSet
		if err == nil {
			set, err = view.ParseEmoji(data)
		}
		c.post(func() {
			e.loading, e.Set, e.Failed = false, set, err != nil
			wanted := e.wanted
			e.wanted = nil
			for _, fn := range wanted {
				if err == nil {
					fn()
				}
			}
		})
	})
}

// Shown are the emoji in the picker now.
func (e *Emoji) Shown() []view.Emoji {
	switch {
	case e.Set == nil:
		return nil
	case strings.TrimSpace(e.Query) != "":
		return e.Set.Search(e.Query, maxFound)
	case e.Group == RecentGroup: // and what is used most by everybody
		return append(e.recents(), e.Set.In(0)...)
	}
	return e.Set.In(e.Group)
}

// Lately counts those of Shown that are there because they were used last.
func (e *Emoji) Lately() int {
	if e.Set == nil || e.Group != RecentGroup || strings.TrimSpace(e.Query) != "" {
		return 0
	}
	return len(e.recents())
}

// recents are the emoji used last.
func (e *Emoji) recents() []view.Emoji {
	var out []view.Emoji
	for _, text := range e.Recent {
		if known, ok := e.Set.Known(text); ok {
			known.Text = text
			out = append(out, known)
		}
	}
	return out
}

// Face is how one of Shown looks: with the chosen skin tone, or as it was used
// last.
func (e *Emoji) Face(i int, of view.Emoji) string {
	if i < e.Lately() {
		return of.Text
	}
	return of.With(e.Tone)
}

// EmojiSearch looks for emoji by words.
func (c *Control) EmojiSearch(query string) {
	defer c.Turn()()
	c.Emoji.Query, c.Emoji.At = query, 0
}

// EmojiGroup shows a group.
func (c *Control) EmojiGroup(group int) {
	defer c.Turn()()
	e := &c.Emoji
	e.Group, e.At, e.Query = group, 0, ""
	c.screen.SetValue("emoji-search", "")
	c.screen.After(func() { c.device.ScrollTo("emoji-grid", 0) })
}

// EmojiID is the element id of an emoji of Shown.
func EmojiID(i int) string { return "emoji-" + strconv.Itoa(i) }

// MoveEmoji moves the focus in the picker; up from the first line is the
// search.
func (c *Control) MoveEmoji(step int) {
	defer c.Turn()()
	e := &c.Emoji
	n := len(e.Shown())
	if n == 0 {
		return
	}
	if step == EmojiColumns || step == -EmojiColumns {
		step = e.line(step)
	}
	if to := e.At + step; to >= 0 || step == -1 {
		e.At = min(max(to, 0), n-1)
	} else if step == -EmojiColumns {
		c.device.Focus("emoji-search")
		return
	} else {
		e.At = 0
	}
	c.device.Focus(EmojiID(e.At))
}

// line is a step down or up a line, where a line begins anew after those used
// last.
func (e *Emoji) line(step int) int {
	last, col := e.Lately(), e.At%EmojiColumns
	switch {
	case step > 0 && e.At < last && e.At+step >= last:
		return last + col - e.At
	case step < 0 && last > 0 && e.At >= last && e.At-last < EmojiColumns:
		start := (last - 1) / EmojiColumns * EmojiColumns
		return min(start+e.At-last, last-1) - e.At
	}
	return step
}

// PickEmoji takes an emoji of Shown.
func (c *Control) PickEmoji(i int) {
	shown := c.Emoji.Shown()
	if i < 0 || i >= len(shown) {
		return
	}
	text := c.Emoji.Face(i, shown[i])
	if of := c.Emoji.For; of.ID != "" {
		c.CloseEmoji()
		c.React(of, text)
		return
	}
	defer c.Turn()()
	c.Emoji.At = i
	c.recent(text)
	c.insert(text)
}

// PickFirst takes the first emoji that was found.
func (c *Control) PickFirst() {
	if strings.TrimSpace(c.Emoji.Query) != "" {
		c.PickEmoji(0)
	}
}

// SetTone chooses the skin tone of what is picked from now on.
func (c *Control) SetTone(tone int) {
	defer c.Turn()()
	e := &c.Emoji
	e.Tone, e.Tones = tone, false
	if c.files != nil {
		c.files.SetRecent(view.WithTone(c.files.Recent(), tone))
	}
	c.Focus("emoji-tone")
}

// ToggleTones opens or closes the choice of skin tones.
func (c *Control) ToggleTones() {
	defer c.Turn()()
	c.Emoji.Tones = !c.Emoji.Tones
}

// insert puts a text where the composer's cursor is.
func (c *Control) insert(text string) {
	at := byteAt(c.Text, c.screen.Caret("composer"))
	c.replace(at, at, text)
}

// replace puts a text in place of a part of the composer's, from byte to byte,
// and the cursor after it.
func (c *Control) replace(from, to int, text string) {
	id := c.View.Open
	c.Text = c.Text[:from] + text + c.Text[to:]
	whole, caret := c.Text, units(c.Text[:from+len(text)])
	if c.Editing == nil {
		c.device.SetDraft(string(id), whole)
		c.View.SetDraft(id, whole)
	}
	c.screen.SetValue("composer", whole)
	c.screen.SetCaret("composer", caret)
	c.device.FitText("composer", composerMax)
	c.tellTyping()
}

// byteAt turns a place in UTF-16 units, as browsers count, into one in bytes.
func byteAt(s string, unit int) int {
	for i, r := range s {
		if unit <= 0 {
			return i
		}
		unit -= 1
		if r > 0xffff {
			unit--
		}
	}
	return len(s)
}

// units counts a text as browsers do.
func units(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// dismissContent closes what is open over a message or the composer, and tells
// if anything was.
func (c *Control) dismissContent() bool {
	switch {
	case c.Emoji.Open && c.Emoji.Tones:
		c.Emoji.Tones = false
	case c.Emoji.Open:
		c.CloseEmoji()
	case len(c.Complete.Items) > 0:
		c.Complete = Complete{}
	case c.Who.ID != "":
		c.Who = MessageKey{}
	case c.Menu.ID != "":
		c.Menu = MessageKey{}
	case c.Replying != nil:
		c.CancelReply()
	case c.Editing != nil:
		c.CancelEdit()
	default:
		return false
	}
	return true
}
