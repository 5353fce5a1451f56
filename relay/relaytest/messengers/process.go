//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// process is one of the programs.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error // after done
}

// begin starts a program in a group of its own: the terminal's interrupt goes to us
// alone, so that each program gets one, and not two.
func (w *world) begin(name, path string, args ...string) error {
	p := &process{name: name, cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stderr = &lines{to: w, name: name}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.all = append(w.all, p)
	go func() { // ends with the program
		if p.err = p.cmd.Wait(); p.err == nil {
			p.err = errors.New("by itself")
		}
		close(p.done)
		w.ended <- p
	}()
	return nil
}

// stop asks all to end, the last started first, and waits for them; another signal
// ends them at once.
func (w *world) stop(signals <-chan os.Signal) error {
	for i := len(w.all) - 1; i >= 0; i-- {
		p := w.all[i]
		_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended
	waiting:
		for {
			select {
			case <-p.done:
				break waiting
			case <-signals:
				for _, p := range w.all {
					_ = p.cmd.Process.Kill()
				}
			case <-w.ended:
			}
		}
	}
	return nil
}

// lines passes on what a program complains of, with its name before each line.
type lines struct {
	to   *world
	name string
	mu   sync.Mutex
	part bytes.Buffer
}

// maxLine is how much of a line without an end is kept.
const maxLine = 64 << 10

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part.Write(b)
	for {
		line, err := l.part.ReadString('\n')
		if err != nil && len(line) < maxLine {
			l.part.WriteString(line)
			return len(b), nil
		}
		fmt.Fprintf(l.to.out, "%s: %s\n", l.name, strings.TrimSuffix(line, "\n")) //nolint:errcheck // nobody else to tell
	}
}

// welcome says what to do next.
func (w *world) welcome() {
	var b strings.Builder
	b.WriteString("Three messengers are ready, before one gateway:\n")
	for _, m := range messengers {
		how := "accounts of its own: sign up"
		if m.elsewhere {
			how = "sign in at " + m.name + " ID as anna, password anna-password, or bob, password bob-password"
		}
		fmt.Fprintf(&b, "  %d %-7s %s\n            %s\n", m.id, m.name, w.url(m), how)
	}
	fmt.Fprintf(&b, `Then:
  1. Sign in at two of them, in two tabs, as anna; turn on WhatsApp in Settings › Account › Third-party chats.
  2. Write to Echo, %s, from both: it sees two people of one name.
  3. In a third tab be a WhatsApp user yourself: %s/wa
  4. The gateway's sandbox: curl http://%s/sandbox, or with a mouse http://%s/sandbox/console
Ctrl-C ends all in good order, twice at once.
`, w.echo, w.url(messengers[0]), w.gateway(), w.gateway())
	fmt.Fprint(w.out, b.String()) //nolint:errcheck // nobody else to tell
}
