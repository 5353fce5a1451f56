// Package country is the set of countries in which third-party chats exist: the
// European Economic Area, in which the Digital Markets Act applies, and what the
// operator adds.
package country

import (
	"fmt"
	"strings"
)

// eea is the European Economic Area by ISO 3166-1: the 27 of the Union, Iceland,
// Liechtenstein and Norway.
const eea = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"

// Set is a set of countries. The zero value has none.
type Set struct {
	all  bool
	some map[string]bool
}

// EEA is the European Economic Area.
func EEA() Set { s, _ := Parse(nil); return s }

// Parse is the European Economic Area, with countries (two letters, ISO 3166-1)
// added, or taken away where they begin with a minus. "*" is everywhere.
func Parse(changes []string) (Set, error) {
	s := Set{some: make(map[string]bool)}
	for _, code := range strings.Fields(eea) {
		s.some[code] = true
	}
	for _, change := range changes {
		code, away := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(change)), "-")
		switch {
		case code == "*" && !away:
			s.all = true
		case !Code(code):
			return Set{}, fmt.Errorf("region: %q is no country code of two letters", change)
		default:
			s.some[code] = !away
		}
	}
	return s, nil
}

// Has reports whether a country is in the set.
func (s Set) Has(code string) bool { return s.all || s.some[strings.ToUpper(code)] }

// Everywhere reports whether every country is in the set, and who is in none.
func (s Set) Everywhere() bool { return s.all }

// Code reports whether text is two capital letters.
func Code(text string) bool {
	return len(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z'
}
