package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/fault"
	"ferry/relay/internal/gateway/trace"
	"ferry/relay/wire"
)

// lab is Kate, who is a third-party user, and Ada, who is on WhatsApp, both by hand.
type lab struct {
	*world
	kate, ada *user
}

func newLab(t *testing.T) *lab {
	t.Helper()
	w := start(t, gateway.Limits{})
	l := &lab{w, w.enlist("kate"), w.phone("4915510000081", "Ada", true)}
	l.kate.connect()
	l.ada.connectPhone()
	return l
}

// faults puts rules to work that are about everybody.
func (l *lab) faults(rules ...fault.Rule) {
	l.t.Helper()
	p := fault.Plan{Seed: 1, Rules: rules}
	if err := p.Check(); err != nil {
		l.t.Fatal(err)
	}
	l.gw.RunFaults(p)
}

// hit waits until the first rule has applied so often.
func (l *lab) hit(times int) {
	l.t.Helper()
	for end := time.Now().Add(patience); l.gw.Faults().Rules[0].Hits < times; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("%+v", l.gw.Faults())
		}
	}
}

func (l *lab) toAda(id string) wire.Node { return message(id, l.ada.jid, l.ada.jid) }

func (l *lab) arrives(id string) wire.Node {
	l.t.Helper()
	return l.ada.until("message "+id, func(n wire.Node) bool { return n.Tag == "message" && n.Attr("id") == id })
}

func TestAMessageThatTheNetworkHasLostIsNotAcknowledgedAndComesWhenRepeated(t *testing.T) {
	l := newLab(t)
	l.faults(fault.Rule{Fault: fault.Drop, Direction: fault.In, Kind: "message", Times: 1})
	l.kate.send(l.toAda("A1"))
	l.hit(1)
	if ack := l.kate.ask(l.toAda("A2")); ack.Attr("error") != "" || ack.Attr("id") != "A2" {
		t.Errorf("answered with %v", ack)
	}
	if got := l.ada.untilTag("message"); got.Attr("id") != "A2" {
		t.Errorf("got %v", got)
	}
	for _, e := range l.gw.Trace().After(0) {
		if e.Tag == "ack" && e.Attrs["id"] == "A1" {
			t.Errorf("what was lost was acknowledged: %+v", e)
		}
	}
	if ack := l.kate.ask(l.toAda("A1")); ack.Attr("error") != "" {
		t.Errorf("answered with %v", ack)
	}
	l.arrives("A1")
}

func TestAMessageThatIsLostOnItsWayOutWaitsForTheNextConnection(t *testing.T) {
	l := newLab(t)
	l.faults(fault.Rule{Fault: fault.Drop, Direction: fault.Out, Kind: "message", Times: 1})
	l.kate.ask(l.toAda("A1"))
	l.hit(1)
	l.kate.ask(l.toAda("A2"))
	if got := l.ada.untilTag("message"); got.Attr("id") != "A2" {
		t.Errorf("got %v", got)
	}
	l.gw.Restart(true)
	l.ada.gone()
	l.ada.connectPhone()
	l.arrives("A1")
}

func TestAnAcknowledgementThatIsLostIsGivenAgain(t *testing.T) {
	l := newLab(t)
	l.faults(fault.Rule{Fault: fault.Drop, Direction: fault.Out, Kind: "ack", Times: 1})
	l.kate.send(l.toAda("A1"))
	l.arrives("A1")
	l.hit(1)
	first := l.kate.ask(l.toAda("A1"))
	l.kate.ask(l.toAda("A2"))
	if got := l.ada.untilTag("message"); first.Attr("t") == "" || got.Attr("id") != "A2" {
		t.Errorf("%v, then %v", first, got)
	}
}

func TestADuplicateOnTheWayInIsOneMessageAndOnTheWayOutTwo(t *testing.T) {
	l := newLab(t)
	l.faults(fault.Rule{Fault: fault.Duplicate, Direction: fault.In, Kind: "message", Times: 1})
	l.kate.ask(l.toAda("A1"))
	l.faults(fault.Rule{Fault: fault.Duplicate, Direction: fault.Out, Kind: "message", Times: 1})
	l.arrives("A1")
	l.kate.ask(l.toAda("A2"))
	var ids []string
	for range 2 {
		ids = append(ids, l.ada.untilTag("message").Attr("id"))
	}
	if !slices.Equal(ids, []string{"A2", "A2"}) && !slices.Equal(ids, []string{"A1", "A2"}) { // the rule may still meet A1
		t.Errorf("got %v", ids)
	}
}

func TestWhatIsReorderedComesAfterTheNext(t *testing.T) {
	for _, direction := range []string{fault.In, fault.Out} {
		l := newLab(t)
		l.faults(fault.Rule{Fault: fault.Reorder, Direction: direction, Kind: "message", Times: 1, Delay: 20_000})
		l.kate.send(l.toAda("A1"))
		l.hit(1)
		l.kate.ask(l.toAda("A2"))
		for _, id := range []string{"A2", "A1"} {
			if got := l.ada.untilTag("message"); got.Attr("id") != id {
				t.Errorf("%s: got %v instead of %s", direction, got, id)
			}
		}
	}
}

