//go:build !js

package headless

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"ferry/app/internal/link"
	"ferry/app/internal/link/native"
	"ferry/relay/wire"
)

// account is the relay, signed in to. A session that has ended is begun anew
// with the password.
type account struct {
	*native.Client
	options options
}

// signIn uses the session of the last run, so that the relay need not hash a
// password each time; or the password. It returns the provider's name, too.
func signIn(ctx context.Context, o options) (*account, string, error) {
	saved, err := os.ReadFile(o.sessionFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, "", err
	}
	client, err := native.New(o.relay, native.Session(strings.TrimSpace(string(saved))), nil)
	if err != nil {
		return nil, "", err
	}
	a := &account{client, o}
	if len(saved) == 0 {
		if err := a.enter(ctx); err != nil {
			return nil, "", err
		}
	}
	// The name is for show only: without a network the client starts all the same.
	info, err := client.Info(ctx)
	if err != nil {
		return a, "", nil
	}
	return a, info.Provider.Name, nil
}

func (o options) sessionFile() string { return filepath.Join(o.dir, "session") }

// enter signs up or in, and keeps the session for the next run.
func (a *account) enter(ctx context.Context) error {
	password, err := a.options.password()
	if err != nil {
		return err
	}
	if a.options.signUp {
		_, err = a.SignUp(ctx, a.options.user, password, a.options.device)
	}
	if !a.options.signUp || status(err) == http.StatusConflict {
		_, err = a.SignIn(ctx, a.options.user, password, a.options.device)
	}
	if err != nil {
		return err
	}
	return replaceFile(a.options.sessionFile(), string(a.Session()))
}

// replaceFile writes a file whole or not at all.
func replaceFile(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func status(err error) int {
	var api *link.APIError
	if errors.As(err, &api) {
		return api.Status
	}
	return 0
}

// again repeats a call that was refused because the session has ended.
func (a *account) again(ctx context.Context, call func() error) error {
	err := call()
	if status(err) != http.StatusUnauthorized {
		return err
	}
	if a.enter(ctx) != nil {
		return err
	}
	return call()
}

// Enlist is that of the client, with a session.
func (a *account) Enlist(ctx context.Context, noise wire.PublicKey) (e link.Enlistment, err error) {
	err = a.again(ctx, func() error {
		e, err = a.Client.Enlist(ctx, noise)
		return err
	})
	return e, err
}

// Token is that of the client, with a session.
func (a *account) Token(ctx context.Context, noise wire.PublicKey) (token []byte, err error) {
	err = a.again(ctx, func() error {
		token, err = a.Client.Token(ctx, noise)
		return err
	})
	return token, err
}

// Disenlist is that of the client, with a session.
func (a *account) Disenlist(ctx context.Context, noise wire.PublicKey, everywhere bool) error {
	return a.again(ctx, func() error { return a.Client.Disenlist(ctx, noise, everywhere) })
}
