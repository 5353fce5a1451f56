package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

func none(string) string { return "" }

func TestTheCommandsAnswer(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"version"}, 0, "ferry"},
		{[]string{"config", "-data", "/x"}, 0, "flag"},
		{[]string{"config", "-markdown"}, 0, "| `tunnel.idle` |"},
		{[]string{"-h"}, 0, "-gateway-listen"},
		{[]string{"sail"}, 1, "no command"},
		{[]string{"-listen", "nowhere"}, 1, "listen (flag)"},
	} {
		var out bytes.Buffer
		if status := run(t.Context(), c.args, none, &out, &out); status != c.status || !strings.Contains(out.String(), c.want) {
			t.Errorf("ferry %v: %d %s", c.args, status, out.String())
		}
	}
}

func TestAPortInUseIsSaidInWords(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() //nolint:errcheck // a test's port
	var out bytes.Buffer
	status := run(t.Context(), []string{"-listen", ln.Addr().String(), "-data", t.TempDir()}, none, &out, &out)
	if status != 1 || !strings.Contains(out.String(), "in use by another program: stop that, or set -listen") {
		t.Errorf("%d %s", status, out.String())
	}
}

func TestItStartsSaysWhatToDoNextAndStopsWhenTold(t *testing.T) {
	for _, command := range []string{"serve", "gateway"} {
		ctx, stop := context.WithCancel(t.Context())
		out := &firstWrite{done: make(chan struct{})}
		args := []string{command, "-listen", "127.0.0.1:0", "-gateway-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-data", t.TempDir(), "-echo=off", "-drain", "1ms"}
		ended := make(chan int, 1)
		var errOut bytes.Buffer
		go func() { ended <- run(ctx, args, none, out, &errOut) }()
		select {
		case <-out.done:
		case status := <-ended:
			t.Fatalf("%s ended with %d: %s", command, status, errOut.String())
		case <-time.After(30 * time.Second):
			t.Fatal("nothing was said")
		}
		stop()
		if status := <-ended; status != 0 {
			t.Errorf("%s: %d %s", command, status, errOut.String())
		}
		if !strings.Contains(out.buf.String(), "Ctrl-C") {
			t.Errorf("%s says %q", command, out.buf.String())
		}
	}
}

// firstWrite tells when something has been written.
type firstWrite struct {
	buf  bytes.Buffer
	done chan struct{}
}

func (f *firstWrite) Write(b []byte) (int, error) {
	defer close(f.done)
	return f.buf.Write(b)
}
