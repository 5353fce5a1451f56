package view

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

// Quote is the message that another answers, as shown.
type Quote struct {
	Ref   model.Ref
	Order uint64 // 0 where the original is not on this device
	Mine  bool
	Name  string // of who wrote it; safe to show inside an isolate
	Icon  string // of what it holds; "" for a text
	Text  string // one bounded line
	Thumb []byte // JPEG; the sender's word
}

// Chip is an emoji that some have put on a message.
type Chip struct {
	Emoji string
	Count int
	Mine  bool
	Names string // of those who did
}

// Reactor is one of those who put an emoji on a message.
type Reactor struct {
	Name, Emoji, When string
	Mine              bool
}

// Card is a contact that was sent, safe to show.
type Card struct {
	Name, Initial  string
	Phones, Emails []string
}

// Place is a location that was sent, safe to show.
type Place struct {
	Name, Address, Where string // Where are the coordinates in words
	Link                 string // to a map of it
	Live                 bool
}

// Note stands in for what is not shown.
type Note struct{ Icon, Title, Text string }

// maxCards, maxLines and maxEmoji bound what one message makes on the screen.
const (
	maxCards = 20
	maxLines = 10
	maxLine  = 254 // runes of a number or an address
	maxEmoji = 40  // bytes of an emoji in a reaction
)

// fill adds to a bubble what a message is beside its text.
func (v *View) fill(b *Bubble, t *Thread, m *model.Message) {
	b.Message, b.Kind, b.Forwarded = *m, m.Kind, m.Forwarded
	if m.Kind == model.KindDeleted {
		b.Message = model.Message{ID: m.ID, Chat: m.Chat, FromMe: m.FromMe, Kind: m.Kind, At: m.At, Order: m.Order, State: m.State}
		b.Text, b.Quiet, b.Forwarded = v.L.Content.Deleted, true, false
		if m.FromMe {
			b.Text = v.L.Content.DeletedMe
		}
		return
	}
	if b.Quiet {
		return
	}
	b.Mentions = v.mentions(m)
	b.Note = NoteOf(v.L, m.Kind)
	b.Chips = v.chips(m)
	if m.Reply != nil {
		b.Quote = v.quote(t, m.Reply)
	}
	if !m.Edited.IsZero() {
		b.Edited = lang.Fill(v.L.Content.EditedAt, "when", v.L.Moment(v.Now, m.Edited.In(v.Now.Location())))
	}
	if m.Kind == model.KindContact {
		b.Cards = cards(v.L, m.Cards)
	}
	if m.Kind == model.KindLocation && m.Place != nil {
		b.Place = place(v.L, *m.Place)
	}
	if v.Inert(t.Chat) {
		v.calm(b)
	}
}

// mentions are the persons that a text names, with the names by which they are
// known here.
func (v *View) mentions(m *model.Message) []Mention {
	var out []Mention
	for _, address := range m.Mentions {
		user, _, _ := strings.Cut(address, "@")
		if user == "" || len(out) == maxCards {
			continue
		}
		name := user
		if peer, _, _ := strings.Cut(string(m.Chat), "@"); peer == user {
			name = v.Name(m.Chat)
		} else if v.isSelf(user) {
			name = v.Account.Username
		}
		out = append(out, Mention{Token: "@" + user, Shown: "@" + name})
	}
	// The longer first: "@491" must not take the beginning of "@4915".
	slices.SortStableFunc(out, func(a, b Mention) int { return len(b.Token) - len(a.Token) })
	return out
}

// isSelf tells whether an address without its server is this user's.
func (v *View) isSelf(user string) bool {
	for _, own := range []string{v.Self.Address, v.Self.Alias} {
		name, _, _ := strings.Cut(own, "@")
		name, _, _ = strings.Cut(name, ":") // a device
		if name != "" && name == user {
			return true
		}
	}
	return false
}

// Named is a message's text as it was written, with the names of those it names.
func (v *View) Named(m model.Message) string {
	for _, n := range v.mentions(&m) {
		m.Text = strings.ReplaceAll(m.Text, n.Token, n.Shown)
	}
	return m.Text
}

// Plain is a message's text without marks, with the names of those it names.
func (v *View) Plain(m model.Message) string {
	return Unformatted(CleanText(m.Text), v.mentions(&m))
}

// QuoteOf shows a message as one that is about to be answered.
func (v *View) QuoteOf(m model.Message) Quote {
	q := Quote{Ref: m.Ref(), Order: m.Order, Mine: m.FromMe, Name: v.author(m.Chat, m.FromMe)}
	q.Icon, q.Text = v.Gist(m)
	if m.Media != nil && m.Kind != model.KindDeleted {
		q.Thumb = thumb(m.Media.Thumb)
	}
	return q
}

// Quoted shows what a message of a chat answers.
func (v *View) Quoted(chat model.ChatID, q *model.Quote) *Quote { return v.quote(v.Thread(chat), q) }

