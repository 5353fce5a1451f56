package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/store"
)

// Bounds of moving attachments.
const (
	maxMoving = 3           // over the network at once
	maxMaking = 2           // encrypted at once, which does not wait for those: until then a file is lost with its tab
	maxLarge  = 2           // of the first, larger than largeSize: one way stays free for the small; of the second, one less
	largeSize = 16 << 20    // bytes
	maxMoves  = 1000        // waiting; beyond, attachments that arrive are not fetched by themselves
	maxPassed = 8           // moves that a larger one lets go first
	autoSize  = 16 << 20    // bytes: images and voice messages up to here are fetched by themselves
	moveAgain = time.Second // after a move's first failure; doubled each time
	moveLate  = 5 * time.Minute
)

const (
	movePrefix = "m/" // store.Messages: moveRow by chat and order
	dropPrefix = "d/" // store.Messages: files whose bytes are to be removed
)

// moveRow is an attachment that is to be moved: it is there from when it was
// asked for until it is done, has failed or was stopped.
type moveRow struct {
	Chat  model.ChatID    `json:"chat"`
	Order uint64          `json:"order"`
	ID    model.MessageID `json:"id"`
	Mine  bool            `json:"mine,omitempty"`
	File  model.FileID    `json:"file"`
	Size  int64           `json:"size"`
	Here  bool            `json:"here,omitempty"` // needs no network: it is to be encrypted
}

func moveKey(chat model.ChatID, order uint64) string {
	return fmt.Sprintf("%s%s/%016x", movePrefix, chat, order)
}

func dropKey(id model.FileID) string { return dropPrefix + string(id) }

// move is a moveRow in memory.
type move struct {
	moveRow
	tries  int
	due    time.Time // not before
	passed int       // how many were let go first
	run    *run      // nil while it waits
}

func (m *move) ref() model.Ref { return model.Ref{ID: m.ID, FromMe: m.Mine} }

// run is a move under way.
type run struct {
	cancel context.CancelFunc // nil until the turn is committed
	gauge  *gauge
	check  *gauge // of verifying what is here
	checks bool   // verifying was told of: no more of moving is
}

func (r *run) stop() {
	if r != nil && r.cancel != nil {
		r.cancel()
	}
}

// moves are all of them. It belongs to the engine's goroutine.
type moves struct {
	all   map[string]*move      // by key
	drops map[model.FileID]bool // true while one is under way
}

func loadMoves(ctx context.Context, s store.Store) (moves, error) {
	ms := moves{all: map[string]*move{}, drops: map[model.FileID]bool{}}
	rs, err := s.List(ctx, store.Messages, store.Prefix(movePrefix))
	if err != nil {
		return ms, err
	}
	for _, r := range rs {
		m := &move{}
		if err := unmarshal(r.Value, &m.moveRow); err != nil {
			return ms, err
		}
		ms.all[r.Key] = m
	}
	if rs, err = s.List(ctx, store.Messages, store.Prefix(dropPrefix)); err != nil {
		return ms, err
	}
	for _, r := range rs {
		ms.drops[model.FileID(strings.TrimPrefix(r.Key, dropPrefix))] = false
	}
	return ms, nil
}

// loadMoves reads what is to be moved, stops what is, and sees to it that all
// goes on in the first turn.
func (e *Engine) loadMoves(ctx context.Context) error {
	e.fileDropped = e.mediaDropped
	for _, m := range e.moves.all {
		m.run.stop()
	}
	var err error
	if e.moves, err = loadMoves(ctx, e.store); err != nil {
		return err
	}
	if len(e.moves.all)+len(e.moves.drops) > 0 && e.cfg.Files != nil {
		e.later(0, e.moveOn)
	}
	return nil
}

// moveOn starts what can be started.
func (e *Engine) moveOn(t *turn) error {
	if e.cfg.Files == nil {
		return nil
	}
	for id, busy := range e.moves.drops {
		if !busy {
			e.moves.drops[id] = true
			t.then(func() { e.drop(id) })
		}
	}
	for {
		m := e.moves.next(e.cfg.Now(), e.wire.offline)
		if m == nil {
			return nil
		}
		row, ok, err := t.message(m.Chat, m.Order)
		if err != nil {
			return err
		}
		job, fits := jobOf(row)
		if !ok || !fits || job.file != m.File {
			e.forgetMove(t, m)
			continue
		}
		if job.digest.Sidecar, err = t.sidecar(row.File); err != nil {
			return err
		}
		r := &run{gauge: &gauge{}, check: &gauge{patient: true}}
		m.run = r
		t.then(func() { e.launch(m, r, job) })
	}
}

