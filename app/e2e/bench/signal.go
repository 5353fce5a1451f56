package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// signal_ compares the cost of a Signal message natively and in Chromium.
func signal_(ctx context.Context) error {
	runner, err := filepath.Abs("build/wasmtest")
	if err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", runner, "./app/e2e/wasmtest").CombinedOutput(); err != nil {
		return fmt.Errorf("build the browser runner: %w\n%s", err, out)
	}
	const pkg = "./app/internal/seal"
	native, err := goBench(ctx, nil, "-bench", "^Benchmark(Encrypt|Decrypt)$", pkg)
	if err != nil {
		return err
	}
	browser, err := goBench(ctx, []string{"GOOS=js", "GOARCH=wasm"}, "-bench", "^Benchmark(Encrypt|Decrypt)$", "-exec", runner, pkg)
	if err != nil {
		return err
	}
	for i, n := range native {
		a, err := perSecond(n)
		if err != nil || i >= len(browser) {
			return fmt.Errorf("unexpected result %q: %v", n, err)
		}
		b, err := perSecond(browser[i])
		if err != nil {
			return err
		}
		fmt.Printf("%-18s native %8.0f /s   Chromium %7.0f /s   Chromium/native %.2f\n", n[0], a, b, b/a)
	}
	return nil
}

// perSecond reads "BenchmarkX 1000 1234 ns/op".
func perSecond(f []string) (float64, error) {
	ns, err := strconv.ParseFloat(f[2], 64)
	if err != nil || ns <= 0 {
		return 0, fmt.Errorf("no time in %q", f)
	}
	return 1e9 / ns, nil
}

// binary is the relay that make build made.
func binary() (string, error) {
	path, err := filepath.Abs("build/ferry")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w (make build first)", err)
	}
	return path, nil
}
