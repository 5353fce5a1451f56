//go:build !js

// Command app is page.wasm, the screens in a browser tab, when built for the
// browser. Natively it is the client without screens, and the builder of the
// WebAssembly and of the static site:
//
//	go run ./app wasm -o FILE PACKAGE
//	go run ./app headless -relay URL -dir DIR -user NAME …
//	go run ./app site -page FILE -core FILE -out DIR
package main

import (
	"fmt"
	"os"

	"ferry/app/internal/headless"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) > 0 {
		switch args[0] {
		case "headless":
			return headless.Main(args[1:])
		case "wasm":
			return wasmMain(args[1:])
		case "site":
			return siteMain(args[1:])
		}
	}
	fmt.Fprintln(os.Stderr, "usage: app headless|wasm|site [flags]; -h after one says more")
	return 2
}
