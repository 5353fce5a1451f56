package view

import (
	"strings"
	"unicode/utf8"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Hit is a message that was found, as a line of a list.
type Hit struct {
	Chat  model.ChatID
	Order uint64
	Ref   model.Ref
	Name  string // of the chat
	Time  string
	Mine  bool
	Parts []Part
}

// Part is a piece of a text; a hit is what was looked for.
type Part struct {
	Text string
	Hit  bool
}

// Hits are the lines of what was found.
func (v *View) Hits(found []port.Hit) []Hit {
	hits := make([]Hit, len(found))
	for i, h := range found {
		m := h.Message
		hits[i] = Hit{
			Chat: m.Chat, Order: m.Order, Ref: m.Ref(), Name: v.Who(m.Chat), Mine: m.FromMe,
			Time: v.L.Short(v.Now, m.At.In(v.Now.Location())), Parts: Snippet(m.Text, h.Spans),
		}
		if len(hits[i].Parts) == 0 { // found by a file's name, for instance
			_, text := Summary(v.L, m)
			hits[i].Parts = []Part{{Text: text}}
		}
	}
	return hits
}

// Bounds of a snippet, in bytes.
const (
	snippetLead = 40
	snippetMost = 240
)

// Snippet is the piece of a text around its first hit, in one line. Spans that
// are not inside the text are ignored: it may have changed meanwhile.
func Snippet(text string, spans [][2]int) []Part {
	start := 0
	if len(spans) > 0 && spans[0][0] > snippetLead && spans[0][0] <= len(text) {
		start = spans[0][0] - snippetLead
		for start < len(text) && !utf8.RuneStart(text[start]) {
			start++
		}
		if space := strings.IndexAny(text[start:spans[0][0]], " \n"); space >= 0 {
			start += space + 1
		}
	}
	end := min(len(text), start+snippetMost)
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	var parts []Part
	add := func(from, to int, hit bool) {
		if s := inline(text[from:to]); s != "" {
			parts = append(parts, Part{s, hit})
		}
	}
	at := start
	if start > 0 {
		parts = append(parts, Part{Text: "…"})
	}
	for _, s := range spans {
		if s[0] < at || s[1] <= s[0] || s[1] > end || !utf8.RuneStart(text[s[0]]) {
			continue
		}
		add(at, s[0], false)
		add(s[0], s[1], true)
		at = s[1]
	}
	add(at, end, false)
	if end < len(text) {
		parts = append(parts, Part{Text: "…"})
	}
	return parts
}

// inline makes a piece of a text safe in a line: no breaks, no control and
// direction characters. Spaces at its ends stay.
func inline(s string) string {
	var b strings.Builder
	space := false
	for _, r := range CleanText(s) {
		if r == '\n' || r == '\t' || r == ' ' {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		if !isDirection(r) {
			space = false
			b.WriteRune(r)
		}
	}
	return b.String()
}
