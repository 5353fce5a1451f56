// Package site writes the static site that the relay serves: the shell, the two
// WebAssembly files, styles, icons and workers, under names that change with
// their content. The same input gives the same bytes.
//
// In a text file of web/static, "@name@" stands for the address of another file,
// "@build@" for the build, and "@shell.html@" for what the page shows before
// its WebAssembly has loaded.
package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"
)

// CSP is the policy that goes with every answer, workers' scripts included,
// which obey their own. Nothing but our own origin, no inline script or style,
// and no text becomes code but through the loader's policy of exact names.
// Pictures, sound and video may also come from the page's own memory.
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' blob:; media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types ferry"

// Input is what a site is made of.
type Input struct {
	Static   fs.FS             // web/static
	Page     []byte            // page.wasm
	Core     []byte            // core.wasm
	WasmExec []byte            // the toolchain's wasm_exec.js
	Parts    map[string][]byte // what FetchParts gives
}

// File is one file of the site.
type File struct {
	Path      string `json:"path"` // below the root, without a leading slash
	Type      string `json:"type"` // media type
	Immutable bool   `json:"immutable"`
	Brotli    bool   `json:"brotli"` // Path + ".br" exists
	Body      []byte `json:"-"`
}

// Site is the whole, and what site.json says.
type Site struct {
	Build string `json:"build"` // sixteen hex digits, of all content
	Files []File `json:"files"` // sorted by path
	CSP   string `json:"csp"`
}

// Make makes the site.
func Make(in Input) (*Site, error) {
	b := &builder{in: in, urls: map[string]string{}}
	steps := []func() error{b.identify, b.binaries, b.emoji, b.images, b.styles, b.scripts, b.shell}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("make the site: %w", err)
		}
	}
	slices.SortFunc(b.site.Files, func(x, y File) int { return strings.Compare(x.Path, y.Path) })
	manifest, err := json.MarshalIndent(b.site, "", "  ")
	if err != nil {
		return nil, err
	}
	b.site.Files = append(b.site.Files, File{Path: "site.json", Type: "application/json", Body: append(manifest, '\n')})
	return &b.site, nil
}

type builder struct {
	in   Input
	site Site
	urls map[string]string // "page.wasm" → "/assets/page.0123….wasm"
}

// identify makes the build's id from all that goes in, in order.
func (b *builder) identify() error {
	sum := sha256.New()
	add := func(name string, body []byte) {
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
	}
	add("csp", []byte(CSP))
	add("page", b.in.Page)
	add("core", b.in.Core)
	add("exec", b.in.WasmExec)
	for _, name := range slices.Sorted(maps.Keys(b.in.Parts)) {
		add("part "+name, b.in.Parts[name])
	}
	err := fs.WalkDir(b.in.Static, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || types[path.Ext(name)] == "" {
			return err
		}
		body, err := fs.ReadFile(b.in.Static, name)
		if err == nil {
			add(name, body)
		}
		return err
	})
	if err != nil {
		return err
	}
	b.site.Build = hex.EncodeToString(sum.Sum(nil))[:16]
	b.site.CSP = CSP
	b.urls["build"] = b.site.Build
	return nil
}

// asset adds a file under a name with the hash of its content.
func (b *builder) asset(name string, body []byte) error {
	if _, ok := b.urls[name]; ok {
		return fmt.Errorf("two files are called %s", name)
	}
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	at := "assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:8]) + ext
	if err := b.add(at, body, true); err != nil {
		return err
	}
	b.urls[name] = "/" + at
	return nil
}

// types are the media types by extension, fixed so that no machine's table matters.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png",
	".webmanifest": "application/manifest+json", ".json": "application/json",
}

func (b *builder) add(at string, body []byte, immutable bool) error {
	kind, ok := types[path.Ext(at)]
	if !ok {
		return fmt.Errorf("%s: no media type", at)
	}
	if _, _, err := mime.ParseMediaType(kind); err != nil {
		return err
	}
	b.site.Files = append(b.site.Files, File{Path: at, Type: kind, Immutable: immutable, Brotli: path.Ext(at) != ".png", Body: body})
	return nil
}

func (b *builder) binaries() error {
	return errors.Join(b.asset("page.wasm", b.in.Page), b.asset("core.wasm", b.in.Core))
}

