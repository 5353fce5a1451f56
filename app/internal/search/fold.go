package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold gives a text in the form in which texts are compared: lower case,
// without accents and other marks, in plain width, with single spaces. The form
// of a text is that of its letters one by one, so that a part of a text folds
// to a part of the folded text, but for spaces.
func Fold(text string) string {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		b = appendFolded(b, r)
	}
	return string(b)
}

// FoldMap is Fold with, for each byte of the result, the byte offset of the
// letter in text that it comes from; a last offset is the text's length.
func FoldMap(text string) (folded string, from []int) {
	b := make([]byte, 0, len(text))
	from = make([]int, 0, len(text)+1)
	for i, r := range text {
		b = appendFolded(b, r)
		for len(from) < len(b) {
			from = append(from, i)
		}
	}
	return string(b), append(from, len(text))
}

// appendFolded folds one letter. Marks fold to nothing.
func appendFolded(b []byte, r rune) []byte {
	switch {
	case r >= 'a' && r <= 'z', r > ' ' && r < 'A', r > 'Z' && r < 0x7f:
		return append(b, byte(r))
	case r >= 'A' && r <= 'Z':
		return append(b, byte(r)+'a'-'A')
	case r <= ' ' || r == 0x7f || unicode.IsSpace(r):
		if len(b) == 0 || b[len(b)-1] == ' ' {
			return b
		}
		return append(b, ' ')
	case r >= hangulFirst && r <= hangulLast:
		return appendHangul(b, r)
	}
	var raw [utf8.UTFMax]byte
	n := utf8.EncodeRune(raw[:], r)
	parts := norm.NFKD.Properties(raw[:n]).Decomposition()
	if parts == nil {
		return appendPlain(b, r)
	}
	for len(parts) > 0 {
		part, size := utf8.DecodeRune(parts)
		parts = parts[size:]
		if part <= ' ' {
			b = appendFolded(b, part)
			continue
		}
		b = appendPlain(b, part)
	}
	return b
}

// special are letters whose plain form Unicode does not tell.
var special = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ħ': "h", 'ı': "i", 'ĸ': "k",
	'ŧ': "t", 'ŋ': "n", 'ς': "σ", 'ґ': "г", 'ё': "е", 'ә': "а", 'ѝ': "и", '’': "'", '‘': "'", '“': "\"", '”': "\"", '–': "-", '—': "-",
}

// appendPlain folds a letter that has no parts.
func appendPlain(b []byte, r rune) []byte {
	if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
		return b
	}
	r = unicode.ToLower(r)
	if s, ok := special[r]; ok {
		return append(b, s...)
	}
	return utf8.AppendRune(b, r)
}

// Korean syllables are taken apart by rule (The Unicode Standard, 3.12), so that
// a syllable that is still being typed finds the whole one.
const (
	hangulFirst = 0xac00
	hangulLast  = 0xd7a3
	vowels      = 21
	tails       = 28
)

func appendHangul(b []byte, r rune) []byte {
	at := r - hangulFirst
	b = utf8.AppendRune(b, 0x1100+at/(vowels*tails))
	b = utf8.AppendRune(b, 0x1161+at%(vowels*tails)/tails)
	if tail := at % tails; tail > 0 {
		b = utf8.AppendRune(b, 0x11a7+tail)
	}
	return b
}

// Bounds of a query.
const (
	maxWords = 8
	maxWord  = 64 // bytes, folded
)

// Query is what is looked for.
type Query struct {
	words   []string // folded; none is a part of another
	longest int
}

// Parse reads what a user typed. All of its words must be found, in any order.
func Parse(text string) Query {
	var q Query
	for _, word := range strings.Fields(Fold(text)) {
		for len(word) > maxWord {
			_, size := utf8.DecodeLastRuneInString(word)
			word = word[:len(word)-size]
		}
		if len(q.words) < maxWords {
			q.add(word)
		}
	}
	for i, w := range q.words {
		if len(w) > len(q.words[q.longest]) {
			q.longest = i
		}
	}
	return q
}

func (q *Query) add(word string) {
	kept := q.words[:0]
	for _, w := range q.words {
		if strings.Contains(w, word) {
			return
		}
		if !strings.Contains(word, w) {
			kept = append(kept, w)
		}
	}
	q.words = append(kept, word)
}

// Empty tells whether there is nothing to look for.
func (q Query) Empty() bool { return len(q.words) == 0 }

// Match tells whether a folded text has all words.
func (q Query) Match(folded string) bool {
	for _, w := range q.words {
		if !strings.Contains(folded, w) {
			return false
		}
	}
	return !q.Empty()
}

// maxSpans bounds what Spans gives.
const maxSpans = 64

// Spans gives the places of the words in a text as it was written, as pairs of
// byte offsets, in order and apart from each other.
func (q Query) Spans(text string) [][2]int {
	folded, from := FoldMap(text)
	hit := make([]bool, len(text))
	for _, w := range q.words {
		for at := 0; ; {
			i := strings.Index(folded[at:], w)
			if i < 0 {
				break
			}
			start, end := from[at+i], next(from, at+i+len(w)-1)
			for k := start; k < end; k++ {
				hit[k] = true
			}
			at += i + len(w)
		}
	}
	var spans [][2]int
	for i := 0; i < len(hit) && len(spans) < maxSpans; i++ {
		if !hit[i] {
			continue
		}
		start := i
		for i < len(hit) && hit[i] {
			i++
		}
		spans = append(spans, [2]int{start, i})
	}
	return spans
}

// next is where the letter ends that a folded byte comes from, with the marks
// that follow it.
func next(from []int, at int) int {
	i := at + 1
	for i < len(from)-1 && from[i] == from[at] {
		i++
	}
	return from[i]
}
