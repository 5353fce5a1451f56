// Package apart runs a relay and a gateway as two processes of the ferry command, each with a data folder, logs and
// an end of its own, the way two companies would run them.
package apart

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"testing"
	"time"

	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// Options of a World. The zero value has nothing between the relay and the gateway.
type Options struct {
	// Between gives the host and port at which the relay is told that the gateway is, given where it really is.
	Between func(gateway string) string
	// BetweenAPI does so for the gateway's HTTP interface.
	BetweenAPI func(gateway string) string
	// Relay are further arguments of the relay.
	Relay []string
}

// World is what Start started.
type World struct {
	URL        string // of the relay
	GatewayURL string // of the gateway's HTTP
	Box        waclient.Sandbox

	Relay, Gateway       *relaytest.Process
	RelayDir, GatewayDir string // everything that each keeps

	t                        testing.TB
	relayAdmin, gatewayAdmin string
}

// startTime bounds the start of a process.
const startTime = 60 * time.Second

// Start starts both; they end with the test.
func Start(t testing.TB, opt Options) *World {
	t.Helper()
	at := Ports(t, 4)
	dir := t.TempDir()
	w := &World{
		t: t, URL: "http://" + at[0], GatewayURL: "http://" + at[1],
		relayAdmin: "http://" + at[2], gatewayAdmin: "http://" + at[3],
		RelayDir: filepath.Join(dir, "relay"), GatewayDir: filepath.Join(dir, "gateway"),
	}
	w.Box = waclient.Sandbox{URL: w.GatewayURL}
	w.Gateway = relaytest.Run(t, "gateway", "-gateway-listen", at[1], "-admin", at[3], "-data", w.GatewayDir,
		"-url", w.URL, "-sandbox=on", "-echo=off", "-log-level", "debug", "-drain", "50ms")
	w.GatewayReady()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	info, err := w.Box.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	chat, api := at[1], at[1]
	if opt.Between != nil {
		chat = opt.Between(chat)
	}
	if opt.BetweenAPI != nil {
		api = opt.BetweenAPI(api)
	}
	args := RelayArgs(at[0], at[2], w.RelayDir, chat, "http://"+api, hex.EncodeToString(info.Root[:]))
	w.Relay = relaytest.Run(t, append(args, opt.Relay...)...)
	w.RelayReady()
	return w
}

// RelayArgs are the arguments of a relay at these addresses, for tests that bring a gateway of their own. Limits by
// address are off, since all tests come from one.
func RelayArgs(listen, admin, data, chat, gatewayAPI, root string) []string {
	return []string{
		"-listen", listen, "-url", "http://" + listen, "-admin", admin, "-data", data,
		"-gateway", "ws://" + chat + "/ws/chat", "-gateway-api", gatewayAPI, "-gateway-root", root,
		"-log-level", "debug", "-drain", "50ms",
		"-limit", "account.sign_ups=0,account.sign_ins=0,api.requests=0,token.mints=0,tunnel.opens=0,tunnel.per_address=0",
	}
}

// RelayReady waits until the relay takes clients.
func (w *World) RelayReady() { w.t.Helper(); w.ready(w.Relay, w.relayAdmin) }

// GatewayReady waits until the gateway takes clients.
func (w *World) GatewayReady() { w.t.Helper(); w.ready(w.Gateway, w.gatewayAdmin) }

func (w *World) ready(p *relaytest.Process, admin string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	p.WaitReady(ctx, admin)
}

// Ports returns free addresses on loopback. They lie below those that systems give to outgoing connections, so that a
// process that was killed finds its own free when it comes back.
func Ports(t testing.TB, n int) (all []string) {
	t.Helper()
	const first, count = 12_000, 18_000
	for range 1000 {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(count)))
		if err != nil {
			continue
		}
		defer ln.Close() //nolint:errcheck // only its number is wanted; all are held until the last is known
		if all = append(all, ln.Addr().String()); len(all) == n {
			return all
		}
	}
	t.Fatal("no port is free")
	return nil
}
