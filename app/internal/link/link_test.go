package link

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ferry/app/internal/model"
	"ferry/relay/wire"
	"ferry/relay/wire/wiretest"
)

// gateway is the other side: it answers dials with a handshake and leaves the
// rest to the test.
type gateway struct {
	t         *testing.T
	static    wire.PrivateKey
	authority *wire.Authority
	chain     []byte
	arrived   chan *visitor

	mu      sync.Mutex
	dialErr error
	dials   []time.Time
}

// visitor is a connection as the gateway sees it.
type visitor struct {
	*wire.Channel
	pipe    *wiretest.End
	payload *wire.ClientPayload
}

func newGateway(t *testing.T) *gateway {
	static, err := wire.GenerateKey(nil)
	check(t, err)
	authority, err := wire.NewAuthority(nil)
	check(t, err)
	chain, err := authority.Issue(static.Public(), time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
	check(t, err)
	return &gateway{t: t, static: static, authority: authority, chain: chain, arrived: make(chan *visitor, 16)}
}

func (g *gateway) dial(ctx context.Context) (wire.Pipe, error) {
	g.mu.Lock()
	g.dials = append(g.dials, time.Now())
	err := g.dialErr
	g.mu.Unlock()
	if err != nil {
		return nil, err
	}
	near, far := wiretest.Pipe()
	go func() {
		ch, _, payload, err := wire.Accept(context.Background(), far, wire.ServerConfig{Static: g.static, Chain: g.chain})
		if err == nil {
			g.arrived <- &visitor{ch, far, payload}
		}
	}()
	return near, nil
}

func (g *gateway) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dialErr, g.dials = err, nil
}

func (g *gateway) attempts() []time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]time.Time(nil), g.dials...)
}

type tokens struct{}

func (tokens) Token(context.Context, wire.PublicKey) ([]byte, error) { return []byte("a.b.c"), nil }

// zeros is randomness that makes every jitter the least.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func (g *gateway) config() Config {
	static, err := wire.GenerateKey(nil)
	check(g.t, err)
	e := Enlistment{AccountID: 4242, Device: 3, Root: g.authority.Root()}
	return Config{Dial: g.dial, Login: InteropLogin(tokens{}, static.Public(), e), Static: static, Root: e.Root, Rand: zeros{}}
}

// running is a link and how it ended.
type running struct {
	*Link
	t      *testing.T
	cancel context.CancelFunc
	ended  chan error
}

func run(t *testing.T, cfg Config) *running {
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Link: New(cfg), t: t, cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- r.Run(ctx) }()
	return r
}

// stop ends the link; nothing of it may be left, or the bubble complains.
func (r *running) stop() {
	r.cancel()
	for range r.Events() {
	}
}

// want returns the next event, which must be an E.
func want[E Event](r *running) E {
	r.t.Helper()
	e, ok := <-r.Events()
	got, is := e.(E)
	if !ok || !is {
		var none E
		r.t.Fatalf("event is %#v, want %T", e, none)
	}
	return got
}

// login has the gateway let the link in.
func (r *running) login(g *gateway) (*Conn, *visitor) {
	r.t.Helper()
	want[Connecting](r)
	v := <-g.arrived
	v.send(r.t, wire.N("success", []wire.Attr{wire.A("t", "1")}))
	return want[Up](r).Conn, v
}

func (v *visitor) send(t *testing.T, n wire.Node) {
	t.Helper()
	check(t, v.WriteNode(context.Background(), n))
}

func (v *visitor) read(t *testing.T) wire.Node {
	t.Helper()
	n, err := v.ReadNode(context.Background())
	check(t, err)
	return n
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func message(id string, size int) wire.Node {
	return wire.Bytes("message", []wire.Attr{wire.A("id", id)}, make([]byte, size))
}

func TestALinkLogsInAndCarriesStanzasBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		conn, v := r.login(g)
		if p := v.payload; p.Product != wire.ProductInterop || p.Device != 3 || !p.HasDevice || p.Interop.AccountID != 4242 || string(p.Interop.Token) != "a.b.c" {
			t.Errorf("another login arrived: %+v", p)
		}
		check(t, conn.Send(message("A", 10)))
		if got := v.read(t); got.Attr("id") != "A" {
			t.Errorf("the gateway got %v", got)
		}
		v.send(t, wire.N("ack", []wire.Attr{wire.A("id", "A")}))
		v.send(t, message("B", 10))
		if got := want[Stanza](r).Node; got.Tag != "ack" {
			t.Errorf("first came %v", got)
		}
		if got := want[Stanza](r).Node; got.Attr("id") != "B" {
			t.Errorf("then came %v", got)
		}
		r.cancel()
		if err := <-r.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("run ended with %v", err)
		}
		if err := conn.Send(message("C", 1)); !errors.Is(err, ErrDown) {
			t.Errorf("send on a closed link: %v", err)
		}
		if _, err := v.ReadNode(context.Background()); err == nil {
			t.Error("the connection was left open")
		}
	})
}

