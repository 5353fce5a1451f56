//go:build !js

package native

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"ferry/app/internal/link"
	"ferry/relay/wire"
)

// Sandbox is a WhatsApp user's way to a sandbox gateway, through the relay's
// door: there is no account at the relay, and no enlistment.
type Sandbox struct {
	*Client
	// Grant gives leave to upload files; refused is one that the gateway took no
	// longer, or "". Only uploads need it.
	Grant func(ctx context.Context, refused string) (string, error)
}

// errNoEnlistment: only third-party users have one.
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
func (s Sandbox) DialTunnel(ctx context.Context) (wire.Pipe, error) {
	return s.dial(ctx, "/sandbox/ws/chat")
}

// Root is the key that the gateway's certificates are signed with.
func (s Sandbox) Root(ctx context.Context) (wire.RootKey, error) {
	var info struct {
		RootKey wire.RootKey `json:"rootKey"`
	}
	err := s.call(ctx, http.MethodGet, "/sandbox", nil, &info)
	return info.RootKey, err
}

// Scan shows the phone the text of a QR code.
func (s Sandbox) Scan(ctx context.Context, phone, qr string) error {
	return s.call(ctx, http.MethodPost, "/sandbox/phones/"+url.PathEscape(phone)+"/scan", map[string]string{"qr": qr}, nil)
}

// NewPhone makes a phone, unless there is one with that number.
func (s Sandbox) NewPhone(ctx context.Context, phone, name string, thirdPartyChats bool) error {
	body := map[string]any{"phone": phone, "name": name, "thirdPartyChats": thirdPartyChats}
	err := s.call(ctx, http.MethodPost, "/sandbox/phones", body, nil)
	var api *link.APIError
	if errors.As(err, &api) && api.Code == "phone_exists" {
		return nil
	}
	return err
}
