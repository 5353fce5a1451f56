package echo

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
)

const (
	greeting = "Hello! I am Echo, a test user of this sandbox. I run on an independent WhatsApp client, so what you " +
		"see here has been encrypted, carried and decrypted for real. Whatever you write, I say it back. Send me a photo, a " +
		"video, a voice message or a file, and I tell what has arrived.\n\nThese words I obey: " + words + "."
	onlyKnown = "I do not know what to say to that."

	sendTime   = 30 * time.Second // for one answer to be acknowledged
	backlog    = 3                // with more messages waiting, Echo does not pretend to type
	sameInARow = 30               // equal texts in one chat, each within sameWithin, that are answered
	sameWithin = 10 * time.Second
	maxChats   = 1000 // remembered for that; beyond, all are forgotten
)

// reply is what Echo says to a message, if it does nothing else about it.
func reply(j job) string {
	switch {
	case j.What != "":
		return "Thanks for the " + j.What + "!"
	case j.Text == "":
		return onlyKnown
	case strings.EqualFold(strings.TrimSpace(j.Text), "help"):
		return "These words I obey: " + words + "."
	}
	return j.Text
}

// answerer answers the jobs of a book, one after the other.
type answerer struct {
	line   line
	book   *book
	typing time.Duration
	log    *slog.Logger
	guard  guard
}

func newAnswerer(l line, b *book, typing time.Duration, log *slog.Logger) *answerer {
	return &answerer{line: l, book: b, typing: typing, log: log, guard: guard{now: time.Now}}
}

func (a *answerer) run(ctx context.Context) {
	wait := retryFirst
	for {
		j, behind, ok := a.book.next(ctx)
		if !ok {
			return
		}
		err := a.answer(ctx, j, behind)
		if err == nil {
			wait = retryFirst
			continue
		}
		if ctx.Err() != nil {
			return
		}
		a.log.Info("echo: answer later", "error", err, "again", wait)
		if !sleep(ctx, wait) {
			return
		}
		wait = min(2*wait, retryMost)
	}
}

// answer does a whole job. After an error all of it is done again; the ids stay the same.
func (a *answerer) answer(ctx context.Context, j job, behind int) error {
	if err := a.line.markRead(ctx, j); err != nil {
		return err
	}
	if a.guard.loops(j) {
		return a.book.finish(ctx, j, reply(j))
	}
	met, err := a.book.met(ctx, j.Chat)
	if err != nil {
		return err
	}
	if !met {
		if err := a.say(ctx, j.Chat, j.greetingID(), said(greeting), behind); err != nil && !errors.Is(err, errRefused) {
			return err
		}
		if err := a.book.meet(ctx, j.Chat); err != nil {
			return err
		}
	}
	err = a.perform(ctx, j, behind)
	if errors.Is(err, errRefused) {
		a.log.Info("echo: answer refused", "error", err) // who left or turned chats off gets none
	} else if err != nil {
		return err
	}
	return a.book.finish(ctx, j, reply(j))
}

// perform does what is planned, or says the reply.
func (a *answerer) perform(ctx context.Context, j job, behind int) error {
	steps := plan(j)
	if steps == nil {
		return a.say(ctx, j.Chat, j.answerID(), said(reply(j)), behind)
	}
	for i, step := range steps {
		id := j.stepID(i)
		m, known := a.book.kept(ctx, id)
		if !known {
			var err error
			if m, err = step(ctx, a.line, j); err != nil {
				return err
			}
			if err := a.book.keep(ctx, id, m); err != nil {
				return err
			}
		}
		if err := a.say(ctx, j.Chat, id, m, behind); err != nil {
			return err
		}
	}
	return nil
}

// say types for a moment and sends.
func (a *answerer) say(ctx context.Context, chat types.JID, id types.MessageID, m *waE2E.Message, behind int) error {
	if a.typing > 0 && behind <= backlog {
		if err := a.line.typing(ctx, chat, true); err != nil {
			return err
		}
		if !sleep(ctx, a.typing) {
			return ctx.Err()
		}
		if err := a.line.typing(ctx, chat, false); err != nil {
			return err
		}
	}
	return a.line.post(ctx, chat, id, m)
}

// guard ends a conversation with something that only ever sends back what it was sent. A person who writes the
// same again and again is answered for quite a while.
type guard struct {
	now   func() time.Time
	chats map[types.JID]*streak
}

type streak struct {
	text  string
	times int
	last  time.Time
}

func (g *guard) loops(j job) bool {
	if len(g.chats) >= maxChats || g.chats == nil {
		g.chats = make(map[types.JID]*streak)
	}
	s := g.chats[j.Chat]
	if s == nil {
		s = new(streak)
		g.chats[j.Chat] = s
	}
	now := g.now()
	if text := strings.TrimSpace(reply(j)); text != s.text || now.Sub(s.last) > sameWithin {
		s.text, s.times = text, 0
	}
	s.times++
	s.last = now
	return s.times > sameInARow
}
