package site

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// glyph is the side of one icon, in units of its SVG.
const glyph = 24

// strip is all icons side by side: one request, shown through CSS masks, so
// that they take the colour and the size of the text.
type strip struct{ svg, css []byte }

// stripOf makes the strip of icons/glyphs/*.svg, whose view box is 24 by 24.
// The class "i-name" shows name.svg.
func stripOf(files fs.FS) (strip, error) {
	names, err := glob(files, "icons/glyphs/*.svg")
	if err != nil {
		return strip{}, err
	}
	var svg, css bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" fill="none" stroke="#000" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">`+"\n",
		glyph*max(1, len(names)), glyph, glyph*max(1, len(names)), glyph)
	fmt.Fprintf(&css, "\n.i { -webkit-mask: url(\"@glyphs.svg@\") calc(var(--n) * -1em) 0 / %dem 1em no-repeat; mask: url(\"@glyphs.svg@\") calc(var(--n) * -1em) 0 / %dem 1em no-repeat; }\n", max(1, len(names)), max(1, len(names)))
	for i, name := range names {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return strip{}, err
		}
		inner, err := innerOf(string(body))
		if err != nil {
			return strip{}, fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(&svg, "<g transform=\"translate(%d)\">%s</g>\n", i*glyph, inner)
		fmt.Fprintf(&css, ".i-%s { --n: %d; }\n", strings.TrimSuffix(path.Base(name), ".svg"), i)
	}
	svg.WriteString("</svg>\n")
	return strip{svg.Bytes(), css.Bytes()}, nil
}

// innerOf is what stands between <svg …> and </svg>.
func innerOf(s string) (string, error) {
	start := strings.Index(s, "<svg")
	if start < 0 || !strings.Contains(s, `viewBox="0 0 24 24"`) {
		return "", fmt.Errorf("not an SVG of 24 by 24")
	}
	s = s[start:]
	open, end := strings.IndexByte(s, '>'), strings.LastIndex(s, "</svg>")
	if open < 0 || end < open {
		return "", fmt.Errorf("not an SVG with content")
	}
	return strings.TrimSpace(s[open+1 : end]), nil
}
