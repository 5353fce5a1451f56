package media

import "fmt"

const (
	zoomMost = 8.0
	zoomStep = 1.5
	zoomTwo  = 2.5 // by a double click
)

// zoom is how a picture is enlarged and moved: from its middle, in CSS pixels.
type zoom struct{ scale, x, y float64 }

func (z zoom) on() bool { return z.scale > 1.001 }

// by enlarges around a point, given from the middle of the stage.
func (z zoom) by(factor, px, py float64) zoom {
	if z.scale == 0 {
		z.scale = 1
	}
	to := min(max(z.scale*factor, 1), zoomMost)
	f := to / z.scale
	return zoom{to, px - (px-z.x)*f, py - (py-z.y)*f}
}

// moved shifts it.
func (z zoom) moved(dx, dy float64) zoom { return zoom{z.scale, z.x + dx, z.y + dy} }

// within keeps a picture of a size, unenlarged, from leaving its stage.
func (z zoom) within(w, h, stageW, stageH float64) zoom {
	keep := func(at, size, stage float64) float64 {
		spare := max((size*z.scale-stage)/2, 0)
		return min(max(at, -spare), spare)
	}
	return zoom{z.scale, keep(z.x, w, stageW), keep(z.y, h, stageH)}
}

func (z zoom) css() string {
	if !z.on() {
		return "none"
	}
	return fmt.Sprintf("translate(%.1fpx, %.1fpx) scale(%.4f)", z.x, z.y, z.scale)
}
