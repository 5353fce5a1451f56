// Package waclient is an independent WhatsApp user for tests: an unmodified whatsmeow client, aimed at a
// gateway, paired by QR like any linked device.
//
//	box := waclient.Sandbox{URL: "http://" + gatewayAddr}
//	anna, err := waclient.NewUser(ctx, box, "+49 1551 0000010", "Anna")   // a phone and its first companion, connected
//	defer anna.Close()
//	id, err := anna.SendText(ctx, waclient.LID("8800007…"), "hello")
//	r, err := anna.AwaitReceipt(ctx, id, waclient.Read)
//	m, err := anna.AwaitText(ctx, "hello yourself")
//
// A client remembers every event from its first connection on, so that an Await call finds what came before it.
// Several clients may live in one process if they use one gateway: whatsmeow's root key is process-wide.
package waclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/internal/gateway/wastore/wadial"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// Store is where a client keeps its keys; it outlives the client.
type Store = wastore.KV

// NewStore returns a store in memory. Give it to a second client, after the first is closed, to have the same
// device "restarted"; its Clone is the disk at the moment of a crash.
func NewStore() *wastore.Memory { return wastore.NewMemory() }

// Config of a client. Gateway and Root are required.
type Config struct {
	Gateway string       // address of the gateway's listener, "127.0.0.1:8081"
	Root    [32]byte     // the gateway's Noise root; Sandbox.Info tells it
	Name    string       // push name; "" is "Tester"
	Store   Store        // nil: a new one in memory
	Log     waLog.Logger // nil: silent

	// Inactive clients never say that they are available: their delivery receipts are of type "inactive".
	Inactive bool
	// Setup may change the whatsmeow client before it connects.
	Setup func(*whatsmeow.Client)
}

var (
	// ErrClosed: the client was closed while something waited.
	ErrClosed = errors.New("waclient: closed")
	// ErrNotPaired: Connect needs a device that was paired before.
	ErrNotPaired = errors.New("waclient: not paired")
)

// Client is one companion device. Its methods may be called from several goroutines.
type Client struct {
	WA *whatsmeow.Client // the library's own client, for everything that has no method here

	cfg     Config
	box     *wastore.Container
	release func()
	life    context.Context
	end     context.CancelFunc
	events  *journal
	read    readers

	mu     sync.Mutex
	online bool
	pn     types.JID // own addresses with device, zero while not paired; whatsmeow's are changed without a lock
	lid    types.JID
}

// New opens a client without connecting it.
func New(ctx context.Context, cfg Config) (*Client, error) {
	if cfg.Store == nil {
		cfg.Store = NewStore()
	}
	if cfg.Name == "" {
		cfg.Name = "Tester"
	}
	if cfg.Log == nil {
		cfg.Log = waLog.Noop
	}
	box, err := wastore.Open(ctx, cfg.Store, "device.", cfg.Log)
	if err != nil {
		return nil, err
	}
	device, err := box.Device(ctx)
	if err != nil {
		return nil, err
	}
	device.PushName = cfg.Name
	release, err := wadial.Trust(cfg.Root)
	if err != nil {
		return nil, err
	}
	c := &Client{WA: whatsmeow.NewClient(device, cfg.Log), cfg: cfg, box: box, release: release, events: newJournal()}
	c.pn, c.lid = device.GetJID(), device.GetLID()
	c.life, c.end = context.WithCancel(context.Background())
	// A message is acknowledged after the event handlers, and its plaintext is stored with the ratchet: nothing
	// is lost when the process dies in between. The latter is also what makes Container.Exclusive work.
	c.WA.SynchronousAck = true
	c.WA.EnableDecryptedEventBuffer = true
	c.WA.BackgroundEventCtx = c.life
	// Also for what waited at the gateway: that is delivered before the client can say that it is available.
	c.WA.SetForceActiveDeliveryReceipts(!cfg.Inactive)
	wadial.Aim(c.WA, cfg.Gateway)
	if cfg.Setup != nil {
		cfg.Setup(c.WA)
	}
	c.WA.AddEventHandler(c.handle)
	return c, nil
}

func (c *Client) handle(event any) {
	switch e := event.(type) {
	case *events.Connected:
		if !c.cfg.Inactive {
			// On the handler's goroutine, so that it goes out before any receipt of a later message.
			_ = c.WA.SendPresence(c.life, types.PresenceAvailable)
		}
		c.setOnline(true)
	case *events.PairSuccess:
		c.setAddress(e.ID, e.LID)
	case *events.Disconnected, *events.StreamReplaced:
		c.box.Interrupt()
		c.setOnline(false)
	case *events.LoggedOut:
		c.setOnline(false)
		c.setAddress(types.EmptyJID, types.EmptyJID)
	case *events.Message:
		c.read.remember(e)
	}
	c.events.add(event)
}

