package echo

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

const (
	greeting = "Hello! I am Echo, a test user of this sandbox. I run on an independent WhatsApp client, so what you " +
		"see here has been encrypted, carried and decrypted for real. Whatever you write, I say it back."
	onlyText = "I can only repeat text as yet."

	sendTime   = 30 * time.Second // for one answer to be acknowledged
	backlog    = 3                // with more messages waiting, Echo does not pretend to type
	sameInARow = 30               // equal texts in one chat, each within sameWithin, that are answered
	sameWithin = 10 * time.Second
	maxChats   = 1000 // remembered for that; beyond, all are forgotten
)

// reply is what Echo says to a message.
func reply(j job) string {
	if j.Text == "" {
		return onlyText
	}
	return j.Text
}

// line is what an answer goes out through; a whatsmeow client, but for tests.
type line interface {
	markRead(ctx context.Context, j job) error
	typing(ctx context.Context, chat types.JID, on bool) error
	// send returns when the gateway has taken the message. errRefused: it will not ever.
	send(ctx context.Context, chat types.JID, id types.MessageID, text string) error
}

var errRefused = errors.New("echo: the gateway does not take the answer")

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
		if err := a.say(ctx, j.Chat, j.greetingID(), greeting, behind); err != nil && !errors.Is(err, errRefused) {
			return err
		}
		if err := a.book.meet(ctx, j.Chat); err != nil {
			return err
		}
	}
	err = a.say(ctx, j.Chat, j.answerID(), reply(j), behind)
	if errors.Is(err, errRefused) {
		a.log.Info("echo: answer refused", "error", err) // who left or turned chats off gets none
	} else if err != nil {
		return err
	}
	return a.book.finish(ctx, j, reply(j))
}

// say types for a moment and sends.
func (a *answerer) say(ctx context.Context, chat types.JID, id types.MessageID, text string, behind int) error {
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
	return a.line.send(ctx, chat, id, text)
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

func (s *client) markRead(ctx context.Context, j job) error {
	return s.wa.MarkRead(ctx, []types.MessageID{j.ID}, time.Now(), j.Chat, j.Sender)
}

func (s *client) typing(ctx context.Context, chat types.JID, on bool) error {
	state := types.ChatPresencePaused
	if on {
		state = types.ChatPresenceComposing
	}
	return s.wa.SendChatPresence(ctx, chat, state, types.ChatPresenceMediaText)
}

func (s *client) send(ctx context.Context, chat types.JID, id types.MessageID, text string) error {
	err := s.box.Exclusive(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, sendTime)
		defer cancel()
		_, err := s.wa.SendMessage(ctx, chat, &waE2E.Message{Conversation: proto.String(text)},
			whatsmeow.SendRequestExtra{ID: id, Timeout: sendTime})
		return err
	})
	if errors.Is(err, whatsmeow.ErrServerReturnedError) {
		return errors.Join(errRefused, err)
	}
	return err
}
