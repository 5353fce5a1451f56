package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"ferry/relay/internal/media"
)

// mediaPart is the media host with what is around it.
type mediaPart struct {
	host    *media.Host
	gateway *media.Gateway
	paths   media.Paths
	life    context.Context // ends with the downloads
	end     context.CancelFunc
}

func (s *Server) openMedia(ctx context.Context) error {
	host, err := media.Open(ctx, media.Config{Bus: s.opt.Bus, Limits: s.limits, Now: s.opt.Now, Log: s.log})
	if err != nil {
		return err
	}
	p := mediaPart{host: host, paths: media.NewPaths(s.cfg.MediaPath, s.cfg.ProviderID, s.cfg.GatewayMediaPath)}
	p.gateway = media.NewGateway(s.opt.Gateway.Media, p.paths, s.limits.GatewayCallTime, s.limits.MediaBytes)
	p.life, p.end = context.WithCancel(context.Background())
	s.media = p
	return nil
}

// upload is how far an upload is, for its client.
type upload struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
	Path   string `json:"path,omitempty"` // of the complete file, for a message
}

func (s *Server) upload(st media.Status) upload {
	u := upload{ID: st.Token, Offset: st.Offset, Size: st.Size}
	if st.Done {
		u.Path = s.media.paths.Own(st.Token)
	}
	return u
}

func (s *Server) beginMedia(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	var in struct {
		Size   int64  `json:"size"`
		SHA256 []byte `json:"sha256"` // standard base64, of the whole encrypted file
	}
	if err := s.readBody(w, r, &in); err != nil {
		return nil, err
	}
	if len(in.SHA256) != sha256.Size {
		return nil, media.ErrBadRequest
	}
	st, fresh, err := s.media.host.Begin(r.Context(), c.ID, in.Size, [sha256.Size]byte(in.SHA256))
	if err != nil {
		return nil, err
	}
	if fresh {
		return created{s.upload(st)}, nil
	}
	return s.upload(st), nil
}

// connBody is a request's body whose deadline is the connection's.
type connBody struct {
	io.Reader
	*http.ResponseController
}

func (s *Server) putMedia(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
	part, err := contentRange(r)
	if err != nil {
		return nil, err
	}
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Time{}) // the body has bounds of its own
	st, err := s.media.host.Append(r.Context(), c.ID, r.PathValue("id"), part, connBody{r.Body, rc})
	if s.limits.AnswerTime > 0 {
		_ = rc.SetWriteDeadline(time.Now().Add(s.limits.AnswerTime))
	}
	if err == nil {
		return s.upload(st), nil
	}
	w.Header().Set("Connection", "close") // what is left of the body is of no use
	p := *explain(err)
	if st.Token != "" && p.status != http.StatusUnprocessableEntity {
		p.offset = &st.Offset
	}
	if p.status >= http.StatusInternalServerError && p.status != http.StatusServiceUnavailable && r.Context().Err() == nil {
		s.log.Error("upload failed", "error", err)
	}
	return nil, &p
}

// contentRange says which part of a file a request brings.
func contentRange(r *http.Request) (media.Part, error) {
	p, ok := media.ParsePart(r.Header.Get("Content-Range"))
	if !ok || r.ContentLength >= 0 && r.ContentLength != p.To-p.From || r.Header.Get("Content-Encoding") != "" {
		return media.Part{}, media.ErrBadRequest
	}
	return p, nil
}

