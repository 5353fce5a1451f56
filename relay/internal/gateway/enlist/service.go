package enlist

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// Config of a Service. Providers, Directory and Audience are required.
type Config struct {
	Providers *Registry
	Directory *directory.Directory
	Audience  string // "aud" of tokens for this gateway

	// Removed is told of devices whose enlistment has ended, to log them out and to tell their contacts. account
	// is what is left. May be nil.
	Removed func(ctx context.Context, account directory.Account, gone []directory.Device)

	// Kept says what else the gateway keeps of an account, for its user. May be nil.
	Kept func(ctx context.Context, account directory.Account) (Kept, error)

	HTTP *http.Client     // its transport fetches key sets; nil: the default one
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil: discarded
}

// Service enlists users of approved providers and admits them at login. Safe for concurrent use.
type Service struct {
	cfg  Config
	keys *keySets
}

// New returns a service.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, keys: newKeySets(cfg.HTTP, cfg.Now)}
}

// Enlist makes or finds the gateway account of a token's user, and in it the device with the Noise key that the
// token is bound to. Refusals are *Error.
func (s *Service) Enlist(ctx context.Context, token string, noise wire.PublicKey, protocol string) (directory.Account, directory.Device, error) {
	if noise == (wire.PublicKey{}) {
		return directory.Account{}, directory.Device{}, refusef(WrongKey, "no key")
	}
	id, err := s.Verify(ctx, token, noise)
	if err != nil {
		return directory.Account{}, directory.Device{}, err
	}
	if protocol != wire.EncryptionProtocol || protocol != id.Provider.Protocol {
		return directory.Account{}, directory.Device{}, refuse(UnsupportedProtocol, nil)
	}
	if id.Outside {
		return directory.Account{}, directory.Device{}, refuse(OutOfRegion, nil)
	}
	a, dev, err := s.cfg.Directory.Enlist(ctx, id.Provider.ID, id.Subject, id.Username, noise)
	if errors.Is(err, directory.ErrTooMany) {
		err = refuse(TooManyDevices, err)
	}
	if err == nil {
		a, err = s.noteRegion(ctx, a, id)
	}
	return a, dev, err
}

// noteRegion keeps what the newest token says about where the user is. Somebody
// who has moved out may still log in, and read what was written before; the gateway
// lets nothing cross.
func (s *Service) noteRegion(ctx context.Context, a directory.Account, id Identity) (directory.Account, error) {
	if a.Outside == id.Outside {
		return a, nil
	}
	return s.cfg.Directory.SetOutside(ctx, a.ID, id.Outside)
}

// Revoke ends the enlistment of the token's user: of one device, whose Noise key the token is then bound to, or
// of all devices if the key is zero. Users of a provider that is suspended, or marked as removed, may leave too.
func (s *Service) Revoke(ctx context.Context, token string, noise wire.PublicKey) error {
	id, c, err := s.verify(ctx, token, s.entered)
	if err != nil {
		return err
	}
	if noise != (wire.PublicKey{}) && !c.boundTo(noise) {
		return refuse(WrongKey, nil)
	}
	left, gone, err := s.cfg.Directory.Revoke(ctx, id.Provider.ID, id.Subject, noise)
	if (len(gone) > 0 || err == nil) && s.cfg.Removed != nil {
		s.cfg.Removed(ctx, left, gone) // also if the rest failed: these are gone
	}
	if errors.Is(err, directory.ErrNotFound) {
		return refuse(Revoked, err)
	}
	return err
}

// Kept is what the gateway keeps of an account besides its devices, in numbers.
type Kept struct {
	Conversations int        `json:"conversations"`      // with WhatsApp users, requests included
	Contacts      int        `json:"contacts"`           // who is told of a changed device list
	Waiting       int        `json:"waiting"`            // stanzas in the mailboxes of all devices
	PreKeys       int        `json:"preKeys"`            // public one-time keys of all devices
	Blocked       int        `json:"blocked"`            // people whom the user has blocked
	Reports       int        `json:"reports"`            // that the user has made, with what was shown
	LastSeen      *time.Time `json:"lastSeen,omitempty"` // nil: not known
}

// About is the account of the token's user, and what else is kept of it. A token that is bound to any key will do,
// of any provider that was ever registered. Refusals are *Error.
func (s *Service) About(ctx context.Context, token string) (directory.Account, Kept, error) {
	id, _, err := s.verify(ctx, token, s.entered)
	if err != nil {
		return directory.Account{}, Kept{}, err
	}
	a, err := s.cfg.Directory.ThirdPartyBySub(ctx, id.Provider.ID, id.Subject)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Account{}, Kept{}, refuse(Revoked, err)
	}
	if err != nil || s.cfg.Kept == nil {
		return a, Kept{}, err
	}
	k, err := s.cfg.Kept(ctx, a)
	return a, k, err
}

// Login admits a client that has proved, in the Noise handshake, to hold the key: account and device are what
// its login payload names. Refusals are *Error; Failure makes the answer to send.
func (s *Service) Login(ctx context.Context, account uint64, device uint16, token []byte, noise wire.PublicKey) (directory.Account, directory.Device, error) {
	none := func(err error) (directory.Account, directory.Device, error) {
		return directory.Account{}, directory.Device{}, err
	}
	if len(token) > maxToken {
		return none(refusef(MalformedToken, "longer than %d bytes", maxToken))
	}
	id, err := s.Verify(ctx, string(token), noise)
	if err != nil {
		return none(err)
	}
	if id.Provider.Protocol != wire.EncryptionProtocol {
		return none(refuse(UnsupportedProtocol, nil))
	}
	a, err := s.cfg.Directory.ThirdPartyBySub(ctx, id.Provider.ID, id.Subject)
	if errors.Is(err, directory.ErrNotFound) {
		return none(refuse(Revoked, err))
	}
	if err != nil {
		return none(err)
	}
	if a.Number != account {
		return none(refuse(WrongAccount, nil))
	}
	dev, ok := a.Device(device)
	switch {
	case !ok:
		return none(refusef(Revoked, "no such device"))
	case dev.Noise != noise:
		return none(refusef(WrongKey, "not the device's key"))
	}
	if a, err = s.noteRegion(ctx, a, id); err != nil {
		return none(err)
	}
	return a, dev, nil
}

// VerifyToken checks a login's token and returns whose it is: the provider's integrator id and its name for the
// user. Refusals are *Error, with LoginFailure.
func (s *Service) VerifyToken(ctx context.Context, token []byte, noise wire.PublicKey) (integrator uint16, sub string, err error) {
	if len(token) > maxToken {
		return 0, "", refusef(MalformedToken, "longer than %d bytes", maxToken)
	}
	id, err := s.Verify(ctx, string(token), noise)
	return id.Provider.ID, id.Subject, err
}
