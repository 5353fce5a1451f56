// Package echo is a WhatsApp user of the sandbox that answers: whoever has nobody to talk to can talk to Echo. Beside
// Echo there is a Cast of contacts, whom testers make and who do as they are told: see cast.go.
//
// Echo is a whatsmeow client of the gateway it runs beside, paired through the same QR path as anybody's: an
// implementation that is not ours at the other end of every conversation. It marks what it receives as read, is
// shown as typing for a moment, and says the same, or does what it is asked for: see plan.go. Its keys and unanswered messages are in a bucket of the bus,
// sealed, so that it keeps its sessions and answers each message once, across restarts.
package echo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/internal/gateway/wastore/wadial"
	"ferry/relay/wire"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// DefaultPhone is Echo's number unless configured otherwise: a valid German mobile number of a block that no
// one can be assigned, as far as is known.
const DefaultPhone = "+4915510000001"

const (
	name        = "Echo"
	typing      = 700 * time.Millisecond
	retryFirst  = 200 * time.Millisecond // before the second attempt at a connection or an answer
	retryMost   = 15 * time.Second       // between attempts
	checkEvery  = 5 * time.Second        // whether whatsmeow, which reconnects by itself, needs help
	replacedFor = time.Minute            // after another process has taken the connection over
)

// Phones is the part of the sandbox that Echo needs to come into being.
type Phones interface {
	NewPhone(ctx context.Context, phone, name string, thirdPartyChats bool) (sandbox.Phone, error)
	Scan(ctx context.Context, phone, qr string) (wire.JID, error)
}

// Config of Echo. Address, Root, Store and Phones are required.
type Config struct {
	Address string       // of the gateway's listener, "127.0.0.1:8081"
	Root    wire.RootKey // of the gateway. whatsmeow has one for the whole process
	Store   wastore.KV   // one Echo at a time may use it; it is sealed
	Phones  Phones
	Phone   string        // "": DefaultPhone
	Typing  time.Duration // how long Echo seems to type; 0: 700 ms, negative: not at all
	Log     *slog.Logger  // nil: discarded
}

