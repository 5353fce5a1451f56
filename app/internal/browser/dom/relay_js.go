package dom

import (
	"context"
	"errors"
	"net/url"
	"syscall/js"

	"ferry/app/internal/browser/fetch"
	"ferry/app/internal/ui/host"
)

// Relay is the account API of our own origin.
type Relay struct{}

var _ host.Relay = Relay{}

// Me tells who is signed in.
func (Relay) Me(ctx context.Context) (host.Account, error) {
	var a host.Account
	err := call(ctx, "GET", "/api/me", nil, &a)
	return a, err
}

// SignUp makes an account and signs in.
func (Relay) SignUp(ctx context.Context, username, password string) (host.Account, error) {
	return enter(ctx, "/api/signup", username, password)
}

// SignIn signs in.
func (Relay) SignIn(ctx context.Context, username, password string) (host.Account, error) {
	return enter(ctx, "/api/signin", username, password)
}

func enter(ctx context.Context, path, username, password string) (host.Account, error) {
	var v struct {
		Account host.Account `json:"account"`
	}
	body := map[string]string{"username": username, "password": password, "device": deviceName()}
	err := call(ctx, "POST", path, body, &v)
	return v.Account, err
}

// SignOut ends the session at the relay.
func (Relay) SignOut(ctx context.Context) error {
	return call(ctx, "POST", "/api/signout", struct{}{}, nil)
}

// Sessions lists where the account is signed in.
func (Relay) Sessions(ctx context.Context) ([]host.Session, error) {
	var v struct {
		Sessions []host.Session `json:"sessions"`
	}
	err := call(ctx, "GET", "/api/sessions", nil, &v)
	return v.Sessions, err
}

// Revoke ends a session elsewhere.
func (Relay) Revoke(ctx context.Context, id string) error {
	return call(ctx, "DELETE", "/api/sessions/"+url.PathEscape(id), nil, nil)
}

// Site is what the relay says of itself.
func (Relay) Site(ctx context.Context) (host.Site, error) {
	var v host.Site
	err := call(ctx, "GET", "/api/config", nil, &v)
	return v, err
}

// Kept is everything that the relay keeps about the account.
func (Relay) Kept(ctx context.Context) (host.Kept, error) {
	var v host.Kept
	err := call(ctx, "GET", "/api/account", nil, &v)
	return v, err
}

// ChangePassword sets a new password; all other sessions end.
func (Relay) ChangePassword(ctx context.Context, old, password string) error {
	return call(ctx, "POST", "/api/password", map[string]string{"old": old, "new": password}, nil)
}

// DeleteAccount deletes the account at the gateway and at the relay.
func (Relay) DeleteAccount(ctx context.Context, password string) error {
	return call(ctx, "DELETE", "/api/account", map[string]string{"password": password}, nil)
}

// call puts a refusal into the screens' words.
func call(ctx context.Context, method, path string, body, out any) error {
	err := fetch.JSON(ctx, method, path, body, out)
	var e *fetch.Error
	if errors.As(err, &e) && e.Status != 0 {
		return &host.RelayError{Status: e.Status, Code: e.Code, Message: e.Message, Field: e.Field, RetryAfter: e.Retry}
	}
	return err
}

// deviceName is how this browser is called in the list of sessions.
func deviceName() string {
	data := js.Global().Get("navigator").Get("userAgentData")
	if data.Type() != js.TypeObject {
		return "Browser"
	}
	name := "Browser"
	brands := data.Get("brands")
	for i := range brands.Length() {
		switch b := brands.Index(i).Get("brand").String(); b {
		case "Chromium":
			if name == "Browser" {
				name = b
			}
		case "Google Chrome", "Microsoft Edge", "Opera", "Brave":
			name = b
		}
	}
	if p := data.Get("platform").String(); p != "" {
		name += " on " + p
	}
	return name
}
