// Package icons draws Ferry's sign and its symbols, and writes them as the
// files that the site serves: SVG for the page, PNG for the home screen. A test
// sees to it that the files are what this package draws:
//
//	go test ./app/internal/ui/icons -update
package icons

import "fmt"

// symbols are drawn with a round pen of 1.8 on 24 × 24, no fill.
var symbols = []struct{ name, draw string }{
	{"back", p("M15 5l-7 7 7 7")},
	{"next", p("M9.5 6l6 6-6 6")},
	{"down", p("M6 9.5l6 6 6-6")},
	{"search", o(10.8, 10.8, 6.3) + p("M15.6 15.6l4.6 4.6")},
	{"new", p("M5 4.5h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-6.5L7.5 21v-3.5H5a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2zM12 8v6M9 11h6")},
	{"gear", p("M4 7h9.6M18.4 7H20M4 12h1.6M10.4 12H20M4 17h7.6M16.4 17H20") + o(16, 7, 2.3) + o(8, 12, 2.3) + o(14, 17, 2.3)},
	{"send", p("M20.5 3.5L3.5 10.2l6.8 3.5 3.5 6.8zM20.5 3.5L10.3 13.7")},
	{"clock", o(12, 12, 7.5) + p("M12 8v4.3l2.8 1.7")},
	{"tick", p("M6 12.5l4 4 8-9")},
	{"ticks", p("M2.5 12.5l4 4 8-9M11.5 16.4l.1.1 8-9")},
	{"alert", o(12, 12, 8.5) + p("M12 7.5v5.3M12 16.2v.1")},
	{"trash", p("M5 7h14M10 4h4M7 7l.8 12a1.5 1.5 0 0 0 1.5 1.4h5.4a1.5 1.5 0 0 0 1.5-1.4L17 7M10.2 11v5.5M13.8 11v5.5")},
	{"copy", r(9, 9, 11, 11, 2) + p("M5.5 15A1.5 1.5 0 0 1 4 13.5v-8A1.5 1.5 0 0 1 5.5 4h8A1.5 1.5 0 0 1 15 5.5")},
	{"more", d(5.5, 12) + d(12, 12) + d(18.5, 12)},
	{"close", p("M6 6l12 12M18 6L6 18")},
	{"eye", p("M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z") + o(12, 12, 3)},
	{"eye-off", p("M9.6 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-2.9 3.6M6.3 7.4A16.4 16.4 0 0 0 2.5 12S6 18.5 12 18.5a9.3 9.3 0 0 0 5.2-1.7M10 9.9a3 3 0 0 0 4.2 4.2M4 4l16 16")},
	{"lock", r(5.5, 10.5, 13, 9.5, 2) + p("M8.5 10.5v-3a3.5 3.5 0 0 1 7 0v3")},
	{"person", o(12, 8.3, 3.8) + p("M4.5 20c.8-4 3.7-6 7.5-6s6.7 2 7.5 6")},
	{"people", o(9, 9, 3.3) + p("M2.5 19.5c.7-3.5 3.2-5.3 6.5-5.3s5.8 1.8 6.5 5.3M15.5 5.9a3.3 3.3 0 0 1 0 6.2M17.8 14.7c2.1.7 3.3 2.3 3.7 4.8")},
	{"plug", p("M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4")},
	{"wave", p("M4 10v4M8 7v10M12 4v16M16 7v10M20 10v4")},
	{"hourglass", p("M7 4h10M7 20h10M8 4v3.5c0 2 4 3.2 4 4.5s-4 2.5-4 4.5V20M16 4v3.5c0 2-4 3.2-4 4.5s4 2.5 4 4.5V20")},
	{"offline", p("M9.3 5.9A13 13 0 0 1 21 9.5M3 9.5a13 13 0 0 1 2.7-2M6.3 13a8.3 8.3 0 0 1 4.2-2.2M15 11.3a8.3 8.3 0 0 1 2.7 1.7M9.5 16.4a3.7 3.7 0 0 1 5 0M12 19.8v.1M4 3l16 18")},
	{"server", r(4, 4.5, 16, 6, 1.5) + r(4, 13.5, 16, 6, 1.5) + p("M7.5 7.5v.1M7.5 16.5v.1M11 7.5h5M11 16.5h5")},
	{"gateway", p("M4.5 20V11.5a7.5 7.5 0 0 1 15 0V20M9 20v-8.5a3 3 0 0 1 6 0V20M2.5 20h19")},
	{"devices", r(2.5, 5, 13, 10, 1.5) + p("M6 19h6M9 15v4") + r(17.5, 9.5, 4, 10, 1)},
	{"sun", o(12, 12, 4) + p("M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4")},
	{"moon", p("M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z")},
	{"info", o(12, 12, 8.5) + p("M12 11v5.5M12 7.7v.1")},
	{"keyboard", r(2.5, 6, 19, 12, 2) + p("M6.5 10v.1M10 10v.1M14 10v.1M17.5 10v.1M8 14h8")},
	{"check", p("M5 12.5l4.5 4.5L19 7.5")},
	{"clip", p("M19.5 11.3l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8.1-8.1a3.1 3.1 0 0 1 4.4 4.4l-8.1 8a1.5 1.5 0 0 1-2.1-2.1l7.2-7.2")},
	{"photo", r(3.5, 4.5, 17, 15, 2.5) + o(8.7, 9.6, 1.5) + p("M4 17l4.8-4.5 3.5 3.2 3.6-4.2 4.4 4.6")},
	{"video", r(2.5, 6, 13, 12, 2.5) + p("M15.5 10.6l5.5-3v8.8l-5.5-3")},
	{"music", o(7.2, 17.3, 2.7) + o(16.8, 15.3, 2.7) + p("M9.9 17.3V6.2l9.6-2v11.1")},
	{"file", p("M13.5 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8.5zM13.5 3.5v5h5")},
	{"mic", r(9, 3, 6, 11, 3) + p("M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3")},
	{"mic-off", p("M9 7.5V6a3 3 0 0 1 6 0v5M14.3 13.1A3 3 0 0 1 9 11.2M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5c0 .8-.1 1.5-.4 2.2M12 18v3M4 4l16 16")},
	{"play", `<path fill="#000" d="M8 5.2l11 6.8-11 6.8z"/>`},
	{"pause", p("M8.5 5.5v13M15.5 5.5v13")},
	{"stop", `<rect fill="#000" x="7" y="7" width="10" height="10" rx="1.5"/>`},
	{"download", p("M12 4.5v12M6.8 11.5L12 16.7l5.2-5.2M5 20h14")},
	{"upload", p("M12 19.5v-12M6.8 12.5L12 7.3l5.2 5.2M5 4h14")},
	{"save", p("M12 4v9.5M8 10l4 4 4-4M4.5 15v3A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-3")},
	{"plus", p("M12 5v14M5 12h14")},
	{"up", p("M6 14.5l6-6 6 6")},
	{"zoom-in", o(10.8, 10.8, 6.3) + p("M15.6 15.6l4.6 4.6M10.8 8v5.6M8 10.8h5.6")},
	{"zoom-out", o(10.8, 10.8, 6.3) + p("M15.6 15.6l4.6 4.6M8 10.8h5.6")},
	{"reply", p("M9.5 6L4 11.5 9.5 17M4 11.5h9.5a6.5 6.5 0 0 1 6.5 6.5v.5")},
	{"forward", p("M14.5 6l5.5 5.5-5.5 5.5M20 11.5h-9.5A6.5 6.5 0 0 0 4 18v.5")},
	{"smile", o(12, 12, 8.5) + p("M8.2 14a4.4 4.4 0 0 0 7.6 0M9 9.6v.1M15 9.6v.1")},
	{"smile-add", p("M19.6 11.2A8.3 8.3 0 1 1 12.9 4.4M8.2 14.4a4.4 4.4 0 0 0 7.6 0M9 10v.1M15 10v.1M18.5 2.8v6M15.5 5.8h6")},
	{"pencil", p("M4.5 19.5l.9-4L16.2 4.7a1.8 1.8 0 0 1 2.6 0l.5.5a1.8 1.8 0 0 1 0 2.6L8.5 18.6zM14.3 6.6l3.1 3.1")},
	{"ban", o(12, 12, 8.3) + p("M6.2 6.2l11.6 11.6")},
	{"pin", p("M12 21s-6.8-5.8-6.8-11a6.8 6.8 0 0 1 13.6 0C18.8 15.2 12 21 12 21z") + o(12, 10, 2.5)},
	{"sticker", p("M20 13V7a3 3 0 0 0-3-3H7a3 3 0 0 0-3 3v10a3 3 0 0 0 3 3h6zM20 13l-7 7v-4a3 3 0 0 1 3-3z")},
	{"poll", p("M4.5 6.5h15M4.5 12h9.5M4.5 17.5h6")},
	{"call", p("M5.5 4h3.2l1.6 4.2-2 1.5a12 12 0 0 0 6 6l1.5-2 4.2 1.6v3.2a1.5 1.5 0 0 1-1.7 1.5A16.4 16.4 0 0 1 4 5.7 1.5 1.5 0 0 1 5.5 4z")},
	{"once", p("M12 3.7a8.3 8.3 0 1 1-8.3 8.3M5.2 7.3l.1-.1M8.2 4.6l.1-.1M10.8 9.8L12.5 9v6")},
	{"unknown", o(12, 12, 8.5) + p("M9.7 9.7a2.4 2.4 0 1 1 3.4 2.2c-.8.4-1.1.9-1.1 1.7M12 16.4v.1")},
	{"calendar", r(4, 5.5, 16, 14.5, 2) + p("M4 10.2h16M8.3 3.5v3.6M15.7 3.5v3.6")},
	{"outside", p("M13.5 4.5h6v6M19.5 4.5L11 13M18 14.5V18a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 18V7.5A1.5 1.5 0 0 1 6 6h3.5")},
}

func p(path string) string { return `<path d="` + path + `"/>` }
func o(x, y, radius float64) string {
	return fmt.Sprintf(`<circle cx="%g" cy="%g" r="%g"/>`, x, y, radius)
}
func r(x, y, w, h, radius float64) string {
	return fmt.Sprintf(`<rect x="%g" y="%g" width="%g" height="%g" rx="%g"/>`, x, y, w, h, radius)
}
func d(x, y float64) string {
	return fmt.Sprintf(`<circle cx="%g" cy="%g" r=".8"/>`, x, y)
}

// Symbol is one symbol as a file. The site puts all of them side by side.
func Symbol(i int) []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">` +
		symbols[i].draw + "</svg>\n")
}

// Names are the symbols there are.
func Names() []string {
	names := make([]string, len(symbols))
	for i, s := range symbols {
		names[i] = s.name
	}
	return names
}
