package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
)

// upl is the client's side of a file.
type upl struct {
	ID     string
	Offset int
	Size   int
	Path   string
	Error  struct{ Code, Message string }
}

func someBytes(seed byte, n int) []byte {
	out := make([]byte, n)
	_, _ = io.ReadFull(rand.NewChaCha8([32]byte{seed}), out)
	return out
}

func announce(data []byte) string {
	sum := sha256.Sum256(data)
	return fmt.Sprintf(`{"size":%d,"sha256":%q}`, len(data), base64.StdEncoding.EncodeToString(sum[:]))
}

func (a answer) upload(t *testing.T) (u upl) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &u); err != nil {
		t.Fatalf("%+v: %v", a, err)
	}
	return u
}

// tokenOf is the last part of a path.
func tokenOf(path string) string {
	token, _, _ := strings.Cut(path[strings.LastIndexByte(path, '/')+1:], "?")
	return token
}

func (w *world) put(id string, data []byte, from, to int, headers ...string) answer {
	w.t.Helper()
	return w.call("PUT", "/api/media/"+id, string(data[from:to]),
		append([]string{fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, to-1, len(data))}, headers...)...)
}

// sent is a complete upload.
func (w *world) sent(data []byte) upl {
	w.t.Helper()
	u := w.call("POST", "/api/media", announce(data)).upload(w.t)
	u = w.put(u.ID, data, u.Offset, len(data)).upload(w.t)
	if u.Path == "" {
		w.t.Fatalf("%+v", u)
	}
	return u
}

// as is another user of the same relay.
func (w *world) as(name string) *world {
	w.t.Helper()
	other := &world{t: w.t, url: w.url}
	a := other.call("POST", "/api/signup", `{"username":"`+name+`","password":"correct horse","device":"x","bearer":true}`)
	var in struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &in); err != nil || in.Token == "" {
		w.t.Fatalf("%+v", a)
	}
	other.bearer = in.Token
	return other
}

func mediaWorld(t *testing.T, change func(*config.Config, *limit.Limits)) *world {
	w := newWorld(t, nil, func(c *config.Config, l *limit.Limits) {
		l.Requests = 0
		if change != nil {
			change(c, l)
		}
	})
	w.call("POST", "/api/signup", anna)
	return w
}
