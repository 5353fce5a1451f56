package relaytest

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ferry/relay/wire"
)

func TestAWorldEnlistsTunnelsAndRestarts(t *testing.T) {
	for name, opt := range map[string]Options{
		"embedded": {Capture: true},
		"apart":    {Capture: true, Apart: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := Start(t, opt)
			bearer := w.SignUp("anna")
			first := enlistAt(w, bearer)
			tunnelWorks(t, w, bearer)
			url, root := w.URL, w.Root
			w.RestartGateway()
			w.RestartRelay()
			if w.URL != url || w.Root != root {
				t.Fatalf("after the restart: %s, %x", w.URL, w.Root)
			}
			if again := enlistAt(w, bearer); again != first {
				t.Fatalf("enlisted as %+v, then as %+v", first, again)
			}
			tunnelWorks(t, w, bearer)
			if !bytes.Contains(w.Tunnel.Up(), []byte("GET /ws/chat")) || !bytes.Contains(w.Tunnel.Sent(), []byte(garbage)) || len(w.Tunnel.Down()) == 0 {
				t.Error("nothing was captured")
			}
		})
	}
}

type enlisted struct {
	AccountID uint64 `json:"accountId"`
	Device    uint16 `json:"device"`
	Address   string `json:"address"`
	RootKey   string `json:"rootKey"`
}

func enlistAt(w *World, bearer string) (e enlisted) {
	w.t.Helper()
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))
	w.Call(http.MethodPost, w.URL+"/api/gateway/enlist", bearer, map[string]string{"noiseKey": key}, &e)
	if jid, err := wire.ParseJID(e.Address); err != nil || jid.Server != wire.ServerInterop {
		w.t.Fatalf("address %q: %v", e.Address, err)
	}
	return e
}

const garbage = "this is no Noise handshake, so go away"

// tunnelWorks sends garbage: the gateway's closing shows that it arrived.
func tunnelWorks(t *testing.T, w *World, bearer string) {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), "ws"+w.URL[len("http"):]+"/tunnel", &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + bearer}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow() //nolint:errcheck // a test's client
	if err := c.Write(t.Context(), websocket.MessageBinary, []byte(garbage)); err != nil {
		t.Fatal(err)
	}
	_, _, err = c.Read(t.Context())
	if code := websocket.CloseStatus(err); code != 4504 {
		t.Fatalf("closed with %v", err)
	}
}

func TestEchoIsThere(t *testing.T) {
	w := Start(t, Options{Echo: true})
	var site struct {
		Gateway struct {
			Echo    string `json:"echo"`
			Sandbox bool   `json:"sandbox"`
		} `json:"gateway"`
	}
	w.Call(http.MethodGet, w.URL+"/api/config", "", nil, &site)
	if site.Gateway.Echo == "" || !site.Gateway.Sandbox {
		t.Fatalf("%+v", site)
	}
	for end := time.Now().Add(20 * time.Second); !bytes.Contains(w.Logs.Bytes(), []byte("is paired")); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("Echo was not paired:\n%s", w.Logs.Bytes())
		}
	}
}
