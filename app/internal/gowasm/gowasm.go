//go:build !js

// Package gowasm builds Go programs for the browser, with one line of Go's own
// runtime mended.
//
// What is mended: a timer that is moved forward can fire seconds late. When
// Go's scheduler has nothing to run it asks its timers when to wake
// (runtime/time.go, timers.check). If it swept stopped timers away while at it,
// the answer is the time at the top of the heap, although one that was moved
// forward still sits below. Elsewhere the scheduler looks once more before it
// sleeps. On js/wasm it does not, and sleeps until that later time or until
// something happens in the page: what was to be drawn is not drawn. Go 1.23 to
// 1.26 have it. The test of it is in package browser/jsx.
package gowasm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The end of timers.check, and how it should be.
const (
	faulty = "\t\tif force {\n\t\t\tts.adjust(now, true)\n\t\t}\n\t}\n\tts.unlock()\n"
	mended = "\t\tif force {\n\t\t\tts.adjust(now, true)\n\t\t}\n\t\tpollUntil = ts.wakeTime()\n\t}\n\tts.unlock()\n"
)

// errUnknown: the place to mend is not in this version of Go.
var errUnknown = errors.New("gowasm: this version of Go has other timers: see whether they still need mending")

// Build builds a main package of this module into a file, for what ships: the
// same bytes whatever the folder, the machine or the moment.
func Build(ctx context.Context, out, pkg string) error {
	dir, err := os.MkdirTemp("", "ferry-gowasm")
	if err != nil {
		return fmt.Errorf("gowasm: %w", err)
	}
	defer os.RemoveAll(dir)
	mending, err := Flags(ctx, dir)
	if err != nil {
		return err
	}
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", out}, mending...)
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Env = Env()
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("gowasm: build %s: %w\n%s", pkg, err, text)
	}
	return nil
}

// Env is the environment of a go command for the browser.
func Env() []string { return append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0") }

// Flags are those of a go command that mends, which reads files in dir. A Go
// that is not known is told on standard error, and builds as it is: the test
// tells whether it has the fault.
func Flags(ctx context.Context, dir string) ([]string, error) {
	root, err := goroot(ctx)
	if err != nil {
		return nil, err
	}
	of := filepath.Join(root, "src", "runtime", "time.go")
	source, err := os.ReadFile(of)
	if err != nil {
		return nil, fmt.Errorf("gowasm: %w", err)
	}
	source, err = mend(source)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return nil, nil
	}
	as := filepath.Join(dir, "time.go")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{of: as}})
	if err != nil {
		return nil, fmt.Errorf("gowasm: %w", err)
	}
	file := filepath.Join(dir, "overlay.json")
	return []string{"-overlay", file}, errors.Join(os.WriteFile(as, source, 0o644), os.WriteFile(file, list, 0o644))
}

func mend(source []byte) ([]byte, error) {
	if bytes.Count(source, []byte(faulty)) != 1 {
		return nil, errUnknown
	}
	return bytes.Replace(source, []byte(faulty), []byte(mended), 1), nil
}

// Glue is the name of the toolchain's script between WebAssembly and JavaScript.
func Glue(ctx context.Context) (file string, err error) {
	root, err := goroot(ctx)
	return filepath.Join(root, "lib", "wasm", "wasm_exec.js"), err
}

func goroot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("gowasm: find Go: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
