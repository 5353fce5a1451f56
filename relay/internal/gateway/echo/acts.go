package echo

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/wire"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// allKinds are the messages of the script that sends everything. The first two refer to what was received.
var allKinds = []string{
	"react", "reply", "text", "photo", "video", "voice", "file", "sticker", "contact", "location", "poll", "edit", "delete",
}

// act does what the script says about each message, one after the other.
func (p *contact) act(ctx context.Context, s *client) {
	for {
		select {
		case m := <-p.inbox:
			if err := p.answer(ctx, s, m); err != nil && ctx.Err() == nil {
				p.log.Info("contact: not done", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// answer does it about one message. What a contact leaves undone since it went offline stays undone.
func (p *contact) answer(ctx context.Context, s *client, m *events.Message) error {
	if err := p.withdraw(ctx); err != nil {
		return err
	}
	if p.view().Blocks {
		return p.block(ctx, s, m.Info.Chat.ToNonAD(), events.BlocklistChangeActionBlock)
	}
	if !p.dawdle(ctx) {
		return ctx.Err()
	}
	is := p.view()
	if is.Script == sandbox.ScriptSilent {
		return nil
	}
	j, ok := jobOf(m, s.wa.Store.GetJID(), s.wa.Store.GetLID())
	if err := s.markRead(ctx, job{Chat: m.Info.Chat.ToNonAD(), Sender: m.Info.Sender, ID: m.Info.ID, What: j.What}); err != nil {
		return err
	}
	if !ok {
		return nil // an answer of another contact, a reaction, and the like
	}
	switch is.Script {
	case sandbox.ScriptEcho:
		return p.echo(ctx, s, j)
	case sandbox.ScriptEverything:
		return p.everything(ctx, s, j)
	case sandbox.ScriptFlood:
		for i := range is.Flood {
			if _, err := p.say(ctx, s, j.Chat, "", "text", said(fmt.Sprintf("Message %d of %d", i+1, is.Flood))); err != nil {
				return err
			}
		}
	}
	return nil
}

// withdraw turns third-party chats off if it is time to. Once.
func (p *contact) withdraw(ctx context.Context) error {
	now := false
	p.change(func() {
		if now = p.is.WithdrawAfter > 0 && p.is.Received >= p.is.WithdrawAfter; now {
			p.is.WithdrawAfter = 0
		}
	})
	if !now {
		return nil
	}
	off := false
	_, err := p.cast.cfg.Stage.Set(ctx, p.view().Phone, sandbox.Change{ThirdPartyChats: &off})
	return errors.Join(err, p.save(ctx))
}

func (p *contact) block(ctx context.Context, s *client, who types.JID, action events.BlocklistChangeAction) error {
	if _, err := s.wa.UpdateBlocklist(ctx, who, action); err != nil {
		return fmt.Errorf("contact: block: %w", err)
	}
	return nil
}

// dawdle waits as long as the contact is slow; false: it has left.
func (p *contact) dawdle(ctx context.Context) bool {
	began := time.Now()
	return p.sleep(ctx, func() time.Time { return began.Add(time.Duration(p.is.Slow) * time.Millisecond) })
}

// echo answers as Echo does, words included, but does not say hello.
func (p *contact) echo(ctx context.Context, s *client, j job) error {
	steps := plan(j)
	if steps == nil {
		steps = []step{fixed(said(reply(j)))}
	}
	for i, step := range steps {
		m, err := step(ctx, s, j)
		if err != nil {
			return err
		}
		if s.cfg.Typing > 0 && len(p.inbox) <= backlog {
			if err := s.typing(ctx, j.Chat, true); err != nil {
				return err
			}
			if !sleep(ctx, s.cfg.Typing) {
				return ctx.Err()
			}
		}
		kind, _ := described(m)
		if _, err := p.say(ctx, s, j.Chat, j.stepID(i), kind, m); err != nil {
			return err
		}
	}
	return nil
}

func (p *contact) everything(ctx context.Context, s *client, j job) error {
	for _, kind := range allKinds {
		if err := p.one(ctx, s, kind, j); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// one sends one kind of message, as Echo makes it when it is asked with a word. j is what was received.
func (p *contact) one(ctx context.Context, s *client, kind string, j job) error {
	about := j
	about.Text, about.What, about.File = kind, "", nil
	if kind != "react" && kind != "reply" {
		about.ID = s.wa.GenerateMessageID() // names the steps, of which a later one may change the first
	}
	if kind == "text" {
		_, err := p.say(ctx, s, j.Chat, "", "text", said("This is a text."))
		return err
	}
	for i, step := range plan(about) {
		m, err := step(ctx, s, about)
		if err != nil {
			return err
		}
		id := about.stepID(i)
		if about.ID == j.ID {
			id = "" // it is the second step with that name
		}
		if _, err := p.say(ctx, s, j.Chat, id, firstOf(described(m)), m); err != nil {
			return err
		}
	}
	return nil
}

func firstOf(kind, _ string) string { return kind }

var ackError = regexp.MustCompile(`[0-9]{3}\b`)

// say sends a message, and takes it into the journal. "" is a new id.
func (p *contact) say(ctx context.Context, s *client, to types.JID, id types.MessageID, kind string, m *waE2E.Message) (sandbox.Message, error) {
	if id == "" {
		id = s.wa.GenerateMessageID()
	}
	_, text := described(m)
	p.change(func() {
		p.meet(to)
		p.note(sandbox.Message{ID: id, Time: time.Now().UTC(), Direction: "sent", With: to.String(), Type: kind, Text: text}, m)
	})
	err := s.post(ctx, to, id, m)
	var out sandbox.Message
	p.change(func() {
		at := slices.IndexFunc(p.journal, func(x sandbox.Message) bool { return x.ID == id && x.Direction == "sent" })
		switch {
		case at < 0:
		case err != nil:
			p.journal = slices.Delete(p.journal, at, at+1)
			delete(p.sent, id)
		default:
			p.is.Sent++
			if p.journal[at].State == "" {
				p.journal[at].State = "sent"
			}
			out = p.journal[at]
		}
	})
	if errors.Is(err, errRefused) {
		return out, errors.Join(&sandbox.NotSent{Code: ackError.FindString(err.Error())}, err)
	}
	return out, err
}

// Send implements sandbox.Contacts.
func (c *Cast) Send(ctx context.Context, phone string, to wire.JID, l sandbox.Letter) (m sandbox.Message, err error) {
	p, err := c.contact(phone)
	if err != nil {
		return m, err
	}
	s, err := p.online()
	if err != nil {
		return m, err
	}
	chat, err := types.ParseJID(to.String())
	if err != nil {
		return m, fmt.Errorf("contact: %w", err)
	}
	for range max(l.Count, 1) {
		switch l.Type {
		case "text":
			m, err = p.say(ctx, s, chat, "", "text", said(l.Text))
		case "everything":
			for _, kind := range allKinds[2:] {
				if err = p.one(ctx, s, kind, job{Chat: chat, Sender: chat}); err != nil {
					break
				}
			}
			m = p.last()
		default:
			err = p.one(ctx, s, l.Type, job{Chat: chat, Sender: chat})
			m = p.last()
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// last is the newest message that was sent.
func (p *contact) last() sandbox.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.journal) {
		if m.Direction == "sent" {
			return m
		}
	}
	return sandbox.Message{}
}

// described is what a message is, in a word, and its text, if it has some, or the beginning of it.
func described(m *waE2E.Message) (kind, text string) {
	kind, text = describe(m)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return kind, text
}

func describe(m *waE2E.Message) (kind, text string) {
	if inner := m.GetEditedMessage().GetMessage(); inner != nil {
		m = inner
	}
	switch {
	case m.GetReactionMessage() != nil:
		return "reaction", m.GetReactionMessage().GetText()
	case m.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_MESSAGE_EDIT && m.GetProtocolMessage().GetEditedMessage() != nil:
		_, text = describe(m.GetProtocolMessage().GetEditedMessage())
		return "edit", text
	case m.GetProtocolMessage() != nil:
		return "delete", ""
	case m.GetPollUpdateMessage() != nil:
		return "vote", ""
	case m.GetConversation() != "":
		return "text", m.GetConversation()
	case m.GetExtendedTextMessage() != nil:
		return "text", m.GetExtendedTextMessage().GetText()
	}
	switch kind, _ = what(m); kind {
	case "":
		return "other", ""
	case "voice message":
		return "voice", ""
	case "audio file":
		return "audio", ""
	}
	switch {
	case m.GetImageMessage() != nil:
		text = m.GetImageMessage().GetCaption()
	case m.GetVideoMessage() != nil:
		text = m.GetVideoMessage().GetCaption()
	case m.GetDocumentMessage() != nil:
		text = m.GetDocumentMessage().GetCaption()
	}
	return kind, text
}