func TestWhatIsReorderedComesAloneIfNothingFollows(t *testing.T) {
	l := newLab(t)
	l.faults(fault.Rule{Fault: fault.Reorder, Direction: fault.Out, Kind: "message", Times: 1, Delay: 1})
	l.kate.ask(l.toAda("A1"))
	l.arrives("A1")
}

func TestWhatIsLateKeepsItsOrderAndIsOvertakenByTheRest(t *testing.T) {
	for _, direction := range []string{fault.In, fault.Out} {
		l := newLab(t)
		l.faults(fault.Rule{Fault: fault.Delay, Direction: direction, Kind: "message", Times: 2, Delay: 1500})
		for _, id := range []string{"A1", "A2", "A3"} {
			l.kate.send(l.toAda(id))
		}
		var got []string
		for range 3 {
			got = append(got, l.ada.untilTag("message").Attr("id"))
		}
		if !slices.Equal(got, []string{"A3", "A1", "A2"}) {
			t.Errorf("%s: %v", direction, got)
		}
	}
}

func TestADamagedMessageHasOneOtherByte(t *testing.T) {
	l := newLab(t)
	l.faults(fault.Rule{Fault: fault.Corrupt, Direction: fault.Out, Times: 1})
	l.kate.ask(l.toAda("A1"))
	enc, _ := l.arrives("A1").Child("enc")
	want := "A1 for " + l.ada.jid.String()
	if string(enc.Data) == want || string(enc.Data[:len(want)-1]) != want[:len(want)-1] {
		t.Errorf("%q", enc.Data)
	}
}

func TestTokensAreRefusedAsOftenAsARuleSays(t *testing.T) {
	l := newLab(t)
	l.faults(
		fault.Rule{Fault: fault.Refuse, ID: l.kate.jid.Bare().String(), Times: 1},
		fault.Rule{Fault: fault.Refuse, Token: fault.Invalid, Times: 1},
	)
	for _, want := range []wire.FailureReason{wire.FailTokenExpired, wire.FailTokenInvalid} {
		if got, err := l.kate.again().failure(l.kate.payload()); err != nil || got != want {
			t.Errorf("%v, %v", got, err)
		}
	}
	l.kate.connect()
	l.kate.ask(l.toAda("A1"))
	if all := l.gw.Trace().After(0); !slices.ContainsFunc(all, func(e trace.Entry) bool { return e.Tag == "failure" && e.Attrs["reason"] == "413" }) {
		t.Error("the log does not show it")
	}
}

func TestARestartTellsClientsToComeBackAndACrashTellsNothing(t *testing.T) {
	l := newLab(t)
	l.gw.Restart(false)
	if end := l.kate.untilTag("stream:error"); end.Attr("code") != "503" {
		t.Errorf("%v", end)
	}
	l.kate.gone()
	l.ada.gone()
	l.kate.connect()
	l.gw.Restart(true)
	for n := range l.kate.got {
		if n.Tag == "stream:error" {
			t.Errorf("%v", n)
		}
	}
	l.kate.connect()
}

func TestARuleIsAboutItsAccountOnlyAndAResetEndsAll(t *testing.T) {
	l := newLab(t)
	l.faults(fault.Rule{Fault: fault.Drop, Direction: fault.In, Kind: "message", ID: l.ada.jid.Bare().String()})
	l.kate.ask(l.toAda("A1"))
	if err := l.gw.Reset(t.Context(), "4915510000081"); err != nil {
		t.Fatal(err)
	}
	if p := l.gw.Faults(); len(p.Rules) > 0 {
		t.Errorf("%+v", p)
	}
	if log := l.gw.Trace().After(0); slices.ContainsFunc(log, func(e trace.Entry) bool { return e.Attrs["id"] == "A1" }) {
		t.Error("the log goes back beyond the reset")
	}
}

func TestTheLogShowsWhatCrossesAndNoContent(t *testing.T) {
	l := newLab(t)
	l.faults(fault.Rule{Fault: fault.Duplicate, Direction: fault.Out, Kind: "message"})
	l.kate.ask(l.toAda("A1"))
	l.arrives("A1")
	var seen []string
	for _, e := range l.gw.Trace().After(0) {
		if e.Attrs["id"] == "A1" {
			seen = append(seen, fmt.Sprint(e.Direction, " ", e.Who, " ", e.Tag, " ", e.Fault, " ", e.Bytes))
		}
		if text := fmt.Sprint(e.Tag, e.Attrs, e.Shape); strings.Contains(text, "A1 for") || strings.Contains(text, "kate-name") {
			t.Errorf("content: %s", text)
		}
	}
	slices.Sort(seen)
	n := len("A1 for " + l.ada.jid.String())
	want := []string{
		fmt.Sprintf("in 7/kate-name message  %d", n), "out +4915510000081 message duplicate " + fmt.Sprint(n), "out 7/kate-name ack  0",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}

func TestWithoutASandboxThereAreNoFaults(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	gw, err := gateway.New(t.Context(), gateway.Config{Bus: b})
	if err != nil {
		t.Fatal(err)
	}
	defer gw.Close()
	for _, path := range []string{"/sandbox/faults", "/sandbox/log", "/sandbox/contacts", "/sandbox/console"} {
		rec := httptest.NewRecorder()
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		gw.Handler().ServeHTTP(rec, r)
		if rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}
