package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// BlobOptions of a new set of blobs.
type BlobOptions struct {
	MaxAge time.Duration // blocks vanish this long after they were stored; 0: never
}

// Blob is where bytes are: what a writer returns and a reader wants.
type Blob struct {
	ID    string `json:"id"`
	Size  int64  `json:"size"`  // bytes
	Block int64  `json:"block"` // bytes of each stored block but the last
}

// Blobs keeps long runs of bytes as blocks of a stream, one subject a block, so
// that any range is read without a search. What it holds in memory at any time is
// bounded by blocks in flight, however long the blobs and however many writers
// and readers. Safe for concurrent use.
type Blobs struct {
	name   string
	bus    *Bus
	age    time.Duration
	js     jetstream.JetStream
	stream jetstream.Stream
	writes chan struct{} // blocks on their way in
	reads  chan struct{} // blocks on their way out
	pool   sync.Pool     // of *[]byte, each of blobBlock bytes
}

const (
	// blobBlock is stored and synced as one record: big enough that the sync costs
	// little, small enough that many at once fit in memory. The server's files are
	// of 8 MiB, its header is some 60 bytes: eight blocks fill one.
	blobBlock = 1<<20 - 256

	blobWrites = 16 // blocks in flight, all writers together
	blobReads  = 4  // and all readers: the server may hold a file of 8 MiB for each
	blobAhead  = 4  // blocks in flight, one writer

	blobAckTime = 30 * time.Second
)

// Blobs opens a set of blobs, making it if needed. Names are [A-Za-z0-9_-]+.
func (b *Bus) Blobs(ctx context.Context, name string, opts BlobOptions) (*Blobs, error) {
	nc, err := b.dial() // blocks must not hold up what is small and urgent
	if err != nil {
		return nil, fmt.Errorf("blobs %s: %w", name, err)
	}
	b.mu.Lock()
	b.more = append(b.more, nc)
	b.mu.Unlock()
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(2*blobWrites), jetstream.WithPublishAsyncTimeout(blobAckTime))
	if err != nil {
		return nil, fmt.Errorf("blobs %s: %w", name, err)
	}
	s, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:              name,
		Subjects:          []string{name + ".>"},
		Storage:           jetstream.FileStorage,
		MaxAge:            opts.MaxAge,
		MaxMsgsPerSubject: 1,
		Duplicates:        min(dedupWindow, max(opts.MaxAge, 0)),
		AllowDirect:       true,
		Replicas:          b.cfg.Replicas,
	})
	if err != nil {
		return nil, fmt.Errorf("blobs %s: %w", name, err)
	}
	all := &Blobs{
		name: name, bus: b, age: opts.MaxAge, js: js, stream: s,
		writes: make(chan struct{}, blobWrites), reads: make(chan struct{}, blobReads),
	}
	all.pool.New = func() any {
		buf := make([]byte, blobBlock)
		return &buf
	}
	return all, nil
}

// BlobWriter appends to one blob. It is not safe for concurrent use, and no two
// writers may write to one blob.
type BlobWriter struct {
	all    *Blobs
	ctx    context.Context
	blob   Blob
	sent   int64 // bytes handed to the stream
	buf    *[]byte
	n      int // bytes in buf
	flying []flyingBlock
	err    error // after one, the writer is of no use
}

type flyingBlock struct {
	size   int64
	stored chan error // gets the outcome
}

// Writer begins a blob. The id is one level of a key, and new. ctx bounds all of
// the writing; Close must be called.
func (s *Blobs) Writer(ctx context.Context, id string) *BlobWriter {
	return &BlobWriter{all: s, ctx: ctx, blob: Blob{ID: id, Block: blobBlock}}
}

// Block is the size of each block but the last.
func (w *BlobWriter) Block() int64 { return w.blob.Block }

// Write takes bytes; it blocks while too much is on its way.
func (w *BlobWriter) Write(p []byte) (int, error) {
	total := 0
	for len(p) > 0 && w.err == nil {
		if w.buf == nil {
			w.buf = w.all.pool.Get().(*[]byte)
		}
		n := copy((*w.buf)[w.n:], p)
		w.n, total, p = w.n+n, total+n, p[n:]
		if w.n == blobBlock {
			w.send()
		}
	}
	return total, w.fail()
}

// Durable waits until all whole blocks are on disk, and tells what they hold.
func (w *BlobWriter) Durable() (Blob, error) {
	for len(w.flying) > 0 {
		w.land()
	}
	return w.blob, w.fail()
}

// Finish stores the last block, waits until everything is on disk, and tells what
// the blob holds. Without an error, that is all that was written.
func (w *BlobWriter) Finish() (Blob, error) {
	if w.n > 0 && w.err == nil {
		w.send()
	}
	return w.Durable()
}

// Close gives back what the writer holds. It stores nothing.
func (w *BlobWriter) Close() {
	for len(w.flying) > 0 {
		w.land()
	}
	if w.buf != nil {
		w.all.pool.Put(w.buf)
		w.buf, w.n = nil, 0
	}
	if w.err == nil {
		w.err = errors.New("closed")
	}
}

