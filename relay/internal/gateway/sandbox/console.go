package sandbox

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
)

// consoleFiles is the console: a page, its style and its modules, over the API of this package.
//
//go:embed console
var consoleFiles embed.FS

// consolePolicy lets the page load its own files and talk to the gateway that it came from, and nothing else.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

var consoleTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
}

// console serves the page at /sandbox/console. Whoever passes requests on may give the page another address, since
// all of its links begin at the root.
func (s *Sandbox) console(mux *http.ServeMux) {
	files, _ := fs.Sub(consoleFiles, "console") // the folder is embedded
	page := func(w http.ResponseWriter, _ *http.Request) { serveFile(w, files, "index.html") }
	mux.HandleFunc("GET /sandbox/console", page)
	mux.HandleFunc("GET /sandbox/console/{$}", page)
	mux.HandleFunc("GET /sandbox/console/{file}", func(w http.ResponseWriter, r *http.Request) {
		serveFile(w, files, r.PathValue("file"))
	})
}

func serveFile(w http.ResponseWriter, files fs.FS, name string) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		fail(w, http.StatusNotFound, "not_found", "the console has no such file")
		return
	}
	h := w.Header()
	h.Set("Content-Type", consoleTypes[path.Ext(name)])
	h.Set("Content-Security-Policy", consolePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	_, _ = w.Write(raw)
}
