package server

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
	"ferry/relay/relaytest/idp"
)

func TestMain(m *testing.M) {
	code := m.Run()
	idp.RemoveBinary()
	os.Exit(code)
}

func TestPeopleKeepTheNameThatTheyHaveElsewhere(t *testing.T) {
	var p *idp.Provider
	w := newWorld(t, builtSite, func(c *config.Config, _ *limit.Limits) {
		p = idp.Start(t, "ferry", "s3cret", c.URL+callbackPath, "ada:lovelace", "admin:lovelace")
		c.SignInIssuer, c.SignInClient, c.SignInSecret, c.SignInName = p.Issuer, "ferry", "s3cret", "Example ID"
	})
	browser := &http.Client{Jar: w.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(url string) *http.Response {
		t.Helper()
		res, err := browser.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	to := get(w.url + "/api/oidc/start").Header.Get("Location")
	back := p.SignIn(to, "ada", "lovelace")
	if res := get(back.String()); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
		t.Fatalf("%s %s", res.Status, res.Header.Get("Location"))
	}
	if res, err := browser.Get(w.url + "/api/me"); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("not signed in: %v %v", res.Status, err)
	}
	for _, c := range []struct{ name, url, want string }{
		{"replayed", back.String(), "/signin?error=sign_in_expired"},
		{"made up", w.url + callbackPath + "?code=1&state=2", "/signin?error=sign_in_expired"},
		{"a name that is reserved here", p.SignIn(get(w.url+"/api/oidc/start").Header.Get("Location"), "admin", "lovelace").String(), "/signin?error=no_username"},
	} {
		if at := get(c.url).Header.Get("Location"); at != c.want {
			t.Errorf("%s: sent to %q, want %q", c.name, at, c.want)
		}
	}
	for _, path := range []string{"/api/signup", "/api/signin"} {
		res, err := browser.Post(w.url+path, "application/json", strings.NewReader(`{"username":"bob","password":"correct horse"}`))
		if err != nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v %v", path, res.Status, err)
		}
	}
}

func TestWithoutAnotherSignInThereIsNone(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	res, err := http.Get(w.url + "/api/oidc/start")
	if err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("%v %v", res.Status, err)
	}
}

func TestASessionIsLabelledByItsBrowser(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36":     "Chromium on Linux",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1": "Safari on macOS",
		"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile":            "Chromium on Android",
		"": "Browser on unknown system",
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
}
