package ui

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What the content security policy would stop in the browser, the last two by
// ending the program, is stopped here.
var forbidden = map[string]*regexp.Regexp{
	"inline styles":               regexp.MustCompile(`\.Styles?\(`),
	"raw HTML":                    regexp.MustCompile(`app\.Raw\(`),
	"handlers in attributes":      regexp.MustCompile(`Attr\("on`),
	"the browser without go-app":  regexp.MustCompile(`"syscall/js"`),
	"HTTP":                        regexp.MustCompile(`"net/http"`),
	"texts outside package lang":  regexp.MustCompile(`\.(?:Text|Title|Placeholder)\("[A-Za-z]{2,}`),
	"labels outside package lang": regexp.MustCompile(`Aria\("label", "`),
}

func TestTheScreensKeepThePolicy(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for what, pattern := range forbidden {
			if m := pattern.Find(text); m != nil {
				t.Errorf("%s has %s: %s", path, what, m)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pairs are colours that lie on one another, with the least contrast that the
// Web Content Accessibility Guidelines ask for at level AA: 4.5 for text, 3 for
// symbols and the edges of fields.
var pairs = []struct {
	front, back string
	least       float64
}{
	{"ink", "bg", 4.5}, {"ink", "surface", 4.5}, {"ink", "thread", 4.5}, {"ink", "mine", 4.5}, {"ink", "theirs", 4.5}, {"ink", "chosen", 4.5},
	{"ink-2", "bg", 4.5}, {"ink-2", "surface", 4.5}, {"ink-2", "surface-2", 4.5}, {"ink-2", "thread", 4.5}, {"ink-2", "theirs", 4.5}, {"ink-2", "hover", 4.5}, {"ink-2", "chosen", 4.5},
	{"ink-3", "surface", 4.5}, {"ink-3", "surface-2", 4.5}, {"ink-3", "theirs", 4.5}, {"ink-3", "hover", 4.5}, {"ink-3", "chosen", 4.5},
	{"mine-2", "mine", 4.5}, {"read", "mine", 3}, {"read", "surface", 3}, {"read", "chosen", 3},
	{"accent", "surface", 4.5}, {"accent", "bg", 4.5}, {"accent", "accent-soft", 4.5}, {"accent", "chosen", 4.5}, {"accent", "thread", 3},
	{"on-accent", "accent", 4.5}, {"on-accent", "accent-hover", 4.5}, {"ink", "accent-soft", 4.5},
	{"danger", "surface", 4.5}, {"danger", "thread", 4.5}, {"danger", "danger-soft", 4.5}, {"danger", "chosen", 4.5}, {"danger", "hover", 4.5},
	{"on-warn", "warn", 4.5}, {"on-persona", "persona", 4.5}, {"line-strong", "surface", 3},
}

func TestColoursHaveEnoughContrast(t *testing.T) {
	css, err := os.ReadFile("../../../web/static/css/00-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)
	colours := map[string][2]string{}
	for _, m := range token.FindAllStringSubmatch(string(css), -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	for _, p := range pairs {
		front, ok := colours[p.front]
		back, ok2 := colours[p.back]
		if !ok || !ok2 {
			t.Errorf("there is no %s or no %s", p.front, p.back)
			continue
		}
		for i, theme := range []string{"light", "dark"} {
			if c := contrast(t, front[i], back[i]); c < p.least {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", theme, p.front, p.back, c, p.least)
			}
		}
	}
}

// contrast is WCAG's ratio of relative luminances.
func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
