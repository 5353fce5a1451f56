//go:build !js

// Package native is the way to the relay for a client that is no browser: its
// JSON API over net/http, and the tunnel over a WebSocket. A Client satisfies
// what the engine asks of its relay.
package native

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"ferry/app/internal/link"
	"ferry/relay/wire"
)

// Limits of a request.
const (
	requestTimeout = 30 * time.Second
	maxAnswer      = 1 << 20 // bytes of a JSON answer
)

// Session is the bearer token of a signed-in account. It never prints itself.
type Session string

const hidden = "session:…redacted"

// String, Format, LogValue and MarshalText hide the session.
func (s Session) String() string               { return hidden }
func (s Session) Format(f fmt.State, _ rune)   { io.WriteString(f, hidden) }
func (s Session) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (s Session) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Account is a user of the relay.
type Account struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// Info is what the relay tells everybody about itself.
type Info struct {
	Provider struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	} `json:"provider"`
	Gateway struct {
		Name    string       `json:"name"`
		Sandbox bool         `json:"sandbox"`
		RootKey wire.RootKey `json:"rootKey"`
		Echo    string       `json:"echo"`
	} `json:"gateway"`
	Build string `json:"build"`
}

// Client speaks to one relay as one account. Safe for concurrent use.
type Client struct {
	base *url.URL
	http *http.Client

	mu      sync.Mutex
	session Session
}

// New makes a client of the relay at base ("https://ferry.example"), with a
// session kept from an earlier sign-in, or "". Nil httpClient means a plain one.
// Redirects are not followed: a relay has none, and they could lead the session
// elsewhere.
func New(base string, session Session, httpClient *http.Client) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("relay URL %q: want http:// or https:// and a host", base)
	}
	if httpClient == nil {
		httpClient = &http.Client{}
	}
	own := *httpClient
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: u, http: &own, session: session}, nil
}

// Session is the current session, for keeping.
func (c *Client) Session() Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

func (c *Client) setSession(s Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = s
}

// SignUp makes an account and signs in to it. Device names this client in the
// user's list of sessions.
func (c *Client) SignUp(ctx context.Context, username, password, device string) (Account, error) {
	return c.enter(ctx, "/api/signup", username, password, device)
}

// SignIn signs in to an account.
func (c *Client) SignIn(ctx context.Context, username, password, device string) (Account, error) {
	return c.enter(ctx, "/api/signin", username, password, device)
}

func (c *Client) enter(ctx context.Context, path, username, password, device string) (Account, error) {
	body := map[string]any{"username": username, "password": password, "device": device, "bearer": true}
	var answer struct {
		Account Account `json:"account"`
		Token   string  `json:"token"`
	}
	if err := c.call(ctx, http.MethodPost, path, body, &answer); err != nil {
		return Account{}, err
	}
	if answer.Token == "" {
		return Account{}, errors.New("relay gave no session")
	}
	c.setSession(Session(answer.Token))
	return answer.Account, nil
}

// SignOut ends the session.
func (c *Client) SignOut(ctx context.Context) error {
	if err := c.call(ctx, http.MethodPost, "/api/signout", nil, nil); err != nil {
		return err
	}
	c.setSession("")
	return nil
}

// Me is the account signed in to; an *link.APIError of status 401 if none is.
func (c *Client) Me(ctx context.Context) (Account, error) {
	var a Account
	err := c.call(ctx, http.MethodGet, "/api/me", nil, &a)
	return a, err
}

// Info asks the relay about itself.
func (c *Client) Info(ctx context.Context) (Info, error) {
	var i Info
	err := c.call(ctx, http.MethodGet, "/api/config", nil, &i)
	return i, err
}

type noiseBody struct {
	NoiseKey []byte `json:"noiseKey"` // base64
}

// Enlist makes this device known at the gateway. The same key again gives the
// same answer.
func (c *Client) Enlist(ctx context.Context, noise wire.PublicKey) (link.Enlistment, error) {
	var answer struct {
		AccountID uint64       `json:"accountId"`
		Device    uint16       `json:"device"`
		Address   wire.JID     `json:"address"`
		RootKey   wire.RootKey `json:"rootKey"`
	}
	if err := c.call(ctx, http.MethodPost, "/api/gateway/enlist", noiseBody{noise.Bytes()}, &answer); err != nil {
		return link.Enlistment{}, err
	}
	return link.Enlistment{AccountID: answer.AccountID, Device: answer.Device, Address: answer.Address, Root: answer.RootKey}, nil
}

// Token is the proof of who the user is, for one login.
func (c *Client) Token(ctx context.Context, noise wire.PublicKey) ([]byte, error) {
	var answer struct {
		Token string `json:"token"`
	}
	if err := c.call(ctx, http.MethodPost, "/api/gateway/token", noiseBody{noise.Bytes()}, &answer); err != nil {
		return nil, err
	}
	return []byte(answer.Token), nil
}

// Disenlist revokes this device's enlistment, or that of all the account's devices.
func (c *Client) Disenlist(ctx context.Context, noise wire.PublicKey, everywhere bool) error {
	var one any
	if !everywhere {
		one = noiseBody{noise.Bytes()}
	}
	return c.call(ctx, http.MethodDelete, "/api/gateway/enlist", one, nil)
}

// call does one request. Refusals are *link.APIError.
func (c *Client) call(ctx context.Context, method, path string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base.JoinPath(path).String(), payload)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header = c.header()
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err // names method and URL
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return refusal(resp, b)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (c *Client) header() http.Header {
	h := http.Header{"Accept": {"application/json"}}
	if s := c.Session(); s != "" {
		h.Set("Authorization", "Bearer "+string(s))
	}
	return h
}

// refusal reads {"error":{…}}. Without one, the answer is not the relay's own
// but of something in between, and has no code.
func refusal(resp *http.Response, b []byte) error {
	var answer struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Field   string `json:"field"`
		} `json:"error"`
	}
	if json.Unmarshal(b, &answer) != nil {
		answer.Error.Code, answer.Error.Message = "", http.StatusText(resp.StatusCode)
	}
	e := &link.APIError{Status: resp.StatusCode, Code: answer.Error.Code, Message: answer.Error.Message, Field: answer.Error.Field}
	if s, err := strconv.ParseUint(strings.TrimSpace(resp.Header.Get("Retry-After")), 10, 16); err == nil {
		e.Retry = time.Duration(s) * time.Second
	}
	return e
}
