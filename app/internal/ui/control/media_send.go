package control

import (
	"strings"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// TraySend sends all files that can be sent, in their order, as soon as they have
// been looked at.
func (c *Control) TraySend() {
	defer c.Turn()()
	t := c.Tray()
	switch {
	case t == nil || t.Sending():
	case t.looking():
		t.sendAt = c.View.Now.Add(lookMost)
	default:
		c.sendTray(t)
	}
}

// sendTray sends the open chat's. What cannot be sent is let go of.
func (c *Control) sendTray(t *Tray) {
	id := c.View.Open
	t.sendAt = time.Time{}
	if t.Good() == 0 || !c.View.CanAnswer(id) {
		return
	}
	var out []outgoing
	var stay []TrayFile
	for _, f := range t.Files {
		if f.Bad() != "" {
			stay = append(stay, f)
			continue
		}
		o, err := c.outgoing(id, t.kind(f), f, t.Original)
		if err != nil {
			return
		}
		out = append(out, o)
	}
	out[0].cmd.ReplyTo = c.TakeReply()
	for _, f := range stay {
		c.browser().Discard(f.File)
	}
	c.closeTray()
	c.sendAll(out)
}

// outgoing is a file on its way to the engine.
type outgoing struct {
	cmd  port.SendMedia
	file TrayFile
}

func (c *Control) outgoing(chat model.ChatID, kind model.Kind, f TrayFile, original bool) (outgoing, error) {
	id, err := c.messageID()
	if err != nil {
		return outgoing{}, err
	}
	media := f.Media
	media.State = model.MediaPreparing
	if kind == model.KindDocument {
		media.Seconds, media.Waveform = 0, nil
	}
	return outgoing{file: f, cmd: port.SendMedia{
		Chat: chat, ID: id, Kind: kind, File: f.File, Media: media, Caption: strings.TrimSpace(f.Caption), Original: original,
	}}, nil
}

// sendAll shows the messages at once, then hands over one file after the other,
// so that they arrive in the order in which they lay in the tray.
func (c *Control) sendAll(out []outgoing) {
	c.Jump()
	for _, o := range out {
		c.echoMedia(o)
	}
	c.handOver(out)
}

func (c *Control) echoMedia(o outgoing) {
	media := o.cmd.Media
	m := model.Message{ID: o.cmd.ID, Chat: o.cmd.Chat, FromMe: true, Kind: o.cmd.Kind, Text: o.cmd.Caption, At: c.View.Now,
		State: model.Pending, Media: &media}
	if o.file.URL != "" && o.cmd.Kind != model.KindDocument {
		if c.Media.own == nil {
			c.Media.own = map[MediaKey]string{}
		}
		c.Media.own[KeyOf(m)] = o.file.URL // what the page still has need not be read back
	}
	c.View.Echo(m)
}

func (c *Control) handOver(out []outgoing) {
	if len(out) == 0 {
		return
	}
	o, epoch := out[0], c.epoch
	c.browser().HandOver(o.cmd.File, func(err error) {
		c.post(func() {
			if c.epoch != epoch {
				return
			}
			if err != nil {
				c.notHanded(o)
			} else {
				c.sendMedia(o.cmd)
			}
			c.handOver(out[1:])
		})
	})
}

// notHanded puts a file back into the tray, with the reason.
func (c *Control) notHanded(o outgoing) {
	chat := o.cmd.Chat
	k := MediaKey{chat, model.Ref{ID: o.cmd.ID, FromMe: true}}
	delete(c.Media.own, k)
	c.View.Apply([]port.Event{port.MessageDeleted{Chat: chat, ID: o.cmd.ID, FromMe: true}})
	if o.cmd.Kind == model.KindVoice {
		c.say(c.L.Media.Record.FailedText)
		return
	}
	f := o.file
	f.Err = "not_handed"
	t := c.trayOf(chat, o.cmd.Original)
	t.Files = append(t.Files, f)
	c.say(c.L.Media.Tray.NotAll)
}

// sendMedia asks the engine to send what was handed over.
func (c *Control) sendMedia(cmd port.SendMedia) {
	k := MediaKey{cmd.Chat, model.Ref{ID: cmd.ID, FromMe: true}}
	delete(c.Media.unsent, k)
	c.do(cmd, func(r port.Reply) {
		var stored model.Message
		if decode(r, &stored) != nil {
			if c.Media.unsent == nil {
				c.Media.unsent = map[MediaKey]port.SendMedia{}
			}
			c.Media.unsent[k] = cmd
			c.View.Thread(cmd.Chat).Unsaved(cmd.ID)
			return
		}
		c.View.PutReply(stored)
		c.redraw(k)
	})
}

// retryMedia sends an attachment again that the engine could not take, and
// tells whether it is one.
func (c *Control) retryMedia(id model.MessageID) bool {
	k := MediaKey{c.View.Open, model.Ref{ID: id, FromMe: true}}
	cmd, ok := c.Media.unsent[k]
	if !ok {
		return false
	}
	media := cmd.Media
	c.View.Echo(model.Message{ID: id, Chat: cmd.Chat, FromMe: true, Kind: cmd.Kind, Text: cmd.Caption, At: c.View.Now, State: model.Pending, Media: &media})
	c.sendMedia(cmd)
	return true
}
