package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"ferry/relay/internal/country"
	"ferry/relay/internal/limit"
	"ferry/relay/internal/where"
)

// check fills in what follows from other values, and refuses what cannot work. It
// reports all mistakes at once.
func (l *Loaded) check() error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s (%s): %s", name, l.sources[name], fmt.Sprintf(format, args...)))
	}
	for _, a := range []struct {
		name, value string
		optional    bool
	}{{"listen", l.Listen, false}, {"admin", l.Admin, true}, {"gateway-listen", l.GatewayListen, false}} {
		if a.optional && a.value == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(a.value); err != nil {
			bad(a.name, "%q is no address such as 127.0.0.1:8080", a.value)
		}
	}
	if l.GatewayFiles != "" && !isOrigin("https://"+l.GatewayFiles) {
		bad("gateway-files", "%q is no host and port such as media.gateway.example:443", l.GatewayFiles)
	}
	l.checkURLs(bad)
	l.checkGateway(bad)
	l.checkMedia(bad)
	l.checkSignIn(bad)
	l.checkRegion(bad)
	if (l.TLSCert == "") != (l.TLSKey == "") {
		bad("tls-cert", "a certificate and its key go together")
	}
	for _, p := range l.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			bad("trusted-proxies", "%q is no network such as 10.0.0.0/8", p)
		}
	}
	if l.Data == "" && l.NATS == "" {
		bad("data", "where is the state to be? Set data or nats")
	}
	if l.NATSReplicas != 1 && l.NATSReplicas != 3 && l.NATSReplicas != 5 {
		bad("nats-replicas", "want 1, 3 or 5")
	}
	if !strings.Contains(" debug info warn error ", " "+l.LogLevel+" ") {
		bad("log-level", "%q is not debug, info, warn or error", l.LogLevel)
	}
	if l.LogFormat != "text" && l.LogFormat != "json" {
		bad("log-format", "%q is not text or json", l.LogFormat)
	}
	l.limits = limit.Default()
	for _, line := range l.LimitList {
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			bad("limit", "%q is not name=value", line)
		} else if err := l.limits.Set(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			bad("limit", "%v", err)
		}
	}
	return errors.Join(errs...)
}

func (l *Loaded) checkURLs(bad func(name, format string, args ...any)) {
	if l.URL == "" {
		_, port, _ := net.SplitHostPort(l.Listen)
		scheme := "http"
		if l.TLSCert != "" {
			scheme = "https"
		}
		l.URL = scheme + "://localhost:" + port
	}
	l.URL = strings.TrimSuffix(l.URL, "/")
	if !isOrigin(l.URL) {
		bad("url", "%q is no URL such as https://ferry.example, without a path", l.URL)
	}
	for _, o := range l.Origins {
		if !isOrigin(o) {
			bad("origins", "%q is no origin such as https://ferry.example", o)
		}
	}
}

// isOrigin reports whether text is scheme://host[:port] and no more.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && text == u.Scheme+"://"+u.Host
}

func (l *Loaded) checkGateway(bad func(name, format string, args ...any)) {
	if l.ProviderID < 1 || l.ProviderID > 65535 {
		bad("provider-id", "want 1 to 65535")
	}
	if l.ProviderName == "" {
		bad("provider-name", "must not be empty")
	}
	if l.Embedded() {
		return
	}
	u, err := url.Parse(l.Gateway)
	if err != nil || u.Host == "" || !strings.Contains(" wss ws tls tcp ", " "+u.Scheme+" ") {
		bad("gateway", "%q is no address such as wss://gateway.example/ws/chat", l.Gateway)
		return
	}
	if l.GatewayAPI == "" {
		scheme := map[string]string{"wss": "https", "ws": "http"}[u.Scheme]
		if scheme == "" {
			bad("gateway-api", "a %s gateway needs it", u.Scheme)
			return
		}
		l.GatewayAPI = scheme + "://" + u.Host
	}
	if b, err := hex.DecodeString(l.GatewayRoot); err != nil || len(b) != 32 {
		bad("gateway-root", "clients cannot check the gateway without its root key: want 64 hex digits")
	}
}

func (l *Loaded) checkSignIn(bad func(name, format string, args ...any)) {
	if l.SignInName == "" {
		l.SignInName = l.ProviderName
	}
	if l.SignInIssuer == "" {
		return
	}
	u, err := url.Parse(l.SignInIssuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http":
		bad("sign-in-issuer", "%q is no URL such as https://id.example", l.SignInIssuer)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		bad("sign-in-issuer", "anybody on the way could sign in as anybody: only https outside this machine")
	}
	if l.SignInClient == "" {
		bad("sign-in-client", "the issuer needs to know this relay by a client id")
	}
}

func (l *Loaded) checkRegion(bad func(name, format string, args ...any)) {
	if _, err := country.Parse(l.Regions); err != nil {
		bad("regions", "%v", err)
	}
	kind, _, err := where.Parse(l.RegionPolicy)
	switch {
	case err != nil:
		bad("region-policy", "%v", err)
	case kind == "header" && len(l.TrustedProxies) == 0:
		bad("region-policy", "nobody may be believed: a header needs trusted-proxies")
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (l *Loaded) checkMedia(bad func(name, format string, args ...any)) {
	for name, path := range map[string]string{"media-path": l.MediaPath, "gateway-media-path": l.GatewayMediaPath} {
		if !strings.HasPrefix(path, "/") || strings.Count(path, "{token}") != 1 {
			bad(name, "%q is no path with one {token} in it", path)
		}
	}
	if l.GatewayMedia == "" && !l.Embedded() {
		if u, err := url.Parse(l.GatewayAPI); err == nil && u.Host != "" {
			l.GatewayMedia = u.Scheme + "://" + u.Host
		}
	}
	if l.GatewayMedia != "" && !isOrigin(l.GatewayMedia) {
		bad("gateway-media", "%q is no origin such as https://media.gateway.example", l.GatewayMedia)
	}
}
