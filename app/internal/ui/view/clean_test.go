package view

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHostileNamesAreHarmless(t *testing.T) {
	for name, want := range map[string]string{
		"Mira":                             "Mira",
		"  Mira \n\t Petersen ":            "Mira Petersen",
		"evil\u202egnp.exe":                "evilgnp.exe",
		"a\u2066b\u2069c\u200ed":           "abcd",
		"a\x00b\x1bc":                      "abc",
		"\u200b\ufeff":                     "",
		"\u3164\u2800 ":                    "",
		"لیلی":                             "لیلی",
		"👩\u200d🚀 Ada":                     "👩\u200d🚀 Ada",
		"Z" + strings.Repeat("\u0301", 40): "Z\u0301\u0301\u0301",
		"bad\xff\xfeutf8":                  "badutf8",
	} {
		if got := CleanName(name); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", name, got, want)
		}
	}
	long := CleanName(strings.Repeat("ä", 5000))
	if n := utf8.RuneCountInString(long); n != maxName+1 || !strings.HasSuffix(long, "…") {
		t.Errorf("a long name has %d runes", n)
	}
}

func TestATextKeepsItsLinesAndLosesControls(t *testing.T) {
	if got := CleanText("a\nb\tc\x00\x1b[31m\xff"); got != "a\nb\tc[31m\ufffd" {
		t.Errorf("got %q", got)
	}
}

func TestOnlyFewEmojiAreLarge(t *testing.T) {
	for text, want := range map[string]bool{
		"❤️": true, "👍👍": true, "👩\u200d🚀": true, "🇩🇪": true, "😀😀😀😀": false, "ok 👍": false, "": false, "1": false, "🚢 ⛴️": true,
	} {
		if got := fewEmoji(text); got != want {
			t.Errorf("fewEmoji(%q) = %v", text, got)
		}
	}
}

func FuzzNamesAndTexts(f *testing.F) {
	f.Add("Mira\u202e\x00")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range CleanName(s) {
			if isDirection(r) || r < ' ' {
				t.Fatalf("%q leaves %U", s, r)
			}
		}
		if n := utf8.RuneCountInString(CleanName(s)); n > maxName+1 {
			t.Fatalf("%d runes are left", n)
		}
		if !utf8.ValidString(CleanText(s)) {
			t.Fatalf("%q leaves bytes that are no text", s)
		}
	})
}
