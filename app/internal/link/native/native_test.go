//go:build !js

package native

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/relay/wire"
)

// relay is a small fake: each path has a handler of its own.
type relay struct {
	*http.ServeMux
	*Client
	url string
}

func newRelay(t *testing.T) *relay {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c, err := New(server.URL, "", nil)
	check(t, err)
	return &relay{mux, c, server.URL}
}

func (r *relay) answer(pattern string, status int, body string) {
	r.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var noise = wire.PublicKey{1, 2, 3}

func TestSigningInKeepsTheSessionForWhatFollows(t *testing.T) {
	r := newRelay(t)
	r.HandleFunc("POST /api/signin", func(w http.ResponseWriter, req *http.Request) {
		var body map[string]any
		json.NewDecoder(req.Body).Decode(&body)
		if body["username"] != "ada" || body["password"] != "pass" || body["device"] != "test" || body["bearer"] != true {
			t.Errorf("body is %v", body)
		}
		io.WriteString(w, `{"account":{"id":"a1","username":"ada"},"session":{"id":"s1"},"token":"secret-session"}`)
	})
	r.HandleFunc("POST /api/gateway/enlist", func(w http.ResponseWriter, req *http.Request) {
		var body struct{ NoiseKey string }
		json.NewDecoder(req.Body).Decode(&body)
		if req.Header.Get("Authorization") != "Bearer secret-session" || body.NoiseKey != base64.StdEncoding.EncodeToString(noise[:]) {
			t.Errorf("header %v, body %v", req.Header, body)
		}
		fmt.Fprintf(w, `{"accountId":1234567890,"device":2,"address":"7-1234567890@interop","rootKey":"%s"}`, strings.Repeat("ab", 32))
	})
	r.answer("POST /api/gateway/token", 200, `{"token":"a.b.c","expiresAt":"2026-01-01T00:00:00Z"}`)
	r.answer("DELETE /api/gateway/enlist", 204, "")
	r.answer("GET /api/config", 200, `{"provider":{"id":7,"name":"Ferry"},"gateway":{"sandbox":true,"rootKey":"`+strings.Repeat("cd", 32)+`"},"build":"x"}`)
	r.answer("POST /api/signout", 200, "{}")
	ctx := t.Context()
	account, err := r.SignIn(ctx, "ada", "pass", "test")
	if err != nil || account != (Account{"a1", "ada"}) {
		t.Fatalf("account %+v, %v", account, err)
	}
	e, err := r.Enlist(ctx, noise)
	if err != nil || e.AccountID != 1234567890 || e.Device != 2 || e.Address.String() != "7-1234567890@interop" || e.Root[31] != 0xab {
		t.Errorf("enlistment %+v, %v", e, err)
	}
	if token, err := r.Token(ctx, noise); err != nil || string(token) != "a.b.c" {
		t.Errorf("token %s, %v", token, err)
	}
	check(t, r.Disenlist(ctx, noise, false))
	if info, err := r.Info(ctx); err != nil || info.Provider.ID != 7 || !info.Gateway.Sandbox || info.Gateway.RootKey[0] != 0xcd {
		t.Errorf("info %+v, %v", info, err)
	}
	check(t, r.SignOut(ctx))
	if r.Session() != "" {
		t.Error("the session outlives the sign-out")
	}
}

func TestTheSessionNeverPrintsItself(t *testing.T) {
	s := Session("secret")
	text, err := json.Marshal(map[string]any{"s": s})
	check(t, err)
	if all := fmt.Sprintf("%v %s %q %x %#v %+v %s", s, s, s, s, s, struct{ S Session }{s}, text); strings.Contains(all, "secret") || strings.Contains(all, "736563") {
		t.Error(all)
	}
}

func TestRefusalsKeepTheirCode(t *testing.T) {
	r := newRelay(t)
	r.answer("POST /api/signup", 422, `{"error":{"code":"username_taken","message":"Taken.","field":"username"}}`)
	r.answer("GET /api/me", 502, `<html>Bad gateway</html>`)
	_, err := r.SignUp(t.Context(), "a", "b", "c")
	var api *link.APIError
	if !errors.As(err, &api) || *api != (link.APIError{Status: 422, Code: "username_taken", Message: "Taken.", Field: "username", Retry: 7 * time.Second}) {
		t.Errorf("error %+v", err)
	}
	if _, err = r.Me(t.Context()); !errors.As(err, &api) || api.Status != 502 || api.Code != "" || api.Hop() != model.HopGateway {
		t.Errorf("error %+v", err)
	}
}

func TestTheSessionIsNotCarriedToAnotherServer(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	defer elsewhere.Close()
	r := newRelay(t)
	r.setSession("secret")
	r.Handle("GET /api/me", http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	if _, err := r.Me(t.Context()); err == nil {
		t.Error("a redirect is no answer")
	}
}

func TestOnlyHTTPURLsAreRelays(t *testing.T) {
	for _, base := range []string{"", "localhost:8080", "ftp://x", "https://", "://"} {
		if _, err := New(base, "", nil); err == nil {
			t.Errorf("%q was taken", base)
		}
	}
}

// tunnel has the fake relay accept and hand the socket to fn.
func (r *relay) tunnel(t *testing.T, fn func(*websocket.Conn)) {
	r.HandleFunc("GET /tunnel", func(w http.ResponseWriter, req *http.Request) {
		if got := req.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("authorization is %q", got)
		}
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		fn(conn)
	})
	r.setSession("secret")
}

func TestTheTunnelCarriesOneMessageAWrite(t *testing.T) {
	r := newRelay(t)
	r.tunnel(t, func(conn *websocket.Conn) {
		conn.SetReadLimit(-1)
		for {
			kind, b, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			conn.Write(context.Background(), kind, b)
		}
	})
	p, err := r.DialTunnel(t.Context())
	check(t, err)
	for _, size := range []int{1, 3 << 20} {
		check(t, p.Write(t.Context(), make([]byte, size)))
		if b, err := p.Read(t.Context()); err != nil || len(b) != size {
			t.Errorf("%d bytes came back as %d, %v", size, len(b), err)
		}
	}
	check(t, p.Close("done"))
	if _, err := p.Read(t.Context()); err == nil {
		t.Error("read after close")
	}
}

func TestCloseCodesReachTheReader(t *testing.T) {
	for code, want := range map[websocket.StatusCode]link.CloseError{
		link.CloseUnauthorized:        {Code: 4401, Reason: "word"},
		link.CloseGatewayUnreachable:  {Code: 4502, Reason: "word"},
		websocket.StatusGoingAway:     {Reason: "connection_lost"},
		websocket.StatusInternalError: {Reason: "connection_lost"},
	} {
		r := newRelay(t)
		r.tunnel(t, func(conn *websocket.Conn) { conn.Close(code, "word") })
		p, err := r.DialTunnel(t.Context())
		check(t, err)
		_, err = p.Read(t.Context())
		var closed *link.CloseError
		if !errors.As(err, &closed) || *closed != want {
			t.Errorf("%d reads as %v", code, err)
		}
	}
}

func TestTextOnTheTunnelIsRefused(t *testing.T) {
	r := newRelay(t)
	r.tunnel(t, func(conn *websocket.Conn) {
		conn.Write(context.Background(), websocket.MessageText, []byte("hello"))
		conn.Read(context.Background())
	})
	p, err := r.DialTunnel(t.Context())
	check(t, err)
	_, err = p.Read(t.Context())
	var closed *link.CloseError
	if !errors.As(err, &closed) || closed.Code != link.CloseBadFrame {
		t.Errorf("error %v", err)
	}
}

func TestARefusedUpgradeSaysWhy(t *testing.T) {
	for status, want := range map[int]link.CloseError{
		401: {Code: link.CloseUnauthorized, Reason: "unauthorized"}, 429: {Code: link.CloseTooMany, Reason: "too_many"},
		503: {Code: link.CloseDraining, Reason: "draining"}, 404: {Reason: "upgrade_refused"},
	} {
		r := newRelay(t)
		r.answer("GET /tunnel", status, "no")
		_, err := r.DialTunnel(t.Context())
		var closed *link.CloseError
		if !errors.As(err, &closed) || *closed != want {
			t.Errorf("%d reads as %v", status, err)
		}
	}
}

func TestClosingADeadTunnelDoesNotHang(t *testing.T) {
	r := newRelay(t)
	release := make(chan struct{})
	r.tunnel(t, func(conn *websocket.Conn) { <-release }) // reads nothing, answers no farewell
	defer close(release)
	p, err := r.DialTunnel(t.Context())
	check(t, err)
	done := make(chan struct{})
	go func() { p.Close("done"); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("close hangs")
	}
}

func TestALinkComesUpOverARealSocket(t *testing.T) {
	r := newRelay(t)
	r.answer("POST /api/gateway/token", 200, `{"token":"a.b.c"}`)
	static, err := wire.GenerateKey(nil)
	check(t, err)
	authority, err := wire.NewAuthority(nil)
	check(t, err)
	chain, err := authority.Issue(static.Public(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	check(t, err)
	r.tunnel(t, func(conn *websocket.Conn) {
		ctx := context.Background()
		ch, _, payload, err := wire.Accept(ctx, &socket{conn}, wire.ServerConfig{Static: static, Chain: chain})
		if err != nil || string(payload.Interop.Token) != "a.b.c" {
			t.Errorf("payload %+v, %v", payload, err)
			return
		}
		ch.WriteNode(ctx, wire.N("success", nil))
		for {
			n, err := ch.ReadNode(ctx)
			if err != nil {
				return
			}
			if n.Attr("id") == "B" { // the ack of A has arrived
				conn.Close(link.CloseDraining, "draining")
				return
			}
			ch.WriteNode(ctx, wire.N("ack", []wire.Attr{wire.A("id", n.Attr("id"))}))
		}
	})
	mine, err := wire.GenerateKey(nil)
	check(t, err)
	l := link.New(link.Config{Dial: r.DialTunnel, Login: link.InteropLogin(r, mine.Public(), link.Enlistment{}), Static: mine, Root: authority.Root()})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	var seen []string
	var conn *link.Conn
	for e := range l.Events() {
		seen = append(seen, fmt.Sprintf("%T", e))
		if up, ok := e.(link.Up); ok {
			conn = up.Conn
			check(t, conn.Send(wire.N("message", []wire.Attr{wire.A("id", "A")})))
		}
		if _, ok := e.(link.Stanza); ok {
			check(t, conn.Send(wire.N("message", []wire.Attr{wire.A("id", "B")})))
		}
		if down, ok := e.(link.Down); ok {
			if down.Reason != "draining" || down.Hop != model.HopRelay {
				t.Errorf("down %+v", down)
			}
			break
		}
	}
	if got := strings.Join(seen, " "); got != "link.Connecting link.Up link.Stanza link.Down" {
		t.Error(got)
	}
	cancel()
	<-ended
}
