package waclient

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Sandbox calls a gateway's sandbox API.
type Sandbox struct {
	URL  string       // of the gateway's listener, "http://127.0.0.1:8081"
	HTTP *http.Client // nil: the default one
}

// Info is what GET /sandbox tells.
type Info struct {
	ChatURL   string
	Root      [32]byte
	Echo      string // number of the Echo user, "" without one
	Providers []Provider
}

// Provider is a registered third-party messenger.
type Provider struct {
	ID     uint16 `json:"id"`
	Name   string `json:"name"`
	Issuer string `json:"issuer"`
}

// APIError is an error answer of the sandbox.
type APIError struct {
	Status        int
	Code, Message string
}

func (e *APIError) Error() string {
	return fmt.Sprintf("sandbox: %d %s: %s", e.Status, e.Code, e.Message)
}

// Address is the host and port to aim clients at.
func (s Sandbox) Address() string {
	_, address, _ := strings.Cut(strings.TrimSuffix(s.URL, "/"), "://")
	return address
}

// Info asks how to connect.
func (s Sandbox) Info(ctx context.Context) (Info, error) {
	var a struct {
		ChatURL   string     `json:"chatUrl"`
		RootKey   string     `json:"rootKey"`
		Echo      string     `json:"echo"`
		Providers []Provider `json:"providers"`
	}
	if err := s.call(ctx, http.MethodGet, "", nil, &a); err != nil {
		return Info{}, err
	}
	root, err := hex.DecodeString(a.RootKey)
	if err != nil || len(root) != 32 {
		return Info{}, fmt.Errorf("sandbox: root key %q", a.RootKey)
	}
	return Info{ChatURL: a.ChatURL, Root: [32]byte(root), Echo: a.Echo, Providers: a.Providers}, nil
}

// CreatePhone makes a WhatsApp account. Its number is in international form.
func (s Sandbox) CreatePhone(ctx context.Context, phone, name string, thirdPartyChats bool) error {
	return s.call(ctx, http.MethodPost, "/phones",
		map[string]any{"phone": phone, "name": name, "thirdPartyChats": thirdPartyChats}, nil)
}

// Scan lets a phone scan a QR text; it returns the device number of the new companion.
func (s Sandbox) Scan(ctx context.Context, phone, qr string) (device string, err error) {
	var a struct {
		Device string `json:"device"`
	}
	err = s.call(ctx, http.MethodPost, "/phones/"+url.PathEscape(phone)+"/scan", map[string]any{"qr": qr}, &a)
	return a.Device, err
}

// DeletePhone deletes an account.
func (s Sandbox) DeletePhone(ctx context.Context, phone string) error {
	return s.call(ctx, http.MethodDelete, "/phones/"+url.PathEscape(phone), nil, nil)
}

// Unlink removes a companion at its phone.
func (s Sandbox) Unlink(ctx context.Context, phone string, device uint16) error {
	return s.call(ctx, http.MethodDelete, "/phones/"+url.PathEscape(phone)+"/devices/"+strconv.Itoa(int(device)), nil, nil)
}

// ThirdParty looks up a provider's user: its interop address, and the alias LID that WhatsApp clients see.
func (s Sandbox) ThirdParty(ctx context.Context, provider uint16, username string) (address, alias string, err error) {
	var a struct{ Address, Alias string }
	err = s.call(ctx, http.MethodGet, fmt.Sprintf("/providers/%d/users/%s", provider, url.PathEscape(username)), nil, &a)
	return a.Address, a.Alias, err
}

func (s Sandbox) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.URL, "/")+"/sandbox"+path, body)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	client := s.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 400 {
		var a struct {
			Error struct{ Code, Message string }
		}
		_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&a)
		return &APIError{resp.StatusCode, a.Error.Code, a.Error.Message}
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(out); err != nil {
		return fmt.Errorf("sandbox: answer: %w", err)
	}
	return nil
}

// NewUser makes a phone with third-party chats on, and its first companion, paired and online.
func NewUser(ctx context.Context, s Sandbox, phone, name string) (*Client, error) {
	if err := s.CreatePhone(ctx, phone, name, true); err != nil {
		return nil, err
	}
	return NewCompanion(ctx, s, phone, Config{Name: name})
}

// NewCompanion links one more client to a phone and returns it online. Gateway and Root are filled in.
func NewCompanion(ctx context.Context, s Sandbox, phone string, cfg Config) (*Client, error) {
	info, err := s.Info(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Gateway, cfg.Root = s.Address(), info.Root
	c, err := New(ctx, cfg)
	if err != nil {
		return nil, err
	}
	err = c.Pair(ctx, func(ctx context.Context, qr string) error {
		_, err := s.Scan(ctx, phone, qr)
		return err
	})
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}
