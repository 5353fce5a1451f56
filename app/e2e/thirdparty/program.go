package thirdparty

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"ferry/app/internal/headless"
	"ferry/app/internal/port"
)

var built struct {
	sync.Mutex
	path string
	err  error
}

// Binary builds the client once a test process and returns its path.
func Binary(t testing.TB) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.path == "" && built.err == nil {
		dir, err := os.MkdirTemp("", "ferry-client-") // outlives this test, for the next ones: see RemoveBinary
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "app")
		out, err := exec.Command("go", "build", "-o", path, "ferry/app").CombinedOutput()
		if err != nil {
			t.Logf("%s", out)
		}
		built.path, built.err = path, err
	}
	if built.err != nil {
		t.Fatalf("build the client: %v", built.err)
	}
	return built.path
}

// RemoveBinary removes what Binary built, at the end of a TestMain.
func RemoveBinary() {
	built.Lock()
	defer built.Unlock()
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path))
		built.path = ""
	}
}

// run is one run of the program, from its start to its end.
type run struct {
	in   io.WriteCloser
	kill func()        // at once, without a chance to tidy up; nil inside the test
	quit func()        // in good order
	done chan struct{} // closed when it has ended
	err  error         // why, once done

	mu   sync.Mutex
	open map[string]chan port.Reply // commands without a reply
	next int
	gone bool
}

// printed is what the program prints: a reply, or an event.
type printed struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	port.Reply
}

// begin starts the program; its lines go to out, its log to log.
func begin(program string, args []string, out func(line []byte), log io.Writer) (*run, error) {
	r := &run{done: make(chan struct{}), open: map[string]chan port.Reply{}}
	lines := &splitter{line: out}
	if program == "" {
		ctx, cancel := context.WithCancel(context.Background())
		in, w := io.Pipe()
		r.in, r.quit = w, cancel
		go func() {
			defer cancel()
			r.end(headless.Run(ctx, args, in, lines, log))
			_ = in.Close() // whoever still writes learns it
		}()
		return r, nil
	}
	cmd := exec.Command(program, append([]string{"headless"}, args...)...)
	cmd.Stdout, cmd.Stderr = lines, log
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r.in = in
	r.quit = func() { _ = cmd.Process.Signal(os.Interrupt) }
	r.kill = func() { _ = cmd.Process.Kill() }
	go func() { r.end(cmd.Wait()) }()
	return r, nil
}

// end answers what the program did not.
func (r *run) end(err error) {
	r.mu.Lock()
	r.err, r.gone = err, true
	for _, wait := range r.open {
		close(wait)
	}
	r.open = nil
	r.mu.Unlock()
	close(r.done)
}

// submit writes a command; its reply comes on the channel, which is closed if the program ends before.
func (r *run) submit(c port.Command) (<-chan port.Reply, error) {
	b, err := port.EncodeCommand(c)
	if err != nil {
		return nil, err
	}
	return r.submitLine(b)
}

// submitLine gives a command as {"type":…,"value":…}.
func (r *run) submitLine(b []byte) (<-chan port.Reply, error) {
	wait := make(chan port.Reply, 1)
	r.mu.Lock()
	if r.gone {
		r.mu.Unlock()
		return nil, ErrEnded
	}
	r.next++
	id := fmt.Sprint(r.next)
	r.open[id] = wait
	r.mu.Unlock()
	line := fmt.Appendf(nil, `{"id":%q,%s`+"\n", id, b[1:])
	if _, err := r.in.Write(line); err != nil {
		return nil, ErrEnded // nobody reads any more
	}
	return wait, nil
}

func (r *run) replied(p printed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.open[p.ID]; wait != nil {
		delete(r.open, p.ID)
		wait <- p.Reply
	}
}

// splitter cuts what is written into lines.
type splitter struct {
	line func([]byte)
	rest []byte
}

func (s *splitter) Write(b []byte) (int, error) {
	s.rest = append(s.rest, b...)
	for {
		line, rest, whole := bytes.Cut(s.rest, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		s.line(line)
		s.rest = bytes.Clone(rest)
	}
}

func parse(line []byte) (p printed, err error) {
	err = json.Unmarshal(line, &p)
	return p, err
}
