package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCaseAccentsAndWidthDoNotCount(t *testing.T) {
	for text, want := range map[string]string{
		"Straße": "strasse", "ÉCOLE": "ecole", "e\u0301cole": "ecole", "Ｆｅｒｒｙ１２": "ferry12", "Œuvre": "oeuvre", "Łódź": "lodz",
		"ΌΔΟΣ": "οδοσ", "οδός": "οδοσ", "Ёлка": "елка", "Київ": "киів", "İstanbul": "istanbul", "ığdır": "igdir", "ﬁne": "fine",
		"Smørrebrød": "smorrebrod", "港口": "港口", "ガ": "カ", "  a \n\t b\u00a0c ": "a b c ", "a\u200db": "ab", "don’t": "don't", "¼": "1⁄4", "🚢": "🚢",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
		}
	}
	if !Parse("하").Match(Fold("항구")) {
		t.Error("a syllable that is being typed does not find the whole one")
	}
}

func TestASpanIsWhereTheWordWasWritten(t *testing.T) {
	for _, c := range []struct{ query, text, want string }{
		{"ecole", "Une école, deux Écoles", "Une [école], deux [École]s"},
		{"ecole", "une e\u0301cole", "une [e\u0301cole]"},
		{"strasse", "Die Straße!", "Die [Straße]!"},
		{"ss", "Straße", "Stra[ß]e"},
		{"s", "Straße", "[S]tra[ß]e"},
		{"boat quay", "At the quay: the BOATS.", "At the [quay]: the [BOAT]S."},
		{"a aa", "aaa a", "[aa]a a"},
		{"港", "在港口见", "在[港]口见"},
		{"two words", "two  words", "[two]  [words]"},
		{"x", "nothing", "nothing"},
	} {
		q := Parse(c.query)
		got, at := "", 0
		for _, s := range q.Spans(c.text) {
			got += c.text[at:s[0]] + "[" + c.text[s[0]:s[1]] + "]"
			at = s[1]
		}
		if got += c.text[at:]; got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, got, c.want)
		}
	}
}

// some makes texts of few letters, so that many match.
func some(rnd *rand.Rand, n int) string {
	letters := []string{"a", "B", "é", "ß", " ", " ", "港", "o", "Σ", "\n", "e\u0301", "x"}
	var b strings.Builder
	for range rnd.IntN(n + 1) {
		b.WriteString(letters[rnd.IntN(len(letters))])
	}
	return b.String()
}

func TestASegmentFindsWhatLookingAtEachMessageFinds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		var all []Entry
		order := uint64(0)
		for range rnd.IntN(60) {
			order += 1 + uint64(rnd.IntN(5))
			all = append(all, Entry{order, fmt.Sprintf("%d@lid", rnd.IntN(3)), Fold(some(rnd, 30))})
		}
		s, err := ParseSegment(NewSegment(all).Marshal())
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			q := Parse(some(rnd, 5))
			chat, before := "", uint64(0)
			if rnd.IntN(2) == 0 {
				chat = fmt.Sprintf("%d@lid", rnd.IntN(4))
			}
			if rnd.IntN(2) == 0 {
				before = uint64(rnd.IntN(int(order) + 2))
			}
			got, want := s.Find(q, chat, before), FindIn(all, q, chat, before)
			if !slices.Equal(got, want) {
				t.Fatalf("round %d: %q in %q before %d: found %v, want %v\nof %v", round, q.words, chat, before, got, want, all)
			}
		}
	}
}

func TestAQueryIsBounded(t *testing.T) {
	q := Parse(strings.Repeat("é", 1000) + " 1 2 3 4 5 6 7 8 9 10 11")
	if len(q.words) > maxWords || len(q.words[0]) > maxWord || !utf8.ValidString(q.words[0]) {
		t.Errorf("%q", q.words)
	}
	if !Parse(" \u0301 \n").Empty() || Parse("").Match("x") {
		t.Error("nothing is looked for, and found")
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Straße", "e\u0301", "\xff\xfe", "港口 Ｆ", "항구", "a\u00a0\u2003b", "İıŁ"} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, text, query string) {
		folded, from := FoldMap(text)
		if folded != Fold(text) || len(from) != len(folded)+1 || from[len(folded)] != len(text) {
			t.Fatalf("%q folds to %q and %q with %d offsets", text, Fold(text), folded, len(from))
		}
		if !slices.IsSorted(from) || !utf8.ValidString(folded) || strings.ContainsAny(folded, "\n\r\t") {
			t.Fatalf("%q folds to %q, %v", text, folded, from)
		}
		if again := Fold(folded); again != folded {
			t.Fatalf("%q folds to %q and that to %q", text, folded, again)
		}
		q, end := Parse(query), 0
		spans := q.Spans(text)
		for _, s := range spans {
			if s[0] < end || s[1] <= s[0] || s[1] > len(text) {
				t.Fatalf("%q in %q: %v", query, text, spans)
			}
			end = s[1]
		}
		if !q.Empty() && q.Match(folded) != (len(spans) > 0) && q.Match(folded) {
			t.Fatalf("%q matches %q without a span", query, text)
		}
	})
}

func FuzzParseSegment(f *testing.F) {
	f.Add(NewSegment([]Entry{{1, "1@lid", "hello"}, {5, "2@lid", "there"}}).Marshal())
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSegment(b)
		if err != nil {
			return
		}
		s.Find(Parse("e"), "", 0)
		for _, e := range s.Entries() {
			s.Find(Parse("l"), e.Chat, e.Order)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("harbour boat quay ferry tomorrow weather scarf ticket window breakfast morning again perhaps yellow")
	var segments []*Segment
	for s := range 100 {
		var all []Entry
		for i := range SegmentSize {
			var text []string
			for range 8 {
				text = append(text, words[rnd.IntN(len(words))])
			}
			all = append(all, Entry{uint64(s*SegmentSize + i + 1), "1@lid", strings.Join(text, " ")})
		}
		segments = append(segments, NewSegment(all))
	}
	for _, query := range []string{"nowhere", "zzz", "boat weather"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				for _, s := range segments {
					s.Find(Parse(query), "", 0)
				}
			}
		})
	}
}
