package tunnel

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"
)

// Tunnel is one pipe, from its admission to the end of both connections.
type Tunnel struct {
	server  *Server
	id      Identity
	address string
	name    string // for logs; says nothing about anybody

	dialing context.Context // until joined or ended
	forget  context.CancelFunc

	mu     sync.Mutex // orders join and end
	joined bool
	reason Reason
	ended  chan struct{}

	client, gateway *leg
	running         atomic.Int32 // flows

	began   int64 // server clock
	active  atomic.Int64
	checked atomic.Int64 // when the session was looked up
	care    care
}

func newTunnel(s *Server, id Identity, address string) *Tunnel {
	t := &Tunnel{server: s, id: id, address: address, name: rand.Text()[:8], ended: make(chan struct{})}
	t.dialing, t.forget = context.WithCancel(context.Background())
	t.began = s.clock.Load()
	t.active.Store(t.began)
	t.checked.Store(t.began)
	return t
}

// join starts to forward between the two, unless the tunnel has ended already.
func (t *Tunnel) join(client, gateway *leg) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reason != none {
		return false
	}
	t.client, t.gateway, t.joined = client, gateway, true
	t.forget()
	t.dialing = nil
	now := t.server.clock.Load()
	client.heard.Store(now)
	gateway.heard.Store(now)
	t.active.Store(now)
	t.running.Store(2)
	go newFlow(t, client, gateway, true).run()
	go newFlow(t, gateway, client, false).run()
	return true
}

// end closes the tunnel for a reason; only the first one counts. The payloads are
// of the close frames to send; nil: what fits the reason. It never blocks.
func (t *Tunnel) end(why Reason, toClient, toGateway []byte) bool {
	t.mu.Lock()
	if t.reason != none {
		t.mu.Unlock()
		return false
	}
	t.reason = why
	close(t.ended)
	joined := t.joined
	t.mu.Unlock()
	if !joined {
		t.forget() // whoever dials finds the reason
		return true
	}
	deadline := time.Now().Add(t.server.cfg.Limits.TunnelLinger)
	_ = t.client.conn.SetDeadline(deadline)
	_ = t.gateway.conn.SetDeadline(deadline)
	if toClient == nil && why.Code() != 0 {
		toClient = closePayload(uint16(why.Code()), why.String())
	}
	if toClient != nil {
		t.client.close(toClient)
	}
	if toGateway == nil {
		toGateway = closePayload(closeGoingAway, "")
	}
	t.gateway.close(toGateway)
	return true
}

// closeGoingAway is what the gateway is told when it is none of its business why.
const closeGoingAway = 1001

func (t *Tunnel) ending() bool {
	select {
	case <-t.ended:
		return true
	default:
		return false
	}
}

func (t *Tunnel) why() Reason {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reason
}

// flowEnded closes both connections once neither is read any more.
func (t *Tunnel) flowEnded() {
	if t.running.Add(-1) > 0 {
		return
	}
	_ = t.client.conn.Close()
	_ = t.gateway.conn.Close()
	t.server.remove(t, t.why())
}
