package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"ferry/app/e2e/mediahost"
)

const page = `<!doctype html><meta charset=utf-8><title>wasm test</title>
<script src=/wasm_exec.js></script><script src=/js/seal.js></script>
<script src=/js/drop.js></script><script src=/js/lanes.js></script><script src=/js/keep.js></script><script src=/js/crypt.js></script>
<script src=/js/move.js></script><script src=/js/files.js></script>
<script>
const go = new Go();
go.argv = %s;
globalThis.ferryTestDone = new Promise((done, failed) => {
  go.exit = done;
  WebAssembly.instantiateStreaming(fetch("/test.wasm"), go.importObject).then((r) => go.run(r.instance)).catch(failed);
});
</script>`

func handler(root, glue, wasm string, args []string) http.Handler {
	argv, err := json.Marshal(append([]string{filepath.Base(wasm)}, args...))
	if err != nil {
		panic(err) // strings always marshal
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, page, argv)
	})
	mux.HandleFunc("GET /test.wasm", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/wasm")
		http.ServeFile(w, r, wasm)
	})
	mux.HandleFunc("GET /wasm_exec.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, glue)
	})
	mux.Handle("GET /js/", http.FileServer(http.Dir(filepath.Join(root, "web", "static"))))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /ws/echo", echo)
	mux.HandleFunc("GET /ws/close/{code}", closeWith)
	mux.HandleFunc("GET /ws/flood/{n}", flood)
	mux.HandleFunc("/api/", api)
	host := mediahost.New()
	mux.Handle("/api/media", host)
	mux.Handle("/api/media/", host)
	mux.Handle("/sandbox/", host.Sandbox())
	return mux
}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 24)
	for {
		kind, b, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if err := c.Write(r.Context(), kind, b); err != nil {
			return
		}
	}
}

func closeWith(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil {
		http.Error(w, "code", http.StatusBadRequest)
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	c.Close(websocket.StatusCode(code), "because_"+strconv.Itoa(code))
}

func flood(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		http.Error(w, "number", http.StatusBadRequest)
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for i := range n {
		if err := c.Write(r.Context(), websocket.MessageBinary, make([]byte, 1024+i%2)); err != nil {
			return
		}
	}
	<-c.CloseRead(r.Context()).Done()
}

// api answers as the relay would: what is posted to /api/echo comes back, and
// /api/fail/STATUS/CODE fails.
func api(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if rest, ok := strings.CutPrefix(r.URL.Path, "/api/fail/"); ok {
		status, code, _ := strings.Cut(rest, "/")
		n, err := strconv.Atoi(status)
		if err != nil || n < 400 {
			n = 400
		}
		w.WriteHeader(n)
		fmt.Fprintf(w, `{"error":{"code":%q,"message":"It failed.","field":"username"}}`, code)
		return
	}
	var v any
	if r.Body != nil {
		_ = json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&v)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "body": v})
}
