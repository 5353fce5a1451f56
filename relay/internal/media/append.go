package media

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"
	"time"

	"ferry/relay/internal/bus"
)

// Part says which bytes of a file of Size a body brings: From to To, To excluded.
type Part struct{ From, To, Size int64 }

// Body is what a client sends.
type Body interface {
	io.Reader
	// SetReadDeadline ends a Read that waits; a time in the past does so at once.
	SetReadDeadline(time.Time) error
}

const (
	window      = 64 << 10 // of a body, which must arrive within media.slow
	commitSteps = 8        // blocks after which an upload's progress is stored

	// commitTime bounds the storing of what has arrived, when nobody waits any more.
	commitTime = 30 * time.Second
)

// Append stores a part of an upload. Whatever the outcome, what has arrived counts,
// and the status says how far the upload is now; it is on disk.
func (h *Host) Append(ctx context.Context, account, token string, p Part, body Body) (Status, error) {
	r, err := h.owned(ctx, account, token)
	if err != nil {
		return Status{}, err
	}
	if err := p.check(r); err != nil {
		return r.status(), err
	}
	if !h.uploads.Take(all) {
		return r.status(), ErrTooMany
	}
	defer h.uploads.Give(all)
	if !h.byAccount.Take(account) {
		return r.status(), ErrTooMany
	}
	defer h.byAccount.Give(account)

	w := &writer{host: h, body: body, done: make(chan struct{})}
	if err := h.enter(token, w); err != nil {
		return r.status(), err
	}
	defer h.leave(token, w)
	// What was asked for is decided: it is stored even if the client is gone.
	ctx = context.WithoutCancel(ctx)
	if err := w.claim(ctx, r.key, p); err != nil {
		if w.r != nil {
			r = w.r
		}
		return r.status(), err
	}
	return w.run(ctx, p)
}

// check refuses what does not fit the upload.
func (p Part) check(r *record) error {
	switch {
	case p.From < 0 || p.To <= p.From:
		return ErrBadRequest
	case p.To > r.Size || p.Size > r.Size:
		return ErrTooBig
	case p.Size != r.Size:
		return ErrBadRequest
	case p.From != r.Offset:
		return &OffsetError{r.Offset}
	}
	return nil
}

// enter makes w the one writer of an upload in this process: another one, whose
// client may be gone without a word, stores what it has and ends first.
func (h *Host) enter(token string, w *writer) error {
	for {
		h.mu.Lock()
		before := h.writers[token]
		if h.stopped {
			h.mu.Unlock()
			return ErrStopped
		}
		if before == nil {
			h.writers[token] = w
			h.stats.Uploads++
			h.mu.Unlock()
			return nil
		}
		h.mu.Unlock()
		before.stop(errOvertaken)
		<-before.done
	}
}

func (h *Host) leave(token string, w *writer) {
	w.rest()
	h.mu.Lock()
	delete(h.writers, token)
	h.stats.Uploads--
	h.mu.Unlock()
	close(w.done)
}

// settle ends the writer of an upload in this process, if there is one, and waits
// until it has stored what it has.
func (h *Host) settle(token string) {
	h.mu.Lock()
	w := h.writers[token]
	h.mu.Unlock()
	if w != nil {
		w.stop(errOvertaken)
		<-w.done
	}
}

// errOvertaken ends a writer for another one.
var errOvertaken = errors.New("media: overtaken")

// writer is one attempt to bring an upload forward.
type writer struct {
	host *Host
	body Body
	done chan struct{}

	r     *record
	blob  string
	hash  hash.Hash
	mu    sync.Mutex
	ended error // why it is to stop
}

// stop ends the reading of the body.
func (w *writer) stop(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == nil {
		w.ended = why
		_ = w.body.SetReadDeadline(time.Unix(1, 0))
	}
}

// rest leaves the connection as it was; nothing touches it any more.
func (w *writer) rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == nil {
		w.ended = errOvertaken
		_ = w.body.SetReadDeadline(time.Time{})
	}
}

// arm gives the next window of the body its time.
func (w *writer) arm() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended != nil {
		return w.ended
	}
	var until time.Time
	if slow := w.host.limits.MediaSlow; slow > 0 {
		until = time.Now().Add(slow) // the connection's clock, not ours
	}
	if err := w.body.SetReadDeadline(until); err != nil {
		return fmt.Errorf("media: deadline: %w", err)
	}
	return nil
}

// why maps the end of a body to an outcome.
func (w *writer) why(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ended != nil:
		return w.ended
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTooSlow
	}
	return fmt.Errorf("%w: %w", ErrCut, err)
}

