package token

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Protocol is the encryption that enlisted clients speak.
const Protocol = "signal-v3"

// Enlistment is a user's account at the gateway, as seen from one of their devices.
type Enlistment struct {
	AccountID uint64 `json:"accountId"`
	Device    uint16 `json:"device"`
	Address   string `json:"address"` // e.g. "7-4242@interop"
}

// Refusals of the gateway that are acted on.
const (
	CodeRevoked         = "revoked"          // the account or device is not enlisted
	CodeUnknownProvider = "unknown_provider" // this relay is not registered
)

// AtGateway is what the gateway tells of a user's account there.
type AtGateway struct {
	AccountID uint64        `json:"accountId"`
	Address   string        `json:"address"`
	Devices   []DeviceEntry `json:"devices"`
	// Kept is what else there is, in numbers, in the gateway's own words; may be nil.
	Kept json.RawMessage `json:"kept,omitempty"`
}

// DeviceEntry is one enlisted device.
type DeviceEntry struct {
	Device   uint16     `json:"device"`
	Enlisted *time.Time `json:"enlisted,omitempty"` // nil: not told
}

// ErrUnreachable: the gateway did not answer, or not in a way that can be used.
var ErrUnreachable = errors.New("gateway unreachable")

// Refusal is the gateway's own no.
type Refusal struct {
	Status  int
	Code    string // stable, lower_snake
	Message string
}

func (r *Refusal) Error() string { return fmt.Sprintf("gateway refused: %s", r.Code) }

// Client enlists users at a gateway.
type Client struct {
	base    string
	http    *http.Client
	maxBody int64
}

// NewClient calls the gateway whose HTTP address is base, e.g.
// "http://127.0.0.1:8081". Answers above maxBody bytes are refused.
func NewClient(base string, timeout time.Duration, maxBody int64, transport http.RoundTripper) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("gateway API %q: want http:// or https:// and a host", base)
	}
	return &Client{
		base:    strings.TrimSuffix(base, "/"),
		maxBody: maxBody,
		http: &http.Client{
			Timeout:       timeout,
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

type enlistBody struct {
	IDToken  string `json:"idToken"`
	NoiseKey string `json:"noiseKey,omitempty"` // standard base64
	Protocol string `json:"protocol,omitempty"`
}

// Enlist joins the user of the token to the gateway's network with this device. It
// fails with ErrUnreachable or a *Refusal.
func (c *Client) Enlist(ctx context.Context, idToken string, noise []byte) (Enlistment, error) {
	var out Enlistment
	err := c.call(ctx, http.MethodPost, enlistBody{idToken, base64.StdEncoding.EncodeToString(noise), Protocol}, &out)
	if err == nil && (out.AccountID == 0 || out.Address == "") {
		err = fmt.Errorf("%w: an answer without an account", ErrUnreachable)
	}
	return out, err
}

// Disenlist removes one device, or without a key the whole account.
func (c *Client) Disenlist(ctx context.Context, idToken string, noise []byte) error {
	body := enlistBody{IDToken: idToken}
	if noise != nil {
		body.NoiseKey = base64.StdEncoding.EncodeToString(noise)
	}
	return c.call(ctx, http.MethodDelete, body, nil)
}

// About asks what the gateway keeps of the token's user. A gateway that does not
// tell fails it with ErrUnreachable; for a user who is not enlisted it is a
// *Refusal with CodeRevoked.
func (c *Client) About(ctx context.Context, idToken string) (AtGateway, error) {
	var out AtGateway
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+enlistPath, nil)
	if err != nil {
		return out, fmt.Errorf("enlist: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+idToken)
	err = c.do(req, &out)
	if err == nil && out.Address == "" {
		err = fmt.Errorf("%w: an answer without an account", ErrUnreachable)
	}
	return out, err
}

const enlistPath = "/interop/v1/enlist"

func (c *Client) call(ctx context.Context, method string, in enlistBody, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("enlist: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+enlistPath, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("enlist: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	return c.do(req, out)
}

func (c *Client) do(req *http.Request, out any) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end or given up
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	case int64(len(body)) > c.maxBody:
		return fmt.Errorf("%w: the answer is too big", ErrUnreachable)
	case resp.StatusCode >= 400 && resp.StatusCode < 500:
		return refusal(resp.StatusCode, body)
	case resp.StatusCode >= 300:
		return fmt.Errorf("%w: status %d", ErrUnreachable, resp.StatusCode)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%w: the answer makes no sense: %w", ErrUnreachable, err)
	}
	return nil
}

func refusal(status int, body []byte) error {
	var e struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Error.Code == "" {
		return fmt.Errorf("%w: status %d without a reason", ErrUnreachable, status)
	}
	return &Refusal{Status: status, Code: e.Error.Code, Message: e.Error.Message}
}
