package link

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ferry/app/internal/model"
	"ferry/relay/wire"
	"ferry/relay/wire/wiretest"
)

func result(n wire.Node) wire.Node {
	return wire.N("iq", []wire.Attr{wire.A("type", "result"), wire.A("id", n.Attr("id"))})
}

func TestTheHeartbeatGoesThroughToTheGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		_, v := r.login(g)
		for range 5 {
			before := time.Now()
			ping := v.read(t)
			if ping.Tag != "iq" || ping.Attr("xmlns") != "w:p" || ping.Attr("type") != "get" || ping.Attr("to") != "s.whatsapp.net" {
				t.Errorf("the ping is %v", ping)
			}
			if d := time.Since(before); d < pingMin || d >= pingMax {
				t.Errorf("a ping came after %v", d)
			}
			v.send(t, result(ping))
		}
		select {
		case e := <-r.Events():
			t.Errorf("the engine was told of %#v", e)
		default:
		}
		r.stop()
	})
}

func TestASilentConnectionIsDeadTenSecondsAfterAPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		conn, v := r.login(g)
		v.read(t)
		pinged := time.Now()
		down := want[Down](r)
		if d := time.Since(pinged); d != deadAfter {
			t.Errorf("it was given up after %v", d)
		}
		if !errors.Is(down.Err, ErrDead) || down.Reason != "no_answer" || down.Final {
			t.Errorf("down is %+v", down)
		}
		if err := conn.Send(message("A", 1)); !errors.Is(err, ErrDown) {
			t.Errorf("send: %v", err)
		}
		r.stop()
	})
}

func TestAnyStanzaIsASignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		_, v := r.login(g)
		v.read(t)
		time.Sleep(deadAfter - time.Second)
		v.send(t, message("A", 1)) // but never a result
		want[Stanza](r)
		if v.read(t).Attr("xmlns") != "w:p" {
			t.Error("no further ping")
		}
		r.stop()
	})
}

func TestNewsOfTheNetworkTestsAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		_, v := r.login(g)
		began := time.Now()
		r.Online(false)
		v.read(t)
		down := want[Down](r)
		if time.Since(began) != deadAfter || down.Hop != model.HopNetwork {
			t.Errorf("after %v: %+v", time.Since(began), down)
		}
		r.stop()
	})
}

func TestAnEngineThatIsBehindStopsTheReadingButIsNotDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		_, v := r.login(g)
		const count = 200
		sent := make(chan int, count)
		go func() {
			for i := range count {
				v.WriteNode(context.Background(), message(strconv.Itoa(i), 10))
				sent <- i
			}
		}()
		time.Sleep(5 * time.Minute) // many unanswered pings long
		synctest.Wait()
		// events, one in hand, one in the reader, sixteen in the pipe, one in the writer
		if n := len(sent); n > maxEvents+20 {
			t.Errorf("%d stanzas were taken in", n)
		}
		for i := range count {
			if got := want[Stanza](r).Node.Attr("id"); got != strconv.Itoa(i) {
				t.Fatalf("stanza %d is %s", i, got)
			}
		}
		r.stop()
	})
}

func TestTheWindowOfUnansweredStanzas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		conn, v := r.login(g)
		for i := range maxUnanswered {
			check(t, conn.Send(message(strconv.Itoa(i), 10)))
			v.read(t)
		}
		if err := conn.Send(message("more", 10)); !errors.Is(err, ErrFull) {
			t.Fatalf("send beyond the window: %v", err)
		}
		check(t, conn.Send(wire.N("ack", []wire.Attr{wire.A("id", "x")}))) // has no answer, takes no place
		v.read(t)
		v.send(t, wire.N("ack", []wire.Attr{wire.A("id", "7")}))
		want[Stanza](r)
		want[Room](r)
		check(t, conn.Send(message("more", 10)))
		r.stop()
	})
}

func TestTheWindowOfBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		conn, v := r.login(g)
		check(t, conn.Send(message("big", 2*maxInFlight))) // one may exceed it
		if err := conn.Send(wire.N("presence", nil)); !errors.Is(err, ErrFull) {
			t.Fatalf("send beyond the window: %v", err)
		}
		v.read(t)
		v.send(t, wire.N("ack", []wire.Attr{wire.A("id", "big")}))
		want[Stanza](r)
		want[Room](r)
		check(t, conn.Send(wire.N("presence", nil)))
		r.stop()
	})
}

func TestWhereNothingIsAnsweredAPingMovesTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		conn, v := r.login(g)
		began := time.Now()
		go func() {
			for {
				n, err := v.ReadNode(context.Background())
				if err != nil {
					return
				}
				if n.Tag == "iq" {
					v.WriteNode(context.Background(), result(n))
				}
			}
		}()
		receipt := wire.Bytes("receipt", []wire.Attr{wire.A("id", "R")}, make([]byte, 1000))
		for sent := 0; sent < 2000; {
			switch err := conn.Send(receipt); {
			case err == nil:
				sent++
			case errors.Is(err, ErrFull):
				want[Room](r)
			default:
				t.Fatal(err)
			}
		}
		if d := time.Since(began); d > time.Second {
			t.Errorf("it took %v: the heartbeat moved the window, not a ping of its own", d)
		}
		r.stop()
	})
}

func TestAPlaceThatIsNeverAnsweredIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		conn, v := r.login(g)
		go func() {
			for {
				n, err := v.ReadNode(context.Background())
				if err != nil {
					return
				}
				if strings.HasPrefix(n.Attr("id"), pingPrefix) {
					v.WriteNode(context.Background(), result(n))
				}
			}
		}()
		for i := range maxUnanswered {
			check(t, conn.Send(message(strconv.Itoa(i), 10)))
		}
		if err := conn.Send(message("more", 10)); !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
		want[Room](r)
		check(t, conn.Send(message("more", 10)))
		r.stop()
	})
}

func TestWhatIsNoStanzaIsNotSentAndDoesNoHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		conn, v := r.login(g)
		if err := conn.Send(wire.N("", nil)); !errors.Is(err, wire.ErrStanza) {
			t.Errorf("send: %v", err)
		}
		many := wire.Node{Tag: "list", Children: make([]wire.Node, 0xffff)}
		for i := range many.Children {
			many.Children[i].Tag = "item"
		}
		v.send(t, wire.N("list", nil, many, many)) // more than is read
		v.send(t, message("A", 1))
		if got := want[Stanza](r).Node; got.Attr("id") != "A" {
			t.Errorf("got %v", got)
		}
		r.stop()
	})
}

// stuck is a socket that has died: nothing returns, nor heeds its context,
// until the test lets go.
type stuck struct {
	wire.Pipe
	from func() bool // whether it is stuck already
	free chan struct{}
}

func (s stuck) Read(ctx context.Context) ([]byte, error) {
	if s.from() {
		<-s.free
		return nil, wiretest.ErrClosed
	}
	return s.Pipe.Read(ctx)
}

func (s stuck) Write(ctx context.Context, b []byte) error {
	if s.from() {
		<-s.free
		return wiretest.ErrClosed
	}
	return s.Pipe.Write(ctx, b)
}

func (s stuck) Close(reason string) error {
	<-s.free
	return s.Pipe.Close(reason)
}

func TestADeadSocketNeverHangsTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		free := make(chan struct{})
		var dead atomic.Bool
		cfg := g.config()
		cfg.Dial = func(ctx context.Context) (wire.Pipe, error) {
			p, err := g.dial(ctx)
			return stuck{p, dead.Load, free}, err
		}
		r := run(t, cfg)
		conn, _ := r.login(g)
		synctest.Wait()
		dead.Store(true)
		check(t, conn.Send(message("A", 1)))
		if down := want[Down](r); !errors.Is(down.Err, ErrDead) {
			t.Errorf("down is %+v", down)
		}
		want[Connecting](r)
		if down := want[Down](r); !errors.Is(down.Err, context.DeadlineExceeded) || down.Hop != model.HopGateway {
			t.Errorf("down is %+v", down)
		}
		want[Connecting](r)
		stopping := time.Now()
		r.stop()
		<-r.ended
		if d := time.Since(stopping); d > 2*closeTimeout {
			t.Errorf("the end took %v", d)
		}
		close(free)
	})
}

func TestADialThatHangsIsGivenUpAndItsLateSocketClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		cfg := g.config()
		near, far := wiretest.Pipe()
		cfg.Dial = func(context.Context) (wire.Pipe, error) {
			time.Sleep(time.Hour)
			return near, nil
		}
		r := run(t, cfg)
		want[Connecting](r)
		if down := want[Down](r); down.Reason != "timeout" || down.Hop != model.HopRelay {
			t.Errorf("down is %+v", down)
		}
		r.stop()
		if _, err := far.Read(context.Background()); !errors.Is(err, wiretest.ErrClosed) {
			t.Errorf("the late socket: %v", err)
		}
	})
}

func TestAGatewayThatNeverAnswersTheLoginIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		want[Connecting](r)
		<-g.arrived
		began := time.Now()
		if down := want[Down](r); down.Reason != "timeout" || down.Hop != model.HopGateway || time.Since(began) > answerTime {
			t.Errorf("after %v: %+v", time.Since(began), down)
		}
		r.stop()
	})
}

func TestTheEngineIsNotNeededToEndALink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		r := run(t, g.config())
		_, v := r.login(g)
		go func() {
			for v.WriteNode(context.Background(), message("A", 1)) == nil {
			}
		}()
		synctest.Wait()
		r.cancel() // with all queues full
		<-r.ended
		r.stop()
	})
}
