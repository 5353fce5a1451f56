package view

import (
	"fmt"
	"strings"
	"testing"
)

// written shows blocks in a form that a table can hold.
func written(blocks []Block) string {
	var b strings.Builder
	names := map[BlockKind]string{Para: "p", Cite: "quote", Bullets: "ul", Numbers: "ol", Pre: "pre"}
	for i, block := range blocks {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(names[block.Kind] + "(")
		b.WriteString(block.Text)
		for j, line := range block.Lines {
			if j > 0 {
				b.WriteByte('/')
			}
			if block.Kind == Numbers {
				fmt.Fprintf(&b, "%d:", block.Numbers[j])
			}
			for _, r := range line {
				b.WriteString(r.written())
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}

func (r Run) written() string {
	t := r.Text
	for _, m := range []struct {
		mark Style
		name string
	}{{Code, "c"}, {Strike, "s"}, {Italic, "i"}, {Bold, "b"}} {
		if r.Style&m.mark != 0 {
			t = m.name + "{" + t + "}"
		}
	}
	if r.Link != "" {
		t = "a{" + t + "}"
	}
	if r.Mention {
		t = "@{" + t + "}"
	}
	return t
}

func TestATextIsFormattedAsWhatsAppDoes(t *testing.T) {
	mentions := []Mention{{"@49151", "@Mira"}}
	for text, want := range map[string]string{
		"":                               "",
		"plain":                          "p(plain)",
		"*bold*":                         "p(b{bold})",
		"_it_ ~no~ `x*y*`":               "p(i{it} s{no} c{x*y*})",
		"a *b _c_ d* e":                  "p(a b{b }b{i{c}}b{ d} e)",
		"*_~all~_*":                      "p(b{i{s{all}}})",
		"*bold*.":                        "p(b{bold}.)",
		"(*bold*)":                       "p((b{bold}))",
		"snake_case_name":                "p(snake_case_name)",
		"2*3*4":                          "p(2*3*4)",
		"*not closed":                    "p(*not closed)",
		"* not*":                         "ul(not*)",
		"a * b * c":                      "p(a * b * c)",
		"a *b * c":                       "p(a *b * c)",
		"*b*c*":                          "p(b{b*c})",
		"**":                             "p(**)",
		"***":                            "p(***)",
		"**b**":                          "p(*b{b}*)",
		"*one\ntwo*":                     "p(*one/two*)",
		"*größer*":                       "p(b{größer})",
		"é*no*":                          "p(é*no*)",
		"👍*yes*👍":                        "p(👍b{yes}👍)",
		"a ```x _y_``` b":                "p(a c{x _y_} b)",
		"```\na\n  b\n```":               "pre(a\n  b)",
		"say:\n```a\nb```\nend":          "p(say:)|pre(a\nb)|p(end)",
		"``` ```":                        "p(``` ```)",
		"```open\nonly":                  "p(```open/only)",
		"`":                              "p(`)",
		"``":                             "p(``)",
		"> quoted *b*\nmine":             "quote(quoted b{b})|p(mine)",
		">no":                            "p(>no)",
		"> ":                             "p(> )",
		"* a\n* b\n- c":                  "ul(a/b/c)",
		"1. a\n2. b\n7. c":               "ol(1:a/2:b/7:c)",
		"2026. No list":                  "p(2026. No list)",
		"1.5 no list":                    "p(1.5 no list)",
		"a\n\nb":                         "p(a//b)",
		"https://a.example/_x_y_ z":      "p(a{https://a.example/_x_y_} z)",
		"*see https://a.example/a*b* c*": "p(b{see }a{b{https://a.example/a*b*}}b{ c})",
		"hi @49151, *@49151*":            "p(hi @{@Mira}, @{b{@Mira}})",
		"`@49151`":                       "p(c{@49151})",
		"<b>*x*</b>":                     "p(<b>b{x}</b>)",
		"_\u202e*x*_":                    "p(i{\u202e}b{i{x}})",
		"* * *":                          "ul(* *)",
		"10. ten\nnot":                   "ol(10:ten)|p(not)",
		"~_a~_":                          "p(s{_a}_)",
		"*a `*` b*":                      "p(b{a }b{c{*}}b{ b})",
	} {
		if got := written(Format(text, mentions)); got != want {
			t.Errorf("Format(%q)\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestNothingOfATextIsLostInFormatting(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("*a ", 20000), strings.Repeat("*a* ", 15000), strings.Repeat("`", 60000), strings.Repeat("_*~", 20000),
		strings.Repeat("> a\n", 15000), strings.Repeat("```", 20000), strings.Repeat("@49151", 10000),
		strings.Repeat("`a ", 20000), strings.Repeat("*`", 30000), strings.Repeat("https://a.example ", 3000),
	} {
		blocks := Format(text, []Mention{{"@49151", "@49151"}})
		runs, letters := 0, 0
		for _, b := range blocks {
			letters += strings.Count(b.Text, "a")
			for _, l := range b.Lines {
				runs += len(l)
				for _, r := range l {
					letters += strings.Count(r.Text, "a")
				}
			}
		}
		if want := strings.Count(text, "a"); letters != want {
			t.Errorf("%.10q…: %d of %d letters are shown", text, letters, want)
		}
		if len(blocks) > maxRuns+2 || runs > 20000 {
			t.Errorf("%.10q…: %d blocks, %d runs", text, len(blocks), runs)
		}
	}
}

func TestAPreviewHasNoMarks(t *testing.T) {
	if got := Unformatted("> *a* _b_\n```x\ny```", nil); got != "a b\nx\ny" {
		t.Errorf("%q", got)
	}
}

func FuzzFormat(f *testing.F) {
	f.Add("*a _b_ ~c~* `d` ```e\nf``` > g\n1. h https://i.example/_j_ @49151")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		marks := strings.NewReplacer("*", "", "_", "", "~", "", "`", "", "\n", "", "> ", "", "- ", "", " ", "", ".", "")
		strip := func(s string) string {
			for range 3 {
				s = marks.Replace(s)
			}
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' || r == '>' || r == '-' {
					return -1
				}
				return r
			}, s)
		}
		var b strings.Builder
		for _, block := range Format(text, nil) {
			b.WriteString(block.Text)
			for _, l := range block.Lines {
				for _, r := range l {
					b.WriteString(r.Text)
				}
			}
		}
		if got, want := strip(b.String()), strip(text); got != want {
			t.Errorf("of %q is shown %q, want %q", text, got, want)
		}
	})
}
