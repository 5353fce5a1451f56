// Package tunnel is the relay's blind pipe: one browser WebSocket to one
// connection to the gateway. It follows frames by their headers, enforces the
// bounds of the table in package limit, and passes the bytes on unread.
package tunnel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"ferry/relay/internal/limit"
)

// Identity is whose tunnel it is. Both are opaque here.
type Identity struct{ Account, Session string }

// ErrSignedOut is what an Authenticator returns for a request without a session
// that is in force. Any other error is an outage: the client is told to come back.
var ErrSignedOut = errors.New("signed out")

// Authenticator decides who may open a tunnel.
type Authenticator interface {
	// Authenticate returns the holder of the request's session.
	Authenticate(r *http.Request) (Identity, error)
	// Alive returns ErrSignedOut once the session has ended.
	Alive(ctx context.Context, id Identity) error
}

// Config of a Server. All fields but TLS, Log and Tick are required.
type Config struct {
	Gateway string      // ws://, wss://, tcp:// or tls:// address
	TLS     *tls.Config // for the gateway; nil: the system's roots
	Limits  limit.Limits
	Auth    Authenticator
	Origin  func(*http.Request) bool       // whether the page may use the tunnel
	Address func(*http.Request) netip.Addr // where the client is
	Log     *slog.Logger
	Tick    time.Duration // how often tunnels are looked after; 0: every second
}

// Server opens tunnels and looks after them. It is the handler of /tunnel.
type Server struct {
	cfg        Config
	dialer     *dialer
	opens      *limit.Rate
	perAccount *limit.Count
	perAddress *limit.Count
	clock      atomic.Int64 // nanoseconds since start, as of the last tick
	start      time.Time
	stop       context.CancelFunc
	stopped    sync.WaitGroup
	stats      stats

	mu       sync.Mutex
	tunnels  map[*Tunnel]struct{} // bounded by tunnel.total
	draining bool
	empty    chan struct{} // closed when draining and none is left
}

type stats struct {
	opened, upBytes, downBytes, pauses atomic.Uint64
	ended                              [reasons]atomic.Uint64
}

// Stats is a snapshot for metrics.
type Stats struct {
	Open               int
	Opened             uint64
	Ended              map[Reason]uint64
	UpBytes, DownBytes uint64 // forwarded, WebSocket headers included
	Pauses             uint64 // reads delayed by a rate
}

// New makes a server. Close ends it.
func New(cfg Config) (*Server, error) {
	d, err := newDialer(cfg.Gateway, cfg.TLS)
	if err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Tick == 0 {
		cfg.Tick = time.Second
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		cfg:        cfg,
		dialer:     d,
		opens:      limit.NewRate(cfg.Limits.TunnelOpens, time.Minute, cfg.Limits.AddressMemory, time.Now),
		perAccount: limit.NewCount(cfg.Limits.TunnelsAccount),
		perAddress: limit.NewCount(cfg.Limits.TunnelsAddress),
		start:      time.Now(),
		stop:       stop,
		tunnels:    map[*Tunnel]struct{}{},
		empty:      make(chan struct{}),
	}
	s.clock.Store(1)
	s.stopped.Go(func() { s.keep(ctx) })
	s.stopped.Go(func() { s.recheck(ctx) })
	return s, nil
}

// ServeHTTP opens a tunnel. It returns as soon as the bytes flow, so that the
// request and its stack cost no memory while the tunnel lives.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.cfg.Origin(r) {
		http.Error(w, "This page may not use the tunnel.", http.StatusForbidden)
		return
	}
	t, why := s.admit(r)
	conn, early, err := accept(w, r) // answers the request if it is no WebSocket's
	if err != nil {
		if t != nil {
			s.remove(t, ClientGone)
		}
		return
	}
	if t == nil {
		s.stats.ended[why].Add(1)
		refuse(conn, why, s.cfg.Limits.TunnelLinger)
		return
	}
	s.open(t, newLeg(conn, early, &s.clock))
}

// admit checks who asks and whether there is room. The tunnel that it returns
// holds its places until remove.
func (s *Server) admit(r *http.Request) (*Tunnel, Reason) {
	address := limit.AddressKey(s.cfg.Address(r))
	if ok, _ := s.opens.Allow(address); !ok {
		return nil, TooMany
	}
	id, err := s.cfg.Auth.Authenticate(r)
	switch {
	case errors.Is(err, ErrSignedOut):
		return nil, Unauthorized
	case err != nil:
		s.cfg.Log.Warn("tunnel refused: no answer about the session", "error", err)
		return nil, Draining
	}
	t := newTunnel(s, id, address)
	return s.add(t)
}

