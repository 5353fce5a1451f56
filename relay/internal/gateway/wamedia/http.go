package wamedia

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// Patterns of the two handlers, as http.ServeMux has them.
const (
	UploadPattern   = "POST /mms/{type}/{hash}"
	DownloadPattern = "GET /v/wa/{token}"
)

// types are what clients call kinds of files (whatsmeow's mediaTypeToMMSType);
// nothing depends on them here, since all are ciphertext.
var types = regexp.MustCompile(`^[a-z][a-z-]{0,31}$`)

// uploaded is the answer to an upload.
type uploaded struct {
	URL        string `json:"url"`
	DirectPath string `json:"direct_path"`
}

// Upload answers UploadPattern: the body is a file whose SHA-256 the path names.
func (h *Host) Upload(w http.ResponseWriter, r *http.Request) {
	account, ok := h.auth.check(r.URL.Query().Get("auth"))
	if !ok {
		fail(w, http.StatusUnauthorized, "bad_auth", "ask for a media connection first, and again when it has expired")
		return
	}
	want, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(r.PathValue("hash"), "="))
	if err != nil || len(want) != sha256.Size || !types.MatchString(r.PathValue("type")) {
		fail(w, http.StatusBadRequest, "bad_request", "want /mms/{type}/{base64url of the file's SHA-256}")
		return
	}
	if r.ContentLength > h.limits.File {
		tooBig(w)
		return
	}
	leave, mine := h.busy.enter(account)
	if leave == nil {
		w.Header().Set("Retry-After", "5")
		if mine {
			fail(w, http.StatusTooManyRequests, "too_many", "too many uploads at once")
		} else {
			fail(w, http.StatusServiceUnavailable, "busy", "try again later")
		}
		return
	}
	defer leave()
	if err := h.room(r.Context(), r.ContentLength); err != nil {
		h.refuse(w, err)
		return
	}
	token, err := h.take(w, r, [sha256.Size]byte(want))
	if err != nil {
		h.refuse(w, err)
		return
	}
	path := wire.GatewayMediaPath(token)
	reply(w, http.StatusOK, uploaded{URL: "https://" + r.Host + path, DirectPath: path})
}

var (
	errTampered = errors.New("the body is not the file whose hash was announced")
	errTooBig   = errors.New("the file is too big")
	errBroken   = errors.New("the body did not arrive")
	errFull     = errors.New("no room for more files")
)

// room says whether a file of that size, -1 if it is not known, still fits. Uploads
// at the same time may exceed the bound by what they bring.
func (h *Host) room(ctx context.Context, size int64) error {
	stored, _, err := h.blobs.Stored(ctx)
	if err != nil {
		return err
	}
	if int64(stored)+max(size, 0) > h.limits.Stored { //nolint:gosec // no disk is so large
		return errFull
	}
	return nil
}

// take stores the body.
func (h *Host) take(w http.ResponseWriter, r *http.Request, want [sha256.Size]byte) (token string, err error) {
	if token, err = h.newToken(); err != nil {
		return "", err
	}
	body := &pacedReader{newPace(h.limits), http.MaxBytesReader(w, r.Body, h.limits.File), http.NewResponseController(w)}
	// A client that goes is seen by reading; what is half written is still to be removed.
	ctx := context.WithoutCancel(r.Context())
	blob, err := h.write(ctx, token, &brokenReader{body}, want)
	if err == nil {
		err = h.keep(ctx, blob)
	}
	if err != nil {
		return "", errors.Join(err, h.blobs.Delete(ctx, token))
	}
	return token, nil
}

// write stores what it reads, and returns when it is on disk and what it should be.
func (h *Host) write(ctx context.Context, token string, r io.Reader, want [sha256.Size]byte) (bus.Blob, error) {
	blob := h.blobs.Writer(ctx, token)
	defer blob.Close()
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(blob, sum), r); err != nil {
		return bus.Blob{}, err
	}
	if [sha256.Size]byte(sum.Sum(nil)) != want {
		return bus.Blob{}, errTampered
	}
	return blob.Finish()
}

// brokenReader marks errors of the client, as opposed to ours.
type brokenReader struct{ r io.Reader }

func (b *brokenReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	var big *http.MaxBytesError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return n, err
	case errors.As(err, &big):
		return n, errTooBig
	}
	return n, errors.Join(errBroken, err)
}

// Download answers DownloadPattern, whole or in ranges.
func (h *Host) Download(w http.ResponseWriter, r *http.Request) {
	select {
	case h.out <- struct{}{}:
		defer func() { <-h.out }()
	default:
		w.Header().Set("Retry-After", "5")
		fail(w, http.StatusServiceUnavailable, "busy", "try again later")
		return
	}
	token := r.PathValue("token")
	f, err := h.find(r.Context(), token)
	if err != nil {
		h.refuse(w, err)
		return
	}
	Harmless(w.Header())
	w.Header().Set("Etag", `"`+token[:16]+`"`)
	w.Header().Set("Cache-Control", "private, max-age=86400, immutable")
	rc := http.NewResponseController(w)
	defer func() { _ = rc.SetWriteDeadline(time.Time{}) }()
	http.ServeContent(&pacedWriter{newPace(h.limits), w, rc}, r, "", time.Time{}, &content{h: h, ctx: r.Context(), blob: f.Blob})
}

// Harmless makes sure that a browser that is pointed at a file does nothing with
// it but save it.
func Harmless(h http.Header) {
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}

// content is a stored file as an io.ReadSeeker.
type content struct {
	h    *Host
	ctx  context.Context
	blob bus.Blob
	at   int64
	buf  []byte // what was read and not yet taken
}

func (c *content) Read(p []byte) (int, error) {
	if c.at >= c.blob.Size {
		return 0, io.EOF
	}
	if len(c.buf) == 0 {
		b, err := c.h.blobs.Read(c.ctx, c.blob, c.at)
		if err != nil {
			if c.ctx.Err() == nil { // somebody is still there
				c.h.cfg.Log.Error("media: stored file cannot be read", "error", err)
			}
			return 0, err
		}
		c.buf = b
	}
	n := copy(p, c.buf)
	c.buf = c.buf[n:]
	c.at += int64(n)
	return n, nil
}

func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.blob.Size
	}
	if offset < 0 {
		return 0, errors.New("media: seek before the start")
	}
	if offset != c.at {
		c.at, c.buf = offset, nil
	}
	return offset, nil
}

func (h *Host) refuse(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errUnknown):
		fail(w, http.StatusNotFound, "not_found", "there is no such file")
	case errors.Is(err, errExpired):
		fail(w, http.StatusGone, "expired", "the file is no longer kept")
	case errors.Is(err, errTooBig):
		tooBig(w)
	case errors.Is(err, errFull):
		h.cfg.Log.Error("media: the host is full")
		fail(w, http.StatusInsufficientStorage, "full", "the media host has no room")
	case errors.Is(err, errTampered):
		fail(w, http.StatusUnprocessableEntity, "tampered", "the body is not the file whose hash was announced")
	case errors.Is(err, errBroken):
		fail(w, http.StatusBadRequest, "incomplete", "the body did not arrive in full, or too slowly")
	case errors.Is(err, context.Canceled): // whoever asked is gone, or the gateway stops
		h.cfg.Log.Debug("media: request ended early", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		h.cfg.Log.Error("media: request failed", "error", err)
		fail(w, http.StatusInternalServerError, "internal", "something went wrong in the gateway, see its log")
	}
}

func tooBig(w http.ResponseWriter) {
	fail(w, http.StatusRequestEntityTooLarge, "too_big", "the file is too big")
}

func reply(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}
