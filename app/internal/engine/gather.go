package engine

import (
	"context"
	"runtime"
)

// work is one thing to take in: a request, an event of the link, or a task.
type work struct {
	request *request
	linked  linked
	task    func(*turn) error
}

// gather waits for something to do, and takes in all that is waiting with it.
func (e *Engine) gather(ctx context.Context, t *turn) error {
	all := e.backlog
	e.backlog = nil
	if len(all) == 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-e.requests:
			all = append(all, work{request: r})
		case l := <-e.incoming:
			all = append(all, work{linked: l})
		case task := <-e.tasks:
			all = append(all, work{task: task})
		}
		all = e.drain(all)
	}
	if err := t.prefetch(all); err != nil {
		e.keep(all)
		return err
	}
	for i, w := range all {
		if i > 0 && w.request != nil && alone(w.request.command) {
			// It lists what the store holds: let what came before be committed.
			e.backlog = all[i:]
			return nil
		}
		if err := e.takeIn(t, w); err != nil {
			e.keep(all[i+1:])
			return err
		}
	}
	return nil
}

// keep leaves for the next turn what a failed one did not get to. Stanzas are
// not kept: their connection ends, and they come again.
func (e *Engine) keep(rest []work) {
	for _, w := range rest {
		if w.request != nil || w.task != nil {
			e.backlog = append(e.backlog, w)
		}
	}
}

func (e *Engine) drain(all []work) []work {
	yielded := false
	for len(all) < maxTurn {
		select {
		case r := <-e.requests:
			all = append(all, work{request: r})
		case l := <-e.incoming:
			all = append(all, work{linked: l})
		case task := <-e.tasks:
			all = append(all, work{task: task})
		default:
			if yielded {
				return all
			}
			// What arrives together should be committed together: let those
			// who have more to hand over do so, once.
			yielded = true
			runtime.Gosched()
		}
	}
	return all
}

func (e *Engine) takeIn(t *turn, w work) error {
	switch {
	case w.request != nil:
		t.requests = append(t.requests, w.request)
		return e.handle(t, w.request)
	case w.task != nil:
		return w.task(t)
	}
	return e.linked(t, w.linked)
}
