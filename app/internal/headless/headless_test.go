//go:build !js

package headless

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeRelay signs everybody in, once by password, and knows no gateway.
func fakeRelay(t *testing.T) (url string, signIns *int) {
	signIns = new(int)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/signup", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusConflict)
		io.WriteString(w, `{"error":{"code":"username_taken","message":"taken"}}`)
	})
	mux.HandleFunc("POST /api/signin", func(w http.ResponseWriter, r *http.Request) {
		*signIns++
		io.WriteString(w, `{"account":{"id":"1","username":"alice"},"session":{"id":"s"},"token":"secret"}`)
	})
	mux.HandleFunc("GET /api/config", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"provider":{"id":7,"name":"Ferry"}}`)
	})
	mux.HandleFunc("POST /api/gateway/enlist", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, `{"error":{"code":"gateway_unreachable","message":"no gateway"}}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, signIns
}

func testOptions(t *testing.T, relay string) options {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return options{relay: relay, dir: filepath.Join(dir, "data"), user: "alice", passwordFile: file, log: "error", signUp: true}
}

// runLines runs the program on lines of input and returns what it printed.
func runLines(t *testing.T, o options, in string) (replies map[string]line, all []line) {
	t.Helper()
	var out, errs bytes.Buffer
	if err := run(t.Context(), o, strings.NewReader(in), &out, &errs); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	replies = map[string]line{}
	for _, text := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		all = append(all, l)
		if l.Type == "reply" {
			replies[string(l.ID)] = l
		}
	}
	return replies, all
}

func TestEachLineGetsItsReply(t *testing.T) {
	relay, _ := fakeRelay(t)
	replies, all := runLines(t, testOptions(t, relay), `
{"id":1,"type":"snapshot"}
{"id":"two","type":"sendText","value":{"chat":"123@lid","id":"3EB0","text":"hi"}}
{"id":3,"type":"connect"}
{"id":4,"type":"fly"}
{"id":5,"type":"react","value":{"chat":"123@lid","id":"3EB1","target":{"id":"3EB0","fromMe":true},"emoji":"👍"}}
{"id":6,"type":"edit","value":{"chat":"123@lid","id":"3EB2","target":"3EB0","text":"hello"}}
{"id":7,"type":"messages","value":{"chat":"123@lid","around":2,"limit":5}}
{"id":8,"type":"setPrivacy","value":{"readReceipts":true}}
{"id":9,"type":"watch","value":{"chat":"123@lid"}}
no json
{"type":"active","value":{"active":true}}
`)
	if all[0].Type != "ready" || !bytes.Contains(all[0].Value, []byte(`"provider":"Ferry"`)) {
		t.Errorf("the first line is %+v", all[0])
	}
	if r := replies["1"]; r.Code != "" || !bytes.Contains(r.Value, []byte(`"chats"`)) {
		t.Errorf("snapshot: %+v", r)
	}
	if r := replies[`"two"`]; r.Code != "" || !bytes.Contains(r.Value, []byte(`"pending"`)) {
		t.Errorf("sendText: %+v", r)
	}
	if r := replies["7"]; r.Code != "" || !bytes.Contains(r.Value, []byte(`"👍"`)) || !bytes.Contains(r.Value, []byte(`"hello"`)) {
		t.Errorf("what was said and done: %+v", r)
	}
	if r := replies["8"]; r.Code != "" || !bytes.Contains(r.Value, []byte(`"typing":false`)) || replies["9"].Code != "" {
		t.Errorf("privacy: %+v %+v", r, replies["9"])
	}
	if r := replies["3"]; r.Code != "gateway_unreachable" {
		t.Errorf("connect: %+v", r)
	}
	if r := replies["4"]; r.Code != "bad_command" {
		t.Errorf("an unknown command: %+v", r)
	}
	events, bad := 0, 0
	for _, l := range all {
		switch {
		case l.Type == "message" || l.Type == "chat":
			events++
		case l.Type == "reply" && len(l.ID) == 0:
			bad++
		}
	}
	if events < 2 || bad != 2 {
		t.Errorf("%d events, %d replies without an id", events, bad)
	}
}

func TestWhatWasRepliedToIsThereTheNextTime(t *testing.T) {
	relay, signIns := fakeRelay(t)
	o := testOptions(t, relay)
	runLines(t, o, `{"id":1,"type":"sendText","value":{"chat":"123@lid","id":"3EB0","text":"hi"}}`)
	replies, _ := runLines(t, o, `{"id":1,"type":"messages","value":{"chat":"123@lid","limit":10}}`)
	if r := replies["1"]; !bytes.Contains(r.Value, []byte(`"3EB0"`)) {
		t.Errorf("%s", r.Value)
	}
	if *signIns != 1 {
		t.Errorf("signed in %d times", *signIns)
	}
	if info, err := os.Stat(o.sessionFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the session's file: %v, %v", info.Mode(), err)
	}
}

func TestASignalEndsItCleanly(t *testing.T) {
	relay, _ := fakeRelay(t)
	o := testOptions(t, relay)
	ctx, cancel := context.WithCancel(t.Context())
	in, w := io.Pipe() // stays open
	defer w.Close()
	out := &waitFor{what: "ready", then: cancel}
	if err := run(ctx, o, in, out, io.Discard); err != nil {
		t.Error(err)
	}
	if _, all := runLines(t, o, ""); len(all) == 0 {
		t.Error("the store does not open again")
	}
}

type waitFor struct {
	what string
	then func()
}

func (w *waitFor) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(w.what)) {
		w.then()
	}
	return len(b), nil
}

func TestTheCommandLineIsChecked(t *testing.T) {
	var out bytes.Buffer
	if _, err := parse([]string{"-dir", "x"}, &out); err == nil {
		t.Error("no user is needed")
	}
	if err := run(t.Context(), options{dir: t.TempDir(), user: "a", log: "warn", relay: "http://127.0.0.1:1"}, nil, nil, io.Discard); err == nil {
		t.Error("no password is needed")
	}
	if err := run(t.Context(), options{log: "loud"}, nil, nil, io.Discard); err == nil {
		t.Error("any log level will do")
	}
	if _, err := (options{passwordEnv: "FERRY_TEST_NO_SUCH"}).password(); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
