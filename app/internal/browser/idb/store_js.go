package idb

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"syscall/js"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/store"
)

// format is bound into every seal, so that a later layout cannot be mistaken for this one.
const format = "ferry store 1"

// Get returns the value of a record, nil if there is none.
func (s *Store) Get(ctx context.Context, t store.Table, key string) ([]byte, error) {
	row := s.names.row(t, key)
	tx, err := s.begin("readonly", string(t))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", t, err)
	}
	v, err := request(ctx, tx.Call("objectStore", string(t)), "get", jsx.Uint8(row))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", t, s.verdict(err))
	}
	if v.IsUndefined() {
		return nil, nil
	}
	recs, err := s.openRows(ctx, t, [][]byte{row}, []js.Value{v})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", t, err)
	}
	if recs[0].Key != key {
		return nil, fmt.Errorf("get %s: %w", t, store.ErrTampered)
	}
	return recs[0].Value, nil
}

// List returns the records of a range in key order. A range inside one key
// head, as of one chat, reads only its rows; any other reads the table.
func (s *Store) List(ctx context.Context, t store.Table, r store.Range) ([]store.Record, error) {
	if r.To != "" && r.From >= r.To {
		return nil, nil
	}
	stretch, ordered := s.names.rows(t, r)
	limit := 0
	if ordered {
		limit = r.Limit
	}
	rows, values, err := s.readRows(ctx, t, stretch, limit, r.Reverse && ordered)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t, err)
	}
	recs, err := s.openRows(ctx, t, rows, values)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t, err)
	}
	if ordered {
		return recs, nil
	}
	return arrange(recs, r), nil
}

func arrange(recs []store.Record, r store.Range) []store.Record {
	recs = slices.DeleteFunc(recs, func(rec store.Record) bool { return !within(rec.Key, r) })
	slices.SortFunc(recs, func(a, b store.Record) int { return strings.Compare(a.Key, b.Key) })
	if r.Reverse {
		slices.Reverse(recs)
	}
	if r.Limit > 0 && len(recs) > r.Limit {
		recs = recs[:r.Limit]
	}
	return recs
}

// within reports whether a key lies in a range.
func within(key string, r store.Range) bool {
	return key >= r.From && (r.To == "" || key < r.To)
}

// readRows reads sealed rows with one request.
func (s *Store) readRows(ctx context.Context, t store.Table, stretch span, limit int, reverse bool) ([][]byte, []js.Value, error) {
	tx, err := s.begin("readonly", string(t))
	if err != nil {
		return nil, nil, err
	}
	options := map[string]any{"direction": "next"}
	if reverse {
		options["direction"] = "prev"
	}
	if limit > 0 {
		options["count"] = limit
	}
	if q, ok := keyRange(stretch); ok {
		options["query"] = q
	}
	list, err := request(ctx, tx.Call("objectStore", string(t)), "getAllRecords", options)
	if err != nil {
		return nil, nil, s.verdict(err)
	}
	n := list.Length()
	rows, values := make([][]byte, n), make([]js.Value, n)
	for i := range n {
		rec := list.Index(i)
		row, ok := bytesOf(rec.Get("key"))
		if !ok {
			return nil, nil, store.ErrTampered
		}
		rows[i], values[i] = row, rec.Get("value")
	}
	return rows, values, nil
}

func keyRange(s span) (js.Value, bool) {
	kr := js.Global().Get("IDBKeyRange")
	switch {
	case s.from != nil && s.to != nil:
		return kr.Call("bound", jsx.Uint8(s.from), jsx.Uint8(s.to), false, true), true
	case s.from != nil:
		return kr.Call("lowerBound", jsx.Uint8(s.from)), true
	case s.to != nil:
		return kr.Call("upperBound", jsx.Uint8(s.to), true), true
	}
	return js.Undefined(), false
}

// place is what the seal of a row is bound to.
func (s *Store) place(t store.Table, row []byte) []byte {
	b := make([]byte, 0, len(format)+len(s.name)+len(t)+len(row)+3)
	b = append(b, format...)
	b = append(append(b, 0), s.name...)
	b = append(append(b, 0), t...)
	return append(append(b, 0), row...)
}

