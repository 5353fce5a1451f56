// Package kill ends the processes of the house with SIGKILL, at random moments under traffic both ways, and starts
// them again: nothing that was accepted may be lost, come twice, come out of order or stop being readable.
package kill

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"ferry/app/e2e/thirdparty"
	"ferry/relay/relaytest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	relaytest.RemoveBinary()
	thirdparty.RemoveBinary()
	os.Exit(code)
}

func TestKilledAtRandomMoments(t *testing.T) { killAll(t, 8) }

func TestSoakKilledAtRandomMoments(t *testing.T) {
	if os.Getenv("FERRY_SOAK") == "" {
		t.Skip("set FERRY_SOAK=1 for 200 kills")
	}
	killAll(t, 200)
}

func killAll(t *testing.T, kills int) {
	s := relaytest.Seed(t)
	t.Logf("FERRY_SEED=%d chooses whom to kill, and when", s)
	began := time.Now()
	w := newWorld(t)
	traffic := w.talk()
	victims := w.victims()
	choose := rand.New(rand.NewPCG(s, 0))
	count := map[string]int{}
	for range kills {
		// Half of the time they have just found each other again, else they may still be starting.
		if choose.IntN(2) == 0 {
			traffic.flows()
		}
		<-time.After(time.Duration(choose.Int64N(int64(1500 * time.Millisecond))))
		v := victims[choose.IntN(len(victims))]
		v.kill()
		v.start()
		count[v.name]++
	}
	traffic.stop()
	w.settle(traffic)
	w.check(traffic)
	t.Logf("%d kills %v in %v; %d messages to WhatsApp, %d from it, %d of these sent again",
		kills, count, time.Since(began).Round(time.Second), traffic.out.len(), traffic.in.len(), traffic.repeated.Load())
}
