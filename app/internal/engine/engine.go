package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"ferry/app/internal/link"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// Relay is the way out: the relay's API and its tunnel to the gateway.
// Implementations: link/native, and the browser's.
type Relay interface {
	// Enlist makes this device known at the gateway. The same key again gives
	// the same answer.
	Enlist(ctx context.Context, noise wire.PublicKey) (link.Enlistment, error)
	// Token is the proof of who the user is, for one login.
	Token(ctx context.Context, noise wire.PublicKey) ([]byte, error)
	// Disenlist revokes this device's enlistment, or with everywhere that of the
	// account with all its devices.
	Disenlist(ctx context.Context, noise wire.PublicKey, everywhere bool) error
	// DialTunnel opens a tunnel. Its errors and those of the pipe's Read are
	// *link.CloseError where the relay said why.
	DialTunnel(ctx context.Context) (wire.Pipe, error)
}

// Config is what an engine needs. Store and Relay must be set.
type Config struct {
	Store    store.Store
	Relay    Relay
	Now      func() time.Time // nil: time.Now
	Rand     io.Reader        // nil: crypto/rand
	Log      *slog.Logger     // nil: none
	Username string           // of the account, shown to the peers
	Provider string           // its provider's name; "": as SetProvider told last
	Timing   Timing
	// Requests: what strangers write waits until the user has accepted it.
	Requests bool
	Files    media.Files // where attachments are kept; nil: nowhere, and they are refused

	// Of a WhatsApp user, who exists on a sandbox gateway only. Relay then opens
	// the chat socket of that gateway, and nothing else of it is asked.
	Persona model.Persona
	Phone   string // "+49…"
	Pairer  Pairer // the user's phone
}

// Timing holds the engine's patience. Zero fields take the default.
type Timing struct {
	Query time.Duration // until an iq counts as unanswered; 20 s
	Again time.Duration // until a failed fetch or commit is tried again; 5 s
	Stale time.Duration // age at which a device list is asked for again; 24 h
	TopUp time.Duration // pause between uploads of prekeys; 3 s
	Move  time.Duration // until an attachment is tried again after its first failure, doubled each time; 1 s
}

func (t Timing) orDefault() Timing {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&t.Query, 20*time.Second)
	set(&t.Again, 5*time.Second)
	set(&t.Stale, 24*time.Hour)
	set(&t.TopUp, 3*time.Second)
	set(&t.Move, time.Second)
	return t
}

var stopped = port.Reply{Code: "stopped", Error: "the engine stopped"}

// maxTurn is how many things one turn takes in at most: the size of a batch.
const maxTurn = 100

// Engine is one device of one account.
type Engine struct {
	cfg   Config
	store store.Store
	log   *slog.Logger

	requests chan *request
	tasks    chan func(*turn) error
	incoming chan linked
	done     chan struct{} // closed when Run returns

	subscribers subscribers

	// All below belongs to the goroutine of Run.
	ctx      context.Context
	vault    *seal.Vault
	self     selfRow
	privacy  model.Privacy
	chosen   bool            // the user chose it
	watching model.ChatID    // whose peer's presence is asked for
	peer     model.Presence  // of that peer, as last told
	noise    wire.PrivateKey // zero until keys are made
	vouch    []byte          // of a WhatsApp user's device: what its phone has vouched for
	leave    grant           // to upload a WhatsApp user's files
	pairing  bool            // the phone is being asked
	pairRuns bool            // in the background
	count    counters
	chats    cache[model.ChatID, chatRow]
	lists    cache[wire.JID, deviceRow]
	out      outbox
	wire     connection
	query    queries
	fetch    *fetches
	find     finder
	consent  consentRow // of a WhatsApp user
	blocked  map[model.ChatID]model.BlockedPerson
	tells    map[string]tellRow // what the gateway is still to be told, by key
	waits    []*keyWait
	failed   int // commits in a row that failed

	backlog []work // taken in already, but for the next turn

	fileDropped func(*turn, messageRow) // an attachment goes with its message; may be nil
	moves       moves
	locks       locks // safe from any goroutine

	background sync.WaitGroup // goroutines that end with Run
}

// New reads the state from the store. The engine does nothing until Run.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Phone != "" {
		cfg.Phone = "+" + digitsOf(cfg.Phone)
	}
	cfg.Timing = cfg.Timing.orDefault()
	e := &Engine{
		cfg: cfg, store: cfg.Store, log: cfg.Log,
		requests: make(chan *request, maxTurn),
		tasks:    make(chan func(*turn) error, 16),
		incoming: make(chan linked, maxTurn),
		done:     make(chan struct{}),
	}
	vault, err := seal.Open(ctx, cfg.Store, cfg.Rand)
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	e.vault = vault
	if err := e.load(ctx); err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	return e, nil
}

