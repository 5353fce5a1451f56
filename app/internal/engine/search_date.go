package engine

import (
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// findDate replies with the place of the first message of a chat at or after a
// moment. Messages stand in the order in which they came to this device, which
// is that of their times but for little.
func (e *Engine) findDate(t *turn, r *request, c port.FindDate) error {
	if _, ok := peerOf(c.Chat); !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	e.read(t, r, func() (any, error) {
		order, err := e.orderAt(c.Chat, c.At)
		return port.Found{Order: order}, err
	})
	return nil
}

// orderAt halves the stretch of Orders until one message is left.
func (e *Engine) orderAt(chat model.ChatID, at time.Time) (uint64, error) {
	low, high := uint64(1), e.count.order+1 // the one looked for is in [low, high]
	found := uint64(0)
	for low < high {
		middle := low + (high-low)/2
		next, _, err := e.above(chat, middle, 1)
		switch {
		case err != nil:
			return 0, err
		case len(next) == 0:
			high = middle
		case next[0].At.Before(at):
			low = next[0].Order + 1
		default:
			found, high = next[0].Order, middle
		}
	}
	return found, nil
}
