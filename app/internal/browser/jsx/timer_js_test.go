package jsx_test

import (
	"testing"
	"time"
)

// A timer that is moved forward while stopped ones are swept away fires when it
// is due, and not with the next of the others: what package gowasm mends. The
// bound is far from both.
func TestATimerMovedForwardDoesNotWaitForAnother(t *testing.T) {
	const other, soon = 4 * time.Second, 10 * time.Millisecond
	defer time.AfterFunc(other, func() {}).Stop()
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	leave := make(chan struct{})
	time.AfterFunc(50*time.Millisecond, func() { close(leave) })
	hour := func() <-chan time.Time { return time.NewTimer(time.Hour).C }
	select { // leaves stopped timers behind
	case <-ticker.C:
	case <-hour():
	case <-hour():
	case <-hour():
	case <-hour():
	case <-leave:
	}
	began := time.Now()
	ticker.Reset(soon)
	<-ticker.C
	if took := time.Since(began); took > other/2 {
		t.Errorf("%v took %v", soon, took)
	}
}