// send hands the buffer to the stream.
func (w *BlobWriter) send() {
	if len(w.flying) >= blobAhead {
		w.land()
	}
	subject, err := w.all.subject(w.blob.ID, w.sent/blobBlock)
	if err != nil {
		w.err = err
		return
	}
	select {
	case w.all.writes <- struct{}{}:
	case <-w.ctx.Done():
		w.err = context.Cause(w.ctx)
		return
	}
	ack, err := w.all.js.PublishMsgAsync(&nats.Msg{Subject: subject, Data: (*w.buf)[:w.n]})
	if err != nil {
		<-w.all.writes
		w.err = err
		return
	}
	f := flyingBlock{int64(w.n), make(chan error, 1)}
	go w.all.await(ack, w.buf, f.stored)
	w.flying = append(w.flying, f)
	w.sent += f.size
	w.buf, w.n = nil, 0
}

// await gives a block's place back as soon as it is stored, whatever its writer
// waits for meanwhile. It ends at the latest after blobAckTime. The buffer is not
// used again unless the block is known to be stored: until then the client may
// send it once more.
func (s *Blobs) await(ack jetstream.PubAckFuture, buf *[]byte, stored chan<- error) {
	var err error
	select {
	case <-ack.Ok():
		s.pool.Put(buf)
	case err = <-ack.Err():
	}
	<-s.writes
	stored <- err
}

// land waits for the oldest block.
func (w *BlobWriter) land() {
	f := w.flying[0]
	w.flying = w.flying[1:]
	var err error
	select {
	case err = <-f.stored:
	case <-w.ctx.Done():
		err = context.Cause(w.ctx)
	}
	if w.err = errors.Join(w.err, err); w.err == nil {
		w.blob.Size += f.size
	}
}

func (w *BlobWriter) fail() error {
	if w.err == nil {
		return nil
	}
	return fmt.Errorf("blobs %s: write: %w", w.all.name, w.err)
}

// Read returns the block of a blob that has the byte at offset, from that byte on.
// ErrNotFound: it is gone.
func (s *Blobs) Read(ctx context.Context, b Blob, offset int64) ([]byte, error) {
	if offset < 0 || offset >= b.Size || b.Block <= 0 {
		return nil, fmt.Errorf("blobs %s: read at %d of %d: %w", s.name, offset, b.Size, ErrNotFound)
	}
	n := offset / b.Block
	subject, err := s.subject(b.ID, n)
	if err != nil {
		return nil, fmt.Errorf("blobs %s: read: %w", s.name, err)
	}
	select {
	case s.reads <- struct{}{}:
		defer func() { <-s.reads }()
	case <-ctx.Done():
		return nil, fmt.Errorf("blobs %s: read: %w", s.name, context.Cause(ctx))
	}
	m, err := s.stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("blobs %s: read: %w", s.name, err)
	}
	if want := min(b.Block, b.Size-n*b.Block); int64(len(m.Data)) != want {
		return nil, fmt.Errorf("blobs %s: block %d has %d bytes, want %d", s.name, n, len(m.Data), want)
	}
	return m.Data[offset-n*b.Block:], nil
}

// Delete removes a blob for good, or whatever there is of it. One that is gone is no
// error. Its id is not to be used again.
func (s *Blobs) Delete(ctx context.Context, id string) error {
	esc, err := blobID(id)
	if err == nil {
		err = s.bus.removeBelow(ctx, s.stream, s.age, s.name+"."+esc)
	}
	if err != nil {
		return fmt.Errorf("blobs %s: delete: %w", s.name, err)
	}
	return nil
}

// Trim removes what is stored of a blob beyond its size: a writer that died had got
// that far.
func (s *Blobs) Trim(ctx context.Context, b Blob) error {
	esc, err := blobID(b.ID)
	if err != nil || b.Block <= 0 {
		return fmt.Errorf("blobs %s: trim: %w", s.name, errors.Join(err, ErrBadKey))
	}
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(s.name+"."+esc+".>"))
	if err != nil {
		return fmt.Errorf("blobs %s: trim: %w", s.name, err)
	}
	for subject := range info.State.Subjects {
		n, err := strconv.ParseInt(subject[strings.LastIndexByte(subject, '.')+1:], 10, 64)
		if err == nil && n >= (b.Size+b.Block-1)/b.Block {
			err = s.bus.remove(ctx, s.stream, s.age, subject, 0)
		}
		if err != nil {
			return fmt.Errorf("blobs %s: trim: %w", s.name, err)
		}
	}
	return nil
}

// Stored returns how many bytes and blocks are kept, headers included.
func (s *Blobs) Stored(ctx context.Context) (bytes, blocks uint64, err error) {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("blobs %s: %w", s.name, err)
	}
	return info.State.Bytes, info.State.Msgs, nil
}

func (s *Blobs) subject(id string, n int64) (string, error) {
	esc, err := blobID(id)
	return s.name + "." + esc + "." + strconv.FormatInt(n, 10), err
}

func blobID(id string) (string, error) {
	for i := range len(id) {
		if id[i] == '.' {
			return "", fmt.Errorf("blob %q: %w", id, ErrBadKey)
		}
	}
	return escape(id)
}
