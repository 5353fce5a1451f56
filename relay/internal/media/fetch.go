package media

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ferry/relay/internal/bus"
)

// File is a complete file that is being fetched. It reads and seeks over the whole
// of it, and holds one block in memory. Close must be called.
type File struct {
	Size int64
	Hash string // SHA-256 of all its bytes, in hex

	host   *Host
	ctx    context.Context
	blobs  []bus.Blob
	at     int64
	block  []byte // of the file, from blockAt on
	start  int64
	before func() error
	end    func()
}

// Open returns the file that a token names. A reader is who fetches it, for the
// count of downloads at once: an account, or "" for whoever has the token.
func (h *Host) Open(ctx context.Context, reader, token string) (*File, error) {
	r, err := h.find(ctx, token)
	if err != nil {
		return nil, err
	}
	if r.File == "" {
		return nil, ErrNotFound // not complete yet
	}
	f, err := h.file(ctx, r.File)
	if errors.Is(err, bus.ErrNotFound) || err == nil && f.Gone {
		return nil, ErrExpired
	}
	if err != nil {
		return nil, h.fail("open", err)
	}
	end, err := h.Download(reader, token)
	if err != nil {
		return nil, err
	}
	return &File{Size: f.Size, Hash: r.hash(), host: h, ctx: ctx, blobs: f.Blobs, end: end}, nil
}

// Download counts a download until its end; ErrTooMany if there are too many.
func (h *Host) Download(reader, token string) (end func(), err error) {
	count, key := h.byReader, reader
	if reader == "" {
		count, key = h.byFile, token
	}
	if !h.downloads.Take(all) {
		return nil, ErrTooMany
	}
	if !count.Take(key) {
		h.downloads.Give(all)
		return nil, ErrTooMany
	}
	h.count(func(s *Stats) { s.Downloads++ })
	return func() {
		h.count(func(s *Stats) { s.Downloads-- })
		count.Give(key)
		h.downloads.Give(all)
	}, nil
}

// Passed counts bytes that came from the gateway.
func (h *Host) Passed(n int64) { h.count(func(s *Stats) { s.DownBytes += uint64(n) }) } //nolint:gosec // a number of bytes

// Close ends the download.
func (f *File) Close() { f.end() }

// Before sets what is called before each Read.
func (f *File) Before(fn func() error) { f.before = fn }

// Read implements io.Reader.
func (f *File) Read(p []byte) (int, error) {
	if f.before != nil {
		if err := f.before(); err != nil {
			return 0, err
		}
	}
	if f.at >= f.Size {
		return 0, io.EOF
	}
	if f.at < f.start || f.at >= f.start+int64(len(f.block)) {
		if err := f.load(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.block[f.at-f.start:])
	f.at += int64(n)
	f.host.count(func(s *Stats) { s.DownBytes += uint64(n) })
	return n, nil
}

// load takes the block in which the next byte is.
func (f *File) load() error {
	start := int64(0)
	for _, b := range f.blobs {
		if f.at < start+b.Size {
			block, err := f.host.blobs.Read(f.ctx, b, f.at-start)
			if err != nil {
				return fmt.Errorf("media: read: %w", err)
			}
			f.block, f.start = block, f.at
			return nil
		}
		start += b.Size
	}
	return fmt.Errorf("media: read: %d bytes are missing: %w", f.Size-start, io.ErrUnexpectedEOF)
}

// Seek implements io.Seeker.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.Size
	}
	if offset < 0 {
		return 0, errors.New("media: seek before the beginning")
	}
	f.at = offset
	return offset, nil
}
