// Command openid is an OpenID provider for tests and for trying several
// messengers on one machine: a real, certified implementation with its people in
// memory. It is not part of a relay.
//
//	openid -listen 127.0.0.1:9001 -client ferry:secret -redirect http://localhost:8080/api/oidc/callback -user ada:password1
//
// Tests may change its ways while it runs: POST /control/rotate makes a new
// signing key; POST /control/lifetime?d=-1m and /control/skew?d=10m change the
// ID tokens from then on.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "openid:", err)
		os.Exit(1)
	}
}

func run() error {
	var redirects, users list
	listen := flag.String("listen", "127.0.0.1:0", "address")
	client := flag.String("client", "ferry:secret", "client id and secret")
	flag.Var(&redirects, "redirect", "where people are sent back to; may be repeated")
	flag.Var(&users, "user", "name:password; may be repeated")
	flag.Parse()
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	issuer := "http://" + ln.Addr().String() + "/"
	people := store{}
	for _, u := range users {
		name, password, ok := strings.Cut(u, ":")
		if !ok {
			return fmt.Errorf("user %q is not name:password", u)
		}
		people[name] = &storage.User{ID: "sub-" + name, Username: name, Password: password}
	}
	id, secret, ok := strings.Cut(*client, ":")
	if !ok {
		return errors.New("client is not id:secret")
	}
	keys, err := newKeys()
	if err != nil {
		return err
	}
	w := &ways{Storage: storage.NewStorageWithClients(people, map[string]*storage.Client{
		id: storage.WebClient(id, secret, redirects...),
	}), keys: keys, lifetime: 5 * time.Minute}
	mux := http.NewServeMux()
	mux.Handle("/control/", w.control())
	mux.Handle("/", exampleop.SetupServer(issuer, w, slog.New(slog.DiscardHandler), false))
	fmt.Println(issuer) // the one line of output: where it is
	return (&http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}).Serve(ln)
}

// store is people by name.
type store map[string]*storage.User

func (s store) GetUserByID(id string) *storage.User         { return s[strings.TrimPrefix(id, "sub-")] }
func (s store) GetUserByUsername(name string) *storage.User { return s[name] }
func (store) ExampleClientID() string                       { return "service" }
