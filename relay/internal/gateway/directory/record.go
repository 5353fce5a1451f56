package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/wire"
)

// record is an account as stored. Next numbers only ever grow, also when the
// device that had them is gone.
type record struct {
	Kind         Kind            `json:"kind"`
	User         string          `json:"user"`
	Integrator   uint16          `json:"integrator,omitempty"`
	Number       uint64          `json:"number,omitempty"`
	Sub          string          `json:"sub,omitempty"`
	Phone        string          `json:"phone,omitempty"`
	Name         string          `json:"name,omitempty"`
	ConsentAll   bool            `json:"consentAll,omitempty"`
	Consent      map[uint16]bool `json:"consent,omitempty"`
	ChatsOff     bool            `json:"chatsOff,omitempty"`
	Inbox        string          `json:"inbox,omitempty"`
	Requests     bool            `json:"requests,omitempty"`
	NoProviders  map[uint16]bool `json:"blockedProviders,omitempty"`
	Blocked      Blocked         `json:"blocked,omitempty"`
	Told         int64           `json:"told,omitempty"`
	Outside      bool            `json:"outside,omitempty"`
	RawID        uint32          `json:"rawId,omitempty"`
	KeyListTime  int64           `json:"keyListTime,omitempty"`
	KeyList      []byte          `json:"keyList,omitempty"`
	Secret       []byte          `json:"secret,omitempty"`
	NextDevice   uint16          `json:"nextDevice"`
	NextKeyIndex uint32          `json:"nextKeyIndex"`
	Devices      []deviceRecord  `json:"devices,omitempty"`
}

type deviceRecord struct {
	Number       uint16 `json:"n"`
	KeyIndex     uint32 `json:"ki,omitempty"`
	Noise        []byte `json:"noise,omitempty"`
	ADV          []byte `json:"adv,omitempty"`
	Platform     string `json:"platform,omitempty"`
	Added        int64  `json:"added"`
	Registration uint32 `json:"reg,omitempty"`
	Identity     []byte `json:"identity,omitempty"`
	SignedID     uint32 `json:"skeyId,omitempty"`
	SignedKey    []byte `json:"skey,omitempty"`
	SignedSig    []byte `json:"skeySig,omitempty"`
}

// key is where an account's record is kept.
func key(id wire.JID) string {
	if id.Server == wire.ServerInterop {
		return fmt.Sprintf("iop.%d.%s", id.Integrator, id.User)
	}
	return "lid." + id.User
}

// Account reads an account by its canonical JID; the device number is ignored.
func (d *Directory) Account(ctx context.Context, id wire.JID) (Account, error) {
	r, _, err := d.read(ctx, id)
	if err != nil {
		return Account{}, err
	}
	return r.account()
}

func (d *Directory) read(ctx context.Context, id wire.JID) (record, uint64, error) {
	if id.User == "" || id.Server != wire.ServerLID && id.Server != wire.ServerInterop {
		return record{}, 0, ErrNotFound
	}
	e, err := d.accounts.Get(ctx, key(id))
	if errors.Is(err, bus.ErrNotFound) || errors.Is(err, bus.ErrBadKey) {
		return record{}, 0, ErrNotFound
	}
	if err != nil {
		return record{}, 0, fmt.Errorf("directory: account: %w", err)
	}
	r, err := parse(e.Value)
	return r, e.Rev, err
}

func parse(raw []byte) (r record, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return record{}, fmt.Errorf("directory: account record: %w", err)
	}
	return r, nil
}

// change applies fn to an account's record until nobody came in between. fn may
// run several times; its error ends the attempt.
func (d *Directory) change(ctx context.Context, id wire.JID, fn func(*record) error) (Account, error) {
	for range maxConflicts {
		r, rev, err := d.read(ctx, id)
		if err != nil {
			return Account{}, err
		}
		if err := fn(&r); err != nil {
			return Account{}, err
		}
		raw, err := json.Marshal(r)
		if err != nil {
			return Account{}, fmt.Errorf("directory: account record: %w", err)
		}
		_, err = d.accounts.Update(ctx, key(id), raw, rev)
		if errors.Is(err, bus.ErrConflict) {
			continue
		}
		if err != nil {
			return Account{}, fmt.Errorf("directory: account: %w", err)
		}
		return r.account()
	}
	return Account{}, ErrBusy
}

