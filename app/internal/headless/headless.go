//go:build !js

package headless

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"ferry/app/internal/engine"
	files "ferry/app/internal/files/native"
	"ferry/app/internal/link"
	"ferry/app/internal/link/native"
	"ferry/app/internal/model"
	"ferry/app/internal/store/bolt"
)

// options are the command line.
type options struct {
	relay, dir, user      string
	phone                 string
	passwordFile          string
	passwordEnv           string
	device, log           string
	signUp, connect, stay bool
	requests              bool
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("headless", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.relay, "relay", "http://localhost:8080", "the relay's `URL`")
	f.StringVar(&o.dir, "dir", "", "`directory` of the store and the session; made if missing")
	f.StringVar(&o.user, "user", "", "`name` of the account")
	f.StringVar(&o.phone, "whatsapp", "", "run as the WhatsApp user with this `number` of the relay's sandbox, made if missing; -user is then the name of the phone")
	f.StringVar(&o.passwordFile, "password-file", "", "`file` with the password")
	f.StringVar(&o.passwordEnv, "password-env", "", "environment `variable` with the password")
	f.StringVar(&o.device, "device", "headless", "what to call this client in the account's list of sessions")
	f.StringVar(&o.log, "log", "warn", "what to log to standard error: debug, info, warn, error")
	f.BoolVar(&o.signUp, "signup", false, "make the account if it does not exist")
	f.BoolVar(&o.connect, "connect", false, "turn third-party chats on before the first command")
	f.BoolVar(&o.requests, "requests", false, "what strangers write waits until it is accepted")
	f.BoolVar(&o.stay, "stay", false, "go on when standard input ends")
	f.Usage = func() {
		fmt.Fprint(out, usage)
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.dir == "" || o.user == "" {
		return o, errors.New("-dir and -user are needed")
	}
	return o, nil
}

const usage = `Usage: app headless -relay URL -dir DIR -user NAME [-password-file FILE | -password-env VAR | -whatsapp +NUMBER] [flags]

Reads commands from standard input and prints replies and events, one JSON value a line:

  {"id":"1","type":"connect"}
  {"id":"2","type":"lookUp","value":{"phone":"+49 155 5000 0002"}}
  {"id":"3","type":"sendText","value":{"chat":"123@lid","id":"3EB0C1","text":"hello"}}

  {"type":"reply","id":"2","value":{"status":"ok","chat":"123@lid","contact":{"name":"…"}}}
  {"type":"message","value":{"id":"3EB0C1","chat":"123@lid","state":"sent",…}}

Commands: snapshot connect disconnect lookUp openChat messages sendText sendMedia sendFile fetch stop save react edit revoke retry
delete transfer played markRead typing active watch setPrivacy search online setConsent findPerson accept decline block
blockProvider previewReport report safetyNumber verify releaseHeld.
Events: self link chat chatDeleted message deleted peerTyping peerPresence moved privacy changeFailed consent blocks halted. "go doc ferry/app/internal/headless" says more.

`

// Main runs the client and returns the exit status.
func Main(args []string) int {
	o, err := parse(args, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "headless:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "headless:", err)
		return 1
	}
	return 0
}

// Run is the program without its process, for tests that want it under their
// own race detector. It returns when ctx ends or for the same reasons as Main.
func Run(ctx context.Context, args []string, in io.Reader, out, diagnostics io.Writer) error {
	o, err := parse(args, diagnostics)
	if err != nil {
		return err
	}
	return run(ctx, o, in, out, diagnostics)
}

// run is the program with its options read.
func run(ctx context.Context, o options, in io.Reader, out, diagnostics io.Writer) (err error) {
	log, err := logger(o.log, diagnostics)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	s, err := bolt.Open(filepath.Join(o.dir, "store"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	cfg := engine.Config{Store: s, Log: log, Username: o.user, Requests: o.requests}
	var e *engine.Engine
	kept, err := o.open(ctx, &cfg, func(ctx context.Context, refused string) (string, error) {
		return e.UploadGrant(ctx, refused) // only a running engine moves files
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	e, err = engine.New(ctx, cfg)
	if err != nil {
		return err
	}
	return talk(ctx, &desk{e, kept}, o, in, out)
}

// leave is what native.Sandbox asks for before it uploads.
type leave = func(ctx context.Context, refused string) (string, error)

// open makes the way out, and the place for files.
func (o options) open(ctx context.Context, cfg *engine.Config, leave leave) (kept *files.Files, err error) {
	if o.phone != "" {
		return o.openSandbox(ctx, cfg, leave)
	}
	relay, provider, err := signIn(ctx, o)
	if err != nil {
		return nil, err
	}
	if kept, err = files.Open(filepath.Join(o.dir, "media"), relay); err != nil {
		return nil, err
	}
	cfg.Relay, cfg.Provider, cfg.Files = relay, provider, kept
	return kept, nil
}

// openSandbox is open for a WhatsApp user. Without a network the client starts
// all the same, if the phone was there before.
func (o options) openSandbox(ctx context.Context, cfg *engine.Config, leave leave) (kept *files.Files, err error) {
	client, err := native.New(o.relay, "", nil)
	if err != nil {
		return nil, err
	}
	box := native.Sandbox{Client: client, Grant: leave}
	err = box.NewPhone(ctx, o.phone, o.user, true)
	var refused *link.APIError
	if errors.As(err, &refused) && refused.Status/100 == 4 {
		return nil, err
	}
	if kept, err = files.Open(filepath.Join(o.dir, "media"), box); err != nil {
		return nil, err
	}
	cfg.Relay, cfg.Pairer, cfg.Files = box, box, kept
	cfg.Persona, cfg.Phone = model.WhatsAppUser, o.phone
	return kept, nil
}

func logger(level string, to io.Writer) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("-log: %w", err)
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: l})), nil
}

// password reads the password, and does not keep it.
func (o options) password() (string, error) {
	switch {
	case o.passwordFile != "":
		b, err := os.ReadFile(o.passwordFile)
		return strings.TrimRight(string(b), "\r\n"), err
	case o.passwordEnv != "":
		if p := os.Getenv(o.passwordEnv); p != "" {
			return p, nil
		}
		return "", fmt.Errorf("the environment has no %s", o.passwordEnv)
	}
	return "", errors.New("a password is needed: -password-file or -password-env")
}
