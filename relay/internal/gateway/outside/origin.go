package outside

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ErrOrigin: an origin that nothing must be fetched from.
var ErrOrigin = errors.New("unusable origin")

// CheckOrigin says why nothing must be fetched from an origin, which is
// scheme://host[:port] and no more. It has to be https with a name of the
// internet or a public address. On a sandbox it may also be this machine, over
// http or https.
func CheckOrigin(origin string, sandbox bool) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w %q: %s", ErrOrigin, origin, fmt.Sprintf(format, args...))
	}
	u, err := url.Parse(origin)
	switch {
	case err != nil:
		return bad("it is no URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return bad("want https://host or https://host:port")
	case u.User != nil:
		return bad("it must not have a user name or password")
	case origin != u.Scheme+"://"+u.Host:
		return bad("it must have no path, query or fragment: want https://host or https://host:port")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return bad("there is no port %s", port)
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return bad("the port is missing")
	}
	if err := checkHost(u.Hostname(), sandbox); err != nil {
		return bad("%v", err)
	}
	if u.Scheme == "http" && !thisMachine(u.Hostname()) {
		return bad("want https")
	}
	return nil
}

func checkHost(host string, sandbox bool) error {
	if thisMachine(host) {
		if !sandbox {
			return errors.New("it is this machine, which only a sandbox may have as a provider")
		}
		return nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if !public(a) {
			return errors.New("it is not an address of the internet")
		}
		return nil
	}
	return checkName(host)
}

// checkName wants a domain name. Some resolvers take a name that ends with a
// number for an IPv4 address in a notation of old: 127.1, 0x7f000001, 2130706433,
// 0177.0.0.1. No domain ends so (WHATWG URL, "ends in a number").
func checkName(host string) error {
	if len(host) > 253 {
		return errors.New("the name is too long")
	}
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return errors.New("it is no domain name")
		}
		for i := range len(l) {
			if c := l[i] | 0x20; (c < 'a' || c > 'z') && (l[i] < '0' || l[i] > '9') && l[i] != '-' {
				return errors.New("it is no domain name, in ASCII")
			}
		}
	}
	last := strings.ToLower(labels[len(labels)-1])
	if strings.HasPrefix(last, "0x") || strings.Trim(last, "0123456789") == "" {
		return errors.New("an address must be written as four decimal numbers or as IPv6 in brackets")
	}
	if len(labels) == 1 {
		return errors.New("it is no name of the internet")
	}
	return nil
}

// thisMachine says whether a host is written as loopback.
func thisMachine(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback() && a.Zone() == ""
}