func TestTheDelayDoublesUpToAMinuteAndHalfOfItIsJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		g.fail(&CloseError{Reason: "dial"})
		r := run(t, g.config())
		delays := []time.Duration{500, 1000, 2000, 4000, 8000, 16000, 30000, 30000} // ms, the least
		for i, ms := range delays {
			want[Connecting](r)
			down := want[Down](r)
			if got := time.Until(down.RetryAt); got != ms*time.Millisecond || down.Final || down.Hop != model.HopRelay {
				t.Errorf("delay %d is %v (%+v), want %v", i, got, down, ms*time.Millisecond)
			}
		}
		r.stop()
		at := g.attempts()
		for i := range len(at) - 1 {
			if got := at[i+1].Sub(at[i]); got != delays[i]*time.Millisecond {
				t.Errorf("attempt %d came after %v", i+1, got)
			}
		}
	})
	for i := range 256 {
		b := backoff{rand: bytes.NewReader(bytes.Repeat([]byte{byte(i)}, 8)), tries: 3}
		if d := b.next(verdict{}); d < 4*time.Second || d >= 8*time.Second {
			t.Fatalf("the fourth delay is %v", d)
		}
	}
}

func TestTheDelayStartsOverOnlyAfterAStableTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		for _, c := range []struct{ up, delay time.Duration }{
			{time.Second, 500 * time.Millisecond}, {time.Second, time.Second}, {time.Second, 2 * time.Second},
			{stableAfter, 500 * time.Millisecond}, {time.Second, time.Second},
		} {
			_, v := r.login(g)
			go func() { // answers pings meanwhile
				for {
					n, err := v.ReadNode(context.Background())
					if err != nil {
						return
					}
					v.WriteNode(context.Background(), wire.N("iq", []wire.Attr{wire.A("type", "result"), wire.A("id", n.Attr("id"))}))
				}
			}()
			time.Sleep(c.up)
			v.Close("lost")
			if got := time.Until(want[Down](r).RetryAt); got != c.delay {
				t.Errorf("after %v up the delay is %v, want %v", c.up, got, c.delay)
			}
		}
		r.stop()
	})
}

func TestWhenTheNetworkComesBackTheLinkDialsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		g.fail(&CloseError{})
		r := run(t, g.config())
		r.Online(false)
		var down Down
		for range 7 {
			want[Connecting](r)
			down = want[Down](r)
		}
		if down.Hop != model.HopNetwork || down.Reason != "offline" {
			t.Errorf("down is %+v", down)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		back := time.Now()
		g.fail(nil)
		r.Online(true)
		r.login(g)
		if at := g.attempts(); len(at) != 1 || !at[0].Equal(back) {
			t.Errorf("dialled at %v, the network was back at %v", at, back)
		}
		r.stop()
	})
}

func TestManyWakesMakeNoStormOfDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		g.fail(&CloseError{})
		r := run(t, g.config())
		go func() {
			for range r.Events() {
			}
		}()
		for range 100 {
			r.Wake()
			time.Sleep(10 * time.Millisecond)
		}
		r.cancel()
		if n := len(g.attempts()); n > 5 {
			t.Errorf("%d attempts in a second", n)
		}
		<-r.ended
	})
}

func TestAFreshTokenIsTriedAtOnceButNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		for i, delay := range []time.Duration{0, 500 * time.Millisecond, time.Second} {
			want[Connecting](r)
			(<-g.arrived).send(t, wire.Failure(wire.FailTokenExpired, "expired_token"))
			if down := want[Down](r); time.Until(down.RetryAt) != delay || down.Reason != "expired_token" {
				t.Errorf("try %d: %+v", i, down)
			}
		}
		r.stop()
	})
}

