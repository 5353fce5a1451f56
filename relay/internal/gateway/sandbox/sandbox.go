// Package sandbox lets a tester play WhatsApp: make phones, let them scan a companion's QR text, unlink and
// delete them. It is an HTTP API under /sandbox on the gateway's listener, for loopback unless configured
// otherwise, and never part of a gateway that serves real people.
package sandbox

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"ferry/relay/internal/gateway/adv"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/fault"
	"ferry/relay/internal/gateway/trace"
	"ferry/relay/wire"

	"github.com/nyaruka/phonenumbers"
)

// Outcomes of the Gateway's calls; each has its own answer over HTTP.
var (
	// ErrUnknownQR: no connected client shows this QR text. It costs the clients that do show one nothing.
	ErrUnknownQR = errors.New("no connected client shows this QR text")
	// ErrRefused: the client did not accept the phone's signature, or went away while pairing.
	ErrRefused = errors.New("the client refused to be paired")
	// ErrTimeout: the client did not answer in time.
	ErrTimeout = errors.New("the client did not answer")
)

// Gateway is what the sandbox needs of the gateway.
type Gateway interface {
	// Scan is a phone scanning a companion's QR text: it finds the connection that showed q.Ref with q's keys,
	// vouches for it with the account key and returns when the companion is linked. account is canonical.
	// ErrUnknownQR, ErrRefused, ErrTimeout and directory.ErrTooMany are told apart.
	Scan(ctx context.Context, account wire.JID, key adv.AccountKey, q adv.QR) (device wire.JID, err error)
	// Unlink removes a companion as its phone would: the client is logged out, others are told.
	// directory.ErrNotFound if there is none.
	Unlink(ctx context.Context, key adv.AccountKey, device wire.JID) error
	// DeletePhone removes an account; its clients are logged out. directory.ErrNotFound if there is none.
	DeletePhone(ctx context.Context, account wire.JID) error
	// ChangeChats changes what a user says about third-party chats, and tells everybody whom it concerns.
	ChangeChats(ctx context.Context, account wire.JID, change func(*directory.Chats) error) (directory.Account, error)
	// Reports are what users have shown the operator, newest first.
	Reports(ctx context.Context) ([]Report, error)
	// MarkProvider suspends a provider, removes it, or neither. directory.ErrNotFound if it is not registered.
	MarkProvider(ctx context.Context, id uint16, mark enlist.Mark) error
	// Eligible says whether a phone number is of the region of third-party chats.
	Eligible(phone string) bool
	// Reset forgets phones but for those with the given numbers, all mail, conversations, blocks, reports, and what
	// MarkProvider did. Third-party users stay enlisted.
	Reset(ctx context.Context, keep ...string) error
	// Reinstall sets a phone up anew, with these keys. directory.ErrNotFound if there is none.
	Reinstall(ctx context.Context, account wire.JID, keys directory.Keys, key adv.AccountKey) error
	// SpoilKeys makes the signatures of an account's prekeys wrong, or right again.
	SpoilKeys(ctx context.Context, account wire.JID, spoilt bool) error
	// RunFaults puts a checked plan to work, in place of the one before.
	RunFaults(p fault.Plan)
	// Faults is the plan at work, with its hits.
	Faults() fault.Plan
	// Restart ends all connections as a restart would, or as a crash.
	Restart(crash bool)
	// Trace is the log of the stanzas that cross.
	Trace() *trace.Log
}

// Provider is an approved third-party messenger, as GET /sandbox lists it.
type Provider struct {
	ID          uint16 `json:"id"` // the integrator id
	Name        string `json:"name"`
	Issuer      string `json:"issuer"`
	MediaOrigin string `json:"mediaOrigin,omitempty"`
	Protocol    string `json:"protocol"`
	Suspended   bool   `json:"suspended"`
}

// Config of a sandbox. Directory, Gateway, Root and Providers are required.
type Config struct {
	Directory   *directory.Directory
	Gateway     Gateway
	Root        wire.RootKey
	Providers   func() []Provider
	MediaOrigin string        // of the gateway's media host; "" while it has none
	ChatURL     string        // shown to testers; "" derives it from the request
	Echo        func() string // Echo's number, "" without one; may be nil
	Rand        io.Reader     // nil: crypto/rand
	Log         *slog.Logger  // nil: discarded

	AllowRemote bool     // accept requests from other machines
	Hosts       []string // accepted Host names besides loopback ones, without port
	Origins     []string // web origins that may call, besides the gateway's own
}

// Sandbox is safe for concurrent use.
type Sandbox struct {
	cfg      Config
	mux      *http.ServeMux
	contacts Contacts // nil without
}

// New returns a sandbox over a running gateway.
func New(cfg Config) *Sandbox {
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Echo == nil {
		cfg.Echo = func() string { return "" }
	}
	s := &Sandbox{cfg: cfg}
	s.mux = s.routes()
	return s
}

// ErrBadPhone: not a phone number that could exist, in international form.
var ErrBadPhone = errors.New("not an international phone number")

// Normalise turns what a person types, "+49 1551 000-0001", into E.164, "+4915510000001".
func Normalise(phone string) (string, error) {
	const longest = 64
	if len(phone) > longest || !strings.HasPrefix(strings.TrimSpace(phone), "+") {
		return "", ErrBadPhone
	}
	n, err := phonenumbers.Parse(phone, "")
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", ErrBadPhone
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}

