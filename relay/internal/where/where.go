// Package where says in which country a client of the relay is, as far as the
// operator's policy looks, and whether third-party chats are offered there.
//
//	open         everybody, everywhere; nobody looks
//	header:NAME  the country in a header that a trusted proxy sets, as CDNs do
//	geoip:FILE   the country of the address, by a MaxMind database file
//
// Who cannot be placed is outside: an operator who looks is bound to look.
package where

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/textproto"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"ferry/relay/internal/country"
)

// Place is where somebody is.
type Place struct {
	Country string // ISO 3166-1, two letters; "" if unknown, or nobody looks
	Outside bool   // third-party chats are not offered there
}

// Policy places clients. Safe for concurrent use.
type Policy struct {
	offered country.Set
	header  string // canonical; "" for none
	db      *maxminddb.Reader
	open    bool
}

// Parse checks the form of a policy.
func Parse(text string) (kind, value string, err error) {
	kind, value, _ = strings.Cut(text, ":")
	switch {
	case kind == "open" && text == "open":
	case kind == "header" && value != "" && !strings.ContainsFunc(value, notToken):
	case kind == "geoip" && value != "":
	default:
		return "", "", fmt.Errorf("%q is not open, header:NAME or geoip:FILE", text)
	}
	return kind, value, nil
}

// notToken finds what cannot be in the name of a header (RFC 9110, 5.6.2), with
// fewer letters than that allows.
func notToken(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
}

// Open makes a policy. A database is read once: a newer file is read at the next
// start.
func Open(text string, offered country.Set) (*Policy, error) {
	kind, value, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("region policy: %w", err)
	}
	p := &Policy{offered: offered, open: kind == "open"}
	switch kind {
	case "header":
		p.header = textproto.CanonicalMIMEHeaderKey(value)
	case "geoip":
		if p.db, err = maxminddb.Open(value); err != nil {
			return nil, fmt.Errorf("region policy: %w", err)
		}
	}
	return p, nil
}

// Close lets go of the database.
func (p *Policy) Close() error {
	if p.db == nil {
		return nil
	}
	return p.db.Close()
}

// Of places a client: its address, and the headers of its request if a trusted
// proxy has sent it, otherwise nil.
func (p *Policy) Of(address netip.Addr, trusted http.Header) Place {
	if p.open {
		return Place{}
	}
	code := ""
	switch {
	case p.header != "":
		if values := trusted[p.header]; len(values) == 1 { // two are a contradiction
			code = values[0]
		}
	case p.db != nil:
		code = p.look(address)
	}
	code = strings.ToUpper(strings.TrimSpace(code))
	if !country.Code(code) || code == "XX" || code == "ZZ" { // what CDNs say of an address that they cannot place
		code = ""
	}
	return Place{Country: code, Outside: !p.offered.Has(code)}
}

// look finds the country of an address, in the forms that the usual databases have
// it in.
func (p *Policy) look(address netip.Addr) (code string) {
	if !address.IsValid() {
		return ""
	}
	found := p.db.Lookup(address.Unmap())
	for _, path := range [][]any{{"country", "iso_code"}, {"country_code"}} {
		if err := found.DecodePath(&code, path...); err == nil && code != "" {
			return code
		}
	}
	return ""
}
