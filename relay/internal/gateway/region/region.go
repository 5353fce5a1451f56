// Package region says in which countries third-party chats exist: the European
// Economic Area, in which the Digital Markets Act applies, and what the operator
// adds. A WhatsApp user's country is that of the phone number.
package region

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"ferry/relay/internal/country"
)

// Countries is a set of countries. The zero value has none.
type Countries struct{ country.Set }

// EEA is the European Economic Area.
func EEA() Countries { return Countries{country.EEA()} }

// Parse is country.Parse.
func Parse(changes []string) (Countries, error) {
	s, err := country.Parse(changes)
	return Countries{s}, err
}

// HasPhone reports whether a phone number in international form, digits with or
// without "+", belongs to a country of the set. A number of no country does not.
func (c Countries) HasPhone(digits string) bool { return c.Everywhere() || c.Has(Of(digits)) }

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
