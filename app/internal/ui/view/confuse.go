package view

import (
	"slices"
	"strings"
	"unicode"
)

// Doubt is why a name may not be what it looks like.
type Doubt struct {
	Like  string // the name that it looks like; "" if it looks like none
	Mixed bool   // a word of it is of letters of several alphabets that look alike
}

// Any tells whether there is a doubt.
func (d Doubt) Any() bool { return d != Doubt{} }

// famous is a name that nobody else may seem to have.
const famous = "WhatsApp"

// official are words with which a name claims to be more than a person.
var official = []string{
	"support", "team", "help", "helpdesk", "service", "services", "security", "safety", "official", "admin", "staff", "system",
	"notice", "notification", "notifications", "info", "alert", "alerts", "bot", "verify", "verified", "verification", "account", "center", "centre",
}

// DoubtName looks for what makes a name, already cleaned, pass for another. The
// others are names of messengers and the like; famous is always among them.
func DoubtName(name string, others ...string) Doubt {
	d := Doubt{Mixed: mixed(name)}
	bones := skeleton(name)
	if bones == "" {
		return d
	}
	if strings.Contains(bones, skeleton(famous)) {
		d.Like = famous
		return d
	}
	for _, other := range others {
		if other = CleanName(other); claims(bones, skeleton(other)) {
			d.Like = other
			return d
		}
	}
	return d
}

// claims tells whether a name is another one, alone or with words that make it
// official. Such names may be ordinary words, so that more would go too far.
func claims(name, other string) bool {
	if len(other) < 3 {
		return false
	}
	rest, ok := strings.CutPrefix(name, other)
	if !ok {
		if rest, ok = strings.CutSuffix(name, other); !ok {
			return false
		}
	}
	for rest != "" {
		at := slices.IndexFunc(official, func(w string) bool { return strings.HasPrefix(rest, skeleton(w)) })
		if at < 0 {
			return false
		}
		rest = rest[len(skeleton(official[at])):]
	}
	return true
}

// skeleton is the same for names that look the same: letters and digits alone,
// each as the Latin letter that it looks like. It follows Unicode Technical
// Standard 39, section 4, with what matters of its table, and goes further where
// people overlook more: case, accents, digits for letters.
func skeleton(s string) string {
	var b strings.Builder
	for _, r := range s {
		if c := lookOf(r); c != 0 {
			b.WriteRune(c)
		}
	}
	return pairs.Replace(b.String())
}

// pairs of letters that look like one.
var pairs = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d")

// lookOf is the letter that a character looks like; 0 if it counts for nothing.
func lookOf(r rune) rune {
	r = plainLetter(r)
	if c, ok := alike[r]; ok {
		return c
	}
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return 0
	}
	for _, c := range fold(string(r)) {
		r = c
		break
	}
	if c, ok := alike[r]; ok {
		return c
	}
	return r
}

// plainLetter undoes what only sets a letter in another type: full width,
// circles, the mathematical alphabets and digits.
func plainLetter(r rune) rune {
	switch {
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xff01 + '!'
	case r >= 0x1d400 && r <= 0x1d6a3:
		return latinOf(int(r-0x1d400) % 52)
	case r >= 0x1d7ce && r <= 0x1d7ff:
		return '0' + (r-0x1d7ce)%10
	case r >= 0x24b6 && r <= 0x24e9:
		return latinOf(int(r - 0x24b6))
	case r >= 0x249c && r <= 0x24b5:
		return 'a' + r - 0x249c
	case r >= 0x1f130 && r <= 0x1f149, r >= 0x1f150 && r <= 0x1f169, r >= 0x1f170 && r <= 0x1f189:
		return 'A' + (r-0x1f130)%32
	case r >= 0x1f1e6 && r <= 0x1f1ff:
		return 'a' + r - 0x1f1e6
	}
	return r
}

func latinOf(i int) rune {
	if i < 26 {
		return 'A' + rune(i)
	}
	return 'a' + rune(i-26)
}

// alike are the characters that look like a Latin letter, after case and type
// are undone, from the table of Unicode Technical Standard 39. What looks like i,
// l, 1 or a bar is one, and so are o and 0.
var alike = lookAlikes(
	"a4аαɑ@ᴀ∀Ꭺꓮ",
	"bЬьвВʙβΒᏏᏴꓐ",
	"cсϲᴄᏟꓚⅽ¢С",
	"dԁᏧᎠⅾꓓ",
	"eеєεΕЕҽҿᎬꓰ℮3",
	"fϝꓝſ",
	"gɡցԍᏀꓖ9",
	"hһнНΗηҺհᎻᏂꓧ",
	"liI1|!ıіїІιΙӏӀ׀ןاᎥⅰⅼℓ∣ǀꓲꓡᏞլ",
	"jјʝЈᎫꓙյ",
	"kкκКΚᏦꓗ",
	"mмМΜᎷꓟⅿ",
	"nпոռΝꓠ",
	"o0оοσΟОօסهەᴏꓳ௦๐",
	"pрρΡРᏢꓑ",
	"qԛզգ",
	"rгᴦꓣᎡ",
	"sѕՏЅꓢᏚ$5",
	"tтτТΤᎢꓔ7+",
	"uυսцᴜꓴ",
	"vѵνᴠⅴᏙꓦ",
	"wԝѡωшщᴡᎳᏔꓪա",
	"xхχХΧⅹ×ꓫ",
	"yуγҮүʏУΥᎩꓬ",
	"zᴢᏃΖꓜ2",
)

// lookAlikes takes a letter and what looks like it, from each line.
func lookAlikes(lines ...string) map[rune]rune {
	out := map[rune]rune{}
	for _, line := range lines {
		for _, r := range line[1:] {
			out[r] = rune(line[0])
		}
	}
	return out
}

// alphabets whose letters look like those of the others.
var alphabets = [][][2]rune{
	{{'A', 'Z'}, {'a', 'z'}, {0xc0, 0x24f}, {0x250, 0x2af}, {0x1e00, 0x1eff}, {0xff21, 0xff3a}, {0xff41, 0xff5a}},
	{{0x370, 0x3ff}, {0x1f00, 0x1fff}},
	{{0x400, 0x52f}, {0x1c80, 0x1c8f}, {0xa640, 0xa69f}},
	{{0x531, 0x58f}},
	{{0x13a0, 0x13ff}, {0xab70, 0xabbf}},
	{{0xa4d0, 0xa4ff}},
	{{0x2c80, 0x2cff}},
}

// mixed tells whether a word has letters of more than one of these alphabets.
// Han, kana, Hangul and the like beside Latin letters are ordinary.
func mixed(name string) bool {
	seen := -1
	for _, r := range name {
		if !unicode.IsLetter(r) {
			if !unicode.IsMark(r) {
				seen = -1
			}
			continue
		}
		at := slices.IndexFunc(alphabets, func(ranges [][2]rune) bool {
			return slices.ContainsFunc(ranges, func(x [2]rune) bool { return r >= x[0] && r <= x[1] })
		})
		if at >= 0 && seen >= 0 && at != seen {
			return true
		}
		if at >= 0 {
			seen = at
		}
	}
	return false
}
