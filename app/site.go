//go:build !js

package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"ferry/app/internal/site"
)

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
	if glue == "" {
		root, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return fmt.Errorf("find Go: %w", err)
		}
		glue = filepath.Join(strings.TrimSpace(string(bytes.TrimSpace(root))), "lib", "wasm", "wasm_exec.js")
	}
	in := site.Input{Static: os.DirFS(static)}
	var err error
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
