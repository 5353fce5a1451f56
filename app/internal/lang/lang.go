// Package lang holds every text that a person reads, and how numbers and dates
// are said. A language is one value of Texts: a text that is missing does not
// compile, or is found by the test over all languages.
package lang

import (
	"strconv"
	"strings"
)

// Plural is a text in the forms of English-like languages; "{n}" stands for
// the number.
type Plural struct{ One, Other string }

// Of gives the form for n.
func (p Plural) Of(n int) string {
	form := p.Other
	if n == 1 {
		form = p.One
	}
	return strings.ReplaceAll(form, "{n}", Number(n))
}

// Fill puts values in place of "{name}": Fill("Hi {who}", "who", "Ann"). Values
// are not looked at again, so that a name with braces does no harm.
func Fill(text string, pairs ...string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, rest, closed := strings.Cut(after, "}")
		value, known := valueOf(name, pairs)
		if !closed || !known {
			b.WriteByte('{')
			text = after
			continue
		}
		b.WriteString(value)
		text = rest
	}
}

func valueOf(name string, pairs []string) (value string, ok bool) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1], true
		}
	}
	return "", false
}

// Isolate keeps a stranger's name or text from turning the direction of the
// sentence that it is filled into.
func Isolate(s string) string { return "\u2068" + s + "\u2069" }

// Number groups digits: 10000 is "10,000".
func Number(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = s[:1], s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
