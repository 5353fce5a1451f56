package wastore

import (
	"context"
	"encoding/hex"

	"go.mau.fi/whatsmeow/store"
)

type syncKeyRecord struct {
	ID  []byte
	Key store.AppStateSyncKey
}

// PutAppStateSyncKey keeps the newest version of a key.
func (s *stores) PutAppStateSyncKey(ctx context.Context, id []byte, k store.AppStateSyncKey) error {
	old, err := s.GetAppStateSyncKey(ctx, id)
	if err != nil || old != nil && old.Timestamp >= k.Timestamp {
		return err
	}
	return save(ctx, s.c, key("synckey", hex.EncodeToString(id)), syncKeyRecord{id, k})
}

func (s *stores) GetAppStateSyncKey(ctx context.Context, id []byte) (*store.AppStateSyncKey, error) {
	r, ok, err := load[syncKeyRecord](ctx, s.c, key("synckey", hex.EncodeToString(id)))
	if !ok || err != nil {
		return nil, err
	}
	return &r.Key, nil
}

func (s *stores) GetLatestAppStateSyncKeyID(ctx context.Context) ([]byte, error) {
	var latest syncKeyRecord
	for k := range s.c.list(ctx, "synckey.") {
		r, _, err := load[syncKeyRecord](ctx, s.c, k)
		if err != nil {
			return nil, err
		}
		if latest.ID == nil || r.Key.Timestamp > latest.Key.Timestamp {
			latest = r
		}
	}
	return latest.ID, nil
}

type versionRecord struct {
	Version uint64
	Hash    []byte // 128 bytes
}

func (s *stores) PutAppStateVersion(ctx context.Context, name string, version uint64, hash [128]byte) error {
	return save(ctx, s.c, key("appstate", name), versionRecord{version, hash[:]})
}

// GetAppStateVersion returns version 0 and a zero hash for an unknown collection: the initial state.
func (s *stores) GetAppStateVersion(ctx context.Context, name string) (version uint64, hash [128]byte, err error) {
	r, ok, err := load[versionRecord](ctx, s.c, key("appstate", name))
	if !ok || err != nil {
		return 0, hash, err
	}
	if len(r.Hash) != len(hash) {
		return 0, hash, ErrCorrupt
	}
	return r.Version, [128]byte(r.Hash), nil
}

func (s *stores) DeleteAppStateVersion(ctx context.Context, name string) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for k := range s.c.list(ctx, key("mac", name)+".") {
			if err := s.c.del(ctx, k); err != nil {
				return err
			}
		}
		return s.c.del(ctx, key("appstate", name))
	})
}

func macKey(name string, indexMAC []byte) string {
	return key("mac", name, hex.EncodeToString(indexMAC))
}

// Only the newest value of an index is ever asked for, so it replaces the older one.
func (s *stores) PutAppStateMutationMACs(ctx context.Context, name string, _ uint64, mutations []store.AppStateMutationMAC) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for _, m := range mutations {
			if err := s.c.put(ctx, macKey(name, m.IndexMAC), m.ValueMAC); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *stores) DeleteAppStateMutationMACs(ctx context.Context, name string, indexMACs [][]byte) error {
	return s.c.batch(ctx, func(ctx context.Context) error {
		for _, m := range indexMACs {
			if err := s.c.del(ctx, macKey(name, m)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *stores) GetAppStateMutationMAC(ctx context.Context, name string, indexMAC []byte) ([]byte, error) {
	return s.c.get(ctx, macKey(name, indexMAC)), nil
}
