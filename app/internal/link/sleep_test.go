package link

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// asleep is a clock on the wall that goes on while the machine, with its timers, sleeps.
type asleep struct{ slept atomic.Int64 }

func (a *asleep) now() time.Time           { return time.Now().Add(time.Duration(a.slept.Load())) }
func (a *asleep) sleep(long time.Duration) { a.slept.Add(int64(long)) }

func TestAfterSleepTheLinkDialsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		g.fail(&CloseError{})
		cfg, machine := g.config(), &asleep{}
		cfg.Now = machine.now
		r := run(t, cfg)
		for range 7 {
			want[Connecting](r)
			want[Down](r)
		}
		g.fail(nil)
		machine.sleep(20 * time.Second) // shorter than the wait, which thus goes on
		woke := time.Now()
		r.login(g)
		if d := time.Since(woke); d > watchEvery {
			t.Errorf("it dialled after %v", d)
		}
		r.stop()
	})
}

func TestAfterSleepAConnectionIsTestedButNotAfterALateTimer(t *testing.T) {
	for slept, pinged := range map[time.Duration]time.Duration{time.Hour: watchEvery, sleptFor: pingMin} {
		synctest.Test(t, func(t *testing.T) {
			g := newGateway(t)
			cfg, machine := g.config(), &asleep{}
			cfg.Now = machine.now
			r := run(t, cfg)
			_, v := r.login(g)
			machine.sleep(slept)
			began := time.Now()
			v.read(t)
			if d := time.Since(began); d != pinged {
				t.Errorf("after %v of sleep there was a ping in %v, want %v", slept, d, pinged)
			}
			r.stop()
		})
	}
}