// images adds the pictures of web/static/icons; those of icons/glyphs become one strip.
func (b *builder) images() error {
	names, err := glob(b.in.Static, "icons/*.*")
	if err != nil {
		return err
	}
	for _, name := range names {
		body, err := fs.ReadFile(b.in.Static, name)
		if err != nil {
			return err
		}
		if err := b.asset(path.Base(name), body); err != nil {
			return err
		}
	}
	strip, err := stripOf(b.in.Static)
	if err != nil {
		return err
	}
	return b.asset("glyphs.svg", strip.svg)
}

// styles joins web/static/css in the order of the file names.
func (b *builder) styles() error {
	strip, err := stripOf(b.in.Static)
	if err != nil {
		return err
	}
	names, err := glob(b.in.Static, "css/*.css")
	if err != nil {
		return err
	}
	var all bytes.Buffer
	for _, name := range names {
		body, err := fs.ReadFile(b.in.Static, name)
		if err != nil {
			return err
		}
		all.Write(body)
	}
	all.Write(strip.css)
	body, err := b.fill("app.css", all.Bytes())
	if err != nil {
		return err
	}
	return b.asset("app.css", body)
}

// scripts adds the loader and the core's worker, each with Go's glue in front,
// so that neither has to load a second script.
func (b *builder) scripts() error {
	for _, s := range []struct {
		name  string
		parts []string
	}{
		{"boot.js", []string{"js/boot.js"}},
		{"worker.js", []string{"js/seal.js", "js/drop.js", "js/lanes.js", "js/keep.js", "js/crypt.js", "js/move.js", "js/files.js", "js/worker.js"}},
		{"loader.js", []string{"js/drop.js", "js/pipe.js", "js/inspect.js", "js/record.js", "js/attach.js", "js/loader.js"}},
	} {
		var all bytes.Buffer
		if s.name != "boot.js" {
			all.Write(b.in.WasmExec)
			all.WriteByte('\n')
		}
		for _, part := range s.parts {
			body, err := b.part(part)
			if err != nil {
				return err
			}
			all.Write(body)
			all.WriteByte('\n')
		}
		if err := b.asset(s.name, all.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// part is a script of web/static.
func (b *builder) part(name string) ([]byte, error) {
	body, err := fs.ReadFile(b.in.Static, name)
	if err != nil {
		return nil, err
	}
	return b.fill(name, body)
}

// shell adds what keeps its name: the page, the manifest, the service worker.
func (b *builder) shell() error {
	for _, name := range []string{"shell.html", "manifest.webmanifest", "index.html"} {
		body, err := fs.ReadFile(b.in.Static, name)
		if err != nil {
			return err
		}
		if body, err = b.fill(name, body); err != nil {
			return err
		}
		if name == "shell.html" {
			b.urls[name] = strings.TrimSpace(string(body)) // a part of index.html
			continue
		}
		if err := b.add(name, body, false); err != nil {
			return err
		}
	}
	cached := slices.Sorted(maps.Values(b.urls))
	cached = slices.DeleteFunc(cached, func(url string) bool { return !strings.HasPrefix(url, "/") })
	b.urls["files"] = strings.Join(append([]string{"/", "/manifest.webmanifest"}, cached...), " ")
	var all []byte
	for _, name := range []string{"js/drop.js", "js/pipe.js", "js/sw.js"} {
		body, err := b.part(name)
		if err != nil {
			return err
		}
		all = append(append(all, body...), '\n')
	}
	return b.add("sw.js", all, false)
}

var placeholder = regexp.MustCompile(`@[a-z0-9-]+(\.[a-z]+)?@`)

// fill puts addresses in the place of names.
func (b *builder) fill(name string, body []byte) ([]byte, error) {
	var missing error
	out := placeholder.ReplaceAllFunc(body, func(m []byte) []byte {
		url, ok := b.urls[string(m[1:len(m)-1])]
		if !ok {
			missing = fmt.Errorf("%s: there is no %s", name, m)
		}
		return []byte(url)
	})
	return out, missing
}

func glob(files fs.FS, pattern string) ([]string, error) {
	names, err := fs.Glob(files, pattern)
	slices.Sort(names)
	return names, err
}
