// Package relaytest starts a real relay and a real reference gateway inside a
// test, on free ports and with a data folder of their own, and restarts either
// with the same ports and data.
package relaytest

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
	"ferry/relay/internal/node"
	"ferry/relay/wire"
)

// Options of a World. The zero value is a relay with its gateway embedded and a
// sandbox without Echo.
type Options struct {
	Echo    bool                // a WhatsApp user who answers; one World with Echo at a time
	Apart   bool                // relay and gateway as two nodes with data of their own
	Capture bool                // record the bytes between relay and gateway
	Site    fs.FS               // the built site, e.g. web.Dist(); nil: none
	Origins []string            // further origins whose pages may use the relay
	Limits  func(*limit.Limits) // changes to the relay's limits
	Config  func(*config.Config)
	Now     func() time.Time
	Dir     string // data folder; "": a temporary one
}

// World is what Start started.
type World struct {
	URL        string // of the relay, "http://127.0.0.1:1234"
	GatewayURL string // of the gateway's HTTP, "http://127.0.0.1:1235"
	ChatURL    string // of the gateway's chat socket
	AdminURL   string // of the relay's private listener
	Root       wire.RootKey
	Dir        string // everything that relay and gateway keep
	Logs       *Logs  // of both, at debug level
	Tunnel     *Capture

	t              testing.TB
	opt            Options
	relay, gateway *node.Node // gateway is nil when embedded
}

// stopTime bounds the end of a node, so that a test that hangs says so.
const stopTime = 30 * time.Second

// Start starts a world, which ends with the test.
func Start(t testing.TB, opt Options) *World {
	t.Helper()
	w := &World{t: t, opt: opt, Dir: opt.Dir, Logs: &Logs{}}
	if w.Dir == "" {
		w.Dir = t.TempDir()
	}
	t.Cleanup(w.stop)
	if opt.Apart {
		w.startGateway()
	}
	w.startRelay()
	return w
}

func (w *World) stop() {
	w.StopRelay()
	if w.opt.Apart {
		w.StopGateway()
	}
	if w.Tunnel != nil {
		w.Tunnel.close()
	}
}

// RestartRelay stops the relay in good order (and the gateway, if it is embedded)
// and starts it with the same port and data.
func (w *World) RestartRelay() {
	w.t.Helper()
	w.StopRelay()
	w.startRelay()
}

// RestartGateway does so with the gateway.
func (w *World) RestartGateway() {
	w.t.Helper()
	if !w.opt.Apart {
		w.RestartRelay()
		return
	}
	w.StopGateway()
	w.startGateway()
}

// StopRelay stops the relay, and the gateway if it is embedded. StartRelay brings
// it back.
func (w *World) StopRelay() { w.halt(&w.relay, "relay") }

// StartRelay starts it again.
func (w *World) StartRelay() { w.t.Helper(); w.startRelay() }

// StopGateway stops a gateway that runs apart.
func (w *World) StopGateway() { w.halt(&w.gateway, "gateway") }

// StartGateway starts it again.
func (w *World) StartGateway() { w.t.Helper(); w.startGateway() }

func (w *World) halt(n **node.Node, name string) {
	if *n == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := (*n).Stop(ctx); err != nil {
		w.t.Errorf("stop %s: %v", name, err)
	}
	*n = nil
}

func (w *World) startGateway() {
	w.t.Helper()
	cfg := w.config("gateway")
	cfg.Sandbox, cfg.Echo = config.On, echoSwitch(w.opt.Echo)
	ln := w.listen(w.GatewayURL)
	if w.URL == "" {
		w.URL = reserve(w.t) // the gateway must know its provider's name
	}
	cfg.URL = w.URL
	w.gateway = w.start(node.Options{Config: cfg, Alone: true, GatewayListener: ln})
	w.meet(w.gateway)
}

func (w *World) startRelay() {
	w.t.Helper()
	cfg := w.config("relay")
	cfg.Echo, cfg.Admin = echoSwitch(w.opt.Echo), "127.0.0.1:0"
	cfg.Origins = append(cfg.Origins, w.opt.Origins...)
	opt := node.Options{Listener: w.listen(w.URL)}
	w.URL = "http://" + opt.Listener.Addr().String()
	cfg.URL = w.URL
	if w.opt.Apart {
		w.capture()
		cfg.Gateway, cfg.GatewayAPI, cfg.GatewayRoot = w.dialled(), w.GatewayURL, hex.EncodeToString(w.Root[:])
		cfg.GatewayMedia = w.GatewayURL
		if cfg.Sandbox == config.Auto {
			cfg.Sandbox = config.On
		}
	} else {
		opt.GatewayListener = w.listen(w.GatewayURL)
		w.at(opt.GatewayListener.Addr())
		w.capture()
		opt.ChatURL = w.dialled()
	}
	opt.Config = cfg
	w.relay = w.start(opt)
	w.AdminURL = "http://" + w.relay.AdminAddr().String()
	if !w.opt.Apart {
		w.meet(w.relay)
	}
}

