// Package mediakill ends a browser, its tabs, the relay and the gateway with SIGKILL, at random moments while files go
// both ways between a third-party user in Chromium and an unmodified whatsmeow: every file arrives, and none is
// another than was sent.
package mediakill

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"ferry/relay/relaytest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	relaytest.RemoveBinary()
	os.Exit(code)
}

// plan is how much of it.
type plan struct {
	kills    int
	smallest int64 // bytes of a file
	largest  int64
	rate     int64         // bytes a second that pass between browser and relay, each way
	each     bool          // every victim in turn, rather than one by chance
	moved    int64         // at most so many bytes are let pass before a kill
	late     time.Duration // or so much time; 0: always bytes
	calm     bool          // no tab dies while it reads a file, which would have to be sent anew
}

func TestFilesAreWholeWhoeverIsKilled(t *testing.T) {
	run(t, plan{kills: 4, smallest: 1_000_000, largest: 4_000_000, rate: 3_000_000, each: true, moved: 4_000_000, calm: true})
}

func TestSoakFilesAreWholeAfterFiftyKills(t *testing.T) {
	if os.Getenv("FERRY_SOAK") == "" {
		t.Skip("set FERRY_SOAK=1 for 50 kills among files of up to 40 MB")
	}
	run(t, plan{kills: 50, smallest: 1_000_000, largest: 40_000_000, rate: 6_000_000, moved: 24_000_000, late: 3 * time.Second})
}

func run(t *testing.T, p plan) {
	s := relaytest.Seed(t)
	t.Logf("FERRY_SEED=%d chooses whom to kill, and when, and how large the files are", s)
	began := time.Now()
	w := newWorld(t, p)
	tr := w.talk(s)
	choose := rand.New(rand.NewPCG(s, 0))
	victims := w.victims()
	count := map[string]int{}
	for i := range p.kills {
		w.moment(choose, tr)
		v := victims[choose.IntN(len(victims))]
		if p.each {
			v = victims[i%len(victims)]
		}
		if p.calm {
			tr.reading.Lock()
		}
		tr.note(v.name)
		v.kill()
		if p.calm {
			tr.reading.Unlock()
		}
		v.start()
		count[v.name]++
		if t.Failed() {
			return
		}
	}
	tr.stop()
	w.settle(tr)
	between := time.Since(began)
	w.check(tr)
	t.Logf("%d kills %v in %v, checked after %v; %s", p.kills, count, between.Round(time.Second), time.Since(began).Round(time.Second), tr)
}

// moment waits until it is time for the next kill: when some bytes have moved, or a while after the last one.
func (w *world) moment(choose *rand.Rand, tr *traffic) {
	w.t.Helper()
	if w.plan.late > 0 && choose.IntN(3) == 0 {
		select {
		case <-time.After(time.Duration(choose.Int64N(int64(w.plan.late)))):
		case <-tr.failed:
		}
		return
	}
	if err := w.front.moves(choose.Int64N(w.plan.moved), tr.failed); err != nil {
		w.t.Fatalf("%v\n%s", err, w.report(tr))
	}
}

// report says how things are, for a test that fails.
func (w *world) report(tr *traffic) string {
	return fmt.Sprintf("%s\nin flight: %s", tr, w.front)
}
