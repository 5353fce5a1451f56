// Package server is the relay's face to the web: accounts, ID tokens, enlistment,
// the tunnel and the static site, each answer with the strict policies that a
// messenger's origin needs. It knows what the other rooms do, and starts and
// drains them in order.
package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ferry/relay/internal/account"
	"ferry/relay/internal/bus"
	"ferry/relay/internal/config"
	"ferry/relay/internal/country"
	"ferry/relay/internal/limit"
	"ferry/relay/internal/media"
	"ferry/relay/internal/oidc"
	"ferry/relay/internal/token"
	"ferry/relay/internal/tunnel"
	"ferry/relay/internal/where"
)

// Gateway is where the gateway is and what clients are told of it.
type Gateway struct {
	Chat    string // ws://, wss://, tcp:// or tls:// address
	API     string // http:// or https:// address of its enlistment
	Media   string // origin of the files that WhatsApp users send; "": there are none
	Name    string
	RootKey string        // hex
	Sandbox bool          // testers may play WhatsApp there, by the configuration
	Apart   bool          // it is another process, which must say itself that it is a sandbox
	Echo    func() string // phone number of Echo, "" without one; may be nil
}

// Options of a Server. Now and Log have defaults.
type Options struct {
	Config  config.Config
	Bus     *bus.Bus
	Gateway Gateway
	Site    fs.FS // the built site; without site.json in it a page says how to build it
	Now     func() time.Time
	Log     *slog.Logger
	Tick    time.Duration // how often tunnels are looked after; 0: every second
}

// Server is the relay proper.
type Server struct {
	opt       Options
	cfg       *config.Config
	limits    limit.Limits
	log       *slog.Logger
	accounts  *account.Accounts
	issuer    *token.Issuer
	gateway   *token.Client
	tunnels   *tunnel.Server
	door      *door // to the gateway's sandbox
	media     mediaPart
	elsewhere *oidc.SignIn // nil: accounts with passwords, kept here
	site      *site
	origins   map[string]bool
	proxies   []netip.Prefix
	region    *where.Policy
	rates     rates
	requests  *prometheus.CounterVec
	handler   http.Handler
	draining  atomic.Bool
	unsub     func()
}

// rates are the limits that count by key and time.
type rates struct{ requests, signUps, signIns, tokens *limit.Rate }

// New opens the relay's state. It serves nothing until Serve.
func New(ctx context.Context, opt Options) (*Server, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{opt: opt, cfg: &opt.Config, limits: opt.Config.Limits(), log: opt.Log}
	if err := s.open(ctx); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	l := s.limits
	rate := func(n int64, per time.Duration) *limit.Rate { return limit.NewRate(n, per, l.AddressMemory, opt.Now) }
	s.rates = rates{
		requests: rate(l.Requests, time.Minute),
		signUps:  rate(l.SignUps, time.Hour),
		signIns:  rate(l.SignIns, time.Minute),
		tokens:   rate(l.Tokens, time.Minute),
	}
	s.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ferry_http_requests_total", Help: "Answered requests by route and class of status.",
	}, []string{"route", "status"})
	s.handler = s.routes()
	return s, nil
}

func (s *Server) open(ctx context.Context) (err error) {
	opt, cfg, l := s.opt, s.cfg, s.limits
	s.origins = allowedOrigins(cfg)
	for _, text := range cfg.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("trusted proxies: %w", err)
		}
		s.proxies = append(s.proxies, p)
	}
	if s.region, err = openRegion(cfg); err != nil {
		return err
	}
	if s.site, err = openSite(opt.Site); err != nil {
		return err
	}
	if s.accounts, err = account.Open(ctx, account.Config{Bus: opt.Bus, Limits: l, Log: opt.Log, Now: opt.Now}); err != nil {
		return err
	}
	if err := s.openSignIn(ctx); err != nil {
		return err
	}
	s.issuer, err = token.Open(ctx, token.Config{
		Bus: opt.Bus, Issuer: cfg.URL, Audience: cfg.GatewayAudience,
		TokenAge: l.TokenAge, KeyLife: cfg.KeyLife, Now: opt.Now, Log: opt.Log,
	})
	if err != nil {
		return err
	}
	if s.gateway, err = token.NewClient(opt.Gateway.API, l.GatewayCallTime, l.GatewayBody, nil); err != nil {
		return err
	}
	if err := s.openMedia(ctx); err != nil {
		return err
	}
	s.tunnels, err = tunnel.New(tunnel.Config{
		Gateway: opt.Gateway.Chat, Limits: l, Auth: authenticator{s},
		Origin: s.originAllowed, Address: s.address, Log: opt.Log, Tick: opt.Tick,
	})
	if err != nil {
		return err
	}
	if err := s.openDoor(); err != nil {
		s.tunnels.Close()
		return err
	}
	s.unsub, err = opt.Bus.Subscribe(account.RevokedSubject, func(session []byte) { s.tunnels.Revoke(string(session)) })
	if err != nil {
		s.tunnels.Close()
		s.door.close()
	}
	return err
}

