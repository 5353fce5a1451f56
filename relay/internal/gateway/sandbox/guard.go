package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// guard says why a request is refused, or "". The API has no password: whoever may call it can play any
// WhatsApp user of this gateway. So it answers this machine only, and no web page of another site: a page
// could otherwise reach it through the visitor's browser, by its own name (a rebound DNS entry) or by ours.
func (s *Sandbox) guard(r *http.Request) (code, message string) {
	if !s.cfg.AllowRemote && !loopback(r.RemoteAddr) {
		return "remote_refused", "the sandbox answers only requests from the same machine"
	}
	if host := hostname(r.Host); !loopbackName(host) && !slices.Contains(s.cfg.Hosts, host) {
		return "host_refused", "the sandbox is not known under this host name"
	}
	if origin := r.Header.Get("Origin"); origin != "" && !s.ownOrigin(origin, r) && !slices.Contains(s.cfg.Origins, origin) {
		return "origin_refused", "web pages of other sites may not call the sandbox"
	} else if origin == "" && r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return "origin_refused", "web pages of other sites may not call the sandbox"
	}
	return "", ""
}

// ownOrigin says that a page was served by the very host and port that the request goes to.
func (s *Sandbox) ownOrigin(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host == r.Host
}

func loopback(remote string) bool {
	a, err := netip.ParseAddrPort(remote)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// hostname is a Host header without port and brackets, in lower case.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

func loopbackName(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
