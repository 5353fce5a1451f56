package view

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Style is how a stretch of a text is set, as a set.
type Style uint8

// Styles.
const (
	Bold Style = 1 << iota
	Italic
	Strike
	Code
)

// Run is a stretch of a text that is set alike.
type Run struct {
	Text    string
	Style   Style
	Link    string // where it leads, if it is a web address
	Mention bool   // it names a person
}

// BlockKind is what a Block is.
type BlockKind uint8

// Blocks.
const (
	Para    BlockKind = iota // lines as they are broken
	Cite                     // lines that began with "> "
	Bullets                  // lines that began with "* " or "- "
	Numbers                  // lines that began with "1. "
	Pre                      // between ``` over several lines
)

// Block is a part of a message below another.
type Block struct {
	Kind    BlockKind
	Lines   [][]Run // or items
	Numbers []int   // of the items, as written
	Text    string  // of Pre
}

// Mention is a person that a text names: "@49151…" is shown as "@Mira".
type Mention struct{ Token, Shown string }

// maxRuns bounds the stretches of one message, and its blocks: what comes after
// so many is shown as it was written.
const maxRuns = 1000

// Format reads a text as WhatsApp's apps do: *bold*, _italic_, ~strike~,
// `code`, ```code```, lines of quotes and lists, web addresses as Spans finds
// them, and the persons named. What it does not know stays as it was written.
func Format(text string, mentions []Mention) []Block {
	f := formatter{mentions: mentions}
	for text != "" {
		before, code, after, ok := fence(text)
		f.lines(before)
		if ok {
			f.blocks = append(f.blocks, Block{Kind: Pre, Text: code})
		}
		text = after
	}
	return f.blocks
}

// Unformatted is the text without the marks that Format takes for such, for
// where there is one line only.
func Unformatted(text string, mentions []Mention) string {
	var b strings.Builder
	for _, block := range Format(text, mentions) {
		b.WriteString(block.Text)
		b.WriteByte('\n')
		for _, line := range block.Lines {
			for _, r := range line {
				b.WriteString(r.Text)
			}
			b.WriteByte('\n')
		}
	}
	return strings.TrimSpace(b.String())
}

// fence finds code over several lines.
func fence(s string) (before, code, after string, ok bool) {
	for from := 0; ; {
		open := strings.Index(s[from:], "```")
		if open < 0 {
			return s, "", "", false
		}
		open += from
		length := strings.Index(s[open+3:], "```")
		if length < 0 {
			return s, "", "", false
		}
		body := s[open+3 : open+3+length]
		if strings.Contains(body, "\n") && strings.TrimSpace(body) != "" {
			before = strings.TrimSuffix(s[:open], "\n")
			after = strings.TrimPrefix(s[open+length+6:], "\n")
			return before, strings.Trim(body, "\n"), after, true
		}
		from = open + length + 6
	}
}

type formatter struct {
	mentions []Mention
	blocks   []Block
	runs     int
}

// lines takes in text without code over several lines.
func (f *formatter) lines(text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		kind, n, rest := prefix(line)
		if f.runs++; f.runs > maxRuns {
			kind, rest = Para, line
		}
		runs := f.inline(rest)
		if last := len(f.blocks) - 1; last >= 0 && f.blocks[last].Kind == kind {
			b := &f.blocks[last]
			b.Lines, b.Numbers = append(b.Lines, runs), append(b.Numbers, n)
			continue
		}
		f.blocks = append(f.blocks, Block{Kind: kind, Lines: [][]Run{runs}, Numbers: []int{n}})
	}
}

// prefix tells what a line's beginning makes of it.
func prefix(line string) (kind BlockKind, number int, rest string) {
	for _, p := range []struct {
		text string
		kind BlockKind
	}{{"> ", Cite}, {"* ", Bullets}, {"- ", Bullets}} {
		if rest, ok := strings.CutPrefix(line, p.text); ok && strings.TrimSpace(rest) != "" {
			return p.kind, 0, rest
		}
	}
	digits := 0
	for digits < len(line) && digits < 3 && line[digits] >= '0' && line[digits] <= '9' {
		number = number*10 + int(line[digits]-'0')
		digits++
	}
	if rest, ok := strings.CutPrefix(line[digits:], ". "); ok && digits > 0 && digits < 3 && strings.TrimSpace(rest) != "" {
		return Numbers, number, rest
	}
	return Para, 0, line
}

