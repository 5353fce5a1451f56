//go:build !js

// Command core is core.wasm: the engine in a SharedWorker, one for all tabs of
// an account. Natively it only says so.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "core runs in a browser: GOOS=js GOARCH=wasm go build ./app/core")
	os.Exit(2)
}
