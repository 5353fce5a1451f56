package content

import "ferry/app/internal/content/e2e"

// contextOf finds what a message says beside its content.
func contextOf(m *e2e.Message) *e2e.ContextInfo {
	for _, c := range []*e2e.ContextInfo{
		m.GetExtendedTextMessage().GetContextInfo(), m.GetImageMessage().GetContextInfo(), m.GetVideoMessage().GetContextInfo(),
		m.GetPtvMessage().GetContextInfo(), m.GetAudioMessage().GetContextInfo(), m.GetDocumentMessage().GetContextInfo(),
		m.GetStickerMessage().GetContextInfo(), m.GetContactMessage().GetContextInfo(), m.GetContactsArrayMessage().GetContextInfo(),
		m.GetLocationMessage().GetContextInfo(), m.GetLiveLocationMessage().GetContextInfo(),
	} {
		if c != nil {
			return c
		}
	}
	return nil
}

func (m *Message) readContext(c *e2e.ContextInfo, depth int) {
	m.Forwarded = c.GetIsForwarded() || c.GetForwardingScore() > 0
	for _, j := range c.GetMentionedJid() {
		if len(m.Mentions) < MaxMentions && j != "" && len(j) <= maxID {
			m.Mentions = append(m.Mentions, cut(j, maxID))
		}
	}
	if id := c.GetStanzaId(); id != "" && len(id) <= maxID {
		m.Quote = quote(c, cut(id, maxID), depth)
	}
}

func quote(c *e2e.ContextInfo, id string, depth int) *Quote {
	q := &Quote{ID: id, Author: cut(c.GetParticipant(), maxID), Kind: KindUnknown}
	if c.GetQuotedMessage() == nil {
		return q
	}
	inner := describe(c.GetQuotedMessage(), depth+1)
	q.Kind, q.Text = inner.Kind, cut(inner.Text, MaxQuote)
	if inner.Attachment != nil {
		q.Thumb = inner.Attachment.Thumb
		if q.Text == "" {
			q.Text = cut(inner.Attachment.Name, MaxQuote)
		}
	}
	switch {
	case q.Text == "" && len(inner.Cards) > 0:
		q.Text = cut(inner.Cards[0].Name, MaxQuote)
	case q.Text == "" && inner.Place != nil:
		q.Text = cut(inner.Place.Name, MaxQuote)
	}
	return q
}
