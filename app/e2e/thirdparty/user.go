// Package thirdparty drives a third-party user in tests: the client without a screen, spoken to in its own JSON
// lines, either as a process that can be killed or inside the test, under its race detector.
//
//	anna := thirdparty.New(t, thirdparty.Config{Relay: world.URL, Name: "anna"})
//	anna.Connect()
//	chat := anna.OpenChat("+49 1551 0000010")
//	id := anna.Send(chat, "hello")
//	anna.AwaitState(id, model.Read)
//
// Its methods end the test when something is refused or does not happen. They may be called from the test's own
// goroutine only; Ask may be called from any.
package thirdparty

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
)

// ErrEnded: the program ended before it replied.
var ErrEnded = errors.New("thirdparty: the program has ended")

// Patience bounds every wait for an event. It only matters to tests that fail.
const Patience = 60 * time.Second

// Config of a user. Relay and Name are required.
type Config struct {
	Relay   string
	Name    string
	Phone   string    // "+49…": a WhatsApp user of the relay's sandbox instead, whose phone is made if missing
	Asked   bool      // what strangers write waits until it is accepted
	Dir     string    // of its store; "": a temporary one
	Program string    // path of the client, see Binary; "" runs it inside the test
	Log     io.Writer // what it logs, at debug level; nil: Logs keeps it
}

// User is one device of a third-party account.
type User struct {
	Logs *relaytest.Logs // what the program logged, unless Config.Log took it

	t       testing.TB
	cfg     Config
	args    []string
	events  *journal
	since   int // where in the journal the run of now begins
	printed relaytest.Logs

	mu      sync.Mutex
	run     *run          // nil while stopped
	started chan struct{} // closed and replaced when the program is started
}

