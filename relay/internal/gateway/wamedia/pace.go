package wamedia

import (
	"io"
	"net/http"
	"time"
)

// Transfers take as long as they need, so the listener's timeouts do not fit
// them; what must not be is one that holds on to its place and does not move. A
// deadline that grows with each byte ends it.
type pace struct {
	limits Limits
	start  time.Time
	bytes  int64
}

func newPace(l Limits) *pace { return &pace{limits: l, start: time.Now()} }

func (p *pace) deadline() time.Time {
	return p.start.Add(p.limits.Grace + time.Duration(float64(p.bytes)/float64(p.limits.MinRate)*float64(time.Second)))
}

// pacedReader is a request's body.
type pacedReader struct {
	*pace
	r  io.Reader
	rc *http.ResponseController
}

func (p *pacedReader) Read(b []byte) (int, error) {
	if err := p.rc.SetReadDeadline(p.deadline()); err != nil {
		return 0, err
	}
	n, err := p.r.Read(b)
	p.bytes += int64(n)
	return n, err
}

// pacedWriter is an answer's body.
type pacedWriter struct {
	*pace
	http.ResponseWriter
	rc *http.ResponseController
}

func (p *pacedWriter) Write(b []byte) (int, error) {
	if err := p.rc.SetWriteDeadline(p.deadline()); err != nil {
		return 0, err
	}
	n, err := p.ResponseWriter.Write(b)
	p.bytes += int64(n)
	return n, err
}
