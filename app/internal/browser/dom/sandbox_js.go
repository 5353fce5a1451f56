package dom

import (
	"context"
	"net/url"

	"ferry/app/internal/ui/host"
)

// Sandbox is the gateway's sandbox, by way of our own origin.
type Sandbox struct{}

var _ host.Sandbox = Sandbox{}

// Phones lists the sandbox's WhatsApp users.
func (Sandbox) Phones(ctx context.Context) ([]host.Phone, error) {
	var v struct {
		Phones []host.Phone `json:"phones"`
	}
	err := call(ctx, "GET", "/sandbox/phones", nil, &v)
	return v.Phones, err
}

// Phone is one of them.
func (Sandbox) Phone(ctx context.Context, number string) (host.Phone, error) {
	var p host.Phone
	err := call(ctx, "GET", "/sandbox/phones/"+url.PathEscape(number), nil, &p)
	return p, err
}

// NewPhone makes one, with third-party chats off.
func (Sandbox) NewPhone(ctx context.Context, number, name string) (host.Phone, error) {
	var p host.Phone
	body := map[string]any{"phone": number, "name": name, "thirdPartyChats": false}
	err := call(ctx, "POST", "/sandbox/phones", body, &p)
	return p, err
}
