package media

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/view"
)

// What is drawn by numbers is SVG, whose attributes, unlike styles, the page's
// policy leaves alone.
const svgNS = "http://www.w3.org/2000/svg"

func svg(class, box string, body ...app.UI) app.UI {
	return app.Elem("svg").XMLNS(svgNS).Attr("class", class).Attr("viewBox", box).Attr("aria-hidden", "true").Body(body...)
}

func shape(tag, class string, pairs ...string) app.UI {
	e := app.Elem(tag).XMLNS(svgNS).Attr("class", class)
	for i := 0; i+1 < len(pairs); i += 2 {
		e = e.Attr(pairs[i], pairs[i+1])
	}
	return e
}

// ring shows how far a transfer is.
func ring(v view.Move) app.UI {
	class, part := "ring", v.Percent
	switch {
	case !v.Busy && part < 0:
		class, part = "ring ring-none", 0
	case part < 0:
		class, part = "ring ring-turns", 25
	}
	return svg(class, "0 0 48 48",
		shape("circle", "ring-all", "cx", "24", "cy", "24", "r", "21"),
		shape("circle", "ring-on", "cx", "24", "cy", "24", "r", "21", "pathLength", "100", "stroke-dasharray", strconv.Itoa(max(part, 1))+" 100"),
	)
}

// Size of a waveform's drawing.
const (
	waveBars = 46
	waveStep = 4
	waveHigh = 28
)

// bars makes n loudnesses, 0 to 100, of those there are.
func bars(wave []byte, n int) []int {
	out := make([]int, n)
	if len(wave) == 0 {
		return out
	}
	for i := range out {
		from, to := i*len(wave)/n, (i+1)*len(wave)/n
		for j := from; j < max(to, from+1) && j < len(wave); j++ {
			out[i] = max(out[i], min(int(wave[j]), 100))
		}
	}
	return out
}

// wave draws loudnesses as bars; the first part of them has been played.
func wave(levels []int, played float64) app.UI {
	var all, on strings.Builder
	for i, level := range levels {
		high := max(level*(waveHigh-4)/100, 1)
		bar := fmt.Sprintf("M%d %gv%d", i*waveStep+2, float64(waveHigh-high)/2, high)
		if float64(i)+0.5 <= played*float64(len(levels)) {
			on.WriteString(bar)
			continue
		}
		all.WriteString(bar)
	}
	return svg("wave", fmt.Sprintf("0 0 %d %d", len(levels)*waveStep, waveHigh),
		shape("path", "wave-all", "d", orNothing(all.String())), shape("path", "wave-on", "d", orNothing(on.String())))
}

// orNothing is a path that draws nothing: go-app takes "" for no attribute.
func orNothing(d string) string {
	if d == "" {
		return "M0 0"
	}
	return d
}