// open dials the gateway and joins the two.
func (s *Server) open(t *Tunnel, client *leg) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Limits.TunnelDial)
	defer cancel()
	defer context.AfterFunc(t.dialing, cancel)()
	// A session may have ended between its check and the tunnel's being listed.
	if err := s.cfg.Auth.Alive(ctx, t.id); errors.Is(err, ErrSignedOut) {
		t.end(Revoked, nil, nil)
	}
	if !t.ending() {
		conn, early, err := s.dialer.dial(ctx)
		if err == nil {
			gateway := newLeg(conn, early, &s.clock)
			gateway.bytes, gateway.mask = s.dialer.plain(), !s.dialer.plain()
			if t.join(client, gateway) {
				return
			}
			_ = conn.Close()
		} else if t.end(GatewayUnreachable, nil, nil) {
			s.cfg.Log.Warn("gateway unreachable", "tunnel", t.name, "error", err)
		}
	}
	refuse(client.conn, t.why(), s.cfg.Limits.TunnelLinger)
	s.remove(t, t.why())
}

// add lists a tunnel if there is room for it.
func (s *Server) add(t *Tunnel) (*Tunnel, Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		return nil, Draining
	case s.cfg.Limits.Tunnels > 0 && int64(len(s.tunnels)) >= s.cfg.Limits.Tunnels:
		return nil, TooMany
	case !s.perAccount.Take(t.id.Account):
		return nil, TooMany
	case !s.perAddress.Take(t.address):
		s.perAccount.Give(t.id.Account)
		return nil, TooMany
	}
	s.tunnels[t] = struct{}{}
	s.stats.opened.Add(1)
	return t, none
}

// remove gives a tunnel's places back.
func (s *Server) remove(t *Tunnel, why Reason) {
	t.forget()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tunnels, t)
	s.perAccount.Give(t.id.Account)
	s.perAddress.Give(t.address)
	s.stats.ended[why].Add(1)
	if s.draining && len(s.tunnels) == 0 {
		s.closeEmpty()
	}
	s.cfg.Log.Debug("tunnel ended", "tunnel", t.name, "reason", why.String())
}

func (s *Server) closeEmpty() {
	select {
	case <-s.empty:
	default:
		close(s.empty)
	}
}

// list returns the tunnels of this moment.
func (s *Server) list() []*Tunnel {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Tunnel, 0, len(s.tunnels))
	for t := range s.tunnels {
		all = append(all, t)
	}
	return all
}

// Revoke closes the tunnels of a session.
func (s *Server) Revoke(session string) {
	for _, t := range s.list() {
		if t.id.Session == session {
			t.end(Revoked, nil, nil)
		}
	}
}

// Drain refuses new tunnels, tells the clients of the others to come back, spread
// over the given time so that they do not all come at once, and waits until all
// are gone or ctx ends.
func (s *Server) Drain(ctx context.Context, spread time.Duration) error {
	s.mu.Lock()
	s.draining = true
	if len(s.tunnels) == 0 {
		s.closeEmpty()
	}
	s.mu.Unlock()
	all := s.list()
	for i, t := range all {
		t.end(Draining, nil, nil)
		if i+1 == len(all) {
			break
		}
		select {
		case <-time.After(spread / time.Duration(len(all))):
		case <-ctx.Done():
		}
	}
	select {
	case <-s.empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("drain tunnels: %w", context.Cause(ctx))
	}
}

// Close ends all tunnels at once and stops looking after them.
func (s *Server) Close() {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	for _, t := range s.list() {
		t.end(Draining, nil, nil)
	}
	s.stop()
	s.stopped.Wait()
}

// Stats returns the counters.
func (s *Server) Stats() Stats {
	out := Stats{
		Opened:    s.stats.opened.Load(),
		UpBytes:   s.stats.upBytes.Load(),
		DownBytes: s.stats.downBytes.Load(),
		Pauses:    s.stats.pauses.Load(),
		Ended:     make(map[Reason]uint64, reasons),
	}
	for _, r := range Reasons() {
		out.Ended[r] = s.stats.ended[r].Load()
	}
	s.mu.Lock()
	out.Open = len(s.tunnels)
	s.mu.Unlock()
	return out
}
