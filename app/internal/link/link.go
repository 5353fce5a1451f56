// Package link keeps the connection to the gateway: it dials the tunnel, runs
// the Noise handshake, logs in, and then carries stanzas, until told to stop.
// A lost connection is dialled again with a jittered, growing delay; a dead
// one is noticed by a heartbeat that goes through to the gateway.
//
// The engine reads one channel of events and sends through the Conn of the
// latest Up; it needs no locks. What was sent through a Conn and not answered
// when Down comes may or may not have arrived: it is for the engine to send
// again after the next Up.
//
//	Connecting → Up → Stanza… Room… → Down → Connecting → …
package link

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"ferry/app/internal/model"
	"ferry/relay/wire"
)

// Enlistment is this user's account at the gateway.
type Enlistment struct {
	AccountID uint64
	Device    uint16
	Address   wire.JID // "7-4242@interop", without the device
	Root      wire.RootKey
}

// Tokens makes proofs of who the user is, for one login each.
type Tokens interface {
	Token(ctx context.Context, noise wire.PublicKey) ([]byte, error)
}

// InteropLogin is Config.Login for a third-party user: a fresh token and the
// account for each attempt.
func InteropLogin(tokens Tokens, noise wire.PublicKey, e Enlistment) func(context.Context) (*wire.ClientPayload, error) {
	return func(ctx context.Context) (*wire.ClientPayload, error) {
		token, err := tokens.Token(ctx, noise)
		if err != nil {
			return nil, err
		}
		return &wire.ClientPayload{
			Product: wire.ProductInterop, Device: uint32(e.Device), HasDevice: true, Passive: true, Pull: true,
			Interop: &wire.InteropData{AccountID: e.AccountID, Token: token, ReadReceipts: true},
		}, nil
	}
}

// Config is what a link needs. Dial, Login, Static and Root must be set.
type Config struct {
	Dial   func(context.Context) (wire.Pipe, error)           // opens the tunnel
	Login  func(context.Context) (*wire.ClientPayload, error) // called before each dial
	Static wire.PrivateKey                                    // the Noise key enlisted
	Root   wire.RootKey                                       // of the gateway
	Now    func() time.Time                                   // nil: time.Now
	Rand   io.Reader                                          // nil: crypto/rand; for jitter and keys
	Log    *slog.Logger                                       // nil: none
	Limits wire.Limits
}

// Event is something that happened on the link, in order.
type Event interface{ event() }

// Events.
type (
	// Connecting: an attempt begins.
	Connecting struct{}
	// Up: logged in. Stanzas that waited come next; Success is the gateway's answer.
	Up struct {
		Conn    *Conn
		Success wire.Node
	}
	// Stanza is one that came in. Answers to the link's own pings are left out.
	Stanza struct{ Node wire.Node }
	// Room: a Send that returned ErrFull may be tried again.
	Room struct{}
	// Down: an attempt failed or the connection was lost; its Conn is void.
	Down struct {
		Err     error
		Hop     model.Hop // which stretch is down
		Reason  string    // stable lower_snake: a close reason or failure code
		RetryAt time.Time // zero if Final
		Final   bool      // only the user can help; Run returns Err
	}
)

func (Connecting) event() {}
func (Up) event()         {}
func (Stanza) event()     {}
func (Room) event()       {}
func (Down) event()       {}

// Link is d as the user interface shows it.
func (d Down) Link() model.Link {
	return model.Link{Phase: model.LinkWaiting, Down: d.Hop, Reason: d.Reason, RetryAt: d.RetryAt}
}

// Errors of Conn.Send. Nothing was sent.
var (
	ErrDown = errors.New("link: connection is gone") // wait for the next Up
	ErrFull = errors.New("link: window is full")     // wait for Room
)
