// Package node is one process of Ferry: it starts what the configuration asks for
// (state, gateway, relay, private listener), in order, and stops it in the other
// order. It is the only place where the relay and the reference gateway meet; the
// relay proper reaches neither the gateway nor its wire format.
package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ferry/relay/internal/admin"
	"ferry/relay/internal/bus"
	"ferry/relay/internal/config"
	"ferry/relay/internal/server"
)

// Options of a Node. Only Config is required.
type Options struct {
	Config config.Config
	Alone  bool         // the gateway without a relay
	Site   fs.FS        // the built site
	Log    *slog.Logger // nil: discarded
	Now    func() time.Time
	Tick   time.Duration // how often tunnels are looked after; 0: every second

	// Listeners that are open already, for tests; nil: by configuration.
	Listener, GatewayListener net.Listener
	// ChatURL is what the relay dials instead of the embedded gateway itself, for a
	// test that watches what passes; "" for none.
	ChatURL string
	// EchoTyping is how long Echo seems to type; 0: its own default.
	EchoTyping time.Duration
}

// Node is a running process's worth of Ferry.
type Node struct {
	opt     Options
	cfg     *config.Config
	log     *slog.Logger
	bus     *bus.Bus
	gateway *gatewayPart // nil without one
	relay   *server.Server

	relayAddr, gatewayAddr, adminAddr net.Addr

	stopRelay context.CancelFunc // begins the drain
	stopRest  context.CancelFunc
	relayDone chan struct{}
	rest      sync.WaitGroup
	mu        sync.Mutex
	errs      []error
	failed    chan struct{} // closed when a part ends by itself
	failOnce  sync.Once
	stopOnce  sync.Once
}

// Start starts everything and returns once all listeners answer. ctx bounds the
// start only; Stop ends the node.
func Start(ctx context.Context, opt Options) (*Node, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	n := &Node{opt: opt, cfg: &opt.Config, log: opt.Log, relayDone: make(chan struct{}), failed: make(chan struct{})}
	if err := n.start(ctx); err != nil {
		n.abandon()
		return nil, err
	}
	return n, nil
}

func (n *Node) start(ctx context.Context) error {
	ls, err := n.listen()
	if err != nil {
		return err
	}
	busConfig := bus.Config{Dir: n.cfg.Data, Log: n.log}
	if n.cfg.NATS != "" {
		busConfig = bus.Config{URL: n.cfg.NATS, Replicas: n.cfg.NATSReplicas, Log: n.log}
	}
	if n.bus, err = bus.Open(ctx, busConfig); err != nil {
		ls.close()
		return fmt.Errorf("state: %w", err)
	}
	if err := n.open(ctx, ls); err != nil {
		ls.close()
		return err
	}
	adm, err := n.openAdmin()
	if err != nil {
		ls.close()
		return err
	}
	relayCtx, stopRelay := context.WithCancel(context.Background())
	restCtx, stopRest := context.WithCancel(context.Background())
	n.stopRelay, n.stopRest = stopRelay, stopRest
	if ls.admin != nil {
		n.adminAddr = ls.admin.Addr()
		n.part("admin", func() error { return adm.Serve(restCtx, ls.admin) })
	}
	if n.gateway != nil {
		n.gatewayAddr = ls.gateway.Addr()
		n.part("gateway", func() error { return n.gateway.run(restCtx) })
	}
	if n.relay == nil {
		close(n.relayDone)
		return nil
	}
	n.relayAddr = ls.relay.Addr()
	n.part("relay", func() error {
		defer close(n.relayDone)
		return n.relay.Serve(relayCtx, ls.relay)
	})
	return nil
}

// open makes the parts that the configuration asks for.
func (n *Node) open(ctx context.Context, ls *listeners) error {
	var keys keySets
	if ls.gateway != nil {
		g, err := openGateway(ctx, n, ls.gateway, &keys)
		if err != nil {
			return err
		}
		n.gateway = g
	}
	if n.opt.Alone {
		return nil
	}
	there := server.Gateway{Chat: n.cfg.Gateway, API: n.cfg.GatewayAPI, Media: n.cfg.GatewayMedia, Name: n.cfg.GatewayName, RootKey: n.cfg.GatewayRoot, Sandbox: n.cfg.Sandbox.Or(false), Apart: true}
	if n.gateway != nil {
		there = n.gateway.told(n.opt.ChatURL)
	}
	relay, err := server.New(ctx, server.Options{
		Config: *n.cfg, Bus: n.bus, Gateway: there, Site: n.opt.Site, Now: n.opt.Now, Log: n.log, Tick: n.opt.Tick,
	})
	if err != nil {
		return err
	}
	n.relay = relay
	keys.serve(relay.Handler())
	return nil
}

func (n *Node) openAdmin() (*admin.Admin, error) {
	cfg := admin.Config{Ready: n.Ready, Log: n.log}
	if n.relay != nil {
		cfg.Metrics = []prometheus.Collector{n.relay.Collector(), admin.Tunnels{Stats: n.relay.Tunnels().Stats}, admin.Media{Stats: n.relay.Media().Stats}}
	}
	return admin.New(cfg)
}

// part runs one part. When it fails, the node has failed.
func (n *Node) part(name string, run func() error) {
	n.rest.Go(func() {
		if err := run(); err != nil {
			n.mu.Lock()
			n.errs = append(n.errs, fmt.Errorf("%s: %w", name, err))
			n.mu.Unlock()
			n.failOnce.Do(func() { close(n.failed) })
		}
	})
}

// Ready reports whether new clients should come here.
func (n *Node) Ready(ctx context.Context) error {
	if n.gateway != nil {
		if err := n.gateway.gw.Ready(ctx); err != nil {
			return err
		}
	}
	if n.relay != nil {
		return n.relay.Ready(ctx)
	}
	return nil
}

// Failed is closed when a part ended by itself; Stop tells why.
func (n *Node) Failed() <-chan struct{} { return n.failed }

// Stop drains the relay, then the gateway, then ends the rest. What was
// acknowledged to anybody is on disk. It takes at most the configured time and a
// little, or until ctx ends.
func (n *Node) Stop(ctx context.Context) error {
	n.stopOnce.Do(func() {
		defer context.AfterFunc(ctx, n.stopRest)()
		n.stopRelay()
		<-n.relayDone
		if n.gateway != nil {
			n.gateway.drain(ctx, n.cfg.DrainMax)
		}
		n.stopRest()
		n.rest.Wait()
		n.bus.Close()
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	return errors.Join(n.errs...)
}

// abandon ends what a failed start has begun.
func (n *Node) abandon() {
	if n.relay != nil {
		n.relay.Close()
	}
	if n.gateway != nil {
		n.gateway.gw.Close()
	}
	if n.bus != nil {
		n.bus.Close()
	}
}

// RelayAddr is where the relay listens, nil without one.
func (n *Node) RelayAddr() net.Addr { return n.relayAddr }

// GatewayAddr is where the gateway listens, nil without one.
func (n *Node) GatewayAddr() net.Addr { return n.gatewayAddr }

// AdminAddr is where the private listener is, nil without one.
func (n *Node) AdminAddr() net.Addr { return n.adminAddr }