func (v *View) quote(t *Thread, r *model.Quote) *Quote {
	m := model.Message{ID: r.ID, FromMe: r.FromMe, Chat: t.Chat, Kind: r.Kind, Text: r.Text, Order: r.Order}
	// A quote does not say whom it names; in a chat of two it can be but these.
	m.Mentions = []string{string(t.Chat), v.Self.Address, v.Self.Alias}
	if now, ok := t.Find(r.FromMe, r.ID); ok {
		m.Order = now.Order
		switch {
		case now.Kind == model.KindDeleted: // what was taken back does not live on in quotes
			m = now
			r = &model.Quote{Ref: r.Ref}
		case now.Kind == r.Kind:
			m.Media, m.Cards, m.Place = now.Media, now.Cards, now.Place
		}
	}
	q := v.QuoteOf(m)
	if len(r.Thumb) > 0 {
		q.Thumb = thumb(r.Thumb)
	}
	return &q
}

func thumb(jpeg []byte) []byte {
	if len(jpeg) > model.MaxThumb {
		return nil
	}
	return jpeg
}

func (v *View) author(chat model.ChatID, mine bool) string {
	if mine {
		return v.L.Thread.Mine
	}
	return v.Name(chat)
}

// Gist is a message in one bounded line, for quotes, the chat list and
// announcements: an icon for what it holds, "" for a text, and words.
func (v *View) Gist(m model.Message) (icon, text string) {
	switch {
	case m.Failure == model.CannotDecrypt:
		return "hourglass", v.L.List.Undecryptable
	case m.Failure == model.NotSupported:
		return "info", v.L.List.NotSupported
	case m.Kind == model.KindNotice:
		return v.noticeText(m)
	case m.Kind == model.KindDeleted && m.FromMe:
		return "ban", v.L.Content.DeletedMe
	case m.Kind == model.KindDeleted:
		return "ban", v.L.Content.Deleted
	}
	m.Text = v.Plain(m)
	switch m.Kind {
	case model.KindContact:
		return "person", contactLine(v.L, m.Cards)
	case model.KindLocation:
		return "pin", placeLine(v.L, m.Place)
	}
	if n := NoteOf(v.L, m.Kind); n != nil {
		return n.Icon, n.Title
	}
	return Summary(v.L, m)
}

func contactLine(l *lang.Texts, of []model.Card) string {
	if len(of) == 0 {
		return l.Content.Contact
	}
	name := CleanName(of[0].Name)
	if name == "" {
		name = l.Content.Contact
	}
	if len(of) > 1 {
		name += " +" + lang.Number(len(of)-1)
	}
	return name
}

func placeLine(l *lang.Texts, p *model.Place) string {
	if p != nil {
		if name := Preview(p.Name); name != "" {
			return name
		}
	}
	return l.Content.Location
}

// NoteOf stands in for a kind that this version cannot show; nil for one that
// it can.
func NoteOf(l *lang.Texts, k model.Kind) *Note {
	c := l.Content
	of := func(icon string, p lang.Placeholder) *Note { return &Note{icon, p.Title, p.Text} }
	switch k {
	case model.KindText, model.KindImage, model.KindVideo, model.KindVoice, model.KindAudio, model.KindDocument,
		model.KindContact, model.KindLocation, model.KindDeleted, model.KindNotice:
		return nil
	case model.KindSticker:
		return of("sticker", c.Sticker)
	case model.KindPoll:
		return of("poll", c.Poll)
	case model.KindCall:
		return of("call", c.Call)
	case model.KindInvite:
		return of("people", c.Invite)
	case model.KindViewOnce:
		return of("once", c.ViewOnce)
	}
	return of("unknown", c.Unknown)
}

func cards(l *lang.Texts, of []model.Card) []Card {
	var out []Card
	for _, c := range of[:min(len(of), maxCards)] {
		card := Card{Name: CleanName(c.Name), Phones: lines(c.Phones), Emails: lines(c.Emails)}
		card.Initial = Initial(card.Name)
		if card.Name == "" {
			card.Name = l.Content.NoName
		}
		out = append(out, card)
	}
	return out
}

func lines(of []string) []string {
	var out []string
	for _, s := range of {
		if s = clean(s, maxLine); s != "" && len(out) < maxLines {
			out = append(out, s)
		}
	}
	return out
}

func place(l *lang.Texts, p model.Place) *Place {
	out := &Place{Name: CleanName(p.Name), Address: Preview(p.Address), Live: p.Live}
	if !(math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180) { // not a number, too
		return out
	}
	lat, lon := degrees(p.Latitude), degrees(p.Longitude)
	out.Where = half(l.Content.North, l.Content.South, lat) + ", " + half(l.Content.East, l.Content.West, lon)
	out.Link = "https://www.openstreetmap.org/?mlat=" + lat + "&mlon=" + lon + "#map=16/" + lat + "/" + lon
	return out
}

// degrees has five digits: a metre.
func degrees(f float64) string { return strconv.FormatFloat(f, 'f', 5, 64) }

func half(positive, negative, degrees string) string {
	if rest, ok := strings.CutPrefix(degrees, "-"); ok {
		return lang.Fill(negative, "n", rest)
	}
	return lang.Fill(positive, "n", degrees)
}
