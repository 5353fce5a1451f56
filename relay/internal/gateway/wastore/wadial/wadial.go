// Package wadial aims an unmodified whatsmeow client at a gateway of ours: it lets the process trust the
// gateway's root, and gives the client an HTTP transport whose connections end at the gateway.
package wadial

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
)

// ErrOtherRoot: clients of a gateway with another root are still open. whatsmeow has one root per process.
var ErrOtherRoot = errors.New("wadial: clients of another gateway are open in this process")

var trust struct {
	sync.Mutex
	users int
}

// Trust makes whatsmeow accept gateways with this root, until release is called by every user of it. Only then
// may another root take its place. Call it before a client connects, and release when it is closed for good.
func Trust(root [32]byte) (release func(), err error) {
	trust.Lock()
	defer trust.Unlock()
	// Written only when it differs: connecting clients read the variable without a lock.
	if whatsmeow.WACertPubKey != root {
		if trust.users > 0 {
			return nil, ErrOtherRoot
		}
		whatsmeow.WACertPubKey = root
	}
	trust.users++
	return sync.OnceFunc(func() {
		trust.Lock()
		trust.users--
		trust.Unlock()
	}), nil
}

// Client returns the HTTP client for a gateway that listens on address, "127.0.0.1:8081". whatsmeow's URLs say
// https and WhatsApp's host name; the transport hands it a plain connection to the gateway instead, so there is
// no TLS, no certificate and no DNS. Proxy settings of the environment are ignored.
func Client(address string) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", address)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DialTLSContext: dial}}
}

// Aim makes a client, not yet connected, use that gateway for everything: pairing, chat and media.
func Aim(cli *whatsmeow.Client, address string) {
	h := Client(address)
	cli.SetPreLoginHTTPClient(h)
	cli.SetWebsocketHTTPClient(h)
	cli.SetMediaHTTPClient(h)
}
