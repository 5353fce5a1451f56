package relaytest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var built struct {
	sync.Mutex
	path string
	err  error
}

// Binary builds the ferry command once a test process and returns its path. What
// it embeds is whatever web/dist holds. FERRY_BIN names one that is built already.
func Binary(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("FERRY_BIN"); path != "" {
		return path
	}
	built.Lock()
	defer built.Unlock()
	if built.path == "" && built.err == nil {
		dir, err := os.MkdirTemp("", "ferry-binary-") // outlives this test, for the next ones: see RemoveBinary
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "ferry")
		out, err := exec.Command("go", "build", "-o", path, "ferry/relay").CombinedOutput()
		if err != nil {
			t.Logf("%s", out)
		}
		built.path, built.err = path, err
	}
	if built.err != nil {
		t.Fatalf("build ferry: %v", built.err)
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

// Process is a ferry command that can be killed.
type Process struct {
	Logs *Logs // what it prints, at its log level
	t    testing.TB
	args []string
	cmd  *exec.Cmd
	done chan struct{}
}

// Run starts the ferry command with these arguments. It ends with the test.
func Run(t testing.TB, args ...string) *Process {
	t.Helper()
	p := &Process{Logs: &Logs{}, t: t, args: append([]string{Binary(t)}, args...)}
	t.Cleanup(p.Kill)
	p.Start()
	return p
}

// Start starts it again with the same arguments, after Kill or Stop.
func (p *Process) Start() {
	p.t.Helper()
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = p.Logs, p.Logs
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	cmd, done := p.cmd, make(chan struct{})
	p.done = done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
}

// Kill ends it with SIGKILL and waits for its end.
func (p *Process) Kill() { p.signal(os.Kill) }

// Stop ends it in good order and waits for its end.
func (p *Process) Stop() { p.signal(os.Interrupt) }

func (p *Process) signal(s os.Signal) {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(s)
	<-p.done
	p.cmd = nil
}

// Memory is what the process holds now and what it held at most since it started,
// in bytes; zero where the system does not tell.
func (p *Process) Memory() (now, peak int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(b)) {
		var n int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &n); err == nil {
			now = n << 10
		}
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &n); err == nil {
			peak = n << 10
		}
	}
	return now, peak
}

// WaitReady waits until the private listener at this URL says ready.
func (p *Process) WaitReady(ctx context.Context, adminURL string) {
	p.t.Helper()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, adminURL+"/readyz", nil)
		if err != nil {
			p.t.Fatal(err)
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.done:
			p.t.Fatalf("ferry ended:\n%s", p.Logs.Bytes())
		case <-ctx.Done():
			p.t.Fatalf("ferry is not ready:\n%s", p.Logs.Bytes())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
