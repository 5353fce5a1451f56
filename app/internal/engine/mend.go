package engine

import (
	"context"
	"errors"
	"fmt"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
)

// mend deals with a turn that could not be committed. It returns an error if
// the engine must stop.
func (e *Engine) mend(ctx context.Context, t *turn, err error) error {
	reply, halt := diagnose(err)
	e.failed++
	if halt == "" && e.failed > maxFailed {
		halt = "internal"
	}
	t.abandon(reply)
	if halt != "" {
		e.log.Error("engine stops", "reason", halt, "err", err)
		e.subscribers.tell([]port.Event{port.Halted{Reason: halt, Detail: err.Error()}})
		return err
	}
	e.log.Warn("turn failed, reading the store again", "err", err)
	return e.reset(ctx, reply.Code)
}

// maxFailed is how many turns in a row may fail before the engine gives up.
const maxFailed = 20

// diagnose says what a store's error means for the command and the engine.
func diagnose(err error) (reply port.Reply, halt string) {
	reply = port.Reply{Code: "store_failed", Error: err.Error()}
	switch {
	case errors.Is(err, store.ErrFenced):
		reply.Code, halt = "replaced", "replaced"
	case errors.Is(err, store.ErrLost), errors.Is(err, store.ErrTampered):
		reply.Code, halt = "store_lost", "store_lost"
	case errors.Is(err, store.ErrFull):
		reply.Code = "store_full"
	}
	return reply, halt
}

// reset throws memory away and reads it again, since the store may hold the
// turn or not. The connection is begun anew, so that what was not acknowledged
// comes again.
func (e *Engine) reset(ctx context.Context, why string) error {
	orphans := e.query.takeAll()
	e.stopLink()
	if err := errors.Join(e.vault.Reset(ctx), e.load(ctx)); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		_, halt := diagnose(err)
		if halt == "" {
			halt = "internal"
		}
		e.subscribers.tell([]port.Event{port.Halted{Reason: halt, Detail: err.Error()}})
		return fmt.Errorf("read the store again: %w", err)
	}
	e.wire.show = model.Link{Phase: model.LinkOff}
	if e.self.Connected {
		e.wire.show = model.Link{Phase: model.LinkWaiting, Reason: why, RetryAt: e.cfg.Now().Add(e.cfg.Timing.Again)}
	}
	e.later(0, func(t *turn) error { return orphan(t, orphans) })
	e.startFilling()
	wait := e.cfg.Timing.Again
	if e.failed <= 1 {
		wait = 0
	}
	e.later(wait, func(*turn) error {
		if e.self.Connected && e.wire.link == nil {
			e.startLink()
		}
		return nil
	})
	return nil
}
