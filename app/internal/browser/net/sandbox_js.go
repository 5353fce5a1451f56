package net

import (
	"context"
	"encoding/hex"
	"errors"
	"net/url"

	"ferry/app/internal/link"
	"ferry/relay/wire"
)

// Sandbox is a WhatsApp user's way to the gateway's sandbox, by our own origin:
// for the engine, and as the user's phone.
type Sandbox struct{}

var errNoEnlistment = errors.New("a WhatsApp user has no enlistment")

// Enlist is not for WhatsApp users.
func (Sandbox) Enlist(context.Context, wire.PublicKey) (link.Enlistment, error) {
	return link.Enlistment{}, errNoEnlistment
}

// Token is not for WhatsApp users.
func (Sandbox) Token(context.Context, wire.PublicKey) ([]byte, error) { return nil, errNoEnlistment }

// Disenlist is not for WhatsApp users.
func (Sandbox) Disenlist(context.Context, wire.PublicKey, bool) error { return errNoEnlistment }

// DialTunnel opens the gateway's chat socket.
func (Sandbox) DialTunnel(ctx context.Context) (wire.Pipe, error) {
	return socketTo(ctx, "/sandbox/ws/chat")
}

// Root is the key that the gateway's certificates are signed with.
func (Sandbox) Root(ctx context.Context) (root wire.RootKey, err error) {
	var v struct {
		RootKey string `json:"rootKey"`
	}
	if err := call(ctx, "GET", "/sandbox", nil, &v); err != nil {
		return root, err
	}
	b, err := hex.DecodeString(v.RootKey)
	if err != nil || len(b) != len(root) {
		return root, errors.New("sandbox: the gateway's root key is malformed")
	}
	copy(root[:], b)
	return root, nil
}

// Scan shows a phone the text of a QR code.
func (Sandbox) Scan(ctx context.Context, phone, qr string) error {
	return call(ctx, "POST", "/sandbox/phones/"+url.PathEscape(phone)+"/scan", map[string]string{"qr": qr}, nil)
}
