// Package idp runs a real OpenID provider, relay/relaytest/openid, as a process
// for tests, and plays a person who signs in there.
package idp

import (
	"bufio"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var program struct {
	sync.Once
	path string
	err  error
}

// RemoveBinary removes what Start built; for TestMain.
func RemoveBinary() {
	if program.path != "" {
		_ = os.RemoveAll(filepath.Dir(program.path))
	}
}

// Provider is a running provider. Its people are given as name:password.
type Provider struct {
	t        *testing.T
	Issuer   string // with a slash at the end
	redirect string
}

// Start runs a provider with one client, until the test ends.
func Start(t *testing.T, client, secret, redirect string, people ...string) *Provider {
	t.Helper()
	program.Do(build)
	if program.err != nil {
		t.Fatal(program.err)
	}
	args := []string{"-client", client + ":" + secret, "-redirect", redirect}
	for _, p := range people {
		args = append(args, "-user", p)
	}
	cmd := exec.Command(program.path, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return &Provider{t, strings.TrimSpace(line), redirect}
}

func build() {
	dir, err := os.MkdirTemp("", "ferry-openid-")
	if err != nil {
		program.err = err
		return
	}
	program.path = filepath.Join(dir, "openid")
	out, err := exec.Command("go", "build", "-o", program.path, "ferry/relay/relaytest/openid").CombinedOutput()
	if err != nil {
		program.err = errors.New(string(out))
	}
}

// Tell changes the provider's ways: "rotate", "lifetime?d=-1m", "skew?d=10m".
func (p *Provider) Tell(what string) {
	p.t.Helper()
	res, err := http.Post(p.Issuer+"control/"+what, "", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		p.t.Fatal(what, res.Status)
	}
}

// SignIn goes where a relay has sent the browser, signs in, and returns the
// address to which the provider sends the browser back, without going there.
func (p *Provider) SignIn(to, name, password string) *url.URL {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	var back *url.URL
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), p.redirect) {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page, err := browser.Get(to)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = page.Body.Close()
	if back != nil { // refused before anybody was asked
		return back
	}
	form := url.Values{"username": {name}, "password": {password}, "id": {page.Request.URL.Query().Get("authRequestID")}}
	done, err := browser.PostForm(p.Issuer+"login/username", form)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = done.Body.Close()
	if back == nil {
		p.t.Fatal("the provider did not send the browser back: ", done.Status)
	}
	return back
}
