package chrome

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/chromedp/chromedp"
)

// dies bounds the end of a process that was killed.
const dies = 20 * time.Second

// ErrNoProcess: the browser was not started from here, or this is not Linux.
var ErrNoProcess = errors.New("the browser's processes are not known")

// Kill ends the browser of a context with SIGKILL, all of its processes, and waits until none is left that could
// still write to the profile. The context is to be cancelled afterwards.
func Kill(ctx context.Context) error {
	root, all, err := processes(ctx)
	if err != nil {
		return err
	}
	return kill(append(all, root))
}

// KillTabs ends what runs pages, workers and service workers with SIGKILL: all tabs crash at once, and the browser
// stays.
func KillTabs(ctx context.Context) error {
	_, all, err := processes(ctx)
	if err != nil {
		return err
	}
	var tabs []int
	for _, pid := range all {
		cmd, err := os.ReadFile(at(pid, "cmdline"))
		if err == nil && bytes.Contains(cmd, []byte("--type=renderer")) {
			tabs = append(tabs, pid)
		}
	}
	return kill(tabs)
}

// processes gives the browser's main process and all below it.
func processes(ctx context.Context) (root int, rest []int, err error) {
	c := chromedp.FromContext(ctx)
	if c == nil || c.Browser == nil || c.Browser.Process() == nil {
		return 0, nil, ErrNoProcess
	}
	root = c.Browser.Process().Pid
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	if len(dirs) == 0 {
		return 0, nil, ErrNoProcess
	}
	for _, dir := range dirs {
		name := filepath.Base(dir)
		if pid, err := strconv.Atoi(name); err == nil && below(name, root) {
			rest = append(rest, pid)
		}
	}
	return root, rest, nil
}

// kill ends processes and waits for it. They are halted first, so that none starts another one meanwhile.
func kill(pids []int) error {
	for _, s := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		for _, pid := range pids {
			_ = syscall.Kill(pid, s) // it may be gone
		}
	}
	for deadline := time.Now().Add(dies); ; time.Sleep(5 * time.Millisecond) { // not all are children of ours
		left := 0
		for _, pid := range pids {
			if alive(pid) {
				left++
			}
		}
		if left == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.New("the browser does not die")
		}
	}
}

// alive reports whether a process is there and not just waiting to be counted as dead.
func alive(pid int) bool {
	stat, err := os.ReadFile(at(pid, "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

func at(pid int, name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }
