package control

import (
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// spinAfter is how long a look-up may take before it shows that it does.
const spinAfter = 300 * time.Millisecond

// NewChat is the dialog that finds somebody: by phone number, or as a WhatsApp
// user by app and username.
type NewChat struct {
	Phone  string
	Person string // the username
	// Provider is the number of the app on which somebody is looked for; 0 is WhatsApp.
	Provider int
	Busy     bool
	Status   string // of port.LookUpResult, or "empty", "offline", "failed"
	Asked    string // the number that Status is about

	name   string // of whoever has that number
	picked bool   // the user has said where to look
	seq    int
	spinAt time.Time
}

// NewPhone takes in what is typed.
func (c *Control) NewPhone(text string) { c.New.Phone, c.New.Status, c.New.name = text, "", "" }

// NewSpins tells whether to show that the look-up takes its time.
func (c *Control) NewSpins() bool { return c.New.Busy && !c.View.Now.Before(c.New.spinAt) }

// NewSubmit looks the number up, and opens the chat if it can be.
func (c *Control) NewSubmit() {
	defer c.Turn()()
	n := &c.New
	if n.Busy {
		return
	}
	n.Asked = n.Phone
	if n.Status = checkPhone(n.Phone); n.Status != "" {
		c.Focus("phone")
		return
	}
	n.Busy, n.spinAt, n.seq = true, c.View.Now.Add(spinAfter), n.seq+1
	seq := n.seq
	c.do(port.LookUp{Phone: n.Phone}, func(r port.Reply) {
		if c.New.seq == seq && c.Route.Place == NewChatPlace {
			c.lookedUp(r)
		}
	})
}

func (c *Control) lookedUp(r port.Reply) {
	n := &c.New
	var found port.LookUpResult
	if err := decode(r, &found); err != nil {
		n.Busy, n.Status = false, "failed"
		if c.View.Link.Phase != model.LinkOnline {
			n.Status = "offline"
		}
		return
	}
	if found.Status != "ok" {
		n.Busy, n.Status = false, found.Status
		if found.Status == "invalid" {
			c.Focus(c.newField())
		}
		return
	}
	if found.Contact.Phone == "" && n.Provider == 0 {
		found.Contact.Phone = n.Asked
	}
	c.do(port.OpenChat{Chat: found.Chat, Contact: found.Contact}, func(r port.Reply) {
		c.New.Busy = false
		var chat model.Chat
		if decode(r, &chat) != nil {
			c.New.Status = "failed"
			return
		}
		c.View.PutChat(chat)
		if c.New.name != "" && chat.Contact.Given == "" {
			c.name(chat.ID, c.New.name, nil)
		}
		c.View.Search = ""
		c.goInstead(ChatPath(chat.ID))
	})
}

// newField is where what is looked for is typed.
func (c *Control) newField() string {
	if c.New.Provider != 0 {
		return "person"
	}
	return "phone"
}

// NewEcho looks up the test user of a sandbox.
func (c *Control) NewEcho() {
	c.New.Phone, c.New.name = c.View.Site.Gateway.Echo, echoName
	c.screen.SetValue("phone", c.New.Phone)
	c.NewSubmit()
}

// echoName is what the test user of a sandbox calls itself; its gateway tells no names.
const echoName = "Echo"

// GoEcho opens the dialog with the test user's number.
func (c *Control) GoEcho() {
	c.Go(PathNew)
	c.screen.After(func() { c.screen.Post(c.NewEcho) })
}

// checkPhone finds slips that need no look-up: "" if it may be a number.
func checkPhone(s string) string {
	count := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			count++
		case r == '+' && i == 0, r == ' ', r == '-', r == '.', r == '(', r == ')', r == '/', r == '\u00a0':
		default:
			return "invalid"
		}
	}
	switch {
	case count == 0:
		return "empty"
	case count < 7 || count > 15 || s[0] != '+' && (len(s) < 2 || s[:2] != "00"):
		return "invalid"
	}
	return ""
}
