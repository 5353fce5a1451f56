package thirdparty

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// NewID makes an id for a message.
func NewID() model.MessageID {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	return model.MessageID("3EB0" + strings.ToUpper(hex.EncodeToString(b[:])))
}

// FindAfter returns the first event of type T after a mark that fits, or an error when ctx ends. It may have come
// before the call, also from an earlier run of the program.
func FindAfter[T port.Event](ctx context.Context, u *User, at int, fits func(T) bool) (T, error) {
	for {
		batch, grown := u.events.from(at)
		for _, e := range batch {
			if t, ok := e.(T); ok && (fits == nil || fits(t)) {
				return t, nil
			}
		}
		at += len(batch)
		select {
		case <-grown:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

// Await is FindAfter from the beginning on, with the test's patience.
func Await[T port.Event](u *User, what string, fits func(T) bool) T {
	u.t.Helper()
	return awaitFrom(u, 0, what, fits)
}

// AwaitNew is Await for events of the program's present run.
func AwaitNew[T port.Event](u *User, what string, fits func(T) bool) T {
	u.t.Helper()
	return awaitFrom(u, u.since, what, fits)
}

func awaitFrom[T port.Event](u *User, at int, what string, fits func(T) bool) T {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	e, err := FindAfter(ctx, u, at, fits)
	if err != nil {
		u.t.Fatalf("%s never sees %s; the last events:\n%s", u.cfg.Name, what, u.tail())
	}
	return e
}

// All returns the events of type T so far, in order.
func All[T port.Event](u *User) []T { return AllAfter[T](u, 0) }

// AllAfter is All for events after a mark.
func AllAfter[T port.Event](u *User, mark int) []T {
	var out []T
	batch, _ := u.events.from(mark)
	for _, e := range batch {
		if t, ok := e.(T); ok {
			out = append(out, t)
		}
	}
	return out
}

func (u *User) tail() string {
	batch, _ := u.events.from(0)
	var b strings.Builder
	for _, e := range batch[max(0, len(batch)-12):] {
		fmt.Fprintf(&b, "  %+v\n", e)
	}
	return b.String()
}

// AwaitOnline returns when this run of the program has taken in what waited for it and is online.
func (u *User) AwaitOnline() {
	u.t.Helper()
	AwaitNew(u, "the link online", func(e port.LinkChanged) bool { return e.Phase == model.LinkOnline })
}

// AwaitText returns the first received message with that text.
func (u *User) AwaitText(text string) model.Message {
	u.t.Helper()
	return Await(u, fmt.Sprintf("the text %q", text), func(e port.MessageChanged) bool {
		return e.Text == text && e.State == model.Received
	}).Message
}

// AwaitState returns when an own message has come as far as that state.
func (u *User) AwaitState(id model.MessageID, state model.SendState) model.Message {
	u.t.Helper()
	far := map[model.SendState]int{model.Sent: 1, model.Delivered: 2, model.Read: 3}
	return Await(u, fmt.Sprintf("its message as %s", state), func(e port.MessageChanged) bool {
		if e.ID != id || !e.FromMe {
			return false
		}
		return e.State == state || far[state] > 0 && far[e.State] > far[state]
	}).Message
}

// Mark is a position among the events, for AwaitAfter.
func (u *User) Mark() int { return u.events.len() }

// AwaitAfter is Await for events after a mark.
func AwaitAfter[T port.Event](u *User, mark int, what string, fits func(T) bool) T {
	u.t.Helper()
	return awaitFrom(u, mark, what, fits)
}

// Within returns a context that ends with the test's patience.
func Within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), max(Patience, time.Second))
}