func (w *World) start(opt node.Options) *node.Node {
	w.t.Helper()
	opt.Site, opt.Now = w.opt.Site, w.opt.Now
	opt.Tick, opt.EchoTyping = 50*time.Millisecond, 50*time.Millisecond
	opt.Log = slog.New(slog.NewTextHandler(w.Logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	n, err := node.Start(ctx, opt)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// config is the standard configuration with a folder of its own and short drains.
func (w *World) config(part string) config.Config {
	w.t.Helper()
	l, err := config.Load(nil, func(string) string { return "" }, io.Discard)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := l.Config
	cfg.Data, cfg.Admin = filepath.Join(w.Dir, part), ""
	cfg.Drain, cfg.DrainMax = 100*time.Millisecond, 5*time.Second
	limits := cfg.Limits()
	limits.SignUps, limits.SignIns, limits.Requests, limits.Tokens = 0, 0, 0, 0 // all tests are one address
	limits.TunnelsAddress, limits.TunnelOpens = 0, 0
	if w.opt.Limits != nil {
		w.opt.Limits(&limits)
	}
	cfg.SetLimits(limits)
	if w.opt.Config != nil {
		w.opt.Config(&cfg)
	}
	return cfg
}

func echoSwitch(on bool) config.Switch {
	if on {
		return config.On
	}
	return config.Off
}

// meet learns where the gateway is and how to trust it.
func (w *World) meet(n *node.Node) {
	w.t.Helper()
	w.at(n.GatewayAddr())
	var info struct {
		RootKey string `json:"rootKey"`
	}
	w.Call(http.MethodGet, w.GatewayURL+"/sandbox", "", nil, &info)
	root, err := hex.DecodeString(info.RootKey)
	if err != nil || len(root) != len(w.Root) {
		w.t.Fatalf("the gateway's root key is %q", info.RootKey)
	}
	copy(w.Root[:], root)
}

func (w *World) at(gateway net.Addr) {
	w.GatewayURL = "http://" + gateway.String()
	w.ChatURL = "ws://" + gateway.String() + wire.PathChat
}

// capture puts the recorder before the gateway; it stays through restarts.
func (w *World) capture() {
	w.t.Helper()
	if w.opt.Capture && w.Tunnel == nil {
		w.Tunnel = newCapture(w.t, strings.TrimPrefix(w.GatewayURL, "http://"))
	}
}

// dialled is the chat address that the relay uses.
func (w *World) dialled() string {
	if w.Tunnel == nil {
		return w.ChatURL
	}
	return "ws://" + w.Tunnel.Addr() + wire.PathChat
}

// listen opens a free port, or the one of before.
func (w *World) listen(before string) net.Listener {
	w.t.Helper()
	address := "127.0.0.1:0"
	if u, err := url.Parse(before); err == nil && u.Host != "" {
		address = u.Host
	}
	var ln net.Listener
	var err error
	for range 50 { // another test's client may sit on the port for a moment
		if ln, err = net.Listen("tcp", address); err == nil {
			return ln
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.t.Fatal(err)
	return nil
}

func reserve(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() //nolint:errcheck // only its number is wanted
	return "http://" + ln.Addr().String()
}

// Call makes a JSON call and decodes the answer; a refusal ends the test. The
// bearer token may be "".
func (w *World) Call(method, address, bearer string, in, out any) {
	w.t.Helper()
	status, body, err := Do(method, address, bearer, in)
	if err != nil {
		w.t.Fatal(err)
	}
	if status >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, address, status, body)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			w.t.Fatalf("%s %s: %v in %s", method, address, err, body)
		}
	}
}

// Do makes a JSON call and returns the answer as it is.
func Do(method, address, bearer string, in any) (status int, body []byte, err error) {
	var r io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, nil, fmt.Errorf("call: %w", err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, address, r)
	if err != nil {
		return 0, nil, fmt.Errorf("call: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("call: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// client keeps no connections, which would outlive a restart.
var client = &http.Client{Timeout: stopTime, Transport: &http.Transport{DisableKeepAlives: true}}

// Password is that of every user of SignUp.
const Password = "correct horse"

// SignUp makes an account and returns its bearer token.
func (w *World) SignUp(username string) (bearer string) {
	w.t.Helper()
	var out struct {
		Token string `json:"token"`
	}
	w.Call(http.MethodPost, w.URL+"/api/signup", "", map[string]any{
		"username": username, "password": Password, "device": "test", "bearer": true,
	}, &out)
	return out.Token
}

// NewPhone makes a WhatsApp account in the sandbox.
func (w *World) NewPhone(phone, name string, thirdPartyChats bool) {
	w.t.Helper()
	w.Call(http.MethodPost, w.GatewayURL+"/sandbox/phones", "", map[string]any{
		"phone": phone, "name": name, "thirdPartyChats": thirdPartyChats,
	}, nil)
}

// Scan lets a phone scan a companion's QR text.
func (w *World) Scan(phone, qr string) {
	w.t.Helper()
	w.Call(http.MethodPost, w.GatewayURL+"/sandbox/phones/"+url.PathEscape(phone)+"/scan", "", map[string]string{"qr": qr}, nil)
}

// Logs collects what relay and gateway log. Safe for concurrent use.
type Logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *Logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// Bytes returns a copy of everything so far.
func (l *Logs) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.buf.Bytes())
}
