package mediaproxy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/outside"
	"ferry/relay/internal/gateway/wamedia"
)

// Pattern of the handler, as http.ServeMux has it. GET includes HEAD.
const Pattern = "GET /v/interop/{integrator}/{token}"

// Limits of a Proxy. A zero field takes its value from DefaultLimits.
type Limits struct {
	File     int64         // bytes of an encrypted file; a larger one gets 502, or is cut off
	Each     int           // fetches at one time from one provider; further ones get 503
	Dial     time.Duration // for name, connection and TLS; then 504
	Header   time.Duration // from the request to the answer's header; then 504
	HeaderSz int64         // bytes of the answer's header; a larger one gets 502
	Grace    time.Duration // that the provider may be silent, in all
	MinRate  int64         // bytes a second on average, beyond the grace; a slower transfer is ended
}

// DefaultLimits are what a proxy is run with.
func DefaultLimits() Limits {
	return Limits{
		File: 2<<30 + 64<<10, Each: 128, Dial: 10 * time.Second, Header: 15 * time.Second, HeaderSz: 16 << 10,
		Grace: 30 * time.Second, MinRate: 8 << 10,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		File: or(l.File, d.File), Each: or(l.Each, d.Each), Dial: or(l.Dial, d.Dial), Header: or(l.Header, d.Header),
		HeaderSz: or(l.HeaderSz, d.HeaderSz), Grace: or(l.Grace, d.Grace), MinRate: or(l.MinRate, d.MinRate),
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Config of a Proxy. Providers is required.
type Config struct {
	Providers *enlist.Registry
	Sandbox   bool // providers may be on this machine
	Limits    Limits
	Resolver  outside.Resolver // nil: the system's
	Log       *slog.Logger
}

// Proxy fetches files from providers. Safe for concurrent use.
type Proxy struct {
	cfg       Config
	limits    Limits
	transport *http.Transport
	busy      busy
}

// New returns a proxy.
func New(cfg Config) *Proxy {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	l := cfg.Limits.withDefaults()
	d := &outside.Dialer{Resolver: cfg.Resolver, Sandbox: cfg.Sandbox, Timeout: l.Dial}
	return &Proxy{cfg: cfg, limits: l, busy: busy{most: l.Each}, transport: &http.Transport{
		// No Proxy: the environment's would dial for us, unchecked.
		DialContext:            d.DialContext,
		TLSHandshakeTimeout:    l.Dial,
		ResponseHeaderTimeout:  l.Header,
		MaxResponseHeaderBytes: l.HeaderSz,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        time.Minute,
	}}
}

// Close ends idle connections.
func (p *Proxy) Close() { p.transport.CloseIdleConnections() }

var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)

// ServeHTTP answers Pattern.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	provider, ok := p.provider(r.PathValue("integrator"))
	token := r.PathValue("token")
	if !ok || !tokenForm.MatchString(token) {
		fail(w, http.StatusNotFound, "not_found", "there is no such file")
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	leave, ok := p.busy.enter(provider.ID, &cancel)
	if !ok {
		w.Header().Set("Retry-After", "5")
		fail(w, http.StatusServiceUnavailable, "busy", "too many files of this provider are being fetched")
		return
	}
	defer leave()
	if !p.usable(provider.ID) { // since it was looked up
		fail(w, http.StatusNotFound, "not_found", "there is no such file")
		return
	}
	resp, asked, err := p.ask(ctx, provider.MediaOrigin+"/m/"+token, r)
	if err != nil {
		p.unreachable(w, provider, err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	if !p.head(w, resp, asked, provider) || r.Method == http.MethodHead {
		return
	}
	p.pass(w, resp, cancel, provider)
}

// provider finds one that may be fetched from. It is checked anew each time: the
// registry may have changed.
func (p *Proxy) provider(integrator string) (enlist.Provider, bool) {
	id, err := strconv.ParseUint(integrator, 10, 16)
	if err != nil || strconv.FormatUint(id, 10) != integrator {
		return enlist.Provider{}, false
	}
	provider, ok := p.cfg.Providers.ByID(uint16(id))
	if !ok || !p.usable(uint16(id)) {
		return enlist.Provider{}, false
	}
	if err := outside.CheckOrigin(provider.MediaOrigin, p.cfg.Sandbox); err != nil {
		p.cfg.Log.Error("media proxy: provider not used", "provider", provider.ID, "error", err)
		return enlist.Provider{}, false
	}
	return provider, true
}

// usable says whether files of that provider are fetched as things stand.
func (p *Proxy) usable(id uint16) bool {
	provider, ok := p.cfg.Providers.ByID(id)
	return ok && !provider.Suspended && provider.MediaOrigin != ""
}

var errSuspended = errors.New("the provider may not serve anybody any more")

// Recheck ends what is being fetched from providers that may not serve anybody any
// more. It must be called when the registry has changed.
func (p *Proxy) Recheck() { p.busy.end(p.usable, errSuspended) }

// ask sends the request on. Redirects are not followed: a transport does not.
func (p *Proxy) ask(ctx context.Context, address string, r *http.Request) (*http.Response, *byteRange, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, address, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", "ferry-gateway")
	req.Header.Set("Accept-Encoding", "identity")
	var asked *byteRange
	if x, ok := parseRange(r.Header.Get("Range")); ok {
		asked = &x
		req.Header.Set("Range", x.header())
	}
	resp, err := p.transport.RoundTrip(req)
	return resp, asked, err
}

// head writes the answer's header, of our own making, and says whether a body
// follows.
func (p *Proxy) head(w http.ResponseWriter, resp *http.Response, asked *byteRange, provider enlist.Provider) bool {
	refuse := func(why string) bool {
		p.cfg.Log.Warn("media proxy: bad answer", "provider", provider.ID, "status", resp.StatusCode, "why", why)
		fail(w, http.StatusBadGateway, "bad_provider", "the provider's answer cannot be used")
		return false
	}
	size := resp.ContentLength
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
	case http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized:
		fail(w, http.StatusNotFound, "not_found", "there is no such file")
		return false
	case http.StatusGone:
		fail(w, http.StatusGone, "expired", "the file is no longer kept")
		return false
	case http.StatusRequestedRangeNotSatisfiable:
		fail(w, http.StatusRequestedRangeNotSatisfiable, "bad_range", "the file has no such bytes")
		return false
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "10")
		fail(w, http.StatusServiceUnavailable, "busy", "the provider is busy")
		return false
	default:
		return refuse("status")
	}
	if size > p.limits.File {
		return refuse("too big")
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return refuse("encoded")
	}
	h := w.Header()
	if resp.StatusCode == http.StatusPartialContent {
		got, ok := parsePart(resp.Header.Get("Content-Range"))
		if !ok || asked == nil || !got.answers(*asked) || got.size > p.limits.File || size >= 0 && size != got.last-got.first+1 {
			return refuse("not the range that was asked for")
		}
		h.Set("Content-Range", got.header())
		size = got.last - got.first + 1
	}
	wamedia.Harmless(h)
	h.Set("Accept-Ranges", "bytes")
	h.Set("Cache-Control", "private, max-age=3600")
	if size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(size, 10))
	}
	w.WriteHeader(resp.StatusCode)
	return true
}