// changeDevice is change for one device of the account.
func (d *Directory) changeDevice(ctx context.Context, dev wire.JID, fn func(*deviceRecord) error) (Account, error) {
	return d.change(ctx, dev, func(r *record) error {
		i := r.find(dev.Device)
		if i < 0 {
			return ErrNotFound
		}
		return fn(&r.Devices[i])
	})
}

func (r *record) find(number uint16) int {
	return slices.IndexFunc(r.Devices, func(x deviceRecord) bool { return x.Number == number })
}

// add gives the device the next number and key index. The first device of an
// account is number 0 and has no key index.
func (r *record) add(x deviceRecord) (deviceRecord, error) {
	if len(r.Devices) >= MaxDevices || r.NextDevice > maxDeviceNumber {
		return deviceRecord{}, ErrTooMany
	}
	x.Number, x.KeyIndex = r.NextDevice, r.NextKeyIndex
	r.NextDevice++
	r.NextKeyIndex++
	r.Devices = append(r.Devices, x)
	return x, nil
}

func (r *record) remove(number uint16) bool {
	n := len(r.Devices)
	r.Devices = slices.DeleteFunc(r.Devices, func(x deviceRecord) bool { return x.Number == number })
	return len(r.Devices) < n
}

func (r *record) id() wire.JID {
	if r.Kind == ThirdParty {
		return wire.JID{User: r.User, Server: wire.ServerInterop, Integrator: r.Integrator}
	}
	return wire.JID{User: r.User, Server: wire.ServerLID}
}

func (r *record) account() (Account, error) {
	a := Account{
		Kind: r.Kind, ID: r.id(), Name: r.Name,
		Phone: r.Phone, Chats: r.chats(), RawID: r.RawID,
		Integrator: r.Integrator, Number: r.Number, Sub: r.Sub, Outside: r.Outside,
	}
	if r.Told != 0 {
		a.Told = time.Unix(r.Told, 0)
	}
	if len(r.KeyList) > 0 {
		a.KeyList = KeyList{Time: time.Unix(r.KeyListTime, 0), Signed: r.KeyList}
	}
	for _, x := range r.Devices {
		dev, err := x.device()
		if err != nil {
			return Account{}, fmt.Errorf("directory: device record: %w", err)
		}
		a.Devices = append(a.Devices, dev)
	}
	return a, nil
}

func (x deviceRecord) device() (Device, error) {
	dev := Device{
		Number: x.Number, KeyIndex: x.KeyIndex, ADV: x.ADV, Platform: x.Platform,
		Added: time.Unix(x.Added, 0),
	}
	if len(x.Noise) > 0 {
		k, err := wire.ParsePublicKey(x.Noise)
		if err != nil {
			return Device{}, err
		}
		dev.Noise = k
	}
	if len(x.Identity) == 0 {
		return dev, nil
	}
	if len(x.Identity) != 32 || len(x.SignedKey) != 32 || len(x.SignedSig) != 64 {
		return Device{}, errors.New("keys of wrong length")
	}
	dev.Keys = &Keys{
		Registration: x.Registration,
		Identity:     [32]byte(x.Identity),
		Signed:       SignedPreKey{ID: x.SignedID, Key: [32]byte(x.SignedKey), Signature: [64]byte(x.SignedSig)},
	}
	return dev, nil
}

func (x *deviceRecord) setKeys(k Keys) {
	x.Registration = k.Registration
	x.Identity = k.Identity[:]
	x.setSigned(k.Signed)
}

func (x *deviceRecord) setSigned(s SignedPreKey) {
	x.SignedID, x.SignedKey, x.SignedSig = s.ID, s.Key[:], s.Signature[:]
}
