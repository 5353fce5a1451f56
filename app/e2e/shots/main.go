// Command shots photographs every screen of the app in every state that the
// stories know, on a phone and on a desktop, light and dark:
//
//	go run ./app/e2e/shots -out build/shots [-only thread]
//
// It also says where a page is wider than its window, or complained on its
// console. The pictures are for eyes.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"ferry/app/e2e/devsite"
	"ferry/app/internal/gowasm"
	"ferry/app/internal/site"
)

func main() {
	out := flag.String("out", "build/shots", "folder for the pictures")
	only := flag.String("only", "", "take only those whose name contains one of these, with commas between")
	hold := flag.String("serve", "", "serve the stories at this address instead, for a browser of your own")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *out, *only, *hold)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, only, hold string) error {
	dir, err := os.MkdirTemp("", "ferry-shots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := build(ctx, dir); err != nil {
		return err
	}
	handler, err := devsite.New(filepath.Join(dir, "site"))
	if err != nil {
		return err
	}
	address := "127.0.0.1:0"
	if hold != "" {
		address = hold
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close below
	defer server.Close()
	url := "http://" + listener.Addr().String()
	if hold != "" {
		fmt.Println(url + "/?story=chats")
		<-ctx.Done()
		return nil
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	return photograph(ctx, url, out, only)
}

// build makes a site whose page is the stories. Its core is never started.
func build(ctx context.Context, dir string) error {
	page := filepath.Join(dir, "page.wasm")
	if err := gowasm.Build(ctx, page, "ferry/app/e2e/stories"); err != nil {
		return err
	}
	body, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	env, err := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOMOD").Output()
	if err != nil {
		return err
	}
	lines := strings.Split(string(bytes.TrimSpace(env)), "\n")
	if len(lines) != 2 {
		return fmt.Errorf("go env says %q", env)
	}
	glue, err := os.ReadFile(filepath.Join(lines[0], "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	parts, err := site.FetchParts(context.Background())
	if err != nil {
		return err
	}
	s, err := site.Make(site.Input{
		Static: os.DirFS(filepath.Join(filepath.Dir(lines[1]), "web", "static")), Page: body, Core: []byte("none"), WasmExec: glue, Parts: parts,
	})
	if err != nil {
		return err
	}
	return s.WriteQuality(filepath.Join(dir, "site"), 1)
}
