package view

import "strings"

// Span is a stretch of a text; Link is where it leads, if it is a web address.
type Span struct{ Text, Link string }

// Spans finds the web addresses in a text. Only whole https and http addresses
// count, and they are shown exactly as they lead: nothing can hide behind words.
func Spans(text string) []Span {
	var spans []Span
	rest := text
	for done := 0; done < 50; done++ { // more than that is no longer writing
		at := firstAddress(rest)
		if at < 0 {
			break
		}
		end := addressEnd(rest[at:]) + at
		if at > 0 {
			spans = append(spans, Span{Text: rest[:at]})
		}
		spans = append(spans, Span{Text: rest[at:end], Link: rest[at:end]})
		rest = rest[end:]
	}
	if rest != "" {
		spans = append(spans, Span{Text: rest})
	}
	return spans
}

// firstAddress finds where an address begins, at the beginning of a word.
func firstAddress(s string) int {
	for from := 0; ; {
		at := strings.Index(s[from:], "http")
		if at < 0 {
			return -1
		}
		at += from
		from = at + len("http")
		host, ok := strings.CutPrefix(strings.TrimPrefix(s[from:], "s"), "://")
		if !ok || host == "" || at > 0 && strings.IndexByte(" \n\t([{<\"'", s[at-1]) < 0 {
			continue
		}
		if c := host[0]; c < 0x80 && !alphanumeric(c) && c != '[' {
			continue
		}
		return at
	}
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// addressEnd leaves out what closes the sentence rather than the address.
func addressEnd(s string) int {
	end := strings.IndexAny(s, " \n\t<>\"\u00a0\u2028\u2029")
	if end < 0 {
		end = len(s)
	}
	for end > 0 {
		switch c := s[end-1]; {
		case strings.IndexByte(".,;:!?'", c) >= 0:
		case c == ')' && !strings.Contains(s[:end], "("):
		default:
			return end
		}
		end--
	}
	return end
}
