//go:build unix

// Command messengers starts three third-party messengers before one reference
// gateway, as different companies would run them, each a process with data, name
// and port of its own: one with accounts of its own, two whose people sign in at an
// OpenID provider. It is for trying and for tests; nothing of it is for production.
//
//	messengers -ferry build/ferry -openid build/openid -data data/messengers
//
// Each relay has a host name of its own under .localhost, since browsers share the
// cookies of one host among its ports. An interrupt ends all in good order, a
// second one at once.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ferry/relay/wire"
)

// patience is how long all may take to start.
const patience = 60 * time.Second

func main() {
	ferry := flag.String("ferry", "build/ferry", "the ferry command")
	openid := flag.String("openid", "build/openid", "the OpenID provider")
	data := flag.String("data", "data/messengers", "folder of everything that they keep")
	port := flag.Int("port", 8070, "first of ten ports")
	flag.Parse()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	w := &world{ferry: *ferry, openid: *openid, data: *data, port: *port, out: os.Stdout, ended: make(chan *process, 8)}
	if err := w.run(signals); err != nil {
		fmt.Fprintln(os.Stderr, "messengers:", err)
		os.Exit(1)
	}
}

// messenger is one of the three.
type messenger struct {
	id        int
	name      string
	elsewhere bool // its people sign in at an OpenID provider
}

var messengers = []messenger{{7, "Ferry", false}, {8, "Pigeon", true}, {9, "Raven", true}}

// people of the OpenID providers; the same name at both is two people.
var people = []string{"anna:anna-password", "bob:bob-password"}

// world is everything that runs. The gateway listens at port, relays at port + id,
// OpenID providers at port + id - 4.
type world struct {
	ferry, openid, data string
	port                int
	out                 io.Writer
	echo                string // number of the gateway's Echo
	all                 []*process
	ended               chan *process
}

func (w *world) gateway() string           { return fmt.Sprintf("127.0.0.1:%d", w.port) }
func (w *world) local(m messenger) string  { return fmt.Sprintf("127.0.0.1:%d", w.port+m.id) }
func (w *world) issuer(m messenger) string { return fmt.Sprintf("127.0.0.1:%d", w.port+m.id-4) }
func (w *world) url(m messenger) string {
	return fmt.Sprintf("http://%s.localhost:%d", strings.ToLower(m.name), w.port+m.id)
}

// run starts all, waits for a signal, and ends all.
func (w *world) run(signals <-chan os.Signal) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- w.start(ctx) }()
	var err error
	for starting := true; starting; {
		select {
		case e := <-failed:
			err = errors.Join(err, e)
			starting = false
		case p := <-w.ended:
			err = errors.Join(err, fmt.Errorf("%s has ended: %w", p.name, p.err))
			cancel()
		case <-signals:
			err = errors.Join(err, errors.New("interrupted"))
			cancel()
		}
	}
	if err == nil {
		w.welcome()
	}
	for err == nil {
		select {
		case <-signals:
			return w.stop(signals)
		case p := <-w.ended: // the others go on
			fmt.Fprintf(w.out, "%s has ended: %v\n", p.name, p.err) //nolint:errcheck // nobody else to tell
		}
	}
	return errors.Join(err, w.stop(signals))
}

// start starts what others need first.
func (w *world) start(ctx context.Context) error {
	if err := os.MkdirAll(w.data, 0o700); err != nil {
		return err
	}
	file := filepath.Join(w.data, "providers.json")
	if err := w.register(file); err != nil {
		return err
	}
	if err := w.begin("gateway", w.ferry, "gateway", "-sandbox", "-echo", "-admin", "", "-providers", file,
		"-gateway-listen", w.gateway(), "-data", filepath.Join(w.data, "gateway")); err != nil {
		return err
	}
	var told struct {
		RootKey string `json:"rootKey"`
		Echo    string `json:"echo"`
	}
	if err := ask(ctx, "http://"+w.gateway()+"/sandbox", &told); err != nil {
		return err
	}
	w.echo = told.Echo
	for _, m := range messengers {
		if err := w.startMessenger(ctx, m, told.RootKey); err != nil {
			return err
		}
	}
	for _, m := range messengers {
		if err := ask(ctx, "http://"+w.local(m)+"/api/config", nil); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) startMessenger(ctx context.Context, m messenger, root string) error {
	args := []string{"-listen", w.local(m), "-url", w.url(m), "-admin", "", "-data", filepath.Join(w.data, strings.ToLower(m.name)),
		"-provider-id", fmt.Sprint(m.id), "-provider-name", m.name,
		"-gateway", "ws://" + w.gateway() + wire.PathChat, "-gateway-root", root, "-sandbox"}
	if m.elsewhere {
		provider := []string{"-listen", w.issuer(m), "-client", "ferry:secret", "-redirect", w.url(m) + "/api/oidc/callback"}
		for _, p := range people {
			provider = append(provider, "-user", p)
		}
		if err := w.begin(m.name+" ID", w.openid, provider...); err != nil {
			return err
		}
		if err := ask(ctx, "http://"+w.issuer(m)+"/.well-known/openid-configuration", nil); err != nil {
			return err
		}
		args = append(args, "-sign-in-issuer", "http://"+w.issuer(m)+"/", "-sign-in-client", "ferry", "-sign-in-secret", "secret", "-sign-in-name", m.name+" ID")
	}
	return w.begin(m.name, w.ferry, args...)
}

// register writes the gateway's list of messengers. Key sets and files are fetched
// by address: not every system resolves names under .localhost.
func (w *world) register(file string) error {
	var list []map[string]any
	for _, m := range messengers {
		at := "http://" + w.local(m)
		list = append(list, map[string]any{
			"id": m.id, "name": m.name, "issuer": w.url(m), "keySet": at + "/oidc/jwks.json", "mediaOrigin": at, "protocol": wire.EncryptionProtocol,
		})
	}
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o600)
}

// ask waits until there is an answer.
func ask(ctx context.Context, address string, into any) error {
	for {
		err := get(ctx, address, into)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", address, err)
		}
	}
}

func get(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(into)
}
