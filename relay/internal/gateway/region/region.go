// Package region says in which countries third-party chats exist: the European
// Economic Area, in which the Digital Markets Act applies, and what the operator
// adds. A WhatsApp user's country is that of the phone number.
package region

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// eea is the European Economic Area by ISO 3166-1: the 27 of the Union, Iceland,
// Liechtenstein and Norway.
const eea = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"

// Countries is a set of countries. The zero value has none.
type Countries struct {
	all  bool
	some map[string]bool
}

// EEA is the European Economic Area.
func EEA() Countries { c, _ := Parse(nil); return c }

// Parse is the European Economic Area, with countries (two letters, ISO 3166-1)
// added, or taken away where they begin with a minus. "*" is everywhere.
func Parse(changes []string) (Countries, error) {
	c := Countries{some: make(map[string]bool)}
	for _, code := range strings.Fields(eea) {
		c.some[code] = true
	}
	for _, change := range changes {
		code, away := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(change)), "-")
		switch {
		case code == "*" && !away:
			c.all = true
		case len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z':
			return Countries{}, fmt.Errorf("region: %q is no country code of two letters", change)
		default:
			c.some[code] = !away
		}
	}
	return c, nil
}

// Has reports whether a country is in the set.
func (c Countries) Has(code string) bool { return c.all || c.some[strings.ToUpper(code)] }

// HasPhone reports whether a phone number in international form, digits with or
// without "+", belongs to a country of the set. A number of no country does not.
func (c Countries) HasPhone(digits string) bool { return c.all || c.Has(Of(digits)) }

// Of is the country of a phone number, "" if it has none or is no number.
func Of(digits string) string {
	n, err := phonenumbers.Parse("+"+strings.TrimPrefix(digits, "+"), "")
	if err != nil {
		return ""
	}
	if code := phonenumbers.GetRegionCodeForNumber(n); code != "" && code != "ZZ" && code != "001" {
		return code
	}
	// A number that is not given out, as test numbers are: its calling code tells.
	code := phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	if code == "ZZ" || code == "001" {
		return ""
	}
	return code
}