func TestWhatOnlyTheUserCanMendEndsTheLink(t *testing.T) {
	failure := func(reason wire.FailureReason) wire.Node { return wire.Failure(reason, "") }
	for name, c := range map[string]struct {
		first, later wire.Node
		dial         error
		hop          model.Hop
		reason       string
	}{
		"logged out":       {first: failure(wire.FailLoggedOut), hop: model.HopSession, reason: "logged_out"},
		"locked":           {first: failure(wire.FailLocked), hop: model.HopSession, reason: "locked"},
		"banned":           {first: failure(wire.FailBanned), hop: model.HopSession, reason: "banned"},
		"outdated":         {first: failure(wire.FailClientOutdated), hop: model.HopGateway, reason: "client_outdated"},
		"replaced":         {later: wire.StreamError("409", "replaced"), hop: model.HopSession, reason: "replaced"},
		"removed":          {later: wire.StreamError("401", "device_removed"), hop: model.HopSession, reason: "device_removed"},
		"replaced early":   {first: wire.StreamError("", "replaced"), hop: model.HopSession, reason: "replaced"},
		"signed out":       {dial: &CloseError{Code: CloseUnauthorized, Reason: "unauthorized"}, hop: model.HopSession, reason: "unauthorized"},
		"revoked":          {dial: &CloseError{Code: CloseRevoked, Reason: "revoked"}, hop: model.HopSession, reason: "revoked"},
		"signed out, HTTP": {dial: &APIError{Status: 401, Code: "signed_out"}, hop: model.HopSession, reason: "signed_out"},
		"not enlisted":     {dial: &APIError{Status: 404, Code: "not_enlisted"}, hop: model.HopSession, reason: "not_enlisted"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(t)
				g.fail(c.dial)
				r := run(t, g.config())
				switch {
				case c.later.Tag != "":
					_, v := r.login(g)
					v.send(t, c.later)
				case c.first.Tag != "":
					want[Connecting](r)
					(<-g.arrived).send(t, c.first)
				default:
					want[Connecting](r)
				}
				down := want[Down](r)
				if !down.Final || down.Hop != c.hop || down.Reason != c.reason || !down.RetryAt.IsZero() {
					t.Errorf("down is %+v", down)
				}
				if _, open := <-r.Events(); open {
					t.Error("something came after the end")
				}
				if err := <-r.ended; err != down.Err {
					t.Errorf("run ended with %v", err)
				}
			})
		})
	}
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		first, later wire.Node
		close        error
		hop          model.Hop
		reason       string
		delay        time.Duration
	}{
		"banned for a while":  {first: wire.N("failure", []wire.Attr{wire.A("reason", "402"), wire.A("expire", "90")}), hop: model.HopGateway, reason: "temporarily_banned", delay: 90 * time.Second},
		"gateway overloaded":  {first: wire.Failure(wire.FailUnavailable, ""), hop: model.HopGateway, reason: "unavailable", delay: 500 * time.Millisecond},
		"token refused":       {first: wire.Failure(wire.FailTokenInvalid, "unknown_provider"), hop: model.HopGateway, reason: "unknown_provider", delay: 500 * time.Millisecond},
		"an odd answer":       {first: wire.N("iq", nil), hop: model.HopGateway, reason: "bad_answer", delay: 500 * time.Millisecond},
		"a hostile code":      {first: wire.Failure(500, "<script>"), hop: model.HopGateway, reason: "server_error", delay: 500 * time.Millisecond},
		"restart, 515":        {later: wire.StreamError("515", ""), hop: model.HopGateway, reason: "restart"},
		"restart, 503":        {later: wire.StreamError("503", ""), hop: model.HopGateway, reason: "restart"},
		"stream end":          {later: wire.N("xmlstreamend", nil), hop: model.HopGateway, reason: "stream_error", delay: 500 * time.Millisecond},
		"draining":            {close: &CloseError{Code: CloseDraining, Reason: "draining"}, hop: model.HopRelay, reason: "draining"},
		"gateway unreachable": {close: &CloseError{Code: CloseGatewayUnreachable, Reason: "gateway_unreachable"}, hop: model.HopGateway, reason: "gateway_unreachable", delay: 500 * time.Millisecond},
		"gateway closed":      {close: &CloseError{Code: CloseGatewayClosed, Reason: "gateway_closed"}, hop: model.HopGateway, reason: "gateway_closed", delay: 500 * time.Millisecond},
		"too many":            {close: &CloseError{Code: CloseTooMany, Reason: "too_many"}, hop: model.HopRelay, reason: "too_many", delay: 500 * time.Millisecond},
		"broken":              {close: &CloseError{}, hop: model.HopRelay, reason: "connection_lost", delay: 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(t)
				r := run(t, g.config())
				if c.first.Tag != "" {
					want[Connecting](r)
					(<-g.arrived).send(t, c.first)
				} else {
					conn, v := r.login(g)
					if c.close != nil {
						v.pipe.CloseWith(c.close)
						conn.Send(message("A", 1)) // so that the writer fails too, and knows less
					} else {
						v.send(t, c.later)
					}
				}
				down := want[Down](r)
				if down.Final || down.Hop != c.hop || down.Reason != c.reason || time.Until(down.RetryAt) != c.delay {
					t.Errorf("down is %+v, in %v", down, time.Until(down.RetryAt))
				}
				r.stop()
			})
		})
	}
}

func TestAGatewayWithAnotherRootGetsNoLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		cfg := g.config()
		cfg.Root[0] ^= 1
		r := run(t, cfg)
		want[Connecting](r)
		if down := want[Down](r); down.Final || down.Hop != model.HopGateway || down.Reason != "wrong_gateway" || !errors.Is(down.Err, wire.ErrCertificate) {
			t.Errorf("down is %+v", down)
		}
		r.stop()
	})
}
