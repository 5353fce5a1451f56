package idb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall/js"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/store"
)

// vault is the object store of what the database needs for itself.
const vault = "vault"

// Store is one database. It implements store.Store.
type Store struct {
	name  string
	db    js.Value
	key   js.Value // CryptoKey, not extractable
	names *names
	epoch float64
	lost  atomic.Bool
	off   []func()
}

var _ store.Store = (*Store)(nil)

// Open opens or makes the database and becomes its owner: commits of an earlier
// owner fail from here on.
func Open(ctx context.Context, name string) (*Store, error) {
	return openIn(ctx, js.Global().Get("indexedDB"), name)
}

func openIn(ctx context.Context, factory js.Value, name string) (*Store, error) {
	db, err := connect(ctx, factory, name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	s := &Store{name: name, db: db}
	s.watch()
	if err := s.unlock(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return s, nil
}

// Epoch counts the owners that this database has had.
func (s *Store) Epoch() uint64 { return uint64(s.epoch) }

// Remove deletes a database with all it holds. It waits for other owners to close.
func Remove(ctx context.Context, name string) error {
	if _, err := request(ctx, js.Global().Get("indexedDB"), "deleteDatabase", name); err != nil {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}

// version grows with the tables: a database made when there were fewer gets
// those that it lacks. Tables are never taken away. The first version had eight.
func version() int { return len(store.Tables()) - 7 }

func connect(ctx context.Context, factory js.Value, name string) (js.Value, error) {
	var req js.Value
	if err := jsx.Try(func() { req = factory.Call("open", name, version()) }); err != nil {
		return req, fmt.Errorf("%w: %w", store.ErrLost, err)
	}
	upgrade := js.FuncOf(func(js.Value, []js.Value) any {
		db := req.Get("result")
		there := db.Get("objectStoreNames")
		for _, name := range append([]store.Table{vault}, store.Tables()...) {
			if !there.Call("contains", string(name)).Bool() {
				db.Call("createObjectStore", string(name))
			}
		}
		return nil
	})
	defer upgrade.Release()
	req.Set("onupgradeneeded", upgrade)
	db, err := settled(ctx, req)
	if err != nil {
		return db, verdict(err)
	}
	return db, nil
}

// watch notes when the browser takes the database away. Closing on
// versionchange lets Remove in another worker go on.
func (s *Store) watch() {
	s.off = append(s.off,
		jsx.Listen(s.db, "close", func(js.Value) { s.lost.Store(true) }),
		jsx.Listen(s.db, "versionchange", func(js.Value) {
			s.lost.Store(true)
			s.db.Call("close")
		}))
}

// unlock loads the keys, making them for a new database, and advances the epoch.
func (s *Store) unlock(ctx context.Context) error {
	if err := s.loadKey(ctx); err != nil {
		return err
	}
	if err := s.loadNames(ctx); err != nil {
		return err
	}
	tx, err := s.begin("readwrite", vault)
	if err != nil {
		return err
	}
	rows := tx.Call("objectStore", vault)
	req := rows.Call("get", "epoch")
	bump := js.FuncOf(func(js.Value, []js.Value) any {
		if v := req.Get("result"); v.Type() == js.TypeNumber {
			s.epoch = v.Float()
		}
		s.epoch++
		rows.Call("put", s.epoch, "epoch")
		return nil
	})
	defer bump.Release()
	req.Set("onsuccess", bump)
	return s.finish(ctx, tx)
}

func (s *Store) loadKey(ctx context.Context) error {
	key, err := s.vaultGet(ctx, "key")
	if err != nil {
		return err
	}
	if key.Type() == js.TypeObject {
		s.key = key
		return nil
	}
	if err := s.mustBeEmpty(ctx); err != nil {
		return err
	}
	subtle := js.Global().Get("crypto").Get("subtle")
	key, err = jsx.Call(ctx, subtle, "generateKey",
		map[string]any{"name": "AES-GCM", "length": 256}, false, []any{"encrypt", "decrypt"})
	if err != nil {
		return fmt.Errorf("make the store's key: %w", err)
	}
	s.key = key
	return s.vaultPut(ctx, "key", key)
}

// mustBeEmpty refuses records whose key is gone: they can never be read again,
// and writing beside them would hide the loss.
func (s *Store) mustBeEmpty(ctx context.Context) error {
	for _, t := range store.Tables() {
		tx, err := s.begin("readonly", string(t))
		if err != nil {
			return err
		}
		n, err := request(ctx, tx.Call("objectStore", string(t)), "count")
		if err != nil {
			return s.verdict(err)
		}
		if n.Int() > 0 {
			return fmt.Errorf("records without their key: %w", store.ErrTampered)
		}
	}
	return nil
}

func (s *Store) loadNames(ctx context.Context) error {
	place := []byte(format + "\x00" + s.name + "\x00names")
	sealed, err := s.vaultGet(ctx, "names")
	if err != nil {
		return err
	}
	if raw, ok := bytesOf(sealed); ok {
		texts, err := s.unseal(ctx, pack(nil, place, raw))
		if err != nil || len(texts) != 1 {
			return errors.Join(store.ErrTampered, err)
		}
		s.names = newNames(texts[0])
		return nil
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("make the names' secret: %w", err)
	}
	out, err := s.seal(ctx, pack(nil, place, secret))
	if err != nil {
		return err
	}
	s.names = newNames(secret)
	return s.vaultPut(ctx, "names", out.Index(0))
}

func (s *Store) vaultGet(ctx context.Context, key string) (js.Value, error) {
	tx, err := s.begin("readonly", vault)
	if err != nil {
		return js.Undefined(), err
	}
	v, err := request(ctx, tx.Call("objectStore", vault), "get", key)
	return v, s.verdict(err)
}

func (s *Store) vaultPut(ctx context.Context, key string, v js.Value) error {
	tx, err := s.begin("readwrite", vault)
	if err != nil {
		return err
	}
	tx.Call("objectStore", vault).Call("put", v, key)
	return s.finish(ctx, tx)
}

// Close closes the database. Records stay.
func (s *Store) Close() error {
	for _, off := range s.off {
		off()
	}
	s.off = nil
	s.lost.Store(true)
	return jsx.Try(func() { s.db.Call("close") })
}

func bytesOf(v js.Value) ([]byte, bool) {
	if v.Type() != js.TypeObject {
		return nil, false
	}
	return jsx.Bytes(v)
}
