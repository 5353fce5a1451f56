package view

import (
	"strings"
	"unicode"

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
	runes, marks, space := 0, 0, true
	for _, r := range s {
		if runes >= limit {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		switch {
		case r == unicode.ReplacementChar, isDirection(r), r == '\u200b', r == '\ufeff', r == '\u00ad':
			continue
		case unicode.IsSpace(r), r == '\u3164', r == '\u2800': // the last two look empty, too
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
		space = false
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

func (v *View) nameOf(c model.Contact) string {
	if n := CleanName(c.Name); n != "" {
		return n
	}
	if p := CleanName(c.Phone); p != "" {
		return p
	}
	return v.L.List.Unknown
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
