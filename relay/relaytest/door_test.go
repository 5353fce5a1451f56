package relaytest

import (
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

// The door is that of a browser: what a page of the relay's can reach.
func TestTheSandboxIsReachedThroughTheRelay(t *testing.T) {
	for name, opt := range map[string]Options{"embedded": {}, "apart": {Apart: true}} {
		t.Run(name, func(t *testing.T) {
			w := Start(t, opt)
			var site struct {
				Gateway struct {
					Sandbox bool   `json:"sandbox"`
					RootKey string `json:"rootKey"`
				} `json:"gateway"`
			}
			w.Call(http.MethodGet, w.URL+"/api/config", "", nil, &site)
			if !site.Gateway.Sandbox {
				t.Fatal("the page is not told of the sandbox")
			}
			var info struct {
				RootKey string `json:"rootKey"`
			}
			w.Call(http.MethodGet, w.URL+"/sandbox", "", nil, &info)
			if info.RootKey == "" || info.RootKey != site.Gateway.RootKey {
				t.Errorf("root key %q, and the page is told %q", info.RootKey, site.Gateway.RootKey)
			}
			w.Call(http.MethodPost, w.URL+"/sandbox/phones", "", map[string]any{"phone": "+4915510000042", "name": "Ada"}, nil)
			w.Call(http.MethodGet, w.GatewayURL+"/sandbox/phones/+4915510000042", "", nil, nil)
			c, _, err := websocket.Dial(t.Context(), "ws"+w.URL[len("http"):]+"/sandbox/ws/chat", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow() //nolint:errcheck // a test's client
			if err := c.Write(t.Context(), websocket.MessageBinary, []byte(garbage)); err != nil {
				t.Fatal(err)
			}
			if _, _, err = c.Read(t.Context()); websocket.CloseStatus(err) != 4504 {
				t.Errorf("closed with %v", err)
			}
		})
	}
}
