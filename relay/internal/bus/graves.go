package bus

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// After a crash JetStream reads its files anew, and what was removed from a stream
// may be in it again: of the revisions that a newer one replaced nothing on disk
// says that they are gone, and where a purge empties a file that also says what is
// gone of earlier ones, the file stays (nats-server server/filestore.go, PurgeEx and
// removeMsgBlock). So what is to stay removed is noted first, as a keyed hash, and
// removed again when the state is opened after a crash.
//
// The marks that Bucket.Delete leaves need no note: they are what comes last under
// their key, for as long as anything older can be there.

const (
	graveStream = "graves"
	graveKey    = graveStream + ".key" // no stream has that name
	graveHash   = 16                   // bytes
	forEver     = 1 << 62              // no message has that number

	// cleanFile is in the folder of an embedded server that was closed in order.
	cleanFile = "clean"
)

// grave names what was removed.
type grave [graveHash]byte

// grave kinds: one subject, or all below one.
const (
	oneSubject byte = iota
	allBelow
)

func graveOf(key []byte, kind byte, subject string) (g grave) {
	mac := hmac.New(sha256.New, key)
	mac.Write(append([]byte{kind}, subject...))
	copy(g[:], mac.Sum(nil))
	return g
}

// remove purges what a stream holds under a filter, up to a message, for good; 0:
// up to what is its last message now. age is the stream's.
func (b *Bus) remove(ctx context.Context, s jetstream.Stream, age time.Duration, filter string, last uint64) error {
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil || len(info.State.Subjects) == 0 {
		return err
	}
	if last == 0 {
		last = info.State.LastSeq
	}
	key, err := b.graveKey(ctx)
	if err != nil {
		return err
	}
	all := make([]grave, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		all = append(all, graveOf(key, oneSubject, subject))
	}
	if err := b.bury(ctx, info.Config.Name, age, last, all); err != nil {
		return err
	}
	return s.Purge(ctx, jetstream.WithPurgeSubject(filter), jetstream.WithPurgeSequence(last+1))
}

// removeBelow is remove for all subjects below one that is never used again.
func (b *Bus) removeBelow(ctx context.Context, s jetstream.Stream, age time.Duration, subject string) error {
	key, err := b.graveKey(ctx)
	if err != nil {
		return err
	}
	if err := b.bury(ctx, s.CachedInfo().Config.Name, age, forEver, []grave{graveOf(key, allBelow, subject)}); err != nil {
		return err
	}
	return s.Purge(ctx, jetstream.WithPurgeSubject(subject+".>"))
}

// bury notes what will be removed from a stream: it is on disk when bury returns.
func (b *Bus) bury(ctx context.Context, stream string, age time.Duration, last uint64, all []grave) error {
	const most = 10_000 // in one message
	for len(all) > 0 {
		n := min(len(all), most)
		m := nats.NewMsg(graveStream + "." + stream)
		m.Data = binary.BigEndian.AppendUint64(nil, last)
		for _, g := range all[:n] {
			m.Data = append(m.Data, g[:]...)
		}
		var opts []jetstream.PublishOpt
		if age > 0 { // what it is about is gone by then
			opts = append(opts, jetstream.WithMsgTTL(max(age, time.Second)))
		}
		if _, err := b.js.PublishMsg(ctx, m, opts...); err != nil {
			return fmt.Errorf("note what is removed: %w", err)
		}
		all = all[n:]
	}
	return nil
}

// graveKey is the key of the hashes, made when it is first needed.
func (b *Bus) graveKey(ctx context.Context) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.graves != nil {
		return b.graves, nil
	}
	s, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: graveStream, Subjects: []string{graveStream + ".>"}, Storage: jetstream.FileStorage,
		AllowMsgTTL: true, AllowDirect: true, Replicas: b.cfg.Replicas,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", graveStream, err)
	}
	fresh := make([]byte, sha256.Size)
	_, _ = rand.Read(fresh) // never fails
	// Of several nodes one is the first.
	_, err = b.js.Publish(ctx, graveKey, fresh, jetstream.WithExpectLastSequencePerSubject(0))
	if err = conflict(err); err != nil && !errors.Is(err, ErrConflict) {
		return nil, fmt.Errorf("%s: %w", graveStream, err)
	}
	m, err := s.GetLastMsgForSubject(ctx, graveKey)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", graveStream, err)
	}
	b.graves = m.Data
	return b.graves, nil
}

// mend removes again what a crash has brought back.
func (b *Bus) mend(ctx context.Context) error {
	s, err := b.js.Stream(ctx, graveStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", graveStream, err)
	}
	noted, err := readGraves(ctx, s)
	if err != nil || len(noted) == 0 {
		return err
	}
	key, err := b.graveKey(ctx)
	if err != nil {
		return err
	}
	for name, graves := range noted {
		if err := b.mendStream(ctx, name, key, graves); err != nil {
			return fmt.Errorf("remove again from %s: %w", name, err)
		}
	}
	return nil
}

// readGraves returns what was removed from each stream, with its last message then.
func readGraves(ctx context.Context, s jetstream.Stream) (map[string]map[grave]uint64, error) {
	noted := map[string]map[grave]uint64{}
	for seq := uint64(1); ; seq++ {
		m, err := s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(graveStream+".>")) // the next one from there
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return noted, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", graveStream, err)
		}
		seq = m.Sequence
		name := strings.TrimPrefix(m.Subject, graveStream+".")
		if m.Subject == graveKey || len(m.Data) < 8 {
			continue
		}
		of := noted[name]
		if of == nil {
			of = map[grave]uint64{}
			noted[name] = of
		}
		last := binary.BigEndian.Uint64(m.Data)
		for raw := m.Data[8:]; len(raw) >= graveHash; raw = raw[graveHash:] {
			g := grave(raw[:graveHash])
			of[g] = max(of[g], last)
		}
	}
}

func (b *Bus) mendStream(ctx context.Context, name string, key []byte, graves map[grave]uint64) error {
	s, err := b.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return err
	}
	for subject := range info.State.Subjects {
		filter, last := subject, graves[graveOf(key, oneSubject, subject)]
		if dot := strings.LastIndexByte(subject, '.'); last == 0 && dot > 0 {
			filter, last = subject[:dot]+".>", graves[graveOf(key, allBelow, subject[:dot])]
		}
		if last == 0 {
			continue
		}
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(filter), jetstream.WithPurgeSequence(last+1)); err != nil {
			return err
		}
	}
	return nil
}

// opens takes the mark away that an embedded server's folder was closed in order,
// and tells whether it was.
func opens(dir string) (clean bool, err error) {
	err = os.Remove(filepath.Join(dir, cleanFile))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("folder: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return true, fmt.Errorf("folder: %w", err)
	}
	defer d.Close() //nolint:errcheck // only synced
	if err := d.Sync(); err != nil {
		return true, fmt.Errorf("folder: %w", err)
	}
	return true, nil
}

// closes puts the mark there. Without it the next start only takes longer.
func closes(dir string) { _ = os.WriteFile(filepath.Join(dir, cleanFile), nil, 0o600) }