// inline reads one line.
func (f *formatter) inline(line string) []Run {
	p := inliner{f: f}
	at := 0
	for _, s := range Spans(line) {
		if s.Link != "" {
			p.links = append(p.links, [2]int{at, at + len(s.Text)})
		}
		at += len(s.Text)
	}
	p.line = line
	p.parse(0, len(line), 0)
	return p.runs
}

type inliner struct {
	f     *formatter
	line  string
	links [][2]int
	runs  []Run
}

// parse reads a stretch of the line whose surroundings have set marks.
func (p *inliner) parse(from, to int, marks Style) {
	plain := from
	flush := func(end int) {
		if end > plain {
			p.runs = append(p.runs, Run{Text: p.line[plain:end], Style: marks})
		}
	}
	none := Style(0) // marks of which none closes any more
	for i := from; i < to; {
		if p.f.runs > maxRuns {
			break
		}
		end, run, inner, mark := p.at(i, to, marks, &none)
		if end == 0 {
			i++
			continue
		}
		flush(i)
		p.f.runs++
		if mark != 0 {
			p.parse(inner[0], inner[1], marks|mark)
		} else {
			run.Style |= marks
			p.runs = append(p.runs, run)
		}
		i, plain = end, end
	}
	flush(to)
}

// at tells what begins at i: a run of its own, or a mark around inner. An end
// of 0 is nothing.
func (p *inliner) at(i, to int, marks Style, none *Style) (end int, run Run, inner [2]int, mark Style) {
	for _, l := range p.links {
		if l[0] == i && l[1] <= to {
			address := p.line[l[0]:l[1]]
			return l[1], Run{Text: address, Link: address}, inner, 0
		}
	}
	switch c := p.line[i]; c {
	case '`':
		if end, body := p.code(i, to, none); end > 0 {
			return end, Run{Text: body, Style: Code}, inner, 0
		}
	case '@':
		for _, m := range p.f.mentions {
			if rest, ok := strings.CutPrefix(p.line[i:to], m.Token); ok && !isDigit(rest) { // the whole number
				return i + len(m.Token), Run{Text: m.Shown, Mention: true}, inner, 0
			}
		}
	case '*', '_', '~':
		mark := map[byte]Style{'*': Bold, '_': Italic, '~': Strike}[c]
		if marks&mark != 0 || *none&mark != 0 || !p.opens(i, to) {
			return 0, run, inner, 0
		}
		if at := p.closer(c, i, to); at > 0 {
			return at + 1, run, [2]int{i + 1, at}, mark
		}
		*none |= mark
	}
	return 0, run, inner, 0
}

// code reads `code` and ```code```.
func (p *inliner) code(i, to int, none *Style) (end int, body string) {
	ticks := "`"
	if strings.HasPrefix(p.line[i:to], "```") {
		ticks = "```"
	}
	if *none&Code != 0 {
		return 0, ""
	}
	length := strings.Index(p.line[i+len(ticks):to], ticks)
	if length < 0 {
		*none |= Code
		return 0, ""
	}
	body = p.line[i+len(ticks) : i+len(ticks)+length]
	if strings.TrimSpace(body) == "" {
		return 0, ""
	}
	return i + length + 2*len(ticks), body
}

// opens tells whether the mark at i may begin something: not inside a word, and
// not before a space.
func (p *inliner) opens(i, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(p.line[:i])
	after, _ := utf8.DecodeRuneInString(p.line[i+1 : to])
	return (i == 0 || !inWord(before)) && i+1 < to && !unicode.IsSpace(after) && after != rune(p.line[i])
}

// closer finds where the mark at i ends: not after a space, and not before a
// letter. Addresses and code are passed over.
func (p *inliner) closer(c byte, i, to int) int {
	none := Style(0)
	for j := i + 1; j < to; j++ {
		if p.line[j] == '`' {
			if end, _ := p.code(j, to, &none); end > 0 {
				j = end - 1
				continue
			}
		}
		if end := p.linkEnd(j); end > 0 && end <= to {
			j = end - 1
			continue
		}
		if p.line[j] != c || j == i+1 {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(p.line[:j])
		after, _ := utf8.DecodeRuneInString(p.line[j+1:])
		if !unicode.IsSpace(before) && (j+1 == len(p.line) || !inWord(after)) {
			return j
		}
	}
	return 0
}

func (p *inliner) linkEnd(at int) int {
	for _, l := range p.links {
		if l[0] == at {
			return l[1]
		}
	}
	return 0
}

// isDigit tells whether a text begins with one.
func isDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// Unlink makes addresses plain text.
func Unlink(blocks []Block) {
	for _, b := range blocks {
		for _, line := range b.Lines {
			for i := range line {
				line[i].Link = ""
			}
		}
	}
}
