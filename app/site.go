//go:build !js

package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"ferry/app/internal/gowasm"
	"ferry/app/internal/site"
)

// wasmMain builds a program for the browser: app wasm -o FILE PACKAGE.
func wasmMain(args []string) int {
	flags := flag.NewFlagSet("wasm", flag.ContinueOnError)
	out := flags.String("o", "", "the file to write")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *out == "" || flags.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: app wasm -o FILE PACKAGE")
		return 2
	}
	if err := gowasm.Build(context.Background(), *out, flags.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "wasm:", err)
		return 1
	}
	return 0
}

// siteMain writes the static site: app site -page FILE -core FILE -out DIR.
func siteMain(args []string) int {
	flags := flag.NewFlagSet("site", flag.ContinueOnError)
	page := flags.String("page", "build/page.wasm", "the WebAssembly of the page")
	core := flags.String("core", "build/core.wasm", "the WebAssembly of the core")
	static := flags.String("static", "web/static", "folder of the sources")
	out := flags.String("out", "web/dist", "folder to write to; what is there goes")
	glue := flags.String("wasm-exec", "", "Go's wasm_exec.js; found through `go env GOROOT` if empty")
	quality := flags.Int("quality", 11, "brotli quality, 0 to 11; 11 takes a minute")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := writeSite(*static, *page, *core, *glue, *out, *quality); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		return 1
	}
	return 0
}

func writeSite(static, page, core, glue, out string, quality int) error {
	var err error
	if glue == "" {
		if glue, err = gowasm.Glue(context.Background()); err != nil {
			return err
		}
	}
	in := site.Input{Static: os.DirFS(static)}
	if in.Parts, err = site.FetchParts(context.Background()); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		to   *[]byte
	}{{page, &in.Page}, {core, &in.Core}, {glue, &in.WasmExec}} {
		body, err := os.ReadFile(f.name)
		if err != nil {
			return err
		}
		*f.to = body
	}
	s, err := site.Make(in)
	if err != nil {
		return err
	}
	return s.WriteQuality(out, quality)
}
