package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/store"
)

// job is what a goroutine needs to move an attachment one phase on.
type job struct {
	file   model.FileID
	key    media.Key
	typ    media.Type
	prep   media.Prepare
	digest media.Digest
	place  media.Place
	phase  phase
}

type phase int

const (
	encrypting phase = iota
	uploading
	downloading
)

// jobOf says what is to be done next for a message; false if nothing can.
func jobOf(row messageRow) (job, bool) {
	typ, ok := media.TypeOf(row.Kind)
	if !ok || row.File == nil || row.Media == nil {
		return job{}, false
	}
	f := row.File
	j := job{file: f.ID, key: f.key(), typ: typ, prep: f.Prep, digest: f.digest(), place: media.Place{DirectPath: f.Path}}
	switch {
	case f.Path != "":
		j.phase = downloading
	case !f.Made:
		return job{}, false
	case len(f.EncSHA256) == 0:
		j.phase = encrypting
	default:
		j.phase = uploading
	}
	return j, true
}

// digest is all but the sidecar, which has a record of its own.
func (f *fileRow) digest() media.Digest {
	d := media.Digest{Size: f.Size}
	copy(d.SHA256[:], f.SHA256)
	copy(d.EncSHA256[:], f.EncSHA256)
	return d
}

// outcome is what became of a job.
type outcome struct {
	phase    phase
	prepared media.Prepared
	place    media.Place
	err      error
}

// launch moves an attachment in the background.
func (e *Engine) launch(m *move, r *run, j job) {
	if m.run != r {
		return // stopped in the same turn
	}
	ctx, cancel := context.WithCancel(e.ctx)
	r.cancel = cancel
	e.background.Go(func() { // ends with the outcome, when it is stopped, or with the engine
		defer cancel()
		out := outcome{phase: j.phase}
		unlock, err := e.locks.lock(ctx, j.file)
		if err == nil {
			out = e.carry(ctx, j, e.progress(m, r, false), e.progress(m, r, true))
			unlock()
		} else {
			out.err = err
		}
		e.post(func(t *turn) error { return e.carried(t, m, r, out) })
	})
}

func (e *Engine) carry(ctx context.Context, j job, p, check media.Progress) (out outcome) {
	out.phase = j.phase
	switch j.phase {
	case encrypting:
		out.prepared, out.err = e.cfg.Files.Encrypt(ctx, j.file, j.key, j.typ, j.prep, p)
	case uploading:
		out.place, out.err = e.cfg.Files.Upload(ctx, j.file, j.digest, p)
	case downloading:
		out.err = e.cfg.Files.Download(ctx, j.file, j.key, j.typ, j.digest, j.place, p, check)
	}
	return out
}

// carried takes in the outcome.
func (e *Engine) carried(t *turn, m *move, r *run, out outcome) error {
	if m.run != r || e.moves.all[moveKey(m.Chat, m.Order)] != m {
		return nil // stopped meanwhile, or the store was read again
	}
	m.run = nil
	row, ok, err := t.message(m.Chat, m.Order)
	if err != nil {
		return err
	}
	if _, fits := jobOf(row); !ok || !fits || row.File.ID != m.File { // deleted meanwhile
		e.forgetMove(t, m)
		return e.moveOn(t)
	}
	why, final := failureOf(out)
	switch {
	case out.err == nil:
		err = e.advanceMedia(t, m, row, out)
	case final:
		e.log.Info("an attachment is given up", "reason", why, "err", out.err)
		err = e.failMedia(t, m, row, why)
	default:
		e.retryMove(m, out.err)
	}
	if err != nil {
		return err
	}
	return e.moveOn(t)
}

