package site

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func sources() fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"index.html":           `<link href="@app.css@"><script src="@loader.js@"></script>@shell.html@ @build@`,
		"shell.html":           `<div id="shell"><img src="@favicon.svg@"></div>`,
		"manifest.webmanifest": `{"icon":"@favicon.svg@"}`,
		"css/20-b.css":         ".b { background: url(\"@favicon.svg@\") }\n",
		"css/10-a.css":         ".a {}\n",
		"icons/favicon.svg":    "<svg/>",
		"icons/glyphs/x.svg":   `<svg viewBox="0 0 24 24"><path d="M0 0"/></svg>`,
		"js/boot.js":           "boot",
		"js/seal.js":           "seal",
		"js/drop.js":           "drop",
		"js/lanes.js":          "lanes",
		"js/keep.js":           "keep",
		"js/crypt.js":          "crypt",
		"js/move.js":           "move",
		"js/files.js":          "files",
		"js/inspect.js":        "inspect",
		"js/pipe.js":           "pipe",
		"js/record.js":         "record",
		"js/attach.js":         "attach",
		"js/worker.js":         `fetch("@core.wasm@")`,
		"js/loader.js":         `fetch("@page.wasm@"); "@worker.js@"`,
		"js/sw.js":             `"@build@" "@files@"`,
		"NOTES.md":             "not a part of the site",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func build(t *testing.T, files fstest.MapFS) *Site {
	t.Helper()
	s, err := Make(Input{Static: files, Page: []byte("page"), Core: []byte("core"), WasmExec: []byte("glue")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func find(t *testing.T, s *Site, name string) File {
	t.Helper()
	for _, f := range s.Files {
		if f.Path == name || strings.HasPrefix(f.Path, "assets/"+strings.TrimSuffix(name, filepath.Ext(name))+".") && strings.HasSuffix(f.Path, filepath.Ext(name)) {
			return f
		}
	}
	t.Fatalf("no %s", name)
	panic("unreachable")
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	a, b := build(t, sources()), build(t, sources())
	if a.Build != b.Build || len(a.Files) != len(b.Files) {
		t.Fatalf("build %s, then %s", a.Build, b.Build)
	}
	for i := range a.Files {
		if a.Files[i].Path != b.Files[i].Path || string(a.Files[i].Body) != string(b.Files[i].Body) {
			t.Errorf("%s differs", a.Files[i].Path)
		}
	}
}

func TestWhatIsNoPartOfTheSiteDoesNotChangeTheBuild(t *testing.T) {
	files := sources()
	delete(files, "NOTES.md")
	if a, b := build(t, sources()), build(t, files); a.Build != b.Build {
		t.Error("it does")
	}
}

func TestAChangeOfAnyPartChangesTheBuildAndItsUsers(t *testing.T) {
	before := build(t, sources())
	files := sources()
	files["icons/favicon.svg"] = &fstest.MapFile{Data: []byte("<svg></svg>")}
	after := build(t, files)
	for _, name := range []string{"favicon.svg", "app.css"} {
		if find(t, before, name).Path == find(t, after, name).Path {
			t.Errorf("%s kept its name", name)
		}
	}
	if before.Build == after.Build || string(find(t, before, "sw.js").Body) == string(find(t, after, "sw.js").Body) {
		t.Error("the build or the service worker is as before")
	}
}

func TestNamesStandForAddresses(t *testing.T) {
	s := build(t, sources())
	index := string(find(t, s, "index.html").Body)
	for _, name := range []string{"app.css", "loader.js", "favicon.svg"} {
		if !strings.Contains(index, `"/`+find(t, s, name).Path+`"`) {
			t.Errorf("index.html does not name %s: %s", name, index)
		}
	}
	if strings.Contains(index, "@") || !strings.Contains(index, s.Build) {
		t.Errorf("index.html: %s", index)
	}
	worker := string(find(t, s, "worker.js").Body)
	if !strings.HasPrefix(worker, "glue") || !strings.Contains(worker, "seal") || !strings.Contains(worker, "lanes") || !strings.Contains(worker, find(t, s, "core.wasm").Path) {
		t.Errorf("worker.js: %s", worker)
	}
	css := string(find(t, s, "app.css").Body)
	if strings.Index(css, ".a") > strings.Index(css, ".b") || !strings.Contains(css, ".i-x") {
		t.Errorf("app.css: %s", css)
	}
}

func TestAnUnknownNameIsAnError(t *testing.T) {
	files := sources()
	files["index.html"] = &fstest.MapFile{Data: []byte("@nothing.css@")}
	if _, err := Make(Input{Static: files}); err == nil || !strings.Contains(err.Error(), "@nothing.css@") {
		t.Errorf("%v", err)
	}
}

func TestTheServiceWorkerKeepsEverythingThatAPageNeeds(t *testing.T) {
	s := build(t, sources())
	sw := string(find(t, s, "sw.js").Body)
	for _, f := range s.Files {
		if f.Immutable && !strings.Contains(sw, "/"+f.Path) {
			t.Errorf("%s is not kept", f.Path)
		}
	}
	if !strings.Contains(sw, `"/ /manifest.webmanifest `) {
		t.Errorf("the shell is not kept: %s", sw)
	}
}

func TestWritingLeavesExactlyTheSite(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".gitkeep", "old.js"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := build(t, sources())
	for range 2 {
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "old.js")); err == nil {
		t.Error("an old file is still there")
	}
	if _, err := os.Stat(filepath.Join(dir, ".gitkeep")); err != nil {
		t.Error(".gitkeep is gone")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "site.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got Site
	if err := json.Unmarshal(raw, &got); err != nil || got.CSP != CSP {
		t.Errorf("site.json: %v, %+v", err, got)
	}
	for _, f := range got.Files {
		names := []string{f.Path}
		if f.Brotli {
			names = append(names, f.Path+".br")
		}
		for _, name := range names {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAnotherQualityCompressesAgain(t *testing.T) {
	s := build(t, sources())
	fast, dir := t.TempDir(), t.TempDir()
	for _, w := range []struct {
		dir     string
		quality int
	}{{fast, 0}, {dir, 11}, {dir, 0}} {
		if err := s.WriteQuality(w.dir, w.quality); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range s.Files {
		if !f.Brotli {
			continue
		}
		want, err := os.ReadFile(filepath.Join(fast, filepath.FromSlash(f.Path)+".br"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)+".br")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s.br depends on what was written before: %v", f.Path, err)
		}
	}
}
