package gateway

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/mediaproxy"
	"ferry/relay/internal/gateway/outside"
	"ferry/relay/internal/gateway/wamedia"
	"ferry/relay/wire"
)

// MediaConfig is about files; the zero value works.
type MediaConfig struct {
	Host     string // host:port at which clients reach this gateway for files; "": the listener's
	Limits   wamedia.Limits
	Proxy    mediaproxy.Limits
	Resolver outside.Resolver // finds providers' media hosts; nil: the system's
}

// mountMedia adds what clients of WhatsApp find at its media servers: their own
// files, and those of third parties.
func (g *Gateway) mountMedia(ctx context.Context) error {
	cfg := g.cfg
	for _, p := range cfg.Providers.All() {
		if p.MediaOrigin == "" {
			continue
		}
		if err := outside.CheckOrigin(p.MediaOrigin, cfg.Sandbox != nil); err != nil {
			return fmt.Errorf("provider %d: media: %w", p.ID, err)
		}
	}
	var err error
	g.media, err = wamedia.New(ctx, wamedia.Config{
		Bus: cfg.Bus, Limits: cfg.Media.Limits, Now: cfg.Now, Rand: cfg.Rand, Log: cfg.Log,
	})
	if err != nil {
		return err
	}
	proxy := mediaproxy.New(mediaproxy.Config{
		Providers: cfg.Providers, Sandbox: cfg.Sandbox != nil, Limits: cfg.Media.Proxy, Resolver: cfg.Media.Resolver, Log: cfg.Log,
	})
	g.mu.Lock() // providers may change from here on
	g.proxy = proxy
	g.mu.Unlock()
	g.mux.HandleFunc(wamedia.UploadPattern, g.media.Upload)
	g.mux.HandleFunc(wamedia.DownloadPattern, g.media.Download)
	g.mux.Handle(mediaproxy.Pattern, g.proxy)
	return nil
}

// mediaLife is for how long a client uses the hosts that it was told.
const mediaLife = time.Hour

// queryMedia tells a client where files are, and lets it upload. A third-party
// user's files are with the provider.
func (c *conn) queryMedia(_ context.Context, n wire.Node) ([]wire.Node, error) {
	if _, ok := n.Child("media_conn"); !ok {
		return nil, errBadRequest
	}
	if c.kind != directory.WhatsApp {
		return nil, errNotAllowed
	}
	auth, life := c.gw.media.Grant(subject(c.dev.Bare()))
	return []wire.Node{wire.N("media_conn", []wire.Attr{
		wire.A("auth", auth), wire.A("auth_ttl", number(int(life.Seconds()))),
		wire.A("ttl", number(int(min(mediaLife, life).Seconds()))), wire.A("max_buckets", "12"),
	}, wire.N("host", []wire.Attr{wire.A("hostname", c.gw.mediaHost())}))}, nil
}

// mediaHost is what clients are told.
func (g *Gateway) mediaHost() string {
	if g.cfg.Media.Host != "" {
		return g.cfg.Media.Host
	}
	if g.cfg.Listener == nil {
		return g.cfg.Addr
	}
	text := g.cfg.Listener.Addr().String()
	if a, err := netip.ParseAddrPort(text); err == nil && a.Addr().IsUnspecified() {
		return net.JoinHostPort("localhost", fmt.Sprint(a.Port()))
	}
	return text
}
