package view

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ferry/app/internal/model"
)

const (
	maxName    = 60  // runes of a name
	maxPreview = 140 // runes of a preview
	maxMarks   = 3   // combining marks on one letter; more reach over other lines
)

// CleanName makes a hostile name harmless: no control or direction characters,
// one line, bounded, and no towers of combining marks.
func CleanName(s string) string { return clean(s, maxName) }

// Preview makes one bounded line of a text.
func Preview(s string) string { return clean(s, maxPreview) }

func clean(s string, limit int) string {
	var b strings.Builder
	runes, marks, space, before := 0, 0, true, rune(0)
	for i, r := range s {
		if runes >= limit {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		switch {
		case r == unicode.ReplacementChar, isDirection(r), isUnseen(r), isJoiner(r) && !joins(before, s[i:]):
			continue
		case unicode.IsSpace(r), r == '\u3164', r == '\uffa0', r == '\u2800': // the last three look empty, too
			if !space {
				b.WriteByte(' ')
				runes++
			}
			space = true
			continue
		case unicode.IsControl(r):
			continue
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > maxMarks || space {
				continue
			}
		default:
			marks = 0
		}
		space, before = false, r
		b.WriteRune(r)
		runes++
	}
	return strings.TrimRight(b.String(), " ")
}

// CleanText makes a message's text safe to show in an isolate of its own: line
// breaks stay, other control characters go.
func CleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// isDirection tells characters that turn the direction of text that follows.
func isDirection(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// isUnseen tells characters that show nothing, and so can make two names that
// look the same differ (Unicode's Default_Ignorable_Code_Point, but for what
// emoji and the joining of letters are made of).
func isUnseen(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u034f', r == '\u115f', r == '\u1160', r == '\u17b4', r == '\u17b5',
		r == '\u200b', r == '\ufeff', r >= '\u180b' && r <= '\u180f', r >= '\u2060' && r <= '\u2065', r >= '\u206a' && r <= '\u206f',
		r >= '\ufe00' && r <= '\ufe0d', r >= '\ufff0' && r <= '\ufffb', r >= 0xe0000 && r <= 0xe001f, r >= 0xe0080 && r <= 0xe0fff,
		r >= 0x1bca0 && r <= 0x1bca3, r >= 0x1d173 && r <= 0x1d17a:
		return true
	}
	return false
}

// isJoiner tells the characters that join or part their neighbours, and those
// that make a flag or an emoji of them: unseen in most other places.
func isJoiner(r rune) bool {
	return r == '\u200c' || r == '\u200d' || r == '\ufe0e' || r == '\ufe0f' || r >= 0xe0020 && r <= 0xe007f
}

// joins tells whether a joiner at the beginning of a text does something after
// another character: in emoji, and between letters of scripts that are joined.
func joins(before rune, rest string) bool {
	r, size := utf8.DecodeRuneInString(rest)
	after, _ := utf8.DecodeRuneInString(rest[size:])
	emoji := func(r rune) bool {
		return r >= 0x1f000 && r <= 0x1faff || r >= 0x2190 && r <= 0x2bff || r == '\ufe0f' || r == '\u200d'
	}
	switch {
	case r == '\ufe0e', r == '\ufe0f': // also in keycaps
		return emoji(before) || before >= '0' && before <= '9' && after == '\u20e3' || before == '\u00a9' || before == '\u00ae'
	case r >= 0xe0020:
		return before == 0x1f3f4 || before >= 0xe0020 && before <= 0xe007f
	case r == '\u200d' && emoji(before):
		return emoji(after)
	}
	return joined(before) && joined(after)
}

// joined tells letters of the scripts that are written joined, from Arabic to
// the scripts of India, and Mongolian.
func joined(r rune) bool {
	return r >= 0x600 && r <= 0x8ff || r >= 0x900 && r <= 0xdff || r >= 0x1800 && r <= 0x18af
}

func (v *View) nameOf(c model.Contact) string {
	if n := CleanName(c.Given); n != "" {
		return n
	}
	if n := CleanName(c.Name); n != "" {
		return n
	}
	if p := CleanName(c.Phone); p != "" {
		return p
	}
	return v.L.List.Unknown
}

// Nameable tells whether the user may say what a chat's person is called: WhatsApp
// tells other apps no names, while people of other apps are shown by their usernames.
func Nameable(c model.Chat) bool { return c.ID != "" && c.Contact.Provider == 0 }

// Nameless tells whether there is nothing to call such a person but a number.
func Nameless(c model.Chat) bool {
	return Nameable(c) && CleanName(c.Contact.Given) == "" && CleanName(c.Contact.Name) == ""
}

// Initial is the letter of a round picture: the name's first letter, or "" for
// a number.
func Initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) {
			return strings.ToUpper(string(r))
		}
		if unicode.IsDigit(r) || r == '+' {
			return ""
		}
	}
	return ""
}

// Hues is how many colours of round pictures there are.
const Hues = 8

// Hue picks a colour for a chat, always the same.
func Hue(id model.ChatID) int {
	h := uint32(2166136261) // FNV-1a
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * 16777619
	}
	return int(h % Hues)
}

// fold makes texts comparable: lower case, without the accents of European
// languages.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if r < 0xe0 {
			return r
		}
		for base, accented := range accents {
			if strings.ContainsRune(accented, r) {
				return base
			}
		}
		return r
	}, s)
}

var accents = map[rune]string{
	'a': "àáâãäåāăą", 'c': "çćĉċč", 'd': "ďđð", 'e': "èéêëēĕėęě", 'g': "ĝğġģ", 'h': "ĥħ", 'i': "ìíîïĩīĭįı",
	'j': "ĵ", 'k': "ķ", 'l': "ĺļľŀł", 'n': "ñńņňŋ", 'o': "òóôõöøōŏő", 'r': "ŕŗř", 's': "śŝşšș", 't': "ţťŧț",
	'u': "ùúûüũūŭůűų", 'w': "ŵ", 'y': "ýÿŷ", 'z': "źżž",
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
