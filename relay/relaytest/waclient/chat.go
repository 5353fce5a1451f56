package waclient

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// Kinds of receipt, for AwaitReceipt.
const (
	Delivered = types.ReceiptTypeDelivered // "": the client was available
	Inactive  = types.ReceiptTypeInactive  // delivered while the client was in the background
	Read      = types.ReceiptTypeRead
	PlayedBy  = types.ReceiptTypePlayed // a voice message was listened to
)

// ReceiptKind is any other kind of receipt.
func ReceiptKind(kind string) types.ReceiptType { return types.ReceiptType(kind) }

// PN is the address of a phone number, in digits.
func PN(digits string) types.JID { return types.NewJID(digits, types.DefaultUserServer) }

// LID is a hidden address: a WhatsApp user's, or the alias of a third-party user.
func LID(user string) types.JID { return types.NewJID(user, types.HiddenUserServer) }

// Text is the text of a message in any of the forms that clients send it in; "" for other messages.
func Text(m *waE2E.Message) string {
	if t := m.GetConversation(); t != "" {
		return t
	}
	return m.GetExtendedTextMessage().GetText()
}

// SendText sends a text and returns its message id when the gateway has acknowledged it. to has no device.
func (c *Client) SendText(ctx context.Context, to types.JID, text string) (id string, err error) {
	return c.Send(ctx, to, &waE2E.Message{Conversation: proto.String(text)})
}

// Send sends any message. It keeps whatsmeow from decrypting at the same time, which would corrupt the session. When
// the connection is lost meanwhile it fails; it may be sent again, with the same id.
func (c *Client) Send(ctx context.Context, to types.JID, m *waE2E.Message, extra ...whatsmeow.SendRequestExtra) (id string, err error) {
	err = c.box.Exclusive(ctx, func(ctx context.Context) error {
		sent, err := c.WA.SendMessage(ctx, to, m, extra...)
		id = sent.ID
		return err
	})
	if err != nil {
		return id, fmt.Errorf("waclient: send: %w", err)
	}
	return id, nil
}

// MarkRead sends a read receipt for a message.
func (c *Client) MarkRead(ctx context.Context, m *events.Message) error {
	err := c.WA.MarkRead(ctx, []types.MessageID{m.Info.ID}, time.Now(), m.Info.Chat, m.Info.Sender)
	if err != nil {
		return fmt.Errorf("waclient: mark read: %w", err)
	}
	return nil
}

// Typing shows the client as typing in a chat, or no more.
func (c *Client) Typing(ctx context.Context, chat types.JID, on bool) error {
	state := types.ChatPresencePaused
	if on {
		state = types.ChatPresenceComposing
	}
	if err := c.WA.SendChatPresence(ctx, chat, state, types.ChatPresenceMediaText); err != nil {
		return fmt.Errorf("waclient: typing: %w", err)
	}
	return nil
}

// AwaitText returns the first received message with that text. Copies of what the client's own siblings sent
// do not count; for these use Await.
func (c *Client) AwaitText(ctx context.Context, text string) (*events.Message, error) {
	m, err := Await(ctx, c, func(m *events.Message) bool { return !m.Info.IsFromMe && Text(m.Message) == text })
	if err != nil {
		return nil, fmt.Errorf("waclient: await a text: %w", err)
	}
	return m, nil
}

// Texts returns the received texts so far, in order, without copies of what siblings sent.
func Texts(c *Client) []string {
	var out []string
	for _, m := range All[*events.Message](c) {
		if t := Text(m.Message); t != "" && !m.Info.IsFromMe {
			out = append(out, t)
		}
	}
	return out
}

// AwaitReceipt returns the first receipt of that kind for a message.
func (c *Client) AwaitReceipt(ctx context.Context, id string, kind types.ReceiptType) (*events.Receipt, error) {
	r, err := Await(ctx, c, func(r *events.Receipt) bool {
		for _, got := range r.MessageIDs {
			if got == id && r.Type == kind {
				return true
			}
		}
		return false
	})
	if err != nil {
		return nil, fmt.Errorf("waclient: await receipt %q: %w", kind, err)
	}
	return r, nil
}

// AwaitTyping returns the first time that somebody, without device, begins to type to the client.
func (c *Client) AwaitTyping(ctx context.Context, who types.JID) (*events.ChatPresence, error) {
	return Await(ctx, c, func(p *events.ChatPresence) bool {
		return p.State == types.ChatPresenceComposing && p.Sender.ToNonAD() == who
	})
}

// AwaitLoggedOut returns when the client was unlinked.
func (c *Client) AwaitLoggedOut(ctx context.Context) (*events.LoggedOut, error) {
	return Await[*events.LoggedOut](ctx, c, nil)
}

// readers counts how often each message id was shown: a message delivered twice must not be.
type readers struct {
	mu    sync.Mutex
	times map[string]int
}

func (r *readers) remember(m *events.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.times == nil {
		r.times = make(map[string]int)
	}
	r.times[m.Info.Sender.ToNonAD().String()+" "+m.Info.ID]++
}

// Duplicates returns the ids of messages that were shown more than once.
func (c *Client) Duplicates() []string {
	c.read.mu.Lock()
	defer c.read.mu.Unlock()
	var out []string
	for id, n := range c.read.times {
		if n > 1 {
			out = append(out, id)
		}
	}
	return out
}
