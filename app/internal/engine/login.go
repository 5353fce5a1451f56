package engine

import (
	"encoding/binary"
	"errors"

	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/app/internal/seal"
	"ferry/relay/wire"
)

// Stock of one-time prekeys at the gateway. The first upload is small, so that
// a new user is reachable soon; more follow while nothing else is urgent.
const (
	lowPreKeys   = 50
	uploadSize   = 100
	plentyOfKeys = 400
)

// up begins a session: the gateway has accepted the login. What waited for
// this device comes right after; the upkeep below goes on beside it.
func (e *Engine) up(t *turn, u link.Up) error {
	if err := orphan(t, e.query.takeAll()); err != nil {
		return err
	}
	e.down() // whatever was sent before is to be sent again
	e.wire.conn = u.Conn
	e.wire.show = model.Link{Phase: model.LinkCatchingUp}
	e.proven(t)
	if err := e.letIn(t); err != nil {
		return err
	}
	if err := e.checkPreKeys(t); err != nil {
		return err
	}
	if err := e.ask(t, "set", "passive", []wire.Node{wire.N("active", nil)}, ignore); err != nil {
		return err
	}
	if err := e.tellAll(t); err != nil {
		return err
	}
	if err := errors.Join(e.askBlocked(t), e.askConsent(t), e.askRequests(t)); err != nil {
		return err
	}
	if e.chosen { // perhaps while there was no connection
		if err := e.sendPrivacy(t); err != nil {
			return err
		}
	}
	e.sendPresence(t)
	e.subscribe(t)
	return e.wakeMoves(t)
}

func ignore(*turn, wire.Node, error) error { return nil }

// checkPreKeys asks how many one-time prekeys the gateway still has.
func (e *Engine) checkPreKeys(t *turn) error {
	return e.ask(t, "get", "encrypt", []wire.Node{wire.N("count", nil)}, func(t *turn, n wire.Node, err error) error {
		if err != nil {
			return nil // the next connection asks again
		}
		count, ok := n.Child("count")
		if v, is := count.Uint("value"); ok && is && v < lowPreKeys {
			return e.uploadPreKeys(t, v)
		}
		return nil
	})
}

// uploadPreKeys sends a batch of prekeys, whose private halves are stored in
// the same turn, before the upload leaves.
func (e *Engine) uploadPreKeys(t *turn, stock uint64) error {
	keys, err := e.vault.PreKeys(e.ctx, uploadSize)
	if err != nil {
		return err
	}
	public, err := e.vault.Public()
	if err != nil {
		return err
	}
	list := make([]wire.Node, 0, len(keys))
	for _, k := range keys {
		list = append(list, preKeyNode("key", k))
	}
	body := append(identityNodes(public), wire.N("list", nil, list...), signedNode(public.Signed))
	last := keys[len(keys)-1].ID
	return e.ask(t, "set", "encrypt", body, func(t *turn, n wire.Node, err error) error {
		if err != nil {
			e.log.Warn("prekeys were not taken", "err", err)
			return nil
		}
		e.vault.Uploaded(last)
		if stock += uint64(len(keys)); stock < plentyOfKeys {
			generation := e.wire.generation
			e.later(e.cfg.Timing.TopUp, func(t *turn) error {
				if e.wire.conn == nil || e.wire.generation != generation {
					return nil
				}
				return e.uploadPreKeys(t, stock)
			})
		}
		return nil
	})
}

// Keys as stanzas have them: ids of three bytes, registration ids of four.

func identityNodes(p seal.PublicKeys) []wire.Node {
	return []wire.Node{
		wire.Bytes("registration", nil, binary.BigEndian.AppendUint32(nil, p.Registration)),
		wire.Bytes("type", nil, []byte{seal.KeyType}),
		wire.Bytes("identity", nil, p.Identity[:]),
	}
}

func preKeyNode(tag string, k seal.PreKey) wire.Node {
	return wire.N(tag, nil, wire.Bytes("id", nil, id24(k.ID)), wire.Bytes("value", nil, k.Public[:]))
}

func signedNode(s seal.SignedPreKey) wire.Node {
	n := preKeyNode("skey", seal.PreKey{ID: s.ID, Public: s.Public})
	n.Children = append(n.Children, wire.Bytes("signature", nil, s.Signature[:]))
	return n
}

func id24(id uint32) []byte { return []byte{byte(id >> 16), byte(id >> 8), byte(id)} }