// New makes an account, or signs in if it exists, and starts its client. It ends with the test.
func New(t testing.TB, cfg Config) *User {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	u := &User{t: t, cfg: cfg, events: newJournal(), Logs: &relaytest.Logs{}, started: make(chan struct{})}
	if cfg.Log == nil {
		u.cfg.Log = u.Logs
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(relaytest.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	u.args = []string{"-relay", cfg.Relay, "-dir", cfg.Dir, "-user", cfg.Name, "-password-file", password, "-signup", "-stay", "-log", "debug"}
	if cfg.Phone != "" {
		u.args = append(u.args, "-whatsapp", cfg.Phone)
	}
	if cfg.Asked {
		u.args = append(u.args, "-requests")
	}
	t.Cleanup(u.cleanUp)
	u.Start()
	return u
}

func (u *User) cleanUp() {
	if r := u.current(); r != nil && r.kill != nil {
		r.kill()
	}
	u.Stop()
	if u.t.Failed() && testing.Verbose() {
		u.t.Logf("%s logged:\n%s", u.cfg.Name, u.Logs.Bytes())
	}
}

func (u *User) current() *run {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.run
}

// Start starts the program again, after Stop or Kill, and returns when it is ready for commands.
func (u *User) Start() {
	u.t.Helper()
	u.since = u.events.len()
	ready := make(chan struct{})
	var once sync.Once
	var r *run
	begun := make(chan struct{})
	take := func(line []byte) {
		<-begun
		_, _ = u.printed.Write(append(bytes.Clone(line), '\n'))
		p, err := parse(line)
		switch {
		case err != nil:
			u.t.Errorf("%s printed %.200q: %v", u.cfg.Name, line, err)
		case p.Type == "ready":
			once.Do(func() { close(ready) })
		case p.Type == "reply":
			r.replied(p)
		default:
			e, err := port.DecodeEvent(line)
			if err != nil {
				u.t.Errorf("%s printed %.200q: %v", u.cfg.Name, line, err)
				return
			}
			u.events.add(e)
		}
	}
	r, err := begin(u.cfg.Program, u.args, take, u.cfg.Log)
	if err != nil {
		u.t.Fatalf("start %s: %v", u.cfg.Name, err)
	}
	close(begun)
	u.mu.Lock()
	u.run = r
	close(u.started)
	u.started = make(chan struct{})
	u.mu.Unlock()
	select {
	case <-ready:
	case <-r.done:
		u.t.Fatalf("%s ended at its start: %v\n%s", u.cfg.Name, r.err, u.Logs.Bytes())
	case <-time.After(Patience):
		u.t.Fatalf("%s does not start", u.cfg.Name)
	}
}

// Stop ends the program in good order and waits for its end.
func (u *User) Stop() { u.finish(func(r *run) { r.quit() }) }

// Kill ends the program with SIGKILL. It must run as a process.
func (u *User) Kill() { u.finish(func(r *run) { r.kill() }) }

func (u *User) finish(how func(*run)) {
	r := u.current()
	if r == nil {
		return
	}
	how(r)
	select {
	case <-r.done:
	case <-time.After(Patience):
		u.t.Errorf("%s does not end", u.cfg.Name)
	}
	u.mu.Lock()
	u.run = nil
	u.mu.Unlock()
}

// Ask gives a command and waits for the reply. The error is ErrEnded, or ctx's.
func (u *User) Ask(ctx context.Context, c port.Command) (port.Reply, error) {
	r := u.current()
	if r == nil {
		return port.Reply{}, ErrEnded
	}
	wait, err := r.submit(c)
	if err != nil {
		return port.Reply{}, err
	}
	select {
	case reply, ok := <-wait:
		if !ok {
			return reply, ErrEnded
		}
		return reply, nil
	case <-ctx.Done():
		return port.Reply{}, ctx.Err()
	}
}

// Insist gives a command until there is a reply, to one run of the program after the other. The error is ctx's.
func (u *User) Insist(ctx context.Context, c port.Command) (port.Reply, error) {
	for {
		u.mu.Lock()
		started := u.started
		u.mu.Unlock()
		reply, err := u.Ask(ctx, c)
		if !errors.Is(err, ErrEnded) {
			return reply, err
		}
		select {
		case <-started:
		case <-ctx.Done():
			return port.Reply{}, ctx.Err()
		}
	}
}

// Try gives a command and returns the reply, which may be a refusal.
func (u *User) Try(c port.Command) port.Reply {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	reply, err := u.Ask(ctx, c)
	if err != nil {
		u.t.Fatalf("%s: %T: %v", u.cfg.Name, c, err)
	}
	return reply
}

// Do gives a command that must succeed, and decodes the value of its reply into out, if that is not nil.
func (u *User) Do(c port.Command, out any) {
	u.t.Helper()
	reply := u.Try(c)
	if reply.Code != "" {
		u.t.Fatalf("%s: %T: %s: %s", u.cfg.Name, c, reply.Code, reply.Error)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(reply.Value, out); err != nil {
		u.t.Fatalf("%s: %T: %v in %s", u.cfg.Name, c, err, reply.Value)
	}
}

// Connect turns third-party chats on and returns when the user is online and can be written to.
func (u *User) Connect() model.Self {
	u.t.Helper()
	var self model.Self
	u.Do(port.Connect{}, &self)
	u.AwaitOnline()
	// The gateway answers in order: the first answer comes after that to the count of prekeys, so the second after
	// that to their upload. From then on others find the device.
	for range 2 {
		u.LookUp("+49 1551 0999999")
	}
	return self
}

// LookUp asks whether a phone number can be written to.
func (u *User) LookUp(phone string) (found port.LookUpResult) {
	u.t.Helper()
	u.Do(port.LookUp{Phone: phone}, &found)
	return found
}

// OpenChat looks a phone number up and opens the chat with it.
func (u *User) OpenChat(phone string) model.ChatID {
	u.t.Helper()
	found := u.LookUp(phone)
	if found.Status != "ok" {
		u.t.Fatalf("%s looks up a number: %q", u.cfg.Name, found.Status)
	}
	u.Do(port.OpenChat{Chat: found.Chat, Contact: found.Contact}, nil)
	return found.Chat
}

// Send sends a text and returns its id once it is stored.
func (u *User) Send(chat model.ChatID, text string) model.MessageID {
	u.t.Helper()
	id := NewID()
	u.Do(port.SendText{Chat: chat, ID: id, Text: text}, nil)
	return id
}

// Thread is a whole thread, oldest first.
func (u *User) Thread(chat model.ChatID) []model.Message {
	u.t.Helper()
	var all []model.Message
	before := uint64(0)
	for {
		var page port.MessagePage
		u.Do(port.Messages{Chat: chat, Before: before, Limit: port.MaxPage}, &page)
		all = append(page.Messages[:len(page.Messages):len(page.Messages)], all...)
		if !page.More || len(page.Messages) == 0 {
			return all
		}
		before = page.Messages[0].Order
	}
}

// State is the list of chats and the link.
func (u *User) State() (s port.State) {
	u.t.Helper()
	u.Do(port.Snapshot{}, &s)
	return s
}

// Printed is everything that the program printed so far: what the user can read.
func (u *User) Printed() []byte { return u.printed.Bytes() }

// Dir is where the program keeps its store.
func (u *User) Dir() string { return u.cfg.Dir }

func (u *User) String() string { return fmt.Sprintf("third-party user %s", u.cfg.Name) }
