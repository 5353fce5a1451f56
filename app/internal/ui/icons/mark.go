package icons

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
)

// point is on a square of 512.
type point struct{ x, y float64 }

// step goes to a point, by a curve around ctrl if curved.
type step struct {
	to, ctrl point
	curved   bool
}

// shape is a closed outline.
type shape struct {
	start point
	steps []step
}

func from(x, y float64) shape { return shape{start: point{x, y}} }
func (s shape) line(x, y float64) shape {
	s.steps = append(s.steps, step{to: point{x, y}})
	return s
}
func (s shape) curve(cx, cy, x, y float64) shape {
	s.steps = append(s.steps, step{to: point{x, y}, ctrl: point{cx, cy}, curved: true})
	return s
}

// Ferry's sign: a boat whose cargo is a message, and a wave.
var (
	cargo = from(188, 108).line(324, 108).curve(364, 108, 364, 148).line(364, 212).curve(364, 252, 324, 252).
		line(238, 252).line(196, 284).line(196, 252).line(188, 252).curve(148, 252, 148, 212).line(148, 148).curve(148, 108, 188, 108)
	hull = from(78, 304).line(434, 304).curve(448, 304, 442, 318).line(418, 366).curve(408, 386, 384, 386).
		line(128, 386).curve(104, 386, 94, 366).line(70, 318).curve(64, 304, 78, 304)
	wave = from(72, 424).curve(118, 396, 164, 424).curve(210, 452, 256, 424).curve(302, 396, 348, 424).curve(394, 452, 440, 424).
		line(440, 450).curve(394, 478, 348, 450).curve(302, 422, 256, 450).curve(210, 478, 164, 450).curve(118, 422, 72, 450)
)

var (
	sea   = color.NRGBA{0x0b, 0x6b, 0x66, 0xff}
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	foam  = color.NRGBA{0x8f, 0xe3, 0xd4, 0xff}
)

func (s shape) path() string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%g %g", s.start.x, s.start.y)
	for _, t := range s.steps {
		if t.curved {
			fmt.Fprintf(&b, "Q%g %g %g %g", t.ctrl.x, t.ctrl.y, t.to.x, t.to.y)
			continue
		}
		fmt.Fprintf(&b, "L%g %g", t.to.x, t.to.y)
	}
	return b.String() + "Z"
}

// Mark is the sign alone, for a mask or on a light ground.
func Mark() []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="56 84 400 400"><path d="` +
		cargo.path() + hull.path() + wave.path() + "\"/></svg>\n")
}

// Favicon is the sign on the sea.
func Favicon() []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><rect width="512" height="512" rx="112" fill="#0b6b66"/>` +
		`<path fill="#fff" d="` + cargo.path() + hull.path() + `"/><path fill="#8fe3d4" d="` + wave.path() + "\"/></svg>\n")
}

// FaviconUnread is the same with a dot, while something is unread.
func FaviconUnread() []byte {
	return bytes.Replace(Favicon(), []byte("</svg>"), []byte(`<circle cx="400" cy="112" r="96" fill="#e5484d" stroke="#fff" stroke-width="24"/></svg>`), 1)
}

// outline flattens the curves.
func (s shape) outline() []point {
	points := []point{s.start}
	at := s.start
	for _, t := range s.steps {
		if t.curved {
			for i := 1; i < 16; i++ {
				f := float64(i) / 16
				g := 1 - f
				points = append(points, point{
					g*g*at.x + 2*g*f*t.ctrl.x + f*f*t.to.x,
					g*g*at.y + 2*g*f*t.ctrl.y + f*f*t.to.y,
				})
			}
		}
		points = append(points, t.to)
		at = t.to
	}
	return points
}

// crossings are where a horizontal line meets an outline.
func crossings(outline []point, y float64) []float64 {
	var xs []float64
	for i, j := 0, len(outline)-1; i < len(outline); j, i = i, i+1 {
		a, b := outline[i], outline[j]
		if (a.y > y) != (b.y > y) {
			xs = append(xs, (b.x-a.x)*(y-a.y)/(b.y-a.y)+a.x)
		}
	}
	return xs
}

// inside tells whether x lies between the crossings of its line.
func inside(xs []float64, x float64) bool {
	in := false
	for _, at := range xs {
		if x < at {
			in = !in
		}
	}
	return in
}

// rounded tells whether a point lies in the square with round corners.
func rounded(x, y, radius float64) bool {
	dx := math.Max(math.Max(radius-x, x-(512-radius)), 0)
	dy := math.Max(math.Max(radius-y, y-(512-radius)), 0)
	return dx*dx+dy*dy <= radius*radius
}

// PNG draws the sign on the sea, size × size. A maskable one fills its square,
// with the sign in the part that no launcher cuts off.
func PNG(size int, maskable bool) ([]byte, error) {
	radius, scale := 112.0, 1.0
	if maskable {
		radius, scale = 0, 0.76
	}
	c := canvas{size: size, radius: radius, scale: scale, sums: make([][4]int, size*size)}
	for row := range size * fine {
		c.scan(row)
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, c.image()); err != nil {
		return nil, fmt.Errorf("encode icon: %w", err)
	}
	return b.Bytes(), nil
}

// fine is how many samples a pixel has on each axis.
const fine = 4

type canvas struct {
	size          int
	radius, scale float64
	sums          [][4]int // per pixel: red, green, blue, samples that are not clear
}

// scan takes one row of samples.
func (c *canvas) scan(row int) {
	unit := 512 / float64(c.size*fine)
	y := (float64(row) + 0.5) * unit
	sy := (y-256)/c.scale + 256 + 20*(1/c.scale-1) // the sign sits a little low
	boat, load, water := crossings(hull.outline(), sy), crossings(cargo.outline(), sy), crossings(wave.outline(), sy)
	for column := range c.size * fine {
		x := (float64(column) + 0.5) * unit
		if !rounded(x, y, c.radius) {
			continue
		}
		sx := (x-256)/c.scale + 256
		ink := sea
		switch {
		case inside(boat, sx), inside(load, sx):
			ink = white
		case inside(water, sx):
			ink = foam
		}
		sum := &c.sums[row/fine*c.size+column/fine]
		sum[0], sum[1], sum[2], sum[3] = sum[0]+int(ink.R), sum[1]+int(ink.G), sum[2]+int(ink.B), sum[3]+1
	}
}

func (c *canvas) image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, c.size, c.size))
	for i, sum := range c.sums {
		if n := sum[3]; n > 0 {
			img.SetNRGBA(i%c.size, i/c.size, color.NRGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), uint8(255 * n / (fine * fine))})
		}
	}
	return img
}
