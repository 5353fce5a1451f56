package engine

import (
	"testing"
	"time"
)

func TestProgressIsShownAtMostFourTimesASecond(t *testing.T) {
	g, now, shown := &gauge{}, time.Unix(1_000_000, 0), 0
	var rate int64
	for i := range 5000 { // five seconds, a megabyte each
		r, show, _ := g.note(now.Add(time.Duration(i)*time.Millisecond), int64(i)*1000, 5_000_000)
		if show {
			shown++
			rate = r
		}
	}
	if shown < 18 || shown > 21 {
		t.Errorf("shown %d times in five seconds", shown)
	}
	if rate < 990_000 || rate > 1_010_000 {
		t.Errorf("the rate is %d bytes a second", rate)
	}
	if g.soFar() != 4_999_000 {
		t.Errorf("so far %d", g.soFar())
	}
}

func TestBytesThatStopComingAreWhereTheyAreSaidToBe(t *testing.T) {
	g, now := &gauge{}, time.Unix(1_000_000, 0)
	g.note(now, 0, 100)
	if _, show, wait := g.note(now.Add(50*time.Millisecond), 40, 100); show || wait != 200*time.Millisecond {
		t.Errorf("shown %t, wait %v", show, wait)
	}
	if _, _, wait := g.note(now.Add(60*time.Millisecond), 50, 100); wait != 0 {
		t.Error("it is waited for a second time")
	}
	if done, total, rate, show := g.late(now.Add(showEach)); !show || done != 50 || total != 100 || rate != 200 {
		t.Errorf("%d of %d, %d a second, shown %t", done, total, rate, show)
	}
	if _, _, _, show := g.late(now.Add(2 * showEach)); show {
		t.Error("the same is shown twice")
	}
}

func TestWhatIsOverInAMomentIsNotShown(t *testing.T) {
	g, now := &gauge{patient: true}, time.Unix(1_000_000, 0)
	if _, show, wait := g.note(now, 10, 100); show || wait != 0 {
		t.Errorf("shown %t, wait %v", show, wait)
	}
	if _, show, _ := g.note(now.Add(showEach), 60, 100); !show {
		t.Error("what takes longer is not shown")
	}
}

// waiting has moves of these sizes wait, in this order.
func waiting(sizes ...int64) moves {
	ms := moves{all: map[string]*move{}}
	for i, size := range sizes {
		ms.all[moveKey("c", uint64(i))] = &move{moveRow: moveRow{Chat: "c", Order: uint64(i), Size: size}}
	}
	return ms
}

func TestTheLargeLeaveAWayForTheSmall(t *testing.T) {
	const large = largeSize + 1
	ms := waiting(large, large, large)
	for i := range maxLarge {
		m := ms.next(time.Now(), false)
		if m == nil || m.Order != uint64(i) {
			t.Fatalf("move %d is %+v", i, m)
		}
		m.run = &run{}
	}
	if m := ms.next(time.Now(), false); m != nil {
		t.Errorf("a third large one goes: %+v", m)
	}
	ms.all["small"] = &move{moveRow: moveRow{Size: 1}}
	m := ms.next(time.Now(), false)
	if m == nil || m.Size != 1 {
		t.Fatalf("the small one does not go: %+v", m)
	}
	m.run = &run{}
	ms.all["another"] = &move{moveRow: moveRow{Size: 1}}
	if m := ms.next(time.Now(), false); m != nil {
		t.Errorf("a fourth goes: %+v", m)
	}
}

func TestAFileIsEncryptedWhileOthersAreOnTheirWay(t *testing.T) {
	const large = largeSize + 1
	ms := waiting(large, large, 1, 2)
	for range maxMoving {
		ms.next(time.Now(), false).run = &run{}
	}
	for order, size := range map[uint64]int64{10: large, 11: large, 12: large + 1, 13: 5, 14: 6} {
		ms.all[moveKey("c", order)] = &move{moveRow: moveRow{Chat: "c", Order: order, Size: size, Here: true}}
	}
	for _, want := range []int64{5, 6} {
		m := ms.next(time.Now(), false)
		if m == nil || m.Size != want {
			t.Fatalf("%+v goes, want one of %d bytes", m, want)
		}
		m.run = &run{}
	}
	if m := ms.next(time.Now(), false); m != nil {
		t.Errorf("a third is encrypted at once: %+v", m)
	}
	delete(ms.all, moveKey("c", 13))
	m := ms.next(time.Now(), false)
	if m == nil || m.Order != 10 {
		t.Fatalf("%+v goes, want the large one that came first", m)
	}
	m.run = &run{}
	delete(ms.all, moveKey("c", 14))
	if m := ms.next(time.Now(), false); m != nil {
		t.Errorf("two large ones are encrypted at once: %+v", m)
	}
}

func TestWhoLetManyGoFirstGoes(t *testing.T) {
	ms := waiting(1000)
	for i := range 2 * maxPassed {
		ms.all["small"] = &move{moveRow: moveRow{Order: uint64(100 + i), Size: 1}}
		m := ms.next(time.Now(), false)
		if m.Size == 1000 {
			if i != maxPassed {
				t.Errorf("it goes after %d others", i)
			}
			return
		}
	}
	t.Error("it never goes")
}

func TestWithoutANetworkOnlyEncryptingGoes(t *testing.T) {
	ms := waiting(1, 2)
	ms.all[moveKey("c", 1)].Here = true
	if m := ms.next(time.Now(), true); m == nil || !m.Here {
		t.Errorf("%+v goes", m)
	}
	ms.all[moveKey("c", 0)].due = time.Now().Add(time.Hour)
	ms.all[moveKey("c", 1)].run = &run{}
	if m := ms.next(time.Now(), false); m != nil {
		t.Errorf("%+v goes before it is due", m)
	}
}

func TestTheNextWaitIsLongerAndBounded(t *testing.T) {
	e := &Engine{cfg: Config{Timing: Timing{}.orDefault()}}
	for tries, most := range map[int]time.Duration{0: time.Second, 3: 8 * time.Second, 20: moveLate} {
		if wait := e.waitOf(tries); wait < most/2 || wait > most {
			t.Errorf("after %d tries it waits %v", tries, wait)
		}
	}
}
