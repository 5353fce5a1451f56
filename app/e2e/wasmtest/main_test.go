package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestTheBrowsersPackagesPassInChromium runs their own tests where they belong.
func TestTheBrowsersPackagesPassInChromium(t *testing.T) {
	runner := filepath.Join(t.TempDir(), "wasmtest")
	build := exec.Command("go", "build", "-o", runner, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the runner: %v\n%s", err, out)
	}
	// One at a time: each has a browser of its own.
	test := exec.Command("go", "test", "-p", "1", "-exec", runner, "ferry/app/internal/browser/...")
	test.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	out, err := test.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
