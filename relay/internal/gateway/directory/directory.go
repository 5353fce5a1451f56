// Package directory is what the gateway knows about its accounts: WhatsApp
// users with their phone number and hidden identity (LID), third-party users
// of each provider, their devices, public keys, unspent one-time prekeys,
// consent, and who has been in touch with whom.
//
// Everything is kept in buckets with compare-and-set, so that any number of
// gateway processes share it. An account and its devices are one record: a
// device number or key index is taken by whoever changes that record first, and
// never given out again. One-time prekeys are one record per device, for the
// same reason: the key that is handed out is the key that was taken off the
// record, and only one taker can have changed it.
//
// An account is named by its bare canonical JID: the LID of a WhatsApp user,
// the interop JID of a third-party user. Resolve turns every other form, phone
// number or alias, into it.
package directory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// Outcomes that a caller can act on.
var (
	// ErrNotFound: no such account, device or key bundle.
	ErrNotFound = errors.New("directory: not found")
	// ErrExists: the phone number is taken.
	ErrExists = errors.New("directory: exists already")
	// ErrTooMany: the account has as many devices as it may have.
	ErrTooMany = errors.New("directory: too many devices")
	// ErrBadNumber: not a phone number in international form.
	ErrBadNumber = errors.New("directory: not an international phone number")
	// ErrBusy: the record was changed by others again and again.
	ErrBusy = errors.New("directory: record is contended")
)

// Bounds; what happens at each is said where it is used.
const (
	MaxDevices   = 32   // devices an account may have at one time
	MaxPreKeys   = 2000 // unspent one-time prekeys of one device
	maxSpent     = 2000 // spent prekeys that a device's record remembers
	maxPeers     = 5000 // contacts that are told of a changed device list
	maxConflicts = 64   // attempts at one compare-and-set

	MaxBlocked      = 500 // people an account may have blocked
	MaxAppsAnswered = 200 // providers a user may have said something about

	// maxDeviceNumber is the largest that a JID's byte for the device can say.
	// An account that has used them all up can have no further device.
	maxDeviceNumber = 255
)

// Options of Open; Now and Rand are required.
type Options struct {
	Now  func() time.Time
	Rand io.Reader
	// Joined is told of a third-party account that is new, with its first device,
	// before anybody else is. It may be told again of the same. May be nil.
	Joined func(context.Context, Account) error
}

// Directory is safe for concurrent use.
type Directory struct {
	opt      Options
	accounts *bus.Bucket // records, and the indexes that lead to them
	prekeys  *bus.Bucket
	peers    *bus.Bucket
	leaving  *bus.Bucket // accounts that are gone, as long as there may be traces
	known    *edgeCache
}

// Open opens the directory's buckets, making them if needed.
func Open(ctx context.Context, b *bus.Bus, opt Options) (*Directory, error) {
	d := &Directory{opt: opt, known: newEdgeCache()}
	for _, x := range []struct {
		name string
		into **bus.Bucket
	}{
		{"gw-accounts", &d.accounts},
		{"gw-prekeys", &d.prekeys},
		{"gw-peers", &d.peers},
		{"gw-leaving", &d.leaving},
	} {
		bucket, err := b.Bucket(ctx, x.name, bus.BucketOptions{})
		if err != nil {
			return nil, fmt.Errorf("directory: %w", err)
		}
		*x.into = bucket
	}
	return d, nil
}

// Kind tells the two sorts of account apart.
type Kind uint8

// The kinds of account.
const (
	WhatsApp   Kind = 1 // has a phone number and a LID
	ThirdParty Kind = 2 // a provider's user
)

// Account is one user and their devices. It is a copy: change it through the
// Directory.
type Account struct {
	Kind Kind
	ID   wire.JID // canonical, bare
	Name string   // push name of a WhatsApp user, username of a third-party user

	// WhatsApp users.
	Phone   string    // digits only, without "+"
	RawID   uint32    // constant part of the account's device identities (ADV)
	KeyList KeyList   // the signed list of valid key indexes
	Told    time.Time // providers registered until then are no news to this user

	Chats // a third-party user has blocks only

	// Third-party users.
	Integrator uint16 // the provider
	Number     uint64 // account number with that provider
	Sub        string // the provider's name for the user, from the ID token
	Outside    bool   // of the region of third-party chats, as the provider last said

	Devices []Device // in order of their numbers
}

// KeyList is an account's signed list of valid key indexes, as its phone made
// it: bytes of ADVSignedKeyIndexList.
type KeyList struct {
	Time   time.Time
	Signed []byte
}

// PN is the phone number JID; the zero JID for a third-party user.
func (a *Account) PN() wire.JID {
	if a.Kind != WhatsApp {
		return wire.JID{}
	}
	return wire.JID{User: a.Phone, Server: wire.ServerUser}
}

// Alias is the name under which clients that cannot write to interop JIDs see
// this account: its alias LID, or its LID if it is a WhatsApp user's.
func (a *Account) Alias() wire.JID {
	if a.Kind == ThirdParty {
		return AliasOf(a.ID)
	}
	return a.ID
}

// Device returns the device with that number.
func (a *Account) Device(number uint16) (Device, bool) {
	for _, d := range a.Devices {
		if d.Number == number {
			return d, true
		}
	}
	return Device{}, false
}

// Device is one installation of a client. Number 0 is the phone, or the first
// installation of a third-party user.
type Device struct {
	Number   uint16
	KeyIndex uint32         // position in the account's key index list; 0 for the phone
	Noise    wire.PublicKey // logins must come with it; zero: this device has no client
	Keys     *Keys          // nil until the client has uploaded them
	ADV      []byte         // companion: ADVSignedDeviceIdentity as the client signed it
	Platform string         // what the client says it runs on
	Added    time.Time
}

// HasClient says whether anything ever logs in as this device. A sandbox phone
// is a device with keys and no client: mail to it has nowhere to go.
func (d Device) HasClient() bool { return d.Noise != wire.PublicKey{} }

// Keys are the long-lived public keys of a device. Keys are 32 bytes, without
// the type byte 05 that Signal puts in front inside messages and signatures.
type Keys struct {
	Registration uint32
	Identity     [32]byte
	Signed       SignedPreKey
}

// SignedPreKey is the medium-term prekey; Signature covers 05‖Key.
type SignedPreKey struct {
	ID        uint32 // 24 bits
	Key       [32]byte
	Signature [64]byte
}

// PreKey is a one-time prekey.
type PreKey struct {
	ID  uint32 // 24 bits
	Key [32]byte
}
