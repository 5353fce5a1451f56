package view

import (
	"cmp"
	"slices"
	"strings"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

// Row is a line of the chat list. Rows are comparable: an equal one need not
// be drawn again.
type Row struct {
	ID      model.ChatID
	Name    string
	Initial string
	Hue     int
	Time    string
	Preview string
	Icon    string          // before the preview: what it holds; "" for a text
	Mine    bool            // the preview is one's own message
	Draft   bool            // the preview is unsent
	Quiet   bool            // the preview is a placeholder, in italics
	Typing  bool            // the preview says so
	State   model.SendState // of one's own message
	Unread  int
	Open    bool // its thread is on screen
	App     Mark // of a third-party person; zero for a WhatsApp user
	Request bool // not accepted yet: these come first
	Doubt   bool // the name may mislead
	Barred  bool // blocked
}

// Rows are the chats that match the search, latest first.
func (v *View) Rows() []Row {
	chats := v.sorted()
	rows := make([]Row, 0, len(chats))
	query := fold(CleanName(v.Search))
	for _, c := range chats {
		if v.listed(c) && c.matches(query) {
			rows = append(rows, v.row(c))
		}
	}
	return v.foldRequests(rows)
}

// HasChats tells whether there is any chat, found or not.
func (v *View) HasChats() bool { return len(v.chats) > 0 }

func (v *View) sorted() []*chat {
	chats := make([]*chat, 0, len(v.chats))
	for _, c := range v.chats {
		chats = append(chats, c)
	}
	slices.SortFunc(chats, func(a, b *chat) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Order, a.Order), cmp.Compare(a.ID, b.ID))
	})
	return chats
}

// rank puts requests first, apart from the chats.
func rank(c *chat) int {
	if BarrierOf(c.Chat) == BarRequest {
		return 0
	}
	return 1
}

func (c *chat) matches(query string) bool {
	if d := digits(query); len(d) >= 2 && len(d) >= len(strings.Map(keepLetters, query)) {
		return strings.Contains(c.haystack, d)
	}
	for _, word := range strings.Fields(query) {
		if !strings.Contains(c.haystack, word) {
			return false
		}
	}
	return true
}

// keepLetters drops what people put between the digits of a number.
func keepLetters(r rune) rune {
	if strings.ContainsRune("+-()./ ", r) {
		return -1
	}
	return r
}

func (v *View) row(c *chat) Row {
	r := Row{
		ID: c.ID, Name: c.name, Initial: Initial(c.name), Hue: Hue(c.ID),
		Unread: max(c.Unread, 0), Open: c.ID == cmp.Or(v.Open, v.About),
	}
	if a, third := v.AppOf(c.Contact); third {
		r.App = a.Mark
	}
	r.Request, r.Doubt = rank(c) == 0, v.Doubt(c.ID).Any()
	r.Barred = c.Blocked || c.ProviderBlocked
	if c.Last != nil {
		r.Time = v.L.Short(v.Now, c.Last.At.In(v.Now.Location()))
	}
	switch {
	case v.Now.Before(c.typingUntil):
		r.Preview, r.Typing = v.L.List.Typing, true
	case c.draft != "" && !r.Open:
		r.Preview, r.Draft = Preview(c.draft), true
	case c.Last == nil:
	case c.Last.Failure == model.CannotDecrypt:
		r.Preview, r.Quiet = v.L.List.Undecryptable, true
	case c.Last.Failure == model.NotSupported:
		r.Preview, r.Quiet = v.L.List.NotSupported, true
	case c.Last.Kind == model.KindDeleted, c.Last.Kind == model.KindNotice:
		_, r.Preview = v.Gist(*c.Last)
		r.Quiet = true
	default:
		r.Icon, r.Preview = v.Gist(*c.Last)
		r.Mine = c.Last.FromMe
		if r.Mine {
			r.State = c.Last.State
		}
	}
	return r
}

// Neighbour is the chat above (-1) or below (+1) the open one, as listed.
func (v *View) Neighbour(step int) (model.ChatID, bool) {
	rows := v.Rows()
	at := slices.IndexFunc(rows, func(r Row) bool { return r.Open })
	switch {
	case len(rows) == 0:
		return "", false
	case at < 0 && step > 0:
		return rows[0].ID, true
	case at < 0:
		return rows[len(rows)-1].ID, true
	case at+step < 0 || at+step >= len(rows):
		return "", false
	}
	return rows[at+step].ID, true
}

// Empty says why no chat is listed.
type Empty int

// Reasons.
const (
	NotEmpty     Empty = iota
	EmptySearch        // the search finds nothing
	EmptyOff           // third-party chats are off
	EmptyEcho          // on, and Echo can be written to
	EmptyNone          // on, and no chat yet
	EmptyLinking       // the WhatsApp user's browser is not linked yet
	EmptyConsent       // the WhatsApp user has third-party chats off
	EmptyPersona       // on, and no chat yet
	EmptySection       // none in the separate inbox
	EmptyAbove         // all chats are in the separate inbox
)

// Empty says what to show in place of the list.
func (v *View) Empty(rows []Row) Empty {
	switch {
	case len(rows) > 0 || !v.Ready:
		return NotEmpty
	case v.Search != "":
		return EmptySearch
	case v.WhatsApp != "":
		return v.emptyPersona()
	case v.HasChats():
		return EmptySearch
	case !v.Self.Connected:
		return EmptyOff
	case v.Site.Gateway.Sandbox && v.Site.Gateway.Echo != "":
		return EmptyEcho
	default:
		return EmptyNone
	}
}

func (v *View) emptyPersona() Empty {
	switch {
	case v.InSection():
		return EmptySection
	case !v.Self.Connected && !v.HasChats():
		return EmptyLinking
	case v.Consent.Known && !v.Consent.On:
		return EmptyConsent
	case v.HasChats():
		return EmptyAbove
	}
	return EmptyPersona
}

// announcer says new messages to people who do not see them.
type announcer struct {
	text    string
	seq     int
	pending []model.Message
	held    int // came in while catching up
}

func (a *announcer) flush(v *View) {
	defer func() { a.pending = a.pending[:0] }()
	if v.Link.Phase == model.LinkCatchingUp {
		a.held += len(a.pending)
		return
	}
	switch n := len(a.pending) + a.held; {
	case n == 0:
		return
	case n > 2 || a.held > 0:
		a.text, a.held = v.L.App.NewMany.Of(n), 0
	default:
		texts := make([]string, n)
		for i, m := range a.pending {
			if v.Inert(m.Chat) {
				texts[i] = lang.Fill(v.L.People.NewRequest, "name", v.Who(m.Chat))
				continue
			}
			if m.Kind == model.KindNotice {
				texts[i] = v.plain(m)
				continue
			}
			texts[i] = lang.Fill(v.L.App.NewFrom, "name", v.Who(m.Chat), "text", Preview(v.plain(m)))
		}
		a.text = strings.Join(texts, ". ")
	}
	a.seq++
}

// Announcement is what a screen reader should say now; seq counts them.
func (v *View) Announcement() (text string, seq int) { return v.announce.text, v.announce.seq }

// Say announces something else.
func (v *View) Say(text string) {
	v.announce.text = text
	v.announce.seq++
}

// plain is what a message says, or what stands in for it.
func (v *View) plain(m model.Message) string {
	_, text := v.Gist(m)
	return text
}
