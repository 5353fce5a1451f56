package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
)

// raw opens a PUT of which the test writes the body.
func (w *world) raw(id string, head ...string) net.Conn {
	w.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	lines := append([]string{"PUT /api/media/" + id + " HTTP/1.1", "Host: relay", "Authorization: Bearer " + w.bearer}, head...)
	if _, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestWhatArrivedOfACutBodyCounts(t *testing.T) {
	w := mediaWorld(t, nil).as("berta")
	data := someBytes(1, 300_000)
	u := w.call("POST", "/api/media", announce(data)).upload(t)
	c := w.raw(u.ID, "Content-Range: bytes 0-299999/300000", "Content-Length: 300000")
	if _, err := c.Write(data[:123_456]); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil || !bytes.Contains(b, []byte(`"offset":123456`)) {
		t.Fatalf("%s, %v", b, err)
	}
	if a := w.put(u.ID, data, 123_456, len(data)); a.upload(t).Path == "" {
		t.Fatalf("%+v", a)
	}
}

func TestAnEndlessBodyIsCutAtItsRange(t *testing.T) {
	w := mediaWorld(t, nil).as("berta")
	data := someBytes(1, 300_000)
	u := w.call("POST", "/api/media", announce(data)).upload(t)
	c := w.raw(u.ID, "Content-Range: bytes 0-299998/300000", "Transfer-Encoding: chunked")
	go func() {
		for {
			if _, err := fmt.Fprintf(c, "%x\r\n%s\r\n", len(data), data); err != nil {
				return
			}
		}
	}()
	b, err := io.ReadAll(c)
	if !bytes.HasPrefix(b, []byte("HTTP/1.1 413 ")) || !bytes.Contains(b, []byte(`"offset":299999`)) {
		t.Fatalf("%.300s, %v", b, err)
	}
}

func TestASlowBodyIsEnded(t *testing.T) {
	w := mediaWorld(t, func(_ *config.Config, l *limit.Limits) { l.MediaSlow = 100 * time.Millisecond }).as("berta")
	data := someBytes(1, 300_000)
	u := w.call("POST", "/api/media", announce(data)).upload(t)
	c := w.raw(u.ID, "Content-Range: bytes 0-299999/300000", "Content-Length: 300000")
	if _, err := c.Write(data[:1000]); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil || !bytes.HasPrefix(b, []byte("HTTP/1.1 408 ")) || !bytes.Contains(b, []byte("too_slow")) || !bytes.Contains(b, []byte(`"offset":1000}`)) {
		t.Fatalf("%s, %v", b, err)
	}
}

func TestAPartMayTakeLongerThanOtherRequests(t *testing.T) {
	w := mediaWorld(t, func(_ *config.Config, l *limit.Limits) {
		l.RequestTime, l.AnswerTime = 3*time.Second, 3*time.Second // more than a sign-up takes here
	}).as("berta")
	data := someBytes(1, 3000)
	u := w.call("POST", "/api/media", announce(data)).upload(t)
	c := w.raw(u.ID, "Content-Range: bytes 0-2999/3000", "Content-Length: 3000")
	for i := range 3 {
		<-time.After(1200 * time.Millisecond) // longer in all than a request may take
		if _, err := c.Write(data[i*1000 : i*1000+1000]); err != nil {
			t.Fatal(err)
		}
	}
	b := make([]byte, 12)
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "HTTP/1.1 200" {
		t.Fatalf("%s, %v", b, err)
	}
}

func TestAReaderThatDoesNotReadIsCut(t *testing.T) {
	w := mediaWorld(t, func(_ *config.Config, l *limit.Limits) { l.MediaSlow = 100 * time.Millisecond })
	data := someBytes(1, 24<<20) // more than the sockets hold
	u := w.sent(data)
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // a test
	if err := c.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET /m/"+u.ID+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for w.server.Media().Stats().DownBytes == 0 { // it has begun
		time.Sleep(time.Millisecond)
	}
	for w.server.Media().Stats().Downloads > 0 { // it has ended, by itself
		time.Sleep(time.Millisecond)
	}
	if n := w.server.Media().Stats().DownBytes; n >= uint64(len(data)) {
		t.Error("all of it was sent")
	}
}

func TestTheRelayStopsWhileFilesAreOnTheirWay(t *testing.T) {
	main := mediaWorld(t, nil)
	b := main.as("berta")
	data := someBytes(1, 24<<20)
	u, half := b.sent(data), someBytes(2, 300_000)
	up := b.call("POST", "/api/media", announce(half)).upload(t)
	c := b.raw(up.ID, "Content-Range: bytes 0-299999/300000", "Content-Length: 300000")
	if _, err := c.Write(half[:1000]); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(main.url + "/m/" + u.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // a test
	for main.server.Media().Stats().Uploads == 0 {
		time.Sleep(time.Millisecond)
	}
	main.stop()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 503 ")) {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Error("the download ended as if it was whole")
	}
	if err := <-main.done; err != nil {
		t.Errorf("the relay stops with %v", err)
	}
	main.done <- nil
}