// next chooses what goes next: what is to be encrypted, and then the smallest,
// unless a larger one has waited for many. Nil if nothing may.
func (ms *moves) next(now time.Time, offline bool) *move {
	var busy, large [2]int // of those that move over the network, and those that are encrypted
	for _, m := range ms.all {
		if m.run != nil {
			busy[m.way()]++
			if m.Size > largeSize {
				large[m.way()]++
			}
		}
	}
	may := func(m *move) bool {
		w := m.way()
		return busy[w] < [2]int{maxMoving, maxMaking}[w] && (m.Size <= largeSize || large[w] < [2]int{maxLarge, maxLarge - 1}[w])
	}
	var best *move
	for _, m := range ms.all {
		if m.run != nil || m.due.After(now) || !may(m) || offline && !m.Here {
			continue
		}
		if best == nil || m.before(best) {
			best = m
		}
	}
	if best != nil {
		for _, m := range ms.all {
			if m.run == nil && m.Here == best.Here && m.Size > best.Size {
				m.passed++
			}
		}
	}
	return best
}

// way is which of the two bounds counts a move: over the network, or here.
func (m *move) way() int {
	if m.Here {
		return 1
	}
	return 0
}

func (m *move) before(o *move) bool {
	if m.Here != o.Here {
		return m.Here
	}
	if a, b := m.passed >= maxPassed, o.passed >= maxPassed; a != b {
		return a
	}
	if m.passed < maxPassed && m.Size != o.Size {
		return m.Size < o.Size
	}
	return m.Order < o.Order
}

// addMove has an attachment moved. The caller calls moveOn.
func (e *Engine) addMove(t *turn, row messageRow) {
	j, _ := jobOf(row)
	m := &move{moveRow: moveRow{
		Chat: row.Chat, Order: row.Order, ID: row.ID, Mine: row.FromMe, File: row.File.ID, Size: row.Media.Size, Here: j.phase == encrypting,
	}}
	key := moveKey(row.Chat, row.Order)
	if old := e.moves.all[key]; old != nil {
		t.then(old.run.stop)
	}
	e.moves.all[key] = m
	t.putJSON(store.Messages, key, m.moveRow)
}

// forgetMove ends a move, whichever way.
func (e *Engine) forgetMove(t *turn, m *move) {
	key := moveKey(m.Chat, m.Order)
	if e.moves.all[key] != m {
		return
	}
	delete(e.moves.all, key)
	t.delete(store.Messages, key)
	t.then(m.run.stop)
}

// wakeMoves tries at once what waits after a failure: the network is back.
func (e *Engine) wakeMoves(t *turn) error {
	for _, m := range e.moves.all {
		m.due = time.Time{}
	}
	return e.moveOn(t)
}

// mediaDropped has the bytes of a message that goes removed, durably.
func (e *Engine) mediaDropped(t *turn, row messageRow) {
	if m := e.moves.all[moveKey(row.Chat, row.Order)]; m != nil {
		e.forgetMove(t, m)
	}
	if row.FromMe {
		t.delete(store.Messages, filePrefix+string(row.File.ID))
	}
	if e.cfg.Files == nil {
		return
	}
	t.put(store.Messages, dropKey(row.File.ID), []byte{1})
	if _, known := e.moves.drops[row.File.ID]; !known {
		e.moves.drops[row.File.ID] = false
	}
	t.then(func() { e.later(0, e.moveOn) })
}

// drop removes bytes in the background.
func (e *Engine) drop(id model.FileID) {
	ctx := e.ctx
	e.background.Go(func() { // ends with the removal, or with the engine
		unlock, err := e.locks.lock(ctx, id)
		if err == nil {
			err = e.cfg.Files.Remove(ctx, id)
			unlock()
		}
		e.post(func(t *turn) error { return e.dropped(t, id, err) })
	})
}

func (e *Engine) dropped(t *turn, id model.FileID, err error) error {
	if !e.moves.drops[id] { // the store was read again meanwhile
		return nil
	}
	if err != nil {
		if e.ctx.Err() == nil {
			e.log.Warn("an attachment's bytes are not removed yet", "err", err)
		}
		e.later(e.cfg.Timing.Again, func(t *turn) error {
			if _, ok := e.moves.drops[id]; ok {
				e.moves.drops[id] = false
			}
			return e.moveOn(t)
		})
		return nil
	}
	delete(e.moves.drops, id)
	t.delete(store.Messages, dropKey(id))
	return nil
}

// locks has one goroutine at a time work on a file, also across a new reading
// of the store.
type locks struct {
	mu   sync.Mutex
	held map[model.FileID]chan struct{}
}

func (l *locks) lock(ctx context.Context, id model.FileID) (unlock func(), err error) {
	for {
		l.mu.Lock()
		other := l.held[id]
		if other == nil {
			if l.held == nil {
				l.held = map[model.FileID]chan struct{}{}
			}
			mine := make(chan struct{})
			l.held[id] = mine
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, id)
				l.mu.Unlock()
				close(mine)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
