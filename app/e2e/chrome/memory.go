package chrome

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// WatchMemory looks at the browsers that this process started until the returned
// function is called, which gives the most that one tab had, in bytes: its share
// of what processes share included. It knows Linux only, and gives 0 elsewhere.
func WatchMemory(ctx context.Context) (peak func() int64) { return watch(ctx, "Pss:") }

// WatchOwnMemory is WatchMemory without what is mapped from files, such as the
// browser's program: what Chromium's task manager shows.
func WatchOwnMemory(ctx context.Context) (peak func() int64) { return watch(ctx, "Pss_Anon:") }

func watch(ctx context.Context, field string) (peak func() int64) {
	ctx, cancel := context.WithCancel(ctx)
	most := make(chan int64, 1)
	go func() {
		var top int64
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			top = max(top, largestTab(field))
			select {
			case <-tick.C:
			case <-ctx.Done():
				most <- top
				return
			}
		}
	}()
	return func() int64 { cancel(); return <-most }
}

// largestTab is a field of the memory of the largest renderer below us.
func largestTab(field string) int64 {
	var top int64
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		cmd, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || !bytes.Contains(cmd, []byte("--type=renderer")) || !below(filepath.Base(dir), os.Getpid()) {
			continue
		}
		roll, err := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(roll)) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == field {
				kb, _ := strconv.ParseInt(f[1], 10, 64)
				top = max(top, kb<<10)
			}
		}
	}
	return top
}

// below reports whether a process descends from another.
func below(pid string, of int) bool {
	for range 20 {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			return false
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		f := strings.Fields(rest)
		if len(f) < 2 {
			return false
		}
		if pid = f[1]; pid == strconv.Itoa(of) {
			return true
		}
	}
	return false
}
