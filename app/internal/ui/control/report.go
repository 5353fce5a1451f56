package control

import (
	"slices"

	"ferry/app/internal/lang"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

const (
	reportOffered = 40 // of the latest messages, those of the other side can be chosen
	reportChosen  = 5  // are chosen at first
)

// Report is the form that tells the gateway's operator about a person.
type Report struct {
	Chat     model.ChatID
	Loaded   bool
	Messages []model.Message // that can be shown, newest first
	Reason   string          // one of port.ReportReasons
	Block    bool            // also block the person
	Full     bool            // no more can be chosen
	Preview  *port.ReportPreview
	Busy     bool
	Error    string

	chosen map[model.Ref]bool
	seq    int // of the preview asked for last
}

// Chosen tells whether a message is to be shown.
func (r *Report) Chosen(m model.Message) bool { return r.chosen[m.Ref()] }

// Ready tells whether it is known what would be sent, and it can be.
func (r *Report) Ready() bool { return r.Preview != nil && !r.Busy }

// refs are the chosen messages, oldest first.
func (r *Report) refs() []model.Ref {
	var out []model.Ref
	for i := len(r.Messages) - 1; i >= 0; i-- {
		if m := r.Messages[i]; r.Chosen(m) {
			out = append(out, m.Ref())
		}
	}
	return out
}

// OpenReport opens the form for a chat's person, with their last messages chosen.
func (c *Control) OpenReport(id model.ChatID) {
	defer c.Turn()()
	c.ChatMenu = false
	chat, _ := c.View.Chat(id)
	form := &Report{Chat: id, Block: !chat.Blocked, Reason: port.ReportReasons()[0], chosen: map[model.Ref]bool{}}
	c.Report = form
	c.do(port.Messages{Chat: id, Limit: reportOffered}, func(r port.Reply) {
		var page port.MessagePage
		if c.Report != form {
			return
		}
		if err := decode(r, &page); err != nil {
			form.Error = c.L.People.Report.PreviewFailed
			return
		}
		form.Loaded, form.Messages = true, c.View.Shown(page.Messages)
		for i, m := range form.Messages {
			if i < reportChosen {
				form.chosen[m.Ref()] = true
			}
		}
		c.preview()
	})
}

// ChooseReported takes a message into the report, or out of it.
func (c *Control) ChooseReported(ref model.Ref, on bool) {
	defer c.Turn()()
	f := c.Report
	if f == nil {
		return
	}
	if f.Full = on && len(f.refs()) >= port.MaxReported; !f.Full {
		f.chosen[ref] = on
	}
	c.preview()
}

// reportEvents asks again what would leave if a message is another than when
// that was asked: edited, taken back, deleted.
func (c *Control) reportEvents(events []port.Event) {
	f := c.Report
	if f == nil || !f.Loaded || f.Busy {
		return
	}
	again := false
	for _, e := range events {
		switch e := e.(type) {
		case port.MessageChanged:
			i := f.offered(e.Chat, e.Ref())
			if i < 0 {
				continue
			}
			f.Messages[i] = e.Message
			again = again || f.chosen[e.Ref()]
		case port.MessageDeleted:
			ref := model.Ref{ID: e.ID, FromMe: e.FromMe}
			i := f.offered(e.Chat, ref)
			if i < 0 {
				continue
			}
			f.Messages = slices.Delete(f.Messages, i, i+1)
			again = again || f.chosen[ref]
		}
	}
	if again {
		c.preview()
	}
}

// offered is where among the messages one is, or -1.
func (r *Report) offered(chat model.ChatID, ref model.Ref) int {
	if chat != r.Chat {
		return -1
	}
	return slices.IndexFunc(r.Messages, func(m model.Message) bool { return m.Ref() == ref })
}

// preview asks what exactly would leave this device.
func (c *Control) preview() {
	f := c.Report
	f.Preview, f.Error, f.seq = nil, "", f.seq+1
	seq := f.seq
	c.do(port.PreviewReport{Chat: f.Chat, Messages: f.refs()}, func(r port.Reply) {
		if c.Report != f || f.seq != seq {
			return
		}
		var p port.ReportPreview
		if err := decode(r, &p); err != nil {
			f.Error = c.L.People.Report.PreviewFailed
			return
		}
		f.Preview = &p
	})
}

// ReportFor sets the reason.
func (c *Control) ReportFor(reason string) {
	if c.Report != nil {
		c.Report.Reason = reason
	}
}

// ReportBlocks sets whether the person is blocked, too.
func (c *Control) ReportBlocks(on bool) {
	if c.Report != nil {
		c.Report.Block = on
	}
}

// SendReport sends what the form shows.
func (c *Control) SendReport() {
	defer c.Turn()()
	f := c.Report
	if f == nil || !f.Ready() {
		return
	}
	f.Busy, f.Error = true, ""
	c.do(port.Report{Chat: f.Chat, Messages: f.refs(), Reason: f.Reason, Block: f.Block}, func(r port.Reply) {
		if f.Busy = false; c.Report != f {
			return
		}
		var chat model.Chat
		if err := decode(r, &chat); err != nil {
			f.Error = lang.Fill(c.L.People.Report.Failed, "message", c.told(err))
			return
		}
		c.Report = nil
		c.View.PutChat(chat)
		c.say(c.L.People.Report.Sent)
	})
}
