package content

import (
	"math"
	"strings"

	"ferry/app/internal/content/e2e"
	"ferry/app/internal/model"
)

// Bounds of a contact.
const (
	maxVCard  = 16 << 10 // bytes read of a vCard; photos are beyond
	maxLines  = 500
	maxDetail = 16 // phone numbers, and as many addresses
)

func cards(contacts ...*e2e.Contact) []model.Card {
	var all []model.Card
	for _, c := range contacts[:min(len(contacts), MaxCards)] {
		all = append(all, card(c))
	}
	return all
}

// card reads the name, phone numbers and mail addresses of a vCard (RFC 6350),
// and skips all else.
func card(c *e2e.Contact) model.Card {
	var out model.Card
	for _, l := range unfold(c.GetVcard()) {
		head, value, ok := strings.Cut(l, ":")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(head, ";")
		if i := strings.LastIndexByte(name, '.'); i >= 0 { // item1.TEL
			name = name[i+1:]
		}
		value = line(unescape(value), maxName)
		switch strings.ToUpper(strings.TrimSpace(name)) {
		case "FN":
			if out.Name == "" {
				out.Name = value
			}
		case "TEL":
			value = strings.TrimPrefix(value, "tel:")
			if value != "" && len(value) <= maxID && len(out.Phones) < maxDetail {
				out.Phones = append(out.Phones, value)
			}
		case "EMAIL":
			if value != "" && len(value) <= 2*maxID && len(out.Emails) < maxDetail {
				out.Emails = append(out.Emails, value)
			}
		}
	}
	if out.Name == "" {
		out.Name = line(c.GetDisplayName(), maxName)
	}
	return out
}

// unfold splits a vCard into its lines: one that begins with a space goes on
// with the one before.
func unfold(s string) []string {
	var lines []string
	for _, l := range strings.SplitN(cut(s, maxVCard), "\n", maxLines) {
		l = strings.TrimSuffix(l, "\r")
		if len(lines) > 0 && l != "" && (l[0] == ' ' || l[0] == '\t') {
			lines[len(lines)-1] += l[1:]
			continue
		}
		lines = append(lines, l)
	}
	return lines
}

var escapes = strings.NewReplacer(`\\`, `\`, `\,`, `,`, `\;`, `;`, `\:`, `:`, `\n`, " ", `\N`, " ")

func unescape(s string) string { return escapes.Replace(s) }

func location(l *e2e.Location) Message {
	return Message{Kind: KindLocation, Text: l.GetComment(),
		Place: place(l.GetDegreesLatitude(), l.GetDegreesLongitude(), l.GetName(), l.GetAddress(), l.GetIsLive())}
}

// place is nil where the numbers are nowhere on earth.
func place(latitude, longitude float64, name, address string, live bool) *model.Place {
	if !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180) { // NaN is in neither
		return nil
	}
	return &model.Place{Latitude: latitude, Longitude: longitude, Name: line(name, maxName), Address: line(address, maxName), Live: live}
}