// NewPhone makes a WhatsApp account with a phone that publishes its keys and reads nothing.
// ErrBadPhone and directory.ErrExists are told apart.
func (s *Sandbox) NewPhone(ctx context.Context, phone, name string, thirdPartyChats bool) (Phone, error) {
	number, err := Normalise(phone)
	if err != nil {
		return Phone{}, err
	}
	key, err := adv.GenerateAccountKey(s.cfg.Rand)
	if err != nil {
		return Phone{}, err
	}
	keys, err := s.phoneKeys(key)
	if err != nil {
		return Phone{}, err
	}
	a, err := s.cfg.Directory.CreatePhone(ctx, directory.NewPhone{
		Number: number, Name: name, Consent: directory.Consent{All: thirdPartyChats}, Keys: keys, Secret: key.Bytes(),
	})
	if err != nil {
		return Phone{}, fmt.Errorf("create a phone: %w", err)
	}
	return s.view(a), nil
}

// phoneKeys are the public keys of device 0. Nobody keeps the private half of its signed prekey: the phone has
// no client, and mail to it is dropped.
func (s *Sandbox) phoneKeys(key adv.AccountKey) (directory.Keys, error) {
	var random [4 + 32]byte
	if _, err := io.ReadFull(s.cfg.Rand, random[:]); err != nil {
		return directory.Keys{}, fmt.Errorf("sandbox: random: %w", err)
	}
	private, err := ecdh.X25519().NewPrivateKey(random[4:])
	if err != nil {
		return directory.Keys{}, fmt.Errorf("sandbox: signed prekey: %w", err)
	}
	public := [32]byte(private.PublicKey().Bytes())
	return directory.Keys{
		Registration: binary.BigEndian.Uint32(random[:4]), Identity: key.Public(),
		Signed: directory.SignedPreKey{ID: 1, Key: public, Signature: key.SignPreKey(public)},
	}, nil
}

// Phone looks a phone up by its number. directory.ErrNotFound if there is none.
func (s *Sandbox) Phone(ctx context.Context, phone string) (Phone, error) {
	a, err := s.account(ctx, phone)
	if err != nil {
		return Phone{}, err
	}
	return s.view(a), nil
}

// Scan is a phone scanning a companion's QR text, of an old or a new client. It returns the companion's device.
func (s *Sandbox) Scan(ctx context.Context, phone, qr string) (wire.JID, error) {
	a, err := s.account(ctx, phone)
	if err != nil {
		return wire.JID{}, err
	}
	q, err := adv.ParseQR(qr)
	if err != nil {
		return wire.JID{}, err
	}
	key, err := s.accountKey(ctx, a.ID)
	if err != nil {
		return wire.JID{}, err
	}
	device, err := s.cfg.Gateway.Scan(ctx, a.ID, key, q)
	if err != nil {
		return wire.JID{}, fmt.Errorf("scan: %w", err)
	}
	return a.PN().WithDevice(device.Device), nil
}

// Unlink removes a companion at the phone.
func (s *Sandbox) Unlink(ctx context.Context, phone string, device uint16) error {
	a, err := s.account(ctx, phone)
	if err != nil {
		return err
	}
	if device == 0 {
		return directory.ErrNotFound // a phone is not its own companion
	}
	key, err := s.accountKey(ctx, a.ID)
	if err != nil {
		return err
	}
	if err := s.cfg.Gateway.Unlink(ctx, key, a.ID.WithDevice(device)); err != nil {
		return fmt.Errorf("unlink: %w", err)
	}
	return nil
}

// DeletePhone removes an account, and the contact at it.
func (s *Sandbox) DeletePhone(ctx context.Context, phone string) error {
	a, err := s.account(ctx, phone)
	if err != nil {
		return err
	}
	if s.contacts != nil {
		if err := s.contacts.Remove(ctx, "+"+a.Phone); err != nil && !errors.Is(err, ErrNoContact) {
			return err
		}
	}
	if err := s.cfg.Gateway.DeletePhone(ctx, a.ID); err != nil {
		return fmt.Errorf("delete a phone: %w", err)
	}
	return nil
}

// Reinstall sets a phone up anew under its number: its companions are logged out.
func (s *Sandbox) Reinstall(ctx context.Context, phone string) error {
	a, err := s.account(ctx, phone)
	if err != nil {
		return err
	}
	key, err := adv.GenerateAccountKey(s.cfg.Rand)
	if err != nil {
		return err
	}
	keys, err := s.phoneKeys(key)
	if err != nil {
		return err
	}
	if err := s.cfg.Gateway.Reinstall(ctx, a.ID, keys, key); err != nil {
		return fmt.Errorf("reinstall a phone: %w", err)
	}
	return nil
}

// SpoilKeys makes the signatures of a phone's prekeys wrong, or right again.
func (s *Sandbox) SpoilKeys(ctx context.Context, phone string, spoilt bool) error {
	a, err := s.account(ctx, phone)
	if err != nil {
		return err
	}
	return s.cfg.Gateway.SpoilKeys(ctx, a.ID, spoilt)
}

func (s *Sandbox) account(ctx context.Context, phone string) (directory.Account, error) {
	number, err := Normalise(phone)
	if err != nil {
		return directory.Account{}, err
	}
	return s.cfg.Directory.PhoneByNumber(ctx, number)
}

func (s *Sandbox) accountKey(ctx context.Context, account wire.JID) (adv.AccountKey, error) {
	secret, err := s.cfg.Directory.PhoneSecret(ctx, account)
	if err != nil {
		return adv.AccountKey{}, fmt.Errorf("sandbox: account key: %w", err)
	}
	return adv.ParseAccountKey(secret)
}
