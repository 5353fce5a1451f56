//go:build unix

package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ferry/relay/relaytest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	relaytest.RemoveBinary()
	os.Exit(code)
}

// freePorts is the first of ten that nobody listens at.
func freePorts(t *testing.T) int {
	t.Helper()
next:
	for first := 21000 + os.Getpid()%1000*10; ; first += 10 {
		for p := first; p < first+10; p++ {
			ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: p})
			if err != nil {
				continue next
			}
			_ = ln.Close()
		}
		return first
	}
}

func TestThreeMessengersStartAndEndTogether(t *testing.T) {
	openid := filepath.Join(t.TempDir(), "openid")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", openid, "ferry/relay/relaytest/openid").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var out relaytest.Logs
	w := &world{ferry: relaytest.Binary(t), openid: openid, data: t.TempDir(), port: freePorts(t), out: &out, ended: make(chan *process, 8)}
	signals, done := make(chan os.Signal, 2), make(chan error, 1)
	go func() { done <- w.run(signals) }()
	said := func(text string) {
		t.Helper()
		for !strings.Contains(string(out.Bytes()), text) {
			select {
			case err := <-done:
				t.Fatalf("ended: %v\n%s", err, out.Bytes())
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	said("Ctrl-C ends all")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	type told struct {
		Provider struct {
			ID   int
			Name string
		}
		SignIn struct{ Kind, Name string }
	}
	for _, m := range messengers {
		var got, want told
		want.Provider.ID, want.Provider.Name, want.SignIn.Kind = m.id, m.name, "password"
		if m.elsewhere {
			want.SignIn.Kind, want.SignIn.Name = "oidc", m.name+" ID"
		}
		if err := get(ctx, "http://"+w.local(m)+"/api/config", &got); err != nil || got != want {
			t.Errorf("%s: %+v, want %+v; %v", m.name, got, want, err)
		}
	}
	to, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get("http://" + w.local(messengers[1]) + "/api/oidc/start")
	if err != nil || !strings.HasPrefix(to.Header.Get("Location"), "http://"+w.issuer(messengers[1])) {
		t.Errorf("sent to %v, %v", to.Header, err)
	}

	for _, p := range w.all { // one of them dies
		if p.name == "Pigeon" {
			_ = p.cmd.Process.Kill()
		}
	}
	said("Pigeon has ended")
	if err := get(ctx, "http://"+w.local(messengers[2])+"/api/config", nil); err != nil {
		t.Errorf("another one has gone with it: %v", err)
	}
	signals <- syscall.SIGINT
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, p := range w.all {
		select {
		case <-p.done:
		default:
			t.Errorf("%s goes on", p.name)
		}
	}
	if strings.Contains(string(out.Bytes()), "panic") {
		t.Errorf("%s", out.Bytes())
	}
}
