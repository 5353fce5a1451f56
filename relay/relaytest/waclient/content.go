package waclient

import (
	"context"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// Quote is the context of an answer to a received message, for Media.Context and messages of one's own making.
func Quote(m *events.Message) *waE2E.ContextInfo {
	return &waE2E.ContextInfo{
		StanzaID: proto.String(m.Info.ID), Participant: proto.String(m.Info.Sender.ToNonAD().String()), QuotedMessage: m.Message,
	}
}

// Reply answers a received message with a text.
func (c *Client) Reply(ctx context.Context, m *events.Message, answer string) (id string, err error) {
	return c.Send(ctx, m.Info.Chat, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: &answer, ContextInfo: Quote(m),
	}})
}

// React puts an emoji to a message, which sender, without device, has sent: the other one or this client itself.
// It replaces the one of before; "" removes it.
func (c *Client) React(ctx context.Context, chat, sender types.JID, message, emoji string) (id string, err error) {
	return c.Send(ctx, chat, c.WA.BuildReaction(chat, sender, message, emoji))
}

// Edit replaces the text of a message that this client has sent.
func (c *Client) Edit(ctx context.Context, chat types.JID, message, newText string) (id string, err error) {
	return c.Send(ctx, chat, c.WA.BuildEdit(chat, message, &waE2E.Message{Conversation: &newText}))
}

// Revoke deletes a message that this client has sent for everyone.
func (c *Client) Revoke(ctx context.Context, chat types.JID, message string) (id string, err error) {
	return c.Send(ctx, chat, c.WA.BuildRevoke(chat, types.EmptyJID, message))
}

// VCard is a contact card as WhatsApp makes it; phone is in international form, "+49 …".
func VCard(name, phone string) string {
	digits := make([]byte, 0, len(phone))
	for i := range len(phone) {
		if phone[i] >= '0' && phone[i] <= '9' {
			digits = append(digits, phone[i])
		}
	}
	return fmt.Sprintf("BEGIN:VCARD\nVERSION:3.0\nN:;%s;;;\nFN:%s\nitem1.TEL;waid=%s:%s\nitem1.X-ABLabel:Mobile\nEND:VCARD", name, name, digits, phone)
}

// SendContact sends a contact card.
func (c *Client) SendContact(ctx context.Context, to types.JID, name, vcard string) (id string, err error) {
	return c.Send(ctx, to, &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: &name, Vcard: &vcard}})
}

// SendLocation sends a place; name and address may be "".
func (c *Client) SendLocation(ctx context.Context, to types.JID, latitude, longitude float64, name, address string) (id string, err error) {
	return c.Send(ctx, to, &waE2E.Message{LocationMessage: &waE2E.LocationMessage{
		DegreesLatitude: &latitude, DegreesLongitude: &longitude, Name: text(name), Address: text(address),
	}})
}

// SendPoll sends a question with one answer to choose.
func (c *Client) SendPoll(ctx context.Context, to types.JID, question string, options ...string) (id string, err error) {
	return c.Send(ctx, to, c.WA.BuildPollCreation(question, options, 1))
}

// Vote answers a received poll.
func (c *Client) Vote(ctx context.Context, poll *events.Message, options ...string) (id string, err error) {
	vote, err := c.WA.BuildPollVote(ctx, &poll.Info, options)
	if err != nil {
		return "", fmt.Errorf("waclient: vote: %w", err)
	}
	return c.Send(ctx, poll.Info.Chat, vote)
}

// Recording shows the client as recording a voice message in a chat, or no more.
func (c *Client) Recording(ctx context.Context, chat types.JID, on bool) error {
	state := types.ChatPresencePaused
	if on {
		state = types.ChatPresenceComposing
	}
	if err := c.WA.SendChatPresence(ctx, chat, state, types.ChatPresenceMediaAudio); err != nil {
		return fmt.Errorf("waclient: recording: %w", err)
	}
	return nil
}

// Available says that the client is there, or not; a client does the former by itself, unless it is Inactive.
func (c *Client) Available(ctx context.Context, on bool) error {
	state := types.PresenceUnavailable
	if on {
		state = types.PresenceAvailable
	}
	if err := c.WA.SendPresence(ctx, state); err != nil {
		return fmt.Errorf("waclient: presence: %w", err)
	}
	return nil
}

// Subscribe asks for somebody's presence, from now on.
func (c *Client) Subscribe(ctx context.Context, who types.JID) error {
	if err := c.WA.SubscribePresence(ctx, who); err != nil {
		return fmt.Errorf("waclient: subscribe: %w", err)
	}
	return nil
}

