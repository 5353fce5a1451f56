package view

import (
	"strings"
	"testing"
)

func TestWebAddressesAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"no link here":                      "no link here",
		"see https://a.example/x?y=1.":      "see |[https://a.example/x?y=1]|.",
		"(https://a.example/b_(c)) and":     "(|[https://a.example/b_(c))]| and",
		"(https://a.example)":               "(|[https://a.example]|)",
		"http://a.example, https://b.test":  "[http://a.example]|, |[https://b.test]",
		"javascript:alert(1) xhttps://no.t": "javascript:alert(1) xhttps://no.t",
		"https:// http:///x https://-":      "https:// http:///x https://-",
		"https://a.example\nnext":           "[https://a.example]|\nnext",
		"https://münchen.example/ü":         "[https://münchen.example/ü]",
		"":                                  "",
	} {
		var parts []string
		for _, s := range Spans(text) {
			if s.Link != "" {
				parts = append(parts, "["+s.Link+"]")
				continue
			}
			parts = append(parts, s.Text)
		}
		if got := strings.Join(parts, "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzSpansKeepTheText(f *testing.F) {
	f.Add("a https://b.c/d).")
	f.Fuzz(func(t *testing.T, text string) {
		var all string
		for _, s := range Spans(text) {
			all += s.Text
			if s.Link != "" && !strings.HasPrefix(s.Link, "http://") && !strings.HasPrefix(s.Link, "https://") {
				t.Fatalf("%q leads to %q", text, s.Link)
			}
		}
		if all != text {
			t.Fatalf("%q became %q", text, all)
		}
	})
}
