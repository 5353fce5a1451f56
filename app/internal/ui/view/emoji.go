package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Emoji is one that can be chosen.
type Emoji struct {
	Text  string // without a skin tone
	Name  string
	Group int // of lang.EmojiTexts.Groups

	codes, tags string // with a space before and after each; tags folded
	tones       string // with a space between: light to dark; "" if it has none
}

// EmojiSet is all of them, in the usual order.
type EmojiSet struct {
	All    []Emoji
	byCode map[string]int
	byText map[string]int
}

// EmojiGroups is how many groups there are.
const EmojiGroups = 9

// ParseEmoji reads what the site's emoji.json holds: for each the emoji, its
// name, its codes, its tags, the digit of its group and its skin tones.
func ParseEmoji(data []byte) (*EmojiSet, error) {
	var rows [][]string
	if err := json.Unmarshal(data, &rows); err != nil {
		return nil, fmt.Errorf("read the emoji: %w", err)
	}
	s := &EmojiSet{All: make([]Emoji, 0, len(rows)), byCode: make(map[string]int, 2*len(rows)), byText: make(map[string]int, len(rows))}
	for i, r := range rows {
		if len(r) != 6 || r[0] == "" || len(r[4]) != 1 || r[4][0] < '0' || r[4][0] >= '0'+EmojiGroups {
			return nil, fmt.Errorf("read the emoji: line %d is not one", i)
		}
		at := len(s.All)
		s.All = append(s.All, Emoji{
			Text: r[0], Name: r[1], codes: " " + r[2] + " ", tags: " " + fold(r[1]) + " " + r[3] + " ", Group: int(r[4][0] - '0'), tones: r[5],
		})
		for code := range strings.FieldsSeq(r[2]) {
			s.byCode[code] = at
		}
		s.byText[r[0]] = at
		for tone := range strings.FieldsSeq(r[5]) {
			s.byText[tone] = at
		}
	}
	return s, nil
}

// In gives the emoji of a group.
func (s *EmojiSet) In(group int) []Emoji {
	from, _ := slices.BinarySearchFunc(s.All, group, func(e Emoji, g int) int { return cmp.Compare(e.Group, g) })
	to, _ := slices.BinarySearchFunc(s.All, group+1, func(e Emoji, g int) int { return cmp.Compare(e.Group, g) })
	return s.All[from:to]
}

// Code is the emoji with a code, "smile".
func (s *EmojiSet) Code(code string) (Emoji, bool) {
	at, ok := s.byCode[strings.ToLower(code)]
	if !ok {
		return Emoji{}, false
	}
	return s.All[at], true
}

// Known finds an emoji by itself, with or without a skin tone.
func (s *EmojiSet) Known(text string) (Emoji, bool) {
	at, ok := s.byText[text]
	if !ok {
		return Emoji{}, false
	}
	return s.All[at], true
}

// Search finds emoji by words of their names, codes and tags, the best first.
func (s *EmojiSet) Search(query string, limit int) []Emoji {
	words := strings.Fields(fold(strings.Trim(query, ": ")))
	if len(words) == 0 {
		return nil
	}
	return s.best(limit, func(e Emoji) int {
		worst := 0
		for _, w := range words {
			n := e.rank(w)
			if n == 0 {
				return 0
			}
			worst = max(worst, n)
		}
		return worst
	})
}

// Complete finds emoji whose codes begin so, the best first.
func (s *EmojiSet) Complete(prefix string, limit int) []Emoji {
	prefix = strings.ToLower(prefix)
	return s.best(limit, func(e Emoji) int {
		switch {
		case strings.Contains(e.codes, " "+prefix+" "):
			return 1
		case strings.HasPrefix(e.codes, " "+prefix):
			return 2
		case strings.Contains(e.codes, " "+prefix):
			return 3
		case strings.Contains(e.tags, " "+prefix+" "):
			return 4
		}
		return 0
	})
}

// best gives those of the lowest ranks; 0 is none.
func (s *EmojiSet) best(limit int, rank func(Emoji) int) []Emoji {
	type hit struct {
		rank int
		e    Emoji
	}
	var hits []hit
	for _, e := range s.All {
		if n := rank(e); n > 0 {
			hits = append(hits, hit{n, e})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.rank, b.rank) })
	out := make([]Emoji, 0, min(limit, len(hits)))
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, h.e)
	}
	return out
}

func (e Emoji) rank(word string) int {
	switch {
	case strings.Contains(e.codes, " "+word+" "):
		return 1
	case strings.Contains(e.tags, " "+word+" "):
		return 2
	case strings.Contains(e.codes, " "+word):
		return 3
	case strings.Contains(e.tags, " "+word):
		return 4
	case strings.Contains(e.codes, "_"+word):
		return 5
	case len(word) > 2 && strings.Contains(e.codes, word):
		return 6
	}
	return 0
}

// Code is its first code, as written: ":smile:".
func (e Emoji) Code() string {
	first, _, _ := strings.Cut(strings.TrimSpace(e.codes), " ")
	return ":" + first + ":"
}

// With is the emoji with a skin tone, 1 to 5, if it can have one; 0 is without.
func (e Emoji) With(tone int) string {
	if tone < 1 || e.tones == "" {
		return e.Text
	}
	all := strings.Fields(e.tones)
	if tone > len(all) {
		return e.Text
	}
	return all[tone-1]
}

// tones stand for themselves among the emoji used last: the one there is the
// skin tone that was chosen.
var tones = []string{"", "🏻", "🏼", "🏽", "🏾", "🏿"}

// IsTone tells whether an entry of the emoji used last is a chosen skin tone.
func IsTone(s string) bool { return s != "" && slices.Contains(tones, s) }

// ToneOf is the skin tone that was chosen, 0 to 5.
func ToneOf(recent []string) int {
	for _, s := range recent {
		if IsTone(s) {
			return slices.Index(tones, s)
		}
	}
	return 0
}

// WithTone notes the chosen skin tone among the emoji used last.
func WithTone(recent []string, tone int) []string {
	out := slices.DeleteFunc(slices.Clone(recent), IsTone)
	if tone > 0 && tone < len(tones) {
		out = append(out, tones[tone])
	}
	return out
}

// ToneSign shows a skin tone on a hand.
func ToneSign(tone int) string {
	if tone < 0 || tone >= len(tones) {
		tone = 0
	}
	return "✋" + tones[tone]
}
