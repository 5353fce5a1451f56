package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"ferry/relay/internal/tunnel"
)

// What follows is the door to the gateway's sandbox: a page of this relay may play
// WhatsApp users, because a page reaches nothing but its own origin. The relay
// passes bytes, as it does for its own users, and understands none. There is no
// password: so there is no door but on a developer's machine. It needs a gateway
// that is a sandbox, a relay whose own name is this machine's, and a caller who
// sits at it and is no page of somebody else's.

// What the door is for.
const (
	doorPath   = "/sandbox"
	doorChat   = doorPath + "/ws/chat"
	doorUp     = doorPath + "/mms/"
	doorDown   = doorPath + "/v/"
	doorScreen = doorPath + "/console"
	consoleAt  = "/qa"
)

// How long the answer of a gateway in another process counts, whether it is a
// sandbox, and how long it may take.
const (
	sandboxKnown   = 5 * time.Second
	sandboxUnknown = time.Second
	sandboxAsked   = 2 * time.Second
)

// sandboxPatience is longer than any request of the sandbox waits for what it is
// asked to: a message that is read, a contact that has arrived.
const sandboxPatience = 90 * time.Second

type door struct {
	server  *Server
	to      *url.URL // the gateway's listener; nil: there is no door
	sockets *tunnel.Server
	pass    http.Handler
	client  *http.Client
	places  chan struct{} // nil: any number of requests at once
	life    context.Context
	end     context.CancelFunc

	mu    sync.Mutex // held while the gateway is asked
	is    bool
	asked time.Time
}

// openDoor makes the door of a relay that may have one.
func (s *Server) openDoor() error {
	d := &door{server: s}
	d.life, d.end = context.WithCancel(context.Background())
	s.door = d
	own, err := url.Parse(s.cfg.URL)
	if err != nil || !s.opt.Gateway.Sandbox || !thisMachine(own.Hostname()) {
		return nil
	}
	to, err := url.Parse(s.opt.Gateway.API)
	if err != nil {
		return err
	}
	limits := s.limits
	limits.Tunnels, limits.TunnelsAccount, limits.TunnelsAddress, limits.TunnelOpens = limits.SandboxSockets, 0, 0, 0
	d.sockets, err = tunnel.New(tunnel.Config{
		Gateway: s.opt.Gateway.Chat, Limits: limits, Auth: anybody{}, Log: s.log, Tick: s.opt.Tick,
		Origin:  func(*http.Request) bool { return true }, // the door has looked
		Address: s.address,
	})
	if err != nil {
		return err
	}
	if n := limits.SandboxRequests; n > 0 {
		d.places = make(chan struct{}, n)
	}
	transport := &http.Transport{
		DisableCompression: true, ResponseHeaderTimeout: sandboxPatience, IdleConnTimeout: limits.KeepAlive,
		DialContext: (&net.Dialer{Timeout: limits.GatewayCallTime}).DialContext,
	}
	context.AfterFunc(d.life, transport.CloseIdleConnections)
	d.client = &http.Client{Transport: transport, Timeout: sandboxAsked,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	d.pass = d.proxy(transport)
	d.to = to
	return nil
}

// anybody may open a socket: whoever has come this far plays whom they like.
type anybody struct{}

func (anybody) Authenticate(*http.Request) (tunnel.Identity, error) { return tunnel.Identity{}, nil }

func (anybody) Alive(context.Context, tunnel.Identity) error { return nil }

// routes are the door's addresses.
func (d *door) routes(mux *http.ServeMux) {
	enter := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if d.admit(w, r) {
				h(w, r)
			}
		}
	}
	mux.HandleFunc(doorPath, enter(d.through))
	mux.HandleFunc(doorPath+"/", enter(d.through))
	mux.HandleFunc("GET "+doorChat, enter(func(w http.ResponseWriter, r *http.Request) { d.sockets.ServeHTTP(w, r) }))
	mux.HandleFunc("GET "+consoleAt, enter(d.through))
	mux.HandleFunc("GET "+consoleAt+"/{$}", enter(d.through))
	mux.HandleFunc(consoleAt+"/", func(w http.ResponseWriter, r *http.Request) { d.server.friendly(w, r, http.StatusNotFound) })
}

