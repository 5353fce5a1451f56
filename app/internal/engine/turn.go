package engine

import (
	"context"
	"encoding/json"

	"ferry/app/internal/port"
	"ferry/app/internal/search"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// turn is one round of the engine: what it took in, and what is to happen.
type turn struct {
	e        *Engine
	batch    store.Batch
	requests []*request     // taken in this turn
	owed     []wire.Node    // stanzas that the outbox takes with this commit
	counted  bool           // counters changed
	indexed  []search.Entry // new in the search with this commit
	fetched  map[placeKey][]byte
	events   []port.Event // in order, the last of each subject only
	place    map[string]int
	after    []func() // once committed
}

// request is a command on its way.
type request struct {
	command port.Command
	reply   chan port.Reply // room for one
	done    bool
}

func (r *request) answer(reply port.Reply) {
	if !r.done {
		r.done = true
		r.reply <- reply
	}
}

func newTurn(e *Engine) *turn { return &turn{e: e, place: map[string]int{}} }

// get reads a record as this turn sees it; nil where there is none.
func (t *turn) get(table store.Table, key string) ([]byte, error) {
	if v, touched := t.batch.Get(table, key); touched {
		return v, nil
	}
	if v, ok := t.fetched[placeKey{table, key}]; ok {
		return v, nil
	}
	return t.e.store.Get(t.e.ctx, table, key)
}

func (t *turn) put(table store.Table, key string, value []byte) { t.batch.Put(table, key, value) }

func (t *turn) delete(table store.Table, key string) { t.batch.Delete(table, key) }

// getJSON reads a record into v; false where there is none.
func (t *turn) getJSON(table store.Table, key string, v any) (bool, error) {
	b, err := t.get(table, key)
	if err != nil || b == nil {
		return false, err
	}
	return true, unmarshal(b, v)
}

func (t *turn) putJSON(table store.Table, key string, v any) { t.put(table, key, marshal(v)) }

// emit tells subscribers after the commit. An event replaces an earlier one of
// the turn about the same subject, since it carries the whole new value.
func (t *turn) emit(subject string, e port.Event) {
	if i, ok := t.place[subject]; ok && subject != "" {
		t.events[i] = e
		return
	}
	t.place[subject] = len(t.events)
	t.events = append(t.events, e)
}

// then runs fn after the commit.
func (t *turn) then(fn func()) { t.after = append(t.after, fn) }

// send sends a stanza after the commit, if the connection of now still stands.
// It is for what may be lost with the connection; the outbox is for the rest.
func (t *turn) send(n wire.Node) {
	generation := t.e.wire.generation
	t.then(func() {
		if t.e.wire.generation == generation {
			t.e.enqueue(n)
		}
	})
}

// ok replies to a command after the commit.
func (t *turn) ok(r *request, value any) {
	t.then(func() { r.answer(replyWith(value)) })
}

// refuse replies to a command that was not carried out.
func (t *turn) refuse(r *request, code, text string) {
	t.then(func() { r.answer(port.Reply{Code: code, Error: text}) })
}

func replyWith(value any) port.Reply {
	if value == nil {
		return port.Reply{}
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return port.Reply{Code: "internal", Error: err.Error()}
	}
	return port.Reply{Value: raw}
}

// commit writes all that the turn changed.
func (t *turn) commit(ctx context.Context) error {
	t.e.out.owe(t)
	t.e.find.stage(t)
	t.e.vault.Stage(&t.batch)
	if t.counted {
		t.put(store.Meta, countersKey, t.e.count.marshal())
	}
	if t.batch.Empty() {
		return nil
	}
	if err := t.e.store.Commit(ctx, &t.batch); err != nil {
		return err
	}
	t.e.vault.Settle()
	return nil
}

// release lets out what waited for the commit.
func (t *turn) release() {
	t.e.showLink(t)
	t.e.subscribers.tell(t.events)
	for _, fn := range t.after {
		fn()
	}
	t.e.chats.trim()
	t.e.lists.trim()
}

// abandon answers the commands of a turn that failed.
func (t *turn) abandon(reply port.Reply) {
	for _, r := range t.requests {
		r.answer(reply)
	}
}