func (c Config) withDefaults() Config {
	if c.Phone == "" {
		c.Phone = DefaultPhone
	}
	if c.Typing == 0 {
		c.Typing = typing
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Echo is one such user. Make it with New.
type Echo struct {
	cfg Config
	kv  wastore.KV // sealed
	log *slog.Logger
}

// New returns an Echo that does nothing yet.
func New(cfg Config) *Echo {
	cfg = cfg.withDefaults()
	return &Echo{cfg: cfg, log: cfg.Log}
}

// Phone is Echo's number in E.164.
func (e *Echo) Phone() string { return e.cfg.Phone }

// Run is Echo's life; it returns nil when ctx ends. The gateway must be listening, or begin to soon.
func (e *Echo) Run(ctx context.Context) error {
	release, err := wadial.Trust(e.cfg.Root)
	if err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	defer release()
	if e.kv, err = wastore.Sealed(ctx, e.cfg.Store, "echo."); err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	wait := retryFirst
	for ctx.Err() == nil {
		started := time.Now()
		err := e.session(ctx)
		if time.Since(started) > retryMost {
			wait = retryFirst
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errReplaced):
			wait = replacedFor
		case err != nil:
			e.log.Warn("echo is offline", "error", err, "again", wait)
		}
		if !sleep(ctx, wait) {
			return nil
		}
		wait = min(2*wait, retryMost)
	}
	return nil
}

var (
	errReplaced  = errors.New("another process is Echo")
	errLoggedOut = errors.New("unlinked")
)

// session is one whatsmeow client, from opening the store to an end that whatsmeow does not repair by itself:
// unlinked, replaced, or a failed start. Lost connections are repaired within a session.
func (e *Echo) session(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	box, err := wastore.Open(ctx, e.kv, "device.", logger{e.log})
	if err != nil {
		return err
	}
	device, err := box.Device(ctx)
	if err != nil {
		return err
	}
	device.PushName = name
	book, err := openBook(ctx, e.kv)
	if err != nil {
		return err
	}
	s := newClient(ctx, e.cfg, box, device)
	s.pairable = func(ctx context.Context) error {
		_, err := e.cfg.Phones.NewPhone(ctx, e.cfg.Phone, name, true)
		return err
	}
	s.hear = func(event any) bool {
		m, ok := event.(*events.Message)
		return !ok || s.received(book, m)
	}
	s.recall = book.message
	s.setup()
	// whatsmeow does not wait for its goroutines: what they still want to write must not meet the next session.
	defer box.Close()
	defer s.wa.Disconnect()
	answering := make(chan struct{})
	go func() {
		defer close(answering)
		newAnswerer(s, book, e.cfg.Typing, e.log).run(ctx)
	}()
	defer func() { cancel(); <-answering }()
	err = s.live()
	if errors.Is(err, errLoggedOut) {
		// whatsmeow deletes the device too, but has said so before it is done.
		err = errors.Join(err, box.DeleteDevice(context.WithoutCancel(ctx), device))
	}
	return err
}

// client is the whatsmeow client of a session.
type client struct {
	cfg   Config
	log   *slog.Logger
	wa    *whatsmeow.Client
	box   *wastore.Container
	ctx   context.Context // of the session
	ended chan error      // why the session cannot go on

	// Set before setup.
	pairable func(context.Context) error // makes the phone, if there is none
	hear     func(event any) bool        // what else whatsmeow tells; false keeps it from acknowledging a message
	recall   func(context.Context, types.MessageID) (*waE2E.Message, bool)
}

func newClient(ctx context.Context, cfg Config, box *wastore.Container, device *store.Device) *client {
	return &client{
		cfg: cfg, log: cfg.Log, box: box, ctx: ctx,
		wa: whatsmeow.NewClient(device, logger{cfg.Log}), ended: make(chan error, 8),
	}
}

func (s *client) setup() {
	s.wa.SynchronousAck = true             // the gateway keeps a message until Echo has it on disk
	s.wa.EnableDecryptedEventBuffer = true // ratchet and plaintext are committed together
	s.wa.BackgroundEventCtx = s.ctx
	s.wa.SetForceActiveDeliveryReceipts(true) // also for what comes before the first presence
	s.wa.GetMessageForRetry = func(_, _ types.JID, id types.MessageID) *waE2E.Message {
		m, _ := s.recall(s.ctx, id)
		return m
	}
	wadial.Aim(s.wa, s.cfg.Address)
	s.wa.AddEventHandlerWithSuccessStatus(s.handle)
}

// handle is called by whatsmeow for one event at a time. false keeps it from acknowledging a message, which the
// gateway then delivers again after the next login.
func (s *client) handle(event any) bool {
	switch e := event.(type) {
	case *events.Connected:
		// Others are told the name with it, and that receipts now mean something.
		if err := s.wa.SendPresence(s.ctx, types.PresenceAvailable); err != nil {
			s.log.Warn("echo: presence", "error", err)
		}
	case *events.LoggedOut:
		s.end(errLoggedOut)
	case *events.StreamReplaced:
		s.end(errReplaced)
	case *events.ConnectFailure:
		s.end(fmt.Errorf("login refused: %d", int(e.Reason)))
	case *events.ClientOutdated, *events.TemporaryBan:
		s.end(fmt.Errorf("login refused: %T", e))
	}
	return s.hear(event)
}

func (s *client) end(err error) {
	select {
	case s.ended <- err:
	default:
	}
}

// received puts a message into Echo's book. It is acknowledged only if that has succeeded.
func (s *client) received(book *book, m *events.Message) bool {
	j, ok := jobOf(m, s.wa.Store.GetJID(), s.wa.Store.GetLID())
	if !ok {
		return true
	}
	if err := book.add(s.ctx, j); err != nil {
		s.log.Error("echo: store a message", "error", err)
		return false
	}
	return true
}

// live connects, pairing first if need be, and returns when the session has to end.
func (s *client) live() error {
	if err := s.start(); err != nil {
		return err
	}
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	down := 0
	for {
		select {
		case err := <-s.ended:
			return err
		case <-s.ctx.Done():
			return nil
		case <-check.C:
			// whatsmeow waits two seconds longer after each failure, without end; and after pairing it tries
			// to come back only once.
			if s.wa.IsConnected() {
				down = 0
				continue
			}
			if down++; down > 1 {
				if err := s.wa.ConnectContext(s.ctx); err != nil && !errors.Is(err, whatsmeow.ErrAlreadyConnected) {
					s.log.Info("echo: connect", "error", err)
				}
			}
		}
	}
}

func (s *client) start() error {
	if s.wa.Store.ID == nil {
		return s.pair()
	}
	return s.wa.ConnectContext(s.ctx)
}

// pair lets the phone scan the client's QR text.
func (s *client) pair() error {
	if err := s.pairable(s.ctx); err != nil && !errors.Is(err, directory.ErrExists) {
		return fmt.Errorf("phone: %w", err)
	}
	codes, err := s.wa.GetQRChannel(s.ctx)
	if err != nil {
		return fmt.Errorf("pair: %w", err)
	}
	if err := s.wa.ConnectContext(s.ctx); err != nil {
		return fmt.Errorf("pair: %w", err)
	}
	for item := range codes {
		switch {
		case item.Event == whatsmeow.QRChannelEventCode:
			if _, err := s.cfg.Phones.Scan(s.ctx, s.cfg.Phone, item.Code); err != nil {
				return fmt.Errorf("pair: %w", err)
			}
		case item != whatsmeow.QRChannelSuccess:
			return errors.Join(fmt.Errorf("pair: %s", item.Event), item.Error)
		default:
			s.log.Info("a sandbox user is paired")
			return nil
		}
	}
	return errors.New("pair: no QR text left")
}

// sleep waits, and says whether it was not interrupted.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
