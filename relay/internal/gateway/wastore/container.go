package wastore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
)

var (
	// ErrNotPaired: the device has no address yet, so it cannot be stored.
	ErrNotPaired = errors.New("wastore: the device is not paired")
	// ErrCorrupt: a stored record has an impossible shape.
	ErrCorrupt = errors.New("wastore: corrupt record")
	// ErrBroken: a batch was interrupted; open the container again to finish it.
	ErrBroken = errors.New("wastore: a write failed half-way, the container must be opened again")
	// ErrInterrupted: the connection went while a send held the sessions; nothing of it was stored, or sent.
	ErrInterrupted = errors.New("wastore: interrupted, send again")
	// ErrClosed: the container was closed.
	ErrClosed = errors.New("wastore: closed")
)

const deviceKey = "device"

// Container is one device and everything whatsmeow keeps for it. It implements store.DeviceContainer.
type Container struct {
	kv     KV
	prefix string
	log    waLog.Logger

	writeMu sync.Mutex // serialises writes, so that the journal belongs to one batch
	broken  error      // guarded by writeMu

	migrated sync.Map // Signal users of phone numbers that have nothing left to rename

	mu      sync.Mutex
	records map[string][]byte
	sending *send // who has the ratchet lock through Exclusive

	// Locks are taken in this order, and writeMu and mu last.
	ratchet  sync.Mutex // held while a message is decrypted, and by Exclusive
	preKeyMu sync.Mutex // one read-modify-write of the prekeys at a time
}

var _ store.DeviceContainer = (*Container)(nil)

// Open reads the device under prefix (one or more levels, ends in '.') and finishes an interrupted batch.
// A nil log drops all messages.
func Open(ctx context.Context, kv KV, prefix string, log waLog.Logger) (*Container, error) {
	if prefix == "" || !strings.HasSuffix(prefix, ".") {
		return nil, fmt.Errorf("wastore: prefix %q does not end at a level", prefix)
	}
	if log == nil {
		log = waLog.Noop
	}
	stored, err := kv.List(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("wastore: read the device: %w", err)
	}
	c := &Container{kv: kv, prefix: prefix, log: log, records: make(map[string][]byte, len(stored))}
	for k, v := range stored {
		c.records[strings.TrimPrefix(k, prefix)] = v
	}
	if err := c.replay(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Close makes all later writes fail, once those under way are done. Then the keys may be opened again.
func (c *Container) Close() {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if c.broken == nil {
		c.broken = ErrClosed
	}
}

// deviceRecord is the stored form of store.Device.
type deviceRecord struct {
	ID, LID       types.JID
	Registration  uint32
	Noise         []byte // private, 32 bytes
	Identity      []byte
	SignedPreKey  []byte
	SignedPreID   uint32
	SignedPreSig  []byte // 64 bytes
	ADVSecret     []byte
	Account       []byte // ADVSignedDeviceIdentity
	Platform      string
	BusinessName  string
	PushName      string
	LIDMigratedAt int64
}

// Device returns the stored device, or a new unpaired one with fresh keys, which pairing will store.
func (c *Container) Device(ctx context.Context) (*store.Device, error) {
	raw := c.get(ctx, deviceKey)
	if raw == nil {
		return c.newDevice()
	}
	var r deviceRecord
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("%w: device: %w", ErrCorrupt, err)
	}
	if len(r.Noise) != 32 || len(r.Identity) != 32 || len(r.SignedPreKey) != 32 || len(r.SignedPreSig) != 64 {
		return nil, fmt.Errorf("%w: device: wrong key length", ErrCorrupt)
	}
	account := new(waAdv.ADVSignedDeviceIdentity)
	if err := proto.Unmarshal(r.Account, account); err != nil {
		return nil, fmt.Errorf("%w: device identity: %w", ErrCorrupt, err)
	}
	d := &store.Device{
		Log: c.log, ID: &r.ID, LID: r.LID, RegistrationID: r.Registration,
		NoiseKey: pair(r.Noise), IdentityKey: pair(r.Identity),
		SignedPreKey: &keys.PreKey{
			KeyPair: *pair(r.SignedPreKey), KeyID: r.SignedPreID, Signature: (*[64]byte)(r.SignedPreSig),
		},
		AdvSecretKey: r.ADVSecret, Account: account, Platform: r.Platform, BusinessName: r.BusinessName,
		PushName: r.PushName, LIDMigrationTimestamp: r.LIDMigratedAt,
	}
	c.attach(d)
	return d, nil
}

func (c *Container) newDevice() (*store.Device, error) {
	var secret [36]byte
	if _, err := io.ReadFull(rand.Reader, secret[:]); err != nil {
		return nil, fmt.Errorf("wastore: randomness: %w", err)
	}
	d := &store.Device{
		Log: c.log, Container: c, NoiseKey: keys.NewKeyPair(), IdentityKey: keys.NewKeyPair(),
		RegistrationID: binary.BigEndian.Uint32(secret[:4]), AdvSecretKey: secret[4:],
	}
	d.SignedPreKey = d.IdentityKey.CreateSignedPreKey(1)
	return d, nil
}

func pair(private []byte) *keys.KeyPair { return keys.NewKeyPairFromPrivateKey([32]byte(private)) }

// attach gives a device its stores. Fields that the caller has already set stay.
func (c *Container) attach(d *store.Device) {
	s := &stores{c}
	d.Identities, d.Sessions, d.PreKeys, d.SenderKeys = s, s, s, s
	d.AppStateKeys, d.AppState, d.Contacts, d.ChatSettings = s, s, s, s
	d.MsgSecrets, d.PrivacyTokens, d.EventBuffer, d.LIDs = s, s, s, s
	d.Container = c
	d.Initialized = true
}

// PutDevice stores the device. whatsmeow calls it when pairing succeeds and when a name changes.
func (c *Container) PutDevice(ctx context.Context, d *store.Device) error {
	if d.ID == nil {
		return ErrNotPaired
	}
	account, err := proto.Marshal(d.Account)
	if err != nil {
		return fmt.Errorf("wastore: encode device identity: %w", err)
	}
	raw, err := json.Marshal(deviceRecord{
		ID: *d.ID, LID: d.LID, Registration: d.RegistrationID,
		Noise: d.NoiseKey.Priv[:], Identity: d.IdentityKey.Priv[:], SignedPreKey: d.SignedPreKey.Priv[:],
		SignedPreID: d.SignedPreKey.KeyID, SignedPreSig: d.SignedPreKey.Signature[:],
		ADVSecret: d.AdvSecretKey, Account: account, Platform: d.Platform, BusinessName: d.BusinessName,
		PushName: d.PushName, LIDMigratedAt: d.LIDMigrationTimestamp,
	})
	if err != nil {
		return fmt.Errorf("wastore: encode device: %w", err)
	}
	if err := c.put(ctx, deviceKey, raw); err != nil {
		return err
	}
	if !d.Initialized {
		c.attach(d)
	}
	return nil
}

// DeleteDevice forgets the device with all its sessions and keys; whatsmeow calls it when it is unlinked.
func (c *Container) DeleteDevice(ctx context.Context, _ *store.Device) error {
	return c.batch(ctx, func(ctx context.Context) error {
		for k := range c.list(ctx, "") {
			if err := c.del(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// stores implements every per-device store of whatsmeow over one container.
type stores struct{ c *Container }

var _ store.AllStores = (*stores)(nil)