func (c *Client) setOnline(on bool) {
	c.mu.Lock()
	c.online = on
	c.mu.Unlock()
}

// Online says that the client is logged in and ready to send.
func (c *Client) Online() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.online
}

func (c *Client) setAddress(pn, lid types.JID) {
	c.mu.Lock()
	c.pn, c.lid = pn, lid
	c.mu.Unlock()
}

// Paired says that the client is linked to a phone.
func (c *Client) Paired() bool { return !c.PN().IsEmpty() }

// PN is the client's own phone number address, without device. Zero while not paired.
func (c *Client) PN() types.JID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pn.ToNonAD()
}

// LID is the client's own hidden address, without device. Zero while not paired.
func (c *Client) LID() types.JID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lid.ToNonAD()
}

// Device is the client's device number, from 1.
func (c *Client) Device() uint16 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pn.Device
}

// Logout unlinks the client from its side.
func (c *Client) Logout(ctx context.Context) error {
	if err := c.WA.Logout(ctx); err != nil {
		return fmt.Errorf("waclient: log out: %w", err)
	}
	c.setOnline(false)
	c.setAddress(types.EmptyJID, types.EmptyJID)
	return nil
}

// Pair shows a QR text to scan, which plays the phone, and returns when the client is logged in. Scan gets the
// texts one after the other as they expire, until it returns nil.
func (c *Client) Pair(ctx context.Context, scan func(ctx context.Context, qr string) error) error {
	mark := c.events.len()
	codes, err := c.WA.GetQRChannel(c.life)
	if err != nil {
		return fmt.Errorf("waclient: pair: %w", err)
	}
	if err := c.WA.ConnectContext(c.life); err != nil {
		return fmt.Errorf("waclient: pair: connect: %w", err)
	}
	var refused error
	for {
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waclient: pair: %w", ctx.Err()), refused)
		case <-c.life.Done():
			return ErrClosed
		case item, open := <-codes:
			switch {
			case open && item.Event == whatsmeow.QRChannelEventCode:
				refused = scan(ctx, item.Code)
				if refused != nil {
					return fmt.Errorf("waclient: scan: %w", refused)
				}
			case open && item == whatsmeow.QRChannelSuccess:
				return c.awaitOnline(ctx, mark)
			case open:
				return errors.Join(fmt.Errorf("waclient: pair: %s", item.Event), item.Error)
			default:
				return errors.New("waclient: pair: no QR text left")
			}
		}
	}
}

// Connect logs a paired client in and returns when it is ready: what waited for it at the gateway is delivered
// by then. The client reconnects by itself until Disconnect, Close or a logout.
func (c *Client) Connect(ctx context.Context) error {
	if !c.Paired() {
		return ErrNotPaired
	}
	mark := c.events.len()
	if err := c.WA.ConnectContext(c.life); err != nil && !errors.Is(err, whatsmeow.ErrAlreadyConnected) {
		return fmt.Errorf("waclient: connect: %w", err)
	}
	return c.awaitOnline(ctx, mark)
}

// awaitOnline waits for a login after mark. After pairing whatsmeow connects again by itself, but only once: a
// failure there (a gateway that restarts) is repaired here.
func (c *Client) awaitOnline(ctx context.Context, mark int) error {
	const again = 2 * time.Second
	for {
		step, cancel := context.WithTimeout(ctx, again)
		e, err := await(step, c, mark, func(e any) bool {
			switch e.(type) {
			case *events.Connected, *events.LoggedOut, *events.StreamReplaced, *events.ConnectFailure, *events.ClientOutdated:
				return true
			}
			return false
		})
		cancel()
		switch {
		case err == nil:
			if _, ok := e.(*events.Connected); ok {
				return nil
			}
			return fmt.Errorf("waclient: connect: %T", e)
		case ctx.Err() != nil || errors.Is(err, ErrClosed):
			return fmt.Errorf("waclient: connect: %w", err)
		case !c.WA.IsConnected() && c.Paired():
			_ = c.WA.ConnectContext(c.life) // fails while the gateway is away; tried again
		}
	}
}

// Disconnect goes offline until Connect.
func (c *Client) Disconnect() {
	c.WA.Disconnect()
	c.setOnline(false)
}

// Close ends the client for good. The store keeps the device.
func (c *Client) Close() {
	c.Disconnect()
	c.end() // stops a reconnect that was under way
	c.WA.Disconnect()
	c.box.Close() // whatsmeow does not wait for its goroutines; the store may be opened again at once
	c.events.close()
	c.release()
}