// load reads all state that is kept in memory.
func (e *Engine) load(ctx context.Context) error {
	e.chats, e.lists = newCache[model.ChatID, chatRow](), newCache[wire.JID, deviceRow]()
	e.query, e.fetch = newQueries(), newFetches()
	var err error
	if e.self, err = loadSelf(ctx, e.store); err != nil {
		return err
	}
	if e.noise, err = loadNoise(ctx, e.store); err != nil {
		return err
	}
	if e.vouch, err = e.store.Get(ctx, store.Identity, vouchKey); err != nil {
		return err
	}
	e.pairing = e.pairRuns
	if e.cfg.Provider == "" {
		name, err := e.store.Get(ctx, store.Meta, providerKey)
		if err != nil {
			return err
		}
		e.cfg.Provider = string(name)
	}
	if e.privacy, e.chosen, err = loadPrivacy(ctx, e.store); err != nil {
		return err
	}
	if e.count, err = loadCounters(ctx, e.store); err != nil {
		return err
	}
	if e.out, err = loadOutbox(ctx, e.store); err != nil {
		return err
	}
	if e.consent, err = loadConsent(ctx, e.store); err != nil {
		return err
	}
	if e.blocked, err = loadBlocked(ctx, e.store); err != nil {
		return err
	}
	if e.tells, err = loadTells(ctx, e.store); err != nil {
		return err
	}
	if e.find, err = loadFinder(ctx, e.store, e.count.order); err != nil {
		return err
	}
	return e.loadMoves(ctx)
}

// Run works until ctx ends, and then returns nil; or until the store is lost
// or belongs to another engine, and then returns that error.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer e.background.Wait()
	defer close(e.done)
	defer cancel()
	e.ctx = ctx
	if e.self.Connected {
		e.startLink()
	}
	e.startFilling()
	for {
		t := newTurn(e)
		err := e.gather(ctx, t)
		if err == nil {
			err = e.finish(ctx, t)
		}
		if ctx.Err() != nil {
			t.abandon(stopped)
			return nil
		}
		if err == nil {
			e.failed = 0
			continue
		}
		if err = e.mend(ctx, t, err); err != nil {
			return err
		}
	}
}

// finish seals what can be sent, commits the turn, and lets out what waited
// for the commit.
func (e *Engine) finish(ctx context.Context, t *turn) error {
	if err := e.tryWaits(t); err != nil {
		return err
	}
	if err := e.pump(t); err != nil {
		return err
	}
	if err := t.commit(ctx); err != nil {
		return err
	}
	t.release()
	e.flush()
	return nil
}

// Do runs a command and waits for its reply, which comes after what the
// command changed is durable. It may be called from any goroutine but a
// subscriber's.
func (e *Engine) Do(ctx context.Context, c port.Command) port.Reply { return e.Submit(ctx, c)() }

// Submit hands a command over and returns a function that waits for its reply.
// Commands submitted one after the other are taken in in that order.
func (e *Engine) Submit(ctx context.Context, c port.Command) (wait func() port.Reply) {
	r := &request{command: c, reply: make(chan port.Reply, 1)}
	select {
	case e.requests <- r:
		return func() port.Reply { return e.await(ctx, r) }
	case <-ctx.Done():
		return func() port.Reply { return cancelled(ctx) }
	case <-e.done:
		return func() port.Reply { return stopped }
	}
}

func (e *Engine) await(ctx context.Context, r *request) port.Reply {
	select {
	case reply := <-r.reply:
		return reply
	case <-ctx.Done():
		return cancelled(ctx)
	case <-e.done:
	}
	select {
	case reply := <-r.reply: // just before the end
		return reply
	default:
		return stopped
	}
}

func cancelled(ctx context.Context) port.Reply {
	return port.Reply{Code: "cancelled", Error: ctx.Err().Error()}
}

// Subscribe has fn called with the events of each turn, in order, on the
// engine's goroutine: it must return soon and must not call Do.
func (e *Engine) Subscribe(fn func([]port.Event)) (cancel func()) { return e.subscribers.add(fn) }

// later runs a task in a turn of its own after d, if the engine still runs.
func (e *Engine) later(d time.Duration, task func(*turn) error) {
	time.AfterFunc(d, func() { e.post(task) })
}

// post hands a task to the engine from another goroutine.
func (e *Engine) post(task func(*turn) error) {
	select {
	case e.tasks <- task:
	case <-e.done:
	}
}