// admit answers whoever may not come in.
func (d *door) admit(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Cache-Control", "no-store")
	var p *problem
	switch {
	case !d.open(r.Context()):
		p = &problem{status: http.StatusNotFound, Code: "not_found", Message: "There is nothing here."}
	case !local(r):
		p = &problem{status: http.StatusForbidden, Code: "remote_refused", Message: "The sandbox answers only on the machine where it runs."}
	case !thisMachine(hostname(r.Host)):
		p = &problem{status: http.StatusForbidden, Code: "host_refused", Message: "The sandbox is not known under this host name."}
	case !ownPage(r):
		p = &problem{status: http.StatusForbidden, Code: "origin_refused", Message: "Pages of other sites may not use the sandbox."}
	default:
		return true
	}
	if p.status == http.StatusNotFound && navigates(r) {
		d.server.friendly(w, r, p.status)
	} else {
		writeJSON(w, p.status, map[string]any{"error": p})
	}
	return false
}

// open reports whether there is a sandbox behind the door. One in another process
// is asked: that it is called one in the configuration is not enough.
func (d *door) open(ctx context.Context) bool {
	if d.to == nil || !d.server.opt.Gateway.Apart {
		return d.to != nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	age := d.server.opt.Now().Sub(d.asked)
	if d.is && age < sandboxKnown || !d.is && age < sandboxUnknown && !d.asked.IsZero() {
		return d.is
	}
	if is, err := d.ask(ctx); err == nil { // one that is starting again is what it was
		d.is = is
	}
	d.asked = d.server.opt.Now()
	return d.is
}

// ask says whether the gateway has a sandbox for us and is the one that clients are
// told to trust. An error: it gives no answer.
func (d *door) ask(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, d.to.JoinPath(doorPath).String(), nil)
	if err != nil {
		return false, fmt.Errorf("ask the gateway: %w", err)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return false, fmt.Errorf("ask the gateway: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	var info struct {
		RootKey string `json:"rootKey"`
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, d.server.limits.GatewayBody))
	if err == nil && resp.StatusCode >= http.StatusInternalServerError { // of what stands before it
		err = errors.New(resp.Status)
	}
	if err != nil {
		return false, fmt.Errorf("ask the gateway: %w", err)
	}
	if resp.StatusCode != http.StatusOK || json.Unmarshal(b, &info) != nil {
		return false, nil
	}
	return info.RootKey != "" && strings.EqualFold(info.RootKey, d.server.opt.Gateway.RootKey), nil
}

// drain tells the sockets to come back, and ends what is passed.
func (d *door) drain(ctx context.Context, spread time.Duration) error {
	defer d.end()
	if d.sockets == nil {
		return nil
	}
	return d.sockets.Drain(ctx, spread)
}

func (d *door) close() {
	d.end()
	if d.sockets != nil {
		d.sockets.Close()
	}
}

// local reports whether the caller sits at this machine. A proxy does too: what
// comes through one does not count, whoever the proxy is.
func local(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// ownPage reports whether a page of this very host and port asks, or none. A person
// may come to the console from anywhere: it is a page that nobody can frame.
func ownPage(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		if r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document" ||
			r.URL.Path != consoleAt {
			return false
		}
	}
	switch origins := r.Header.Values("Origin"); len(origins) {
	case 0:
		return true
	case 1:
		u, err := url.Parse(origins[0])
		return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host == r.Host
	}
	return false
}

// hostname is a Host header without port and brackets, in lower case.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// thisMachine reports whether a name cannot be another machine's: a rebound DNS
// entry has none of these.
func thisMachine(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
