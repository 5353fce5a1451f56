package mediakill

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"ferry/relay/relaytest"
)

const (
	pace    = 200 * time.Millisecond // between two messages of a sender, and between two looks at the thread
	window  = 4                      // files of a sender that are not whole at the other side yet
	waiting = 60                     // texts of a sender since the last file that is
)

// letter is one message, of a text or of a file.
type letter struct {
	id   string
	file relaytest.Content // Size 0: a text
}

// traffic is a sender on each side, and who looks after what they sent.
type traffic struct {
	w      *world
	halt   chan struct{}
	failed chan struct{} // closed when there is no use in going on
	seed   uint64
	work   sync.WaitGroup

	reading sync.Mutex // held while a file is being read, where the plan is calm

	mu         sync.Mutex
	out, in    []letter                // in the order in which they were taken; by Anna, by Ben
	again      []relaytest.Content     // Anna's, whose source was lost with its tab
	open       map[string]bool         // files on their way, by message
	whole      map[string]bool         // Anna's files that Ben has
	done       map[string]bool         // files that are where they should be, and known to be
	away       map[string]bool         // what Anna deleted since its source was lost
	low        uint64                  // order below which Anna's thread needs no more looks
	files      int                     // made so far
	notes      map[string]map[bool]int // of each victim: kills with a file in flight, and without
	ups, downs int                     // files in flight at kills, together
}

// talk begins to send both ways.
func (w *world) talk(seed uint64) *traffic {
	tr := &traffic{
		w: w, halt: make(chan struct{}), failed: make(chan struct{}), seed: seed,
		open: map[string]bool{}, done: map[string]bool{}, whole: map[string]bool{}, away: map[string]bool{}, notes: map[string]map[bool]int{},
	}
	ctx, cancel := context.WithCancel(w.ctx)
	var look sync.WaitGroup
	w.t.Cleanup(func() { cancel(); tr.end(); look.Wait() })
	tr.work.Go(func() { tr.anna(ctx) })
	tr.work.Go(func() { tr.ben(ctx) })
	look.Go(func() { tr.takeIn(ctx) })
	look.Go(func() { tr.lookAfter(ctx) })
	return tr
}

func (tr *traffic) end() {
	tr.mu.Lock()
	select {
	case <-tr.halt:
	default:
		close(tr.halt)
	}
	tr.mu.Unlock()
	tr.work.Wait()
}

// stop ends the senders once what they are sending has been taken.
func (tr *traffic) stop() { tr.end() }

func (tr *traffic) fail(format string, args ...any) {
	tr.w.t.Errorf(format, args...)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	select {
	case <-tr.failed:
	default:
		close(tr.failed)
	}
}

// note remembers how many files were in flight when somebody was killed.
func (tr *traffic) note(victim string) {
	up, down := tr.w.front.up.open(), tr.w.front.down.open()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.notes[victim] == nil {
		tr.notes[victim] = map[bool]int{}
	}
	tr.notes[victim][up+down > 0]++
	tr.ups += up
	tr.downs += down
}

func (tr *traffic) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	files, size := map[bool]int{}, map[bool]int64{}
	for mine, list := range map[bool][]letter{true: tr.out, false: tr.in} {
		for _, m := range list {
			if m.file.Size > 0 {
				files[mine]++
				size[mine] += m.file.Size
			}
		}
	}
	busy := 0
	for _, n := range tr.notes {
		busy += n[true]
	}
	return fmt.Sprintf("%d files (%d MB) and %d texts to WhatsApp, %d files (%d MB) and %d texts from it, %d sent anew since their source was lost; "+
		"%d files not whole yet: %v; at %d kills files were in flight: %d up, %d down",
		files[true], size[true]/1e6, len(tr.out)-files[true], files[false], size[false]/1e6, len(tr.in)-files[false], len(tr.away),
		len(tr.open), slices.Collect(maps.Keys(tr.open)), busy, tr.ups, tr.downs)
}

// next paces a sender; false when it is to stop.
func (tr *traffic) next() bool {
	select {
	case <-tr.halt:
		return false
	case <-tr.failed:
		return false
	case <-time.After(pace):
		return true
	}
}

// file makes the next file.
func (tr *traffic) file(choose *rand.Rand) relaytest.Content {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.files++
	p := tr.w.plan
	return relaytest.Content{Seed: uint64(tr.files), Size: p.smallest + choose.Int64N(p.largest-p.smallest)}
}

// sent remembers a message that was taken.
func (tr *traffic) sent(list *[]letter, m letter) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	*list = append(*list, m)
	if m.file.Size > 0 && !tr.done[m.id] {
		tr.open[m.id] = true
	}
}

// full says how many files of a sender are on their way, and whether it should send no more texts before they are there.
func (tr *traffic) full(list *[]letter) (files int, all bool) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	since := 0
	for _, m := range slices.Backward(*list) {
		if m.file.Size == 0 {
			since++
		} else if tr.open[m.id] {
			files++
		} else {
			break
		}
	}
	return files, since >= waiting
}

// left is how many files are on their way, or have to be sent anew.
func (tr *traffic) left() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.open) + len(tr.again)
}

// lists are the messages that were taken, in order.
func (tr *traffic) lists() (out, in []letter) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.out), slices.Clone(tr.in)
}
