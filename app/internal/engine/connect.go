package engine

import (
	"errors"

	"ferry/app/internal/link"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// connect turns third-party chats on: keys first, and durably, so that a crash
// after enlisting finds the keys that were enlisted.
func (e *Engine) connect(t *turn, r *request) error {
	if e.whatsApp() {
		return e.pairUp(t, r)
	}
	if e.self.Connected && e.wire.link != nil {
		t.ok(r, e.selfView())
		return nil
	}
	if err := e.makeKeys(t); err != nil {
		return err
	}
	ctx, public := e.ctx, e.noise.Public()
	t.then(func() {
		e.background.Go(func() { // ends with the relay's answer, or with the engine
			enlistment, err := e.cfg.Relay.Enlist(ctx, public)
			e.post(func(t *turn) error { return e.enlisted(t, r, enlistment, err) })
		})
	})
	return nil
}

func (e *Engine) makeKeys(t *turn) error {
	if err := e.vault.MakeKeys(); err != nil {
		return err
	}
	if !e.noise.IsZero() {
		return nil
	}
	key, err := wire.GenerateKey(e.cfg.Rand)
	if err != nil {
		return err
	}
	e.noise = key
	t.put(store.Identity, noiseKey, key.Bytes())
	return nil
}

// enlisted takes in the relay's answer.
func (e *Engine) enlisted(t *turn, r *request, got link.Enlistment, err error) error {
	t.requests = append(t.requests, r)
	if err != nil {
		e.refuseRelay(t, r, err)
		return nil
	}
	if e.self.Connected && e.wire.link != nil {
		t.ok(r, e.selfView())
		return nil
	}
	e.self = selfRow{Connected: true, Account: got.AccountID, Device: got.Device, Address: got.Address.Bare(), Root: got.Root, Suspended: e.self.Suspended}
	t.putJSON(store.Meta, selfKey, e.self)
	if err := e.tellBlocks(t); err != nil { // the gateway may have forgotten with the enlistment of before
		return err
	}
	t.emit("self", port.SelfChanged{Self: e.selfView()})
	t.then(e.startLink)
	t.ok(r, e.selfView())
	return nil
}

// disconnect turns them off: the gateway forgets this device, then we do.
func (e *Engine) disconnect(t *turn, r *request, c port.Disconnect) error {
	if e.whatsApp() {
		return e.unpair(t, r)
	}
	if !e.self.Connected {
		t.ok(r, e.selfView())
		return nil
	}
	ctx, public := e.ctx, e.noise.Public()
	t.then(func() {
		e.background.Go(func() { // ends with the relay's answer, or with the engine
			err := e.cfg.Relay.Disenlist(ctx, public, c.Everywhere)
			e.post(func(t *turn) error { return e.disenlisted(t, r, err) })
		})
	})
	return nil
}

func (e *Engine) disenlisted(t *turn, r *request, err error) error {
	t.requests = append(t.requests, r)
	if err != nil {
		e.refuseRelay(t, r, err)
		return nil
	}
	e.stopLink()
	e.presenceUnknown(t)
	if err := orphan(t, e.query.takeAll()); err != nil {
		return err
	}
	e.self.Connected = false
	t.putJSON(store.Meta, selfKey, e.self)
	e.wire.show = model.Link{Phase: model.LinkOff}
	t.emit("self", port.SelfChanged{Self: e.selfView()})
	t.ok(r, e.selfView())
	return nil
}

// refuseRelay replies with what the relay, or the way to it, had to say.
func (e *Engine) refuseRelay(t *turn, r *request, err error) {
	var api *link.APIError
	if errors.As(err, &api) {
		t.refuse(r, api.Code, api.Message)
		return
	}
	t.refuse(r, "offline", err.Error())
}