// advanceMedia takes a message one phase on.
func (e *Engine) advanceMedia(t *turn, m *move, row messageRow, out outcome) error {
	m.tries, m.due, m.passed = 0, time.Time{}, 0
	row.Media.Failure = model.MediaOK
	switch out.phase {
	case encrypting:
		e.prepared(t, &row, out.prepared)
		m.Size, m.Here = out.prepared.Size, false
		t.putJSON(store.Messages, moveKey(m.Chat, m.Order), m.moveRow)
	case uploading:
		if out.place.DirectPath == "" {
			return e.failMedia(t, m, row, model.MediaRefused)
		}
		row.File.Path, row.Media.State, row.Media.Done = out.place.DirectPath, model.MediaLocal, 0
		e.forgetMove(t, m)
		if row.State == model.Pending {
			e.out.add(t, outRow{Chat: row.Chat, ID: row.ID, Order: row.Order})
		}
	case downloading:
		row.Media.State, row.Media.Done = model.MediaLocal, 0
		e.forgetMove(t, m)
	}
	return t.putMessage(row)
}

// maxSidecar bounds the sidecar that goes along in a message, in bytes: of a
// file of some 200 MB. Receivers can do without.
const maxSidecar = 32 << 10

// prepared keeps what became of the source.
func (e *Engine) prepared(t *turn, row *messageRow, p media.Prepared) {
	f := row.File
	f.SHA256, f.EncSHA256, f.Size = p.SHA256[:], p.EncSHA256[:], p.Size
	if len(p.Sidecar) <= maxSidecar {
		t.putSidecar(f, p.Sidecar)
	}
	row.Media.Size, row.Media.Done, row.Media.State = p.Size, 0, model.MediaUploading
	if p.Seconds > 0 {
		row.Media.Seconds = p.Seconds
	}
	if row.File.Prep == media.Ogg {
		row.Media.MIME = voiceMIME
	}
}

// failMedia gives an attachment up, until the user wants it again. A message
// that waited for it has failed with it.
func (e *Engine) failMedia(t *turn, m *move, row messageRow, why model.MediaFailure) error {
	e.forgetMove(t, m)
	row.Media.State, row.Media.Failure, row.Media.Done = model.MediaFailed, why, 0
	if row.FromMe && row.File.Path == "" && row.State == model.Pending {
		row.State, row.Failure = model.Failed, model.NoFailure
	}
	return t.putMessage(row)
}

// retryMove has a move tried again later.
func (e *Engine) retryMove(m *move, err error) {
	if errors.Is(err, context.Canceled) && e.ctx.Err() != nil {
		return
	}
	wait := e.waitOf(m.tries)
	m.tries++
	m.due = e.cfg.Now().Add(wait)
	e.log.Debug("an attachment is tried again", "in", wait, "err", err)
	e.later(wait, func(t *turn) error {
		if e.moves.all[moveKey(m.Chat, m.Order)] == m {
			m.due = time.Time{}
		}
		return e.moveOn(t)
	})
}

// waitOf is longer with each failure, and never quite the same: not all come
// back to a relay at once.
func (e *Engine) waitOf(tries int) time.Duration {
	wait := min(e.cfg.Timing.Move<<min(tries, 12), moveLate)
	return wait/2 + rand.N(wait/2+1)
}

// failureOf says what an error means for people; false where trying again may help.
func failureOf(out outcome) (model.MediaFailure, bool) {
	for _, f := range []struct {
		err error
		why model.MediaFailure
	}{
		{media.ErrTampered, model.MediaTampered},
		{media.ErrTooBig, model.MediaTooBig},
		{media.ErrNoRoom, model.MediaNoRoom},
		{media.ErrOverQuota, model.MediaOverQuota},
		{media.ErrLost, model.MediaLost},
		{media.ErrUnusable, model.MediaUnusable},
		{media.ErrRefused, model.MediaRefused},
	} {
		if errors.Is(out.err, f.err) {
			return f.why, true
		}
	}
	switch {
	case errors.Is(out.err, media.ErrNoFile): // what was kept is gone
		return model.MediaLost, true
	case errors.Is(out.err, media.ErrGone) && out.phase != uploading: // an upload that expired is begun anew
		return model.MediaGone, true
	}
	return "", false
}
