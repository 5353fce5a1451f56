package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
)

// signedUp makes a user with a cookie, and returns their account id.
func (w *world) signedUp(username string) string {
	w.t.Helper()
	var in struct{ Account struct{ ID string } }
	a := w.call("POST", "/api/signup", fmt.Sprintf(`{"username":%q,"password":"correct horse","device":"Chromium"}`, username))
	if err := json.Unmarshal([]byte(a.body), &in); err != nil || a.status != 200 {
		w.t.Fatalf("%+v", a)
	}
	return in.Account.ID
}

// traces is what in the state holds one of the texts, also as hex digits.
func (w *world) traces(texts ...string) (all []string) {
	w.t.Helper()
	err := w.server.opt.Bus.Everything(w.t.Context(), func(stream, key string, data []byte) error {
		for _, text := range texts {
			for _, form := range []string{text, hex.EncodeToString([]byte(text)), base64.StdEncoding.EncodeToString([]byte(text))} {
				if strings.Contains(key, form) || strings.Contains(string(data), form) {
					all = append(all, stream+" "+key)
				}
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// upload sends a whole file.
func (w *world) upload(data string) {
	w.t.Helper()
	sum := sha256.Sum256([]byte(data))
	a := w.call("POST", "/api/media", fmt.Sprintf(`{"size":%d,"sha256":%q}`, len(data), base64.StdEncoding.EncodeToString(sum[:])))
	var up struct{ ID string }
	if err := json.Unmarshal([]byte(a.body), &up); err != nil || up.ID == "" {
		w.t.Fatalf("%+v", a)
	}
	if a := w.call("PUT", "/api/media/"+up.ID, data, "Content-Type:", fmt.Sprintf("Content-Range: bytes 0-%d/%d", len(data)-1, len(data))); a.status != 200 {
		w.t.Fatalf("%+v", a)
	}
}

func TestAPersonSeesEverythingThatIsKeptAndTakesItAlong(t *testing.T) {
	w := newWorld(t, builtSite, func(_ *config.Config, l *limit.Limits) { l.SignUps = 0 })
	if a := w.call("GET", "/api/account", ""); a.code() != "signed_out" {
		t.Fatalf("%+v", a)
	}
	id := w.signedUp("anna")
	w.upload("the encrypted bytes of a photo")
	see := func() (m mine) {
		t.Helper()
		a := w.call("GET", "/api/account", "")
		if err := json.Unmarshal([]byte(a.body), &m); err != nil || a.status != 200 {
			t.Fatalf("%+v", a)
		}
		return m
	}
	m := see()
	switch {
	case m.Account.ID != id || m.Account.Username != "anna" || m.Account.Created.IsZero() || m.Account.SignIn != "password":
		t.Errorf("account: %+v", m.Account)
	case len(m.Sessions) != 1 || !m.Sessions[0].Current || m.Sessions[0].Device != "Chromium":
		t.Errorf("sessions: %+v", m.Sessions)
	case len(m.Media.Files) != 1 || m.Media.Bytes != 30 || m.Media.Count != 1 || m.Media.Files[0].Size != 30 || m.Media.Files[0].Expires.IsZero() || m.Media.QuotaBytes == 0:
		t.Errorf("media: %+v", m.Media)
	case m.Enlistment == nil || m.Enlistment.Address != "7-4242@interop":
		t.Errorf("enlistment: %+v", m.Enlistment)
	}
	for answer, want := range map[string]string{
		`{"error":{"code":"revoked","message":"No."}}`:     "not enlisted",
		`{"error":{"code":"bad_request","message":"No."}}`: "not told",
		"method not allowed":                               "not told",
	} {
		w.gateway = func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(rw, answer)
		}
		if e := see().Enlistment; want == "not told" && e != nil || want != "not told" && (e == nil || e.Address != "" || len(e.Devices) != 0) {
			t.Errorf("%s: %+v, want %s", answer, e, want)
		}
	}
	a := w.call("GET", "/api/account/export", "")
	if d := a.header.Get("Content-Disposition"); d != `attachment; filename="ferry-account-anna.json"` || !strings.Contains(a.body, "\n  \"account\": {\n") || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%q %s", d, a.body)
	}
	for _, secret := range []string{"hash", "argon2", "ferry-session"} {
		if strings.Contains(a.body, secret) {
			t.Errorf("the export holds %q: %s", secret, a.body)
		}
	}
}

func TestAPasswordIsChangedByWhoKnowsTheOldOne(t *testing.T) {
	w := newWorld(t, builtSite, nil)
	w.signedUp("anna")
	for _, c := range []struct {
		body   string
		status int
		code   string
		field  string
	}{
		{`{"old":"wrong","new":"battery staple"}`, 403, "wrong_password", `"field":"old"`},
		{`{"old":"correct horse","new":"short"}`, 422, "invalid_password", `"field":"password"`},
		{`{"old":"correct horse","new":"battery staple"}`, 200, "", ""},
		{`{"old":"correct horse","new":"battery staple"}`, 403, "wrong_password", `"field":"old"`},
	} {
		if a := w.call("POST", "/api/password", c.body); a.status != c.status || a.code() != c.code || !strings.Contains(a.body, c.field) {
			t.Errorf("%s: %d %s", c.body, a.status, a.body)
		}
	}
	if a := w.call("POST", "/api/password", `{}`, "Origin: https://evil.example"); a.code() != "bad_origin" {
		t.Errorf("another page: %+v", a)
	}
	if a := w.call("GET", "/api/me", ""); a.status != 200 {
		t.Errorf("the one who changed it is out: %+v", a)
	}
}

func TestADeletedAccountIsGoneEverywhereAtOnce(t *testing.T) {
	w := newWorld(t, builtSite, func(_ *config.Config, l *limit.Limits) { l.SignUps = 0 })
	bob := w.signedUp("bobby")
	w.upload("the encrypted bytes of a photo")
	other := &world{t: t, url: w.url}
	var in struct{ Token string }
	if err := json.Unmarshal([]byte(w.call("POST", "/api/signup", `{"username":"anna-lena","password":"correct horse","bearer":true}`).body), &in); err != nil {
		t.Fatal(err)
	}
	other.bearer = in.Token
	id := w.accountID(other)
	other.upload("the encrypted bytes of a photo")
	other.upload("of another")
	other.call("POST", "/api/signin", `{"username":"anna-lena","password":"correct horse","bearer":true}`)
	c, _, err := websocket.Dial(t.Context(), "ws"+w.url[4:]+"/tunnel", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + in.Token}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow() //nolint:errcheck // a test's client
	if len(w.traces(id, "anna-lena")) < 4 {
		t.Fatalf("too few traces before: %v", w.traces(id, "anna-lena"))
	}

	fine := w.gateway
	asked := 0
	w.gateway = func(rw http.ResponseWriter, _ *http.Request) { asked++; rw.WriteHeader(http.StatusInternalServerError) }
	before := fmt.Sprint(w.traces(id))
	for _, c := range []struct {
		body, code string
		asks       int
	}{
		{`{"password":"wrong horse"}`, "wrong_password", 0},
		{`{}`, "wrong_password", 0},
		{`{"password":"correct horse"}`, "gateway_unreachable", 1},
	} {
		asked = 0
		if a := other.call("DELETE", "/api/account", c.body); a.code() != c.code || asked != c.asks {
			t.Errorf("%s: %d %s, the gateway was asked %d times", c.body, a.status, a.body, asked)
		}
	}
	if after := fmt.Sprint(w.traces(id)); after != before {
		t.Errorf("a deletion that was refused has changed something:\n%s\n%s", before, after)
	}
	revoked := 0
	w.gateway = func(rw http.ResponseWriter, r *http.Request) {
		if revoked++; revoked > 1 {
			rw.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(rw, `{"error":{"code":"revoked","message":"No."}}`)
			return
		}
		fine(rw, r)
	}
	if a := other.call("DELETE", "/api/account", `{"password":"correct horse"}`); a.status != 200 || revoked != 2 {
		t.Fatalf("%d calls of the gateway, %+v", revoked, a)
	}
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 4403 {
		t.Errorf("the tunnel is told %v", err)
	}
	if left := w.traces(id, "anna-lena"); left != nil {
		t.Errorf("left: %v", left)
	}
	if a := other.call("GET", "/api/me", ""); a.code() != "signed_out" {
		t.Errorf("%+v", a)
	}
	if len(w.traces(bob)) == 0 || w.call("GET", "/api/me", "").status != 200 {
		t.Error("somebody else has lost something")
	}
	if a := other.call("POST", "/api/signup", `{"username":"anna-lena","password":"correct horse","bearer":true}`, "Origin:"); a.status != 200 || strings.Contains(a.body, id) {
		t.Errorf("the name is not free, or leads to the old account: %+v", a)
	}
}

// accountID is who another client is.
func (w *world) accountID(other *world) string {
	w.t.Helper()
	var me struct{ ID string }
	if err := json.Unmarshal([]byte(other.call("GET", "/api/me", "").body), &me); err != nil || me.ID == "" {
		w.t.Fatal(err)
	}
	return me.ID
}
