package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"ferry/app/internal/gowasm"
)

// TestTheBrowsersPackagesPassInChromium runs their own tests where they belong.
func TestTheBrowsersPackagesPassInChromium(t *testing.T) {
	runner := filepath.Join(t.TempDir(), "wasmtest")
	build := exec.Command("go", "build", "-o", runner, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the runner: %v\n%s", err, out)
	}
	mending, err := gowasm.Flags(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"test", "-p", "1", "-exec", runner}, mending...) // one at a time: each has a browser of its own
	test := exec.Command("go", append(args, "ferry/app/internal/browser/...")...)
	test.Env = append(gowasm.Env(), "GOFLAGS=")
	out, err := test.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