func (s *Server) mediaStatus(_ http.ResponseWriter, r *http.Request, c caller) (any, error) {
	st, err := s.media.host.Status(r.Context(), c.ID, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return s.upload(st), nil
}

func (s *Server) removeMedia(_ http.ResponseWriter, r *http.Request, c caller) (any, error) {
	return struct{}{}, s.media.host.Remove(r.Context(), c.ID, r.PathValue("id"))
}

// mediaFile serves a file to those who are signed in, from wherever it is.
func (s *Server) mediaFile(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	_, err := s.signed(func(w http.ResponseWriter, r *http.Request, c caller) (any, error) {
		if ok, wait := s.rates.requests.Allow(s.addressKey(r)); !ok {
			return nil, tooMany(wait)
		}
		switch at, token := s.media.paths.Parse(r.URL.Query().Get("path")); at {
		case media.Here:
			return nil, s.serveOwn(w, r, c.ID, token)
		case media.AtGateway:
			return nil, s.serveRemote(w, r, c.ID, token)
		}
		return nil, media.ErrBadRequest
	})(w, r)
	if err != nil {
		s.fail(w, r, err)
	}
}

// publicFile serves a file to whoever has its token: the gateway.
func (s *Server) publicFile(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := s.serveOwn(w, r, "", r.PathValue("token")); err != nil {
		s.fail(w, r, err)
	}
}

// harmless is the policy of bytes that strangers made: nothing may come of them in
// our origin.
var harmless = map[string]string{
	"Content-Type":            "application/octet-stream",
	"Content-Disposition":     "attachment",
	"Content-Security-Policy": "default-src 'none'; sandbox",
	"Accept-Ranges":           "bytes",
	"Cache-Control":           "private, no-store",
}

func (s *Server) serveOwn(w http.ResponseWriter, r *http.Request, reader, token string) error {
	ctx, pace := s.transfer(w, r)
	defer pace.end()
	f, err := s.media.host.Open(ctx, reader, token)
	if err != nil {
		return err
	}
	defer f.Close()
	if header := r.Header.Get("Range"); header != "" {
		part, ok := media.ParseRange(header)
		if !ok {
			r.Header.Del("Range")
		} else if _, _, ok := part.Of(f.Size); !ok && r.Header.Get("If-Range") == "" {
			return noSuchRange(w, f.Size)
		}
	}
	for name, value := range harmless {
		w.Header().Set(name, value)
	}
	w.Header().Set("ETag", `"`+f.Hash+`"`)
	f.Before(pace.arm)
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

func (s *Server) serveRemote(w http.ResponseWriter, r *http.Request, reader, token string) error {
	done, err := s.media.host.Download(reader, token)
	if err != nil {
		return err
	}
	defer done()
	var part *media.Range
	if p, ok := media.ParseRange(r.Header.Get("Range")); ok {
		part = &p
	}
	ctx, pace := s.transfer(w, r)
	defer pace.end()
	f, err := s.media.gateway.Fetch(ctx, r.Method, token, part)
	var none *media.RangeError
	switch {
	case errors.As(err, &none):
		return noSuchRange(w, none.Size)
	case err != nil:
		return err
	}
	defer f.Body.Close() //nolint:errcheck // only read
	for name, value := range harmless {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Length", strconv.FormatInt(f.Length, 10))
	status := http.StatusOK
	if f.Partial {
		w.Header().Set("Content-Range", f.ContentRange())
		status = http.StatusPartialContent
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	buf := make([]byte, 64<<10)
	n, err := io.CopyBuffer(onlyWriter{w}, paced{f.Body, pace}, buf)
	s.media.host.Passed(n)
	if err != nil { // too late for an answer: the connection is cut, which says it
		s.log.Debug("a file of the gateway's ended early", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func noSuchRange(w http.ResponseWriter, size int64) error {
	if size >= 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
	}
	return &problem{status: http.StatusRequestedRangeNotSatisfiable, Code: "bad_range", Message: "The file has no such bytes."}
}

// onlyWriter hides everything else, so that the buffer is used.
type onlyWriter struct{ io.Writer }

// paced lets nobody take longer than the pace allows: each piece must come and be
// taken within it.
type paced struct {
	io.Reader
	pace *pace
}

func (p paced) Read(b []byte) (int, error) {
	if err := p.pace.arm(); err != nil {
		return 0, err
	}
	return p.Reader.Read(b)
}

// pace ends a download that a side does not go on with, and all of them when the
// relay stops.
type pace struct {
	slow   time.Duration
	rc     *http.ResponseController
	cancel context.CancelFunc
	stop   func() bool
	mu     sync.Mutex
	over   bool
	silent *time.Timer
}

// transfer begins the pace of a download; its context ends with it.
func (s *Server) transfer(w http.ResponseWriter, r *http.Request) (context.Context, *pace) {
	ctx, cancel := context.WithCancel(r.Context())
	p := &pace{slow: s.limits.MediaSlow, rc: http.NewResponseController(w), cancel: cancel}
	_ = p.rc.SetReadDeadline(time.Time{}) // that of the request, which is read
	p.stop = context.AfterFunc(s.media.life, p.quit)
	return ctx, p
}

// arm gives the next piece its time.
func (p *pace) arm() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return context.Canceled
	}
	if p.slow <= 0 {
		return p.rc.SetWriteDeadline(time.Time{})
	}
	if p.silent == nil {
		p.silent = time.AfterFunc(2*p.slow, p.quit)
	} else {
		p.silent.Reset(2 * p.slow)
	}
	return p.rc.SetWriteDeadline(time.Now().Add(p.slow))
}

// quit ends the download from outside.
func (p *pace) quit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.over = true
		p.cancel()
		_ = p.rc.SetWriteDeadline(time.Unix(1, 0))
	}
}

// end is that of the handler.
func (p *pace) end() {
	p.stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.silent != nil {
		p.silent.Stop()
	}
	p.cancel()
}

// explainMedia maps the media host's outcomes; nil for others.
func explainMedia(err error) *problem {
	var offset *media.OffsetError
	answer := func(status int, code, message string) *problem {
		return &problem{status: status, Code: code, Message: message}
	}
	switch {
	case errors.As(err, &offset):
		p := answer(http.StatusConflict, "wrong_offset", "The upload goes on elsewhere in the file.")
		p.offset = &offset.Offset
		return p
	case errors.Is(err, media.ErrTooBig):
		return answer(http.StatusRequestEntityTooLarge, "too_big", "This file is too big.")
	case errors.Is(err, media.ErrOverQuota):
		return answer(http.StatusForbidden, "over_quota", "You have sent too much lately. Older files make room when they expire.")
	case errors.Is(err, media.ErrTooMany):
		p := answer(http.StatusTooManyRequests, "too_many", "Too many files at once. Try again in a moment.")
		p.wait = 2 * time.Second
		return p
	case errors.Is(err, media.ErrNotFound):
		return answer(http.StatusNotFound, "not_found", "There is no such file.")
	case errors.Is(err, media.ErrExpired):
		return answer(http.StatusGone, "expired", "This file is no longer kept.")
	case errors.Is(err, media.ErrTampered):
		return answer(http.StatusUnprocessableEntity, "tampered", "The file is not what was announced.")
	case errors.Is(err, media.ErrTooSlow):
		return answer(http.StatusRequestTimeout, "too_slow", "Nothing came for too long.")
	case errors.Is(err, media.ErrCut), errors.Is(err, media.ErrBadRequest):
		return answer(http.StatusBadRequest, "bad_request", "The request makes no sense here.")
	case errors.Is(err, media.ErrStopped), errors.Is(err, media.ErrBusy):
		p := answer(http.StatusServiceUnavailable, "busy", "Try again in a moment.")
		p.wait = time.Second
		return p
	case errors.Is(err, media.ErrUnreachable):
		return answer(http.StatusBadGateway, "gateway_unreachable", "WhatsApp's media host cannot be reached. Try again in a moment.")
	}
	return nil
}
