package media

import (
	"strconv"
	"strings"
)

// Paths are the forms of the addresses of files. They are texts with a {token} in
// them, and are all that the relay knows of the gateway's addresses.
type Paths struct{ own, gateway [2]string }

// NewPaths takes the form of this relay's addresses, in which {provider} stands for
// its number at the gateway, and that of files that WhatsApp users sent.
func NewPaths(own string, provider int, gateway string) Paths {
	return Paths{cut(strings.ReplaceAll(own, "{provider}", strconv.Itoa(provider))), cut(gateway)}
}

func cut(form string) (parts [2]string) {
	parts[0], parts[1], _ = strings.Cut(form, "{token}")
	return parts
}

// Own is the address of a file of this relay.
func (p Paths) Own(token string) string { return p.own[0] + token + p.own[1] }

// Place is where a file is.
type Place int

// The places there are. Nowhere is what none of the forms allows.
const (
	Nowhere Place = iota
	Here
	AtGateway
)

// maxToken bounds a token of the gateway's.
const maxToken = 256

// Parse tells where the file of an address is. Only an exact address counts: no
// other query, nothing that is escaped, and nothing that has a path in it.
func (p Paths) Parse(path string) (at Place, token string) {
	if token, ok := between(path, p.own); ok && TokenLike(token) {
		return Here, token
	}
	if token, ok := between(path, p.gateway); ok && len(token) <= maxToken && plain(token) {
		return AtGateway, token
	}
	return Nowhere, ""
}

func between(path string, form [2]string) (string, bool) {
	rest, ok := strings.CutPrefix(path, form[0])
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, form[1])
}

// plain allows the letters of base64url.
func plain(token string) bool {
	for i := range len(token) {
		c := token[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return token != ""
}

// atGateway is the address of a file of the gateway's.
func (p Paths) atGateway(token string) string { return p.gateway[0] + token + p.gateway[1] }
