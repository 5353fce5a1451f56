package control

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ferry/app/internal/ui/view"
)

// Complete are the emoji that a ":name" before the cursor may mean.
type Complete struct {
	Query string
	Items []view.Emoji
	At    int

	from, to int // of ":name" in the text, in bytes
}

// complete looks for an emoji's name before the cursor, and puts the emoji in
// the place of a whole one once a space follows.
func (c *Control) complete() {
	was := c.Complete
	c.Complete = Complete{}
	if c.files == nil || !strings.Contains(c.Text, ":") {
		return
	}
	caret := byteAt(c.Text, c.screen.Caret("composer"))
	if c.completed(caret) {
		return
	}
	from, query := shortcode(c.Text[:caret])
	if len(query) < 2 {
		return
	}
	if c.Emoji.Set == nil {
		c.loadEmoji(func() { c.complete() })
		return
	}
	items := c.Emoji.Set.Complete(query, maxComplete)
	if len(items) == 0 {
		return
	}
	c.Emoji.take(c.files.Recent())
	c.Complete = Complete{Query: query, Items: items, from: from, to: caret}
	if was.Query == query {
		c.Complete.At = was.At
	}
}

// completed puts the emoji in the place of ":name: ".
func (c *Control) completed(caret int) bool {
	text, ok := strings.CutSuffix(c.Text[:caret], ": ")
	if !ok {
		return false
	}
	from, name := shortcode(text)
	if name == "" {
		return false
	}
	if c.Emoji.Set == nil {
		c.loadEmoji(func() { c.complete() })
		return true
	}
	e, ok := c.Emoji.Set.Code(name)
	if !ok {
		return false
	}
	face := e.With(view.ToneOf(c.files.Recent()))
	c.recent(face)
	c.replace(from, caret, face+" ")
	return true
}

// shortcode finds a ":name" at the end of a text, at the beginning of a word.
func shortcode(text string) (from int, name string) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 || len(text)-at > 40 {
		return 0, ""
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	if at > 0 && (unicode.IsLetter(before) || unicode.IsDigit(before) || before == ':' || before == '/') {
		return 0, ""
	}
	name = text[at+1:]
	for i := range len(name) {
		ch := name[i] | 0x20
		if !(ch >= 'a' && ch <= 'z' || name[i] >= '0' && name[i] <= '9' || strings.IndexByte("_+-", name[i]) >= 0) {
			return 0, ""
		}
	}
	return at, name
}

// MoveComplete goes through the names that may be meant.
func (c *Control) MoveComplete(step int) {
	if n := len(c.Complete.Items); n > 0 {
		c.Complete.At = (c.Complete.At + step + n) % n
	}
}

// ComposeKey does what a key in the composer stands for beside writing, and
// tells whether it stands for anything: choosing a name, or going back to the
// last message.
func (c *Control) ComposeKey(key string) bool {
	if n := len(c.Complete.Items); n > 0 {
		switch key {
		case "ArrowDown":
			c.MoveComplete(1)
		case "ArrowUp":
			c.MoveComplete(-1)
		case "Enter", "Tab":
			c.TakeComplete(c.Complete.At)
		case "Escape":
			c.Complete = Complete{}
		default:
			return false
		}
		return true
	}
	return key == "ArrowUp" && c.EditLast()
}

// TakeComplete puts the emoji in the place of its name.
func (c *Control) TakeComplete(i int) {
	defer c.Turn()()
	p := c.Complete
	c.Complete = Complete{}
	if i < 0 || i >= len(p.Items) || p.to > len(c.Text) {
		return
	}
	face := p.Items[i].With(c.Emoji.Tone)
	c.recent(face)
	c.replace(p.from, p.to, face+" ")
	c.device.Focus("composer")
}