// openRows unseals rows read from a table.
func (s *Store) openRows(ctx context.Context, t store.Table, rows [][]byte, values []js.Value) ([]store.Record, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var packed []byte
	for i, row := range rows {
		sealed, ok := bytesOf(values[i])
		if !ok || len(sealed) < 12 {
			return nil, store.ErrTampered
		}
		packed = pack(packed, s.place(t, row), sealed)
	}
	texts, err := s.unseal(ctx, packed)
	if err != nil {
		return nil, err
	}
	if len(texts) != len(rows) {
		return nil, errPacked
	}
	recs := make([]store.Record, len(texts))
	for i, text := range texts {
		key, value, ok := outside(text)
		if !ok {
			return nil, store.ErrTampered
		}
		recs[i] = store.Record{Table: t, Key: key, Value: slices.Clone(value)}
		if recs[i].Value == nil {
			recs[i].Value = []byte{}
		}
	}
	return recs, nil
}

// pack appends a record in the form that ferrySeal and ferryOpen take.
func pack(dst []byte, aad, text []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(aad)))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
	dst = append(dst, aad...)
	return append(dst, text...)
}

// seal and unseal cross to JavaScript once for all records of a batch.
func (s *Store) seal(ctx context.Context, packed []byte) (js.Value, error) {
	out, err := jsx.Call(ctx, js.Global(), "ferrySeal", s.key, jsx.Uint8(packed))
	return out, verdict(err)
}

func (s *Store) unseal(ctx context.Context, packed []byte) ([][]byte, error) {
	out, err := jsx.Call(ctx, js.Global(), "ferryOpen", s.key, jsx.Uint8(packed))
	if err != nil {
		return nil, verdict(err)
	}
	raw, ok := bytesOf(out)
	if !ok {
		return nil, errPacked
	}
	return unpack(raw)
}

// Commit applies the batch in one durable transaction, in which it also checks
// that no newer owner has opened the database.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	if err := s.commit(ctx, b); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (s *Store) commit(ctx context.Context, b *store.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rows, sealed, err := s.sealPuts(ctx, b.Puts)
	if err != nil {
		return err
	}
	tx, err := s.begin("readwrite", tablesOf(b)...)
	if err != nil {
		return err
	}
	check := tx.Call("objectStore", vault).Call("get", "epoch")
	fenced := false
	fence := jsx.Listen(check, "success", func(js.Value) {
		if v := check.Get("result"); v.Type() != js.TypeNumber || v.Float() != s.epoch {
			fenced = true
			tx.Call("abort")
		}
	})
	defer fence()
	err = jsx.Try(func() {
		for i, r := range b.Puts {
			tx.Call("objectStore", string(r.Table)).Call("put", sealed.Index(i), jsx.Uint8(rows[i]))
		}
		for _, r := range b.Deletes {
			tx.Call("objectStore", string(r.Table)).Call("delete", jsx.Uint8(s.names.row(r.Table, r.Key)))
		}
	})
	if err != nil {
		_ = jsx.Try(func() { tx.Call("abort") }) // it may be over already
		return s.verdict(err)
	}
	err = s.finish(ctx, tx)
	if fenced {
		return store.ErrFenced
	}
	return err
}

func (s *Store) sealPuts(ctx context.Context, puts []store.Record) ([][]byte, js.Value, error) {
	if len(puts) == 0 {
		return nil, js.Undefined(), nil
	}
	rows := make([][]byte, len(puts))
	var packed []byte
	for i, r := range puts {
		rows[i] = s.names.row(r.Table, r.Key)
		packed = pack(packed, s.place(r.Table, rows[i]), inside(r.Key, r.Value))
	}
	sealed, err := s.seal(ctx, packed)
	return rows, sealed, err
}

// tablesOf names the object stores of the batch, and the vault for the epoch.
func tablesOf(b *store.Batch) []string {
	names := []string{vault}
	for _, list := range [][]store.Record{b.Puts, b.Deletes} {
		for _, r := range list {
			if !slices.Contains(names, string(r.Table)) {
				names = append(names, string(r.Table))
			}
		}
	}
	return names
}
