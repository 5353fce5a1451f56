package relaytest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/token"
	"ferry/relay/internal/where"
	"ferry/relay/wire"
)

// socket is a client's connection to a gateway.
type socket struct{ *websocket.Conn }

func (s socket) Read(ctx context.Context) ([]byte, error) {
	_, b, err := s.Conn.Read(ctx)
	return b, err
}

func (s socket) Write(ctx context.Context, b []byte) error {
	return s.Conn.Write(ctx, websocket.MessageBinary, b)
}

func (s socket) Close(string) error { return s.CloseNow() }

// login says how the gateway answers a login: "success", or the reason of a failure
// with its code.
func login(t *testing.T, w *World, key wire.PrivateKey, e enlisted, idToken string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, w.ChatURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	ch, err := wire.Dial(ctx, socket{c}, wire.ClientConfig{Static: key, Root: w.Root, Payload: &wire.ClientPayload{
		Product: wire.ProductInterop, Device: uint32(e.Device), HasDevice: true, Passive: true, Pull: true,
		Interop: &wire.InteropData{AccountID: e.AccountID, Token: wire.Token(idToken)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer ch.Close("") //nolint:errcheck // a test's client
	n, err := ch.ReadNode(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n.Tag == "failure" {
		return n.Attr("reason") + " " + n.Attr("message")
	}
	return n.Tag
}

func TestATokenOfOneRelayIsWorthNothingForAnother(t *testing.T) {
	gateway, relays := Several(t, Options{}, Messenger{ID: 7, Name: "Ferry"}, Messenger{ID: 8, Name: "Pigeon"})
	key, err := wire.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	noise := map[string]string{"noiseKey": base64.StdEncoding.EncodeToString(key.Public().Bytes())}
	var accounts []enlisted
	var tokens []string
	for i, w := range relays { // the same name and the same key at both
		bearer := w.SignUp("anna")
		var e enlisted
		w.Call(http.MethodPost, w.URL+"/api/gateway/enlist", bearer, noise, &e)
		if want := []string{"7-", "8-"}[i]; !strings.HasPrefix(e.Address, want) {
			t.Errorf("enlisted as %s, want %s…", e.Address, want)
		}
		var minted struct{ Token string }
		w.Call(http.MethodPost, w.URL+"/api/gateway/token", bearer, noise, &minted)
		accounts, tokens = append(accounts, e), append(tokens, minted.Token)
	}
	if accounts[0].AccountID == accounts[1].AccountID {
		t.Fatal("two people are one account")
	}

	// At the login, which names an account.
	for of := range tokens {
		for as := range accounts {
			want := "success"
			if of != as {
				want = "414 wrong_account"
			}
			if got := login(t, gateway, key, accounts[as], tokens[of]); got != want {
				t.Errorf("a token of relay %d as an account of relay %d: %s, want %s", of, as, got, want)
			}
		}
	}

	// At enlistment it makes or finds its own issuer's account, whoever brings it.
	call := func(method, idToken string) (status int, answer string) {
		status, body, err := Do(method, gateway.GatewayURL+wire.PathEnlist, "", map[string]string{
			"idToken": idToken, "noiseKey": noise["noiseKey"], "protocol": wire.EncryptionProtocol})
		if err != nil {
			t.Fatal(err)
		}
		return status, string(body)
	}
	for i, idToken := range tokens {
		status, body := call(http.MethodPost, idToken)
		var e enlisted
		if err := json.Unmarshal([]byte(body), &e); err != nil || status != http.StatusOK || e.AccountID != accounts[i].AccountID {
			t.Errorf("%d %s, want the account %d", status, body, accounts[i].AccountID)
		}
	}

	// A relay that says that it is another one signs with the wrong key.
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	rogue, err := token.Open(t.Context(), token.Config{Bus: b, Issuer: relays[1].URL, Audience: "ferry-gateway", TokenAge: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	forged, _, err := rogue.Mint(t.Context(), "anyone", "anna", key.Public().Bytes(), where.Place{})
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		if status, body := call(method, forged); status != http.StatusUnauthorized || !strings.Contains(body, "bad_signature") {
			t.Errorf("%s with a forged token: %d %s", method, status, body)
		}
	}
	if got := login(t, gateway, key, accounts[1], forged); got != "414 bad_signature" {
		t.Errorf("a login with a forged token: %s", got)
	}
}

func TestAMessengerWithAnotherEncryptionIsToldSoAtEnlistment(t *testing.T) {
	_, relays := Several(t, Options{}, Messenger{ID: 7, Name: "Ferry"}, Messenger{ID: 8, Name: "Pigeon", Protocol: "signal-v4"})
	for i, want := range []int{http.StatusOK, http.StatusBadGateway} {
		bearer := relays[i].SignUp("anna")
		status, body, err := Do(http.MethodPost, relays[i].URL+"/api/gateway/enlist", bearer, map[string]string{
			"noiseKey": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))})
		if err != nil || status != want {
			t.Errorf("relay %d: %d %s %v", i, status, body, err)
		}
		if want != http.StatusOK && (!strings.Contains(string(body), `"gateway_unsupported_protocol"`) || !strings.Contains(string(body), wire.EncryptionProtocol)) {
			t.Errorf("it is told %s", body)
		}
	}
}
