package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// siteFile is one file of the built site.
type siteFile struct {
	Path      string `json:"path"`
	Type      string `json:"type"`
	Immutable bool   `json:"immutable"` // its name changes with its content
	Brotli    bool   `json:"brotli"`    // path + ".br" is there
}

// site is what the build wrote, and site.json that lists it.
type site struct {
	Build string     `json:"build"`
	Files []siteFile `json:"files"`
	CSP   string     `json:"csp"`

	fsys  fs.FS
	files map[string]siteFile // by path; nothing else is served
}

const index = "index.html"

// openSite reads site.json. Without one the site is empty.
func openSite(fsys fs.FS) (*site, error) {
	s := &site{fsys: fsys, files: map[string]siteFile{}}
	if fsys == nil {
		return s, nil
	}
	b, err := fs.ReadFile(fsys, "site.json")
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("site.json: %w", err)
	}
	for _, f := range s.Files {
		for _, name := range append([]string{f.Path}, map[bool][]string{true: {f.Path + ".br"}}[f.Brotli]...) {
			if _, err := fs.Stat(fsys, name); err != nil {
				return nil, fmt.Errorf("site.json lists %s: %w", name, err)
			}
		}
		s.files[f.Path] = f
	}
	if _, ok := s.files[index]; !ok {
		return nil, fmt.Errorf("site.json lists no %s", index)
	}
	return s, nil
}

// static serves the site. A path that is no file is the app's own business, if a
// person navigates to it.
func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.friendly(w, r, http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" {
		name = index
	}
	if len(s.site.files) == 0 && navigates(r) {
		s.unbuilt(w)
		return
	}
	f, ok := s.site.files[name]
	if !ok && navigates(r) && (path.Ext(name) == "" || strings.HasPrefix(name, "wa/")) && !strings.HasPrefix(name, ".") {
		f, ok = s.site.files[index]
	}
	if !ok {
		s.friendly(w, r, http.StatusNotFound)
		return
	}
	if err := s.serveFile(w, r, f); err != nil {
		s.log.Error("site file", "file", f.Path, "error", err)
		s.friendly(w, r, http.StatusInternalServerError)
	}
}

// navigates reports whether a person opened the address, as against a script that
// fetches it: a script wants to hear that there is no such file.
func navigates(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, f siteFile) error {
	name := f.Path
	h := w.Header()
	if f.Brotli {
		h.Add("Vary", "Accept-Encoding")
		if acceptsBrotli(r.Header.Get("Accept-Encoding")) {
			name += ".br"
			h.Set("Content-Encoding", "br")
		}
	}
	file, err := s.site.fsys.Open(name)
	if err != nil {
		h.Del("Content-Encoding")
		return fmt.Errorf("open: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	content, ok := file.(io.ReadSeeker)
	if !ok {
		h.Del("Content-Encoding")
		return errors.New("cannot seek")
	}
	h.Set("Content-Type", f.Type)
	h.Set("Cache-Control", "no-store")
	if f.Immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// acceptsBrotli reads Accept-Encoding, RFC 9110 section 12.5.3.
func acceptsBrotli(header string) bool {
	for _, part := range strings.Split(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "br") {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} · Ferry</title>
<main>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
{{if .Home}}<p><a href="/">Go to Ferry</a></p>{{end}}
</main>
</html>
`))

type pageText struct {
	Title, Text string
	Home        bool
}

// friendly answers a person with a page, a script with a line.
func (s *Server) friendly(w http.ResponseWriter, r *http.Request, status int) {
	t := pageText{"Nothing here", "There is no page at this address.", true}
	switch status {
	case http.StatusInternalServerError:
		t = pageText{"Something went wrong", "This is our fault, not yours. Try again in a moment.", true}
	case http.StatusMethodNotAllowed:
		t = pageText{"Not like this", "This address cannot be used in this way.", true}
	}
	w.Header().Set("Cache-Control", "no-store")
	if !navigates(r) {
		http.Error(w, t.Text, status)
		return
	}
	writePage(w, status, t)
}

// unbuilt tells a developer what is missing.
func (s *Server) unbuilt(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	writePage(w, http.StatusServiceUnavailable, pageText{
		Title: "The app is not built",
		Text:  "This relay was compiled without the web app. Run “make run” in the repository: it builds both.",
	})
}

func writePage(w http.ResponseWriter, status int, t pageText) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = page.Execute(w, t)
}