var errSlow = errors.New("the provider is too slow")

// pass copies the body. When it ends too early, is endless or too slow, the
// client's connection is cut, which is how it learns that the file is not whole.
func (p *Proxy) pass(w http.ResponseWriter, resp *http.Response, cancel context.CancelCauseFunc, provider enlist.Provider) {
	rc := http.NewResponseController(w)
	defer func() { _ = rc.SetWriteDeadline(time.Time{}) }()
	src := &source{r: io.LimitReader(resp.Body, p.limits.File+1), limits: p.limits, slow: func() { cancel(errSlow) }}
	start, buf := time.Now(), make([]byte, 64<<10)
	for {
		n, err := src.Read(buf)
		if src.total > p.limits.File {
			err = errors.New("the file is endless, or too big")
			n = 0
		}
		if n > 0 {
			_ = rc.SetWriteDeadline(start.Add(p.limits.Grace + src.spent + p.limits.due(src.total)))
			if _, err := w.Write(buf[:n]); err != nil {
				panic(http.ErrAbortHandler) // the client has gone, or is too slow
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			p.cfg.Log.Warn("media proxy: transfer ended early", "provider", provider.ID, "bytes", src.total, "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}

// due is how long so many bytes may take, beyond the grace.
func (l Limits) due(n int64) time.Duration {
	return time.Duration(float64(n) / float64(l.MinRate) * float64(time.Second))
}

// source reads from a provider that must not be slower than the limits say.
type source struct {
	r      io.Reader
	limits Limits
	slow   func() // ends the transfer
	total  int64
	spent  time.Duration // waiting for the provider
}

func (s *source) Read(b []byte) (int, error) {
	start := time.Now()
	stop := time.AfterFunc(s.limits.Grace+s.limits.due(s.total)-s.spent, s.slow)
	n, err := s.r.Read(b)
	stop.Stop()
	s.spent += time.Since(start)
	s.total += int64(n)
	return n, err
}

// unreachable answers for a provider that did not.
func (p *Proxy) unreachable(w http.ResponseWriter, provider enlist.Provider, err error) {
	p.cfg.Log.Warn("media proxy: no answer", "provider", provider.ID, "error", err)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		fail(w, http.StatusGatewayTimeout, "provider_timeout", "the provider did not answer in time")
		return
	}
	fail(w, http.StatusBadGateway, "provider_unreachable", "the provider could not be reached")
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}
