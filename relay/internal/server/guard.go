package server

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"ferry/relay/internal/account"
	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
	"ferry/relay/internal/tunnel"
)

// csp is the policy of every answer, workers' scripts included, which obey their
// own. Nothing but our own origin; no inline script or style; no text becomes code
// but through the page's one policy of exact names. 'self' covers the tunnel: the
// same host and port over ws: or wss:.
const csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types ferry"

// policies are the further headers of every answer.
var policies = map[string]string{
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"X-Frame-Options":              "DENY",
	"Permissions-Policy":           "accelerometer=(), browsing-topics=(), camera=(self), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(self), midi=(), payment=(), usb=()",
}

type requestID struct{}

// guard goes around everything: policies, a request id, the count of requests, and
// a friendly answer when something breaks.
func (s *Server) guard(next *http.ServeMux) http.Handler {
	policy := csp
	if s.site.CSP != "" {
		policy = s.site.CSP
	}
	secure := strings.HasPrefix(s.cfg.URL, "https:")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range policies {
			h.Set(name, value)
		}
		h.Set("Content-Security-Policy", policy)
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		id := rand.Text()[:12]
		h.Set("X-Request-Id", id)
		_, route := next.Handler(r)
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // a sentinel that is panicked as it is
					panic(p)
				}
				s.log.Error("request broke", "request", id, "route", route, "panic", p, "stack", string(debug.Stack()))
				if rec.status == 0 {
					s.friendly(rec, r, http.StatusInternalServerError)
				}
			}
			s.requests.WithLabelValues(route, strconv.Itoa(rec.status/100)+"xx").Inc()
			s.log.Debug("request", "request", id, "route", route, "status", rec.status)
		}()
		next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), requestID{}, id)))
	})
}

// recorder notes the status. It unwraps, so that a tunnel can take the connection.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// allowedOrigins is the relay's own origin, further ones by configuration, and for
// a relay on loopback all its names.
func allowedOrigins(cfg *config.Config) map[string]bool {
	all := map[string]bool{cfg.URL: true}
	for _, o := range cfg.Origins {
		all[o] = true
	}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return all
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		for _, name := range []string{"localhost", "127.0.0.1", "[::1]"} {
			o := u.Scheme + "://" + name
			if u.Port() != "" {
				o += ":" + u.Port()
			}
			all[o] = true
		}
	}
	return all
}

// originAllowed decides whether a page may act for the user. A request without an
// Origin comes from no page; it may then not act by the cookie, which is the only
// thing that a page could abuse: a bearer token goes first (sessionToken).
func (s *Server) originAllowed(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" && !s.origins[r.Header.Get("Origin")] {
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		_, err := r.Cookie(cookieName)
		return err != nil || strings.HasPrefix(r.Header.Get("Authorization"), bearerPrefix)
	}
	return len(origins) == 1 && s.origins[origins[0]]
}

// address is where the client is: the last hop that is no trusted proxy.
func (s *Server) address(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		a, _ := netip.ParseAddr(host)
		return a // the zero address is one client to the limits
	}
	addr := ap.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (s *Server) addressKey(r *http.Request) string { return limit.AddressKey(s.address(r)) }

const (
	cookieName   = "ferry_session"
	bearerPrefix = "Bearer "
)

// sessionToken is what the request signs in with; "" if nothing.
func sessionToken(r *http.Request) string {
	if text, ok := strings.CutPrefix(r.Header.Get("Authorization"), bearerPrefix); ok {
		return text
	}
	if c, err := r.Cookie(cookieName); err == nil {
		return c.Value
	}
	return ""
}

// authenticator lets tunnels be opened by those who are signed in.
type authenticator struct{ s *Server }

func (a authenticator) Authenticate(r *http.Request) (tunnel.Identity, error) {
	acc, session, err := a.s.accounts.Session(r.Context(), account.ParseToken(sessionToken(r)))
	return tunnel.Identity{Account: acc.ID, Session: session.ID}, signedOut(err)
}

func (a authenticator) Alive(ctx context.Context, id tunnel.Identity) error {
	return signedOut(a.s.accounts.Alive(ctx, id.Account, id.Session))
}

func signedOut(err error) error {
	if errors.Is(err, account.ErrSignedOut) {
		return tunnel.ErrSignedOut
	}
	return err
}
