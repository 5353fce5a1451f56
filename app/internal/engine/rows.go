package engine

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// Places in the store. Orders and sequence numbers are 16 hex digits, so that
// keys sort as numbers do.
const (
	selfKey      = "self"     // store.Meta: selfRow
	countersKey  = "counters" // store.Meta: counters
	devicePrefix = "devices/" // store.Meta: deviceRow by bare address
	noiseKey     = "noise"    // store.Identity: the private Noise key
	threadPrefix = "t/"       // store.Messages: messageRow by chat and order
	ownPrefix    = "o/"       // store.Messages: order of an own message by chat and id; 0 for an operation
	opPrefix     = "p/"       // store.Messages: messageRow of an own operation by chat and id
	heldPrefix   = "h/"       // store.Messages: operations of a chat whose target is not here yet
	gotPrefix    = "r/"       // store.Inbox: order of a received message by chat and id
)

// selfRow is this device's place at the gateway.
type selfRow struct {
	Connected bool         `json:"connected"`
	Account   uint64       `json:"account,omitempty"`
	Device    uint16       `json:"device,omitempty"`
	Address   wire.JID     `json:"address,omitzero"` // without the device
	Root      wire.RootKey `json:"root,omitzero"`
	// Of a WhatsApp user's device: digits; and when it was paired, until it has
	// logged in for the first time.
	Phone    string    `json:"phone,omitempty"`
	Unproven time.Time `json:"unproven,omitzero"`
	// The gateway serves nobody of this user's provider at present.
	Suspended bool `json:"suspended,omitempty"`
}

func (s selfRow) enlistment() link.Enlistment {
	return link.Enlistment{AccountID: s.Account, Device: s.Device, Address: s.Address, Root: s.Root}
}

// here is this device's full address.
func (s selfRow) here() wire.JID { return s.Address.WithDevice(s.Device) }

func loadSelf(ctx context.Context, s store.Store) (row selfRow, err error) {
	b, err := s.Get(ctx, store.Meta, selfKey)
	if err != nil || b == nil {
		return row, err
	}
	return row, unmarshal(b, &row)
}

func loadNoise(ctx context.Context, s store.Store) (wire.PrivateKey, error) {
	b, err := s.Get(ctx, store.Identity, noiseKey)
	if err != nil || b == nil {
		return wire.PrivateKey{}, err
	}
	key, err := wire.ParsePrivateKey(b)
	if err != nil {
		return wire.PrivateKey{}, fmt.Errorf("noise key: %w: %w", store.ErrTampered, err)
	}
	return key, nil
}

// counters only go up.
type counters struct {
	order uint64 // last given to a message or a chat's activity
	seq   uint64 // last given to an outbox row
}

func (c counters) marshal() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, c.order), c.seq)
}

func loadCounters(ctx context.Context, s store.Store) (counters, error) {
	b, err := s.Get(ctx, store.Meta, countersKey)
	if err != nil || b == nil {
		return counters{}, err
	}
	if len(b) != 16 {
		return counters{}, fmt.Errorf("counters: %w", store.ErrTampered)
	}
	return counters{order: binary.BigEndian.Uint64(b), seq: binary.BigEndian.Uint64(b[8:])}, nil
}

func (t *turn) nextOrder() uint64 {
	t.counted = true
	t.e.count.order++
	return t.e.count.order
}

func (t *turn) nextSeq() uint64 {
	t.counted = true
	t.e.count.seq++
	return t.e.count.seq
}

// chatRow is a chat as stored. Read receipts are owed or sent up to its ReadUpto.
type chatRow struct {
	model.Chat
	Early int   `json:"held,omitempty"` // operations that wait for their target
	Trust trust `json:"trust,omitzero"`
}

// messageRow is an entry of a thread as stored.
type messageRow struct {
	model.Message
	From  wire.JID       `json:"from,omitzero"`   // incoming: the device it came from
	Tries map[string]int `json:"tries,omitempty"` // own: how often it was encrypted again, by device

	File   *fileRow `json:"file,omitempty"`  // what opens the attachment
	Op     *opRow   `json:"op,omitempty"`    // of an operation, which has no place in the thread
	Stamps stamps   `json:"stamps,omitzero"` // of the operations that made it what it is
	Ops    lastOps  `json:"ops,omitzero"`    // own operations on it

	Indexed uint32 `json:"indexed,omitempty"` // textMark of the text that the search has
}

// stamps are the times of the last operations, in milliseconds, by the clock
// of who made them: an older one that comes late changes nothing.
type stamps struct {
	Mine   int64 `json:"mine,omitempty"`   // own reaction
	Theirs int64 `json:"theirs,omitempty"` // the peer's
	Edit   int64 `json:"edit,omitempty"`
}

// lastOps are the last own operations of each kind on a message.
type lastOps struct {
	Reaction model.MessageID `json:"reaction,omitempty"`
	Edit     model.MessageID `json:"edit,omitempty"`
	Revoke   model.MessageID `json:"revoke,omitempty"`
}

func threadKey(chat model.ChatID, order uint64) string {
	return fmt.Sprintf("%s%s/%016x", threadPrefix, chat, order)
}

func ownKey(chat model.ChatID, id model.MessageID) string {
	return ownPrefix + string(chat) + "/" + string(id)
}

func opKey(chat model.ChatID, id model.MessageID) string {
	return opPrefix + string(chat) + "/" + string(id)
}

func heldKey(chat model.ChatID) string { return heldPrefix + string(chat) }

func gotKey(chat model.ChatID, id model.MessageID) string {
	return gotPrefix + string(chat) + "/" + string(id)
}

// splitOwnKey takes ownKey apart. Chats have no slash in them.
func splitOwnKey(key string) (model.ChatID, model.MessageID) {
	chat, id, _ := strings.Cut(strings.TrimPrefix(key, ownPrefix), "/")
	return model.ChatID(chat), model.MessageID(id)
}

func parseOrder(b []byte) (uint64, bool) {
	if len(b) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(b), true
}

// marshal is for rows of this package, which JSON cannot refuse.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("engine: marshal %T: %v", v, err))
	}
	return b
}

func unmarshal(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("record of %T: %w: %w", v, store.ErrTampered, err)
	}
	return nil
}