// claim takes the upload from whoever had it: from here on their saves fail.
func (w *writer) claim(ctx context.Context, key string, p Part) error {
	h := w.host
	for range attempts {
		r, err := h.alive(ctx, key)
		if err != nil {
			return err
		}
		w.r = r
		if err := p.check(r); err != nil {
			return err
		}
		if len(r.Blobs) >= maxBlobs {
			return ErrBusy
		}
		switch {
		case r.Open == "":
		case r.has(r.Open):
			r.Frayed = append(r.Frayed, r.Open)
		default:
			r.Trash = append(r.Trash, r.Open)
		}
		w.hash = sha256.New()
		if err := w.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(r.Hash); err != nil {
			return h.fail("hash", err)
		}
		w.blob = newToken()
		r.Open = w.blob
		if err := h.save(ctx, r); err == nil {
			if len(r.Trash) > maxTrash { // else when the file is whole: whoever claims an upload is in a hurry
				h.empty(ctx, r)
			}
			return nil
		} else if !errors.Is(err, bus.ErrConflict) {
			return h.fail("claim", err)
		}
	}
	return ErrBusy
}

// run takes the body and stores it.
func (w *writer) run(ctx context.Context, p Part) (Status, error) {
	out := w.host.blobs.Writer(ctx, w.blob)
	defer out.Close()
	endOfBody := w.take(ctx, out, p)
	if errors.Is(endOfBody, bus.ErrConflict) {
		return w.overtaken(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	blob, err := out.Finish()
	if err != nil {
		w.release(ctx)
		return w.r.status(), w.host.fail("append", err)
	}
	w.r.Open = ""
	if err := w.commit(ctx, p.From, blob); errors.Is(err, bus.ErrConflict) {
		return w.overtaken(ctx)
	} else if err != nil {
		return w.r.status(), err
	}
	if endOfBody == nil && w.r.Offset == w.r.Size {
		return w.host.complete(ctx, w.r)
	}
	if errors.Is(endOfBody, errOvertaken) {
		return w.r.status(), &OffsetError{w.r.Offset}
	}
	return w.r.status(), endOfBody
}

// take reads the body into the blob, and stores the progress now and then.
func (w *writer) take(ctx context.Context, out *bus.BlobWriter, p Part) error {
	buf := make([]byte, window)
	step := int64(commitSteps) * out.Block()
	for at := int64(0); at < p.To-p.From; {
		if err := w.arm(); err != nil {
			return err
		}
		want := min(window, p.To-p.From-at, step-at%step)
		n, err := io.ReadFull(w.body, buf[:want])
		w.hash.Write(buf[:n])
		if _, err := out.Write(buf[:n]); err != nil {
			return err
		}
		at += int64(n)
		w.host.count(func(s *Stats) { s.UpBytes += uint64(n) })
		if err != nil {
			return w.why(err)
		}
		if at%step == 0 {
			blob, err := out.Durable()
			if err != nil {
				return err
			}
			if err := w.commit(ctx, p.From, blob); err != nil {
				return err
			}
		}
	}
	return w.end()
}

// end makes sure that the body is over.
func (w *writer) end() error {
	if err := w.arm(); err != nil {
		return nil //nolint:nilerr // all bytes are there: nothing is lost if somebody else goes on
	}
	var more [1]byte
	if n, _ := io.ReadFull(w.body, more[:]); n > 0 {
		return ErrTooBig
	}
	return nil
}

// commit stores how far the upload is.
func (w *writer) commit(ctx context.Context, from int64, blob bus.Blob) error {
	state, err := w.hash.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return w.host.fail("hash", err)
	}
	now := w.host.now()
	w.r.wrote(blob)
	w.r.Hash, w.r.Offset = state, from+blob.Size
	if blob.Size > 0 {
		w.r.Expires = w.host.unfinishedUntil(w.r.Created, now)
	}
	return w.host.save(ctx, w.r)
}

// overtaken is the end of a writer whose upload another one has claimed, on
// another node.
func (w *writer) overtaken(ctx context.Context) (Status, error) {
	w.release(ctx)
	r, err := w.host.alive(ctx, w.r.key)
	if err != nil {
		return Status{}, err
	}
	return r.status(), &OffsetError{r.Offset}
}

// release deletes the writer's blob if nobody refers to it, or will.
func (w *writer) release(ctx context.Context) {
	r, err := w.host.record(ctx, w.r.key)
	if err == nil && (r.Open == w.blob || r.has(w.blob)) {
		return
	}
	if err == nil || errors.Is(err, bus.ErrNotFound) {
		err = w.host.blobs.Delete(ctx, w.blob)
	}
	if err != nil {
		w.host.log.Warn("media: a blob stays until it is too old", "error", err)
	}
}

// sum is the hash of a complete upload.
func (r *record) sum() (string, error) {
	h := sha256.New()
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(r.Hash); err != nil {
		return "", fmt.Errorf("media: hash: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
