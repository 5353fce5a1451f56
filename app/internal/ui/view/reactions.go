package view

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

// hear announces what the other side does to messages at hand: emoji on one's
// own. It is called before the change is taken in.
func (v *View) hear(m model.Message) {
	t := v.threads[m.Chat]
	if t == nil || v.Link.Phase == model.LinkCatchingUp {
		return
	}
	old, ok := t.Find(m.FromMe, m.ID)
	if !ok {
		return
	}
	was := theirs(old)
	if now := theirs(m); now != "" && now != was {
		_, text := v.Gist(m)
		v.Say(lang.Fill(v.L.Content.Reacted, "name", v.Name(m.Chat), "emoji", now, "text", text))
	}
}

func theirs(m model.Message) string {
	for _, r := range m.Reactions {
		if !r.FromMe {
			return cleanEmoji(r.Emoji)
		}
	}
	return ""
}

// PutReaction shows this user's emoji on a message ahead of the engine's word;
// "" takes it off.
func (v *View) PutReaction(m model.Message, emoji string) {
	m.Reactions = slices.DeleteFunc(slices.Clone(m.Reactions), func(r model.Reaction) bool { return r.FromMe })
	if emoji != "" {
		m.Reactions = append(m.Reactions, model.Reaction{Emoji: emoji, FromMe: true, At: v.Now})
	}
	v.PutMessage(m)
}

// chips are the emoji on a message, the most frequent first.
func (v *View) chips(m *model.Message) []Chip {
	var out []Chip
	for _, r := range m.Reactions {
		emoji := cleanEmoji(r.Emoji)
		if emoji == "" {
			continue
		}
		at := slices.IndexFunc(out, func(c Chip) bool { return SameEmoji(c.Emoji, emoji) })
		if at < 0 {
			at, out = len(out), append(out, Chip{Emoji: emoji})
		}
		c := &out[at]
		if c.Count++; c.Count <= maxLines {
			if c.Names != "" {
				c.Names += ", "
			}
			c.Names += v.author(m.Chat, r.FromMe)
		}
		c.Mine = c.Mine || r.FromMe
	}
	slices.SortStableFunc(out, func(a, b Chip) int { return b.Count - a.Count })
	return out
}

// Reactors are those who put an emoji on a message, this user first.
func (v *View) Reactors(m model.Message) []Reactor {
	var out []Reactor
	for _, r := range m.Reactions {
		emoji := cleanEmoji(r.Emoji)
		if emoji == "" {
			continue
		}
		who := Reactor{Name: v.author(m.Chat, r.FromMe), Emoji: emoji, Mine: r.FromMe}
		if !r.At.IsZero() {
			who.When = v.L.Moment(v.Now, r.At.In(v.Now.Location()))
		}
		out = append(out, who)
	}
	slices.SortStableFunc(out, func(a, b Reactor) int {
		switch {
		case a.Mine == b.Mine:
			return 0
		case a.Mine:
			return -1
		}
		return 1
	})
	return out
}

// noEmoji stands for a reaction that is none.
const noEmoji = "❓"

// cleanEmoji makes what a stranger calls an emoji harmless: letters are none,
// nor is a long text.
func cleanEmoji(s string) string {
	ascii := true
	for _, r := range s {
		ascii = ascii && r < 0x80
		if unicode.IsLetter(r) && !unicode.Is(unicode.So, r) || isDirection(r) || unicode.IsControl(r) {
			return noEmoji
		}
	}
	switch {
	case s == "":
		return ""
	case ascii || len(s) > maxEmoji || !utf8.ValidString(s):
		return noEmoji
	}
	return s
}

// SameEmoji compares without the sign that asks for a picture, which some apps
// leave out.
func SameEmoji(a, b string) bool {
	return strings.ReplaceAll(a, "\ufe0f", "") == strings.ReplaceAll(b, "\ufe0f", "")
}

// MyReaction is this user's emoji on a message; "" if there is none.
func MyReaction(m model.Message) string {
	for _, r := range m.Reactions {
		if r.FromMe {
			return r.Emoji
		}
	}
	return ""
}