func openRegion(cfg *config.Config) (*where.Policy, error) {
	offered, err := country.Parse(cfg.Regions)
	if err != nil {
		return nil, err
	}
	return where.Open(cfg.RegionPolicy, offered)
}

// Handler is the whole web face.
func (s *Server) Handler() http.Handler { return s.handler }

// Tunnels is the tunnel server, for metrics.
func (s *Server) Tunnels() *tunnel.Server { return s.tunnels }

// Media is the media host, for metrics.
func (s *Server) Media() *media.Host { return s.media.host }

// Collector has the metrics of requests.
func (s *Server) Collector() prometheus.Collector { return s.requests }

// Ready reports whether new clients should come here.
func (s *Server) Ready(ctx context.Context) error {
	if s.draining.Load() {
		return errors.New("draining")
	}
	return s.opt.Bus.Ready(ctx)
}

// Serve answers on the listener until ctx ends. Then it is no longer ready, tells
// the clients of all tunnels to come back, lets requests finish, and returns.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	bound := newBoundListener(ln, s.limits.Connections)
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: s.limits.HeaderTime,
		ReadTimeout:       s.limits.RequestTime,
		WriteTimeout:      s.limits.AnswerTime,
		IdleTimeout:       s.limits.KeepAlive,
		MaxHeaderBytes:    int(s.limits.HeaderBytes),
		ConnState:         bound.state,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	sweep, endSweep := context.WithCancel(context.WithoutCancel(ctx))
	var swept sync.WaitGroup
	swept.Go(func() { s.media.host.Run(sweep) })
	defer swept.Wait()
	defer endSweep()
	served := make(chan error, 1)
	go func() {
		if s.cfg.TLSCert != "" {
			srv.TLSNextProto = map[string]func(*http.Server, *tlsConn, http.Handler){} // a tunnel needs HTTP/1.1
			served <- srv.ServeTLS(bound, s.cfg.TLSCert, s.cfg.TLSKey)
			return
		}
		served <- srv.Serve(bound)
	}()
	select {
	case err := <-served:
		s.close()
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.DrainMax)
	defer cancel()
	err := s.drain(stop, srv)
	<-served
	s.close()
	return err
}

// drain is the orderly end: not ready, tunnels, requests.
func (s *Server) drain(ctx context.Context, srv *http.Server) error {
	s.draining.Store(true)
	s.log.Info("draining", "tunnels", s.tunnels.Stats().Open)
	s.media.host.Stop() // uploads: their clients go on elsewhere
	errTunnels := s.tunnels.Drain(ctx, s.cfg.Drain)
	errDoor := s.door.drain(ctx, s.cfg.Drain)
	s.media.end() // downloads, which had as long
	errRequests := srv.Shutdown(ctx)
	if errRequests != nil {
		_ = srv.Close()
	}
	if err := errors.Join(errTunnels, errDoor, errRequests); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}

func (s *Server) close() {
	s.draining.Store(true)
	s.unsub()
	s.tunnels.Close()
	s.door.close()
	s.media.end()
	s.media.gateway.Close()
	_ = s.region.Close() // only read
}

// Close ends what New began, if Serve was never called.
func (s *Server) Close() { s.close() }

// Built reports whether the web app is there to be served.
func (s *Server) Built() bool { return len(s.site.files) > 0 }