// Played says that a voice message was listened to.
func (c *Client) Played(ctx context.Context, m *events.Message) error {
	err := c.WA.MarkRead(ctx, []types.MessageID{m.Info.ID}, m.Info.Timestamp, m.Info.Chat, m.Info.Sender, types.ReceiptTypePlayed)
	if err != nil {
		return fmt.Errorf("waclient: mark played: %w", err)
	}
	return nil
}

// AwaitMessage returns the first received message that fits; copies of what siblings sent do not count.
func (c *Client) AwaitMessage(ctx context.Context, what string, fits func(*events.Message) bool) (*events.Message, error) {
	m, err := Await(ctx, c, func(m *events.Message) bool { return !m.Info.IsFromMe && fits(m) })
	if err != nil {
		return nil, fmt.Errorf("waclient: await %s: %w", what, err)
	}
	return m, nil
}

// AwaitReaction returns the first reaction with that emoji, "" for its removal, to a message.
func (c *Client) AwaitReaction(ctx context.Context, message, emoji string) (*events.Message, error) {
	return c.AwaitMessage(ctx, "a reaction", func(m *events.Message) bool {
		r := m.Message.GetReactionMessage()
		return r != nil && r.GetKey().GetID() == message && r.GetText() == emoji
	})
}

// AwaitReply returns the first text that answers a message.
func (c *Client) AwaitReply(ctx context.Context, message string) (*events.Message, error) {
	return c.AwaitMessage(ctx, "a reply", func(m *events.Message) bool {
		return Context(m.Message).GetStanzaID() == message
	})
}

// AwaitEdit returns the first message that gives another that text.
func (c *Client) AwaitEdit(ctx context.Context, message, newText string) (*events.Message, error) {
	return c.AwaitMessage(ctx, "an edit", func(m *events.Message) bool {
		p := protocol(m.Message)
		return p.GetType() == waE2E.ProtocolMessage_MESSAGE_EDIT && p.GetKey().GetID() == message && Text(p.GetEditedMessage()) == newText
	})
}

// AwaitRevoke returns the first message that deletes another.
func (c *Client) AwaitRevoke(ctx context.Context, message string) (*events.Message, error) {
	return c.AwaitMessage(ctx, "a deletion", func(m *events.Message) bool {
		p := protocol(m.Message)
		return p != nil && p.GetType() == waE2E.ProtocolMessage_REVOKE && p.GetKey().GetID() == message
	})
}

// protocol is the protocol message, which whatsmeow wraps in an edit and others do not.
func protocol(m *waE2E.Message) *waE2E.ProtocolMessage {
	if inner := m.GetEditedMessage().GetMessage(); inner != nil {
		m = inner
	}
	return m.GetProtocolMessage()
}

// Context is what a message says about the one that it answers; nil if it does not.
func Context(m *waE2E.Message) *waE2E.ContextInfo {
	if t := m.GetExtendedTextMessage(); t != nil {
		return t.GetContextInfo()
	}
	file, _ := File(m)
	if x, ok := file.(interface{ GetContextInfo() *waE2E.ContextInfo }); ok {
		return x.GetContextInfo()
	}
	return nil
}

// AwaitPresence returns the first news of somebody, without device, that they are there, or not.
func (c *Client) AwaitPresence(ctx context.Context, who types.JID, available bool) (*events.Presence, error) {
	p, err := Await(ctx, c, func(p *events.Presence) bool {
		return p.From.ToNonAD() == who && p.Unavailable == !available
	})
	if err != nil {
		return nil, fmt.Errorf("waclient: await presence: %w", err)
	}
	return p, nil
}

// AwaitRecording returns the first time that somebody, without device, begins to record for the client.
func (c *Client) AwaitRecording(ctx context.Context, who types.JID) (*events.ChatPresence, error) {
	p, err := Await(ctx, c, func(p *events.ChatPresence) bool {
		return p.State == types.ChatPresenceComposing && p.Media == types.ChatPresenceMediaAudio && p.Sender.ToNonAD() == who
	})
	if err != nil {
		return nil, fmt.Errorf("waclient: await recording: %w", err)
	}
	return p, nil
}

// Receipts are the kinds of receipt that came for a message so far, in order.
func (c *Client) Receipts(message string) []types.ReceiptType {
	var out []types.ReceiptType
	for _, r := range All[*events.Receipt](c) {
		if slices.Contains(r.MessageIDs, message) {
			out = append(out, r.Type)
		}
	}
	return out
}

// Key names a message inside others, as whatsmeow does.
func (c *Client) Key(chat, sender types.JID, message string) *waCommon.MessageKey {
	return c.WA.BuildMessageKey(chat, sender, message)
}
