package net

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"syscall/js"

	"ferry/app/internal/browser/fetch"
	"ferry/app/internal/link"
	"ferry/relay/wire"
)

// Relay is the relay of our own origin, for the engine.
type Relay struct{}

type keyBody struct {
	NoiseKey []byte `json:"noiseKey"` // in base64
}

func bodyOf(noise wire.PublicKey) keyBody { return keyBody{NoiseKey: noise.Bytes()} }

// Enlist makes this device known at the gateway.
func (Relay) Enlist(ctx context.Context, noise wire.PublicKey) (link.Enlistment, error) {
	var v struct {
		AccountID uint64 `json:"accountId"`
		Device    uint16 `json:"device"`
		Address   string `json:"address"`
		RootKey   string `json:"rootKey"`
	}
	if err := call(ctx, "POST", "/api/gateway/enlist", bodyOf(noise), &v); err != nil {
		return link.Enlistment{}, err
	}
	address, err := wire.ParseJID(v.Address)
	if err != nil {
		return link.Enlistment{}, fmt.Errorf("enlist: %w", err)
	}
	e := link.Enlistment{AccountID: v.AccountID, Device: v.Device, Address: address}
	root, err := hex.DecodeString(v.RootKey)
	if err != nil || len(root) != len(e.Root) {
		return link.Enlistment{}, errors.New("enlist: the gateway's root key is malformed")
	}
	copy(e.Root[:], root)
	return e, nil
}

// Token is the proof of who the user is, for one login.
func (Relay) Token(ctx context.Context, noise wire.PublicKey) ([]byte, error) {
	var v struct {
		Token string `json:"token"`
	}
	if err := call(ctx, "POST", "/api/gateway/token", bodyOf(noise), &v); err != nil {
		return nil, err
	}
	return []byte(v.Token), nil
}

// Disenlist revokes this device's enlistment, or that of all the account's devices.
func (Relay) Disenlist(ctx context.Context, noise wire.PublicKey, everywhere bool) error {
	var one any
	if !everywhere {
		one = bodyOf(noise)
	}
	return call(ctx, "DELETE", "/api/gateway/enlist", one, nil)
}

// DialTunnel opens a tunnel to the gateway.
func (Relay) DialTunnel(ctx context.Context) (wire.Pipe, error) { return socketTo(ctx, "/tunnel") }

// Provider is this messenger's name, as the relay has it.
func (Relay) Provider(ctx context.Context) (string, error) {
	var v struct {
		Provider struct {
			Name string `json:"name"`
		} `json:"provider"`
	}
	err := call(ctx, "GET", "/api/config", nil, &v)
	return v.Provider.Name, err
}

func socketTo(ctx context.Context, path string) (wire.Pipe, error) {
	origin := js.Global().Get("location").Get("origin").String()
	s, err := Dial(ctx, "ws"+strings.TrimPrefix(origin, "http")+path, DefaultLimits, closeError)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// closeError keeps the tunnel's own codes; those of the protocol, as 1006 for a
// broken connection, say nothing of the reason.
func closeError(code int, reason string) error {
	if code < 4000 {
		code = 0
	}
	return &link.CloseError{Code: code, Reason: reason}
}

// call puts a refusal into the link's words.
func call(ctx context.Context, method, path string, body, out any) error {
	err := fetch.JSON(ctx, method, path, body, out)
	var e *fetch.Error
	if errors.As(err, &e) && e.Status != 0 {
		return &link.APIError{Status: e.Status, Code: e.Code, Message: e.Message, Field: e.Field}
	}
	return err
}
