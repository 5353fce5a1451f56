package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/wire"
)

// maxReport bounds what a report shows, in bytes; a gateway refuses more.
const maxReport = 60 << 10

// shownOf is all that a report tells of a message: its text, and in brackets
// what else it was. Files do not leave the device.
func shownOf(m model.Message) model.ReportedMessage {
	var what string
	switch {
	case m.Kind == model.KindText:
	case m.Kind == model.KindDocument && m.Media != nil && m.Media.Name != "":
		what = "[document: " + m.Media.Name + "]"
	case m.Kind == model.KindContact:
		var all []string
		for _, c := range m.Cards {
			all = append(all, strings.Join(append([]string{c.Name}, c.Phones...), " "))
		}
		what = "[contact: " + strings.Join(all, ", ") + "]"
	case m.Kind == model.KindLocation && m.Place != nil:
		what = fmt.Sprintf("[location: %.5f, %.5f %s]", m.Place.Latitude, m.Place.Longitude, m.Place.Name)
	default:
		what = "[" + string(m.Kind) + "]"
	}
	if m.Failure == model.CannotDecrypt {
		what = "[not readable]"
	}
	text := strings.TrimSpace(what + " " + m.Text)
	return model.ReportedMessage{Ref: m.Ref(), At: m.At, Text: text}
}

// reported finds the messages that the user has chosen to show. It has replied
// if there is something wrong with them.
func (e *Engine) reported(t *turn, r *request, id model.ChatID, refs []model.Ref) (shown []model.ReportedMessage, ok bool, err error) {
	shown = []model.ReportedMessage{}
	if len(refs) > port.MaxReported {
		t.refuse(r, "too_many", "these are too many messages for one report")
		return nil, false, nil
	}
	size := 0
	for _, ref := range refs {
		row, ok, _, err := t.byRef(id, ref)
		if err != nil {
			return nil, false, err
		}
		if !ok || ref.FromMe || row.Kind == model.KindNotice {
			t.refuse(r, "no_message", "there is no such message of this person")
			return nil, false, nil
		}
		m := shownOf(row.Message)
		shown = append(shown, m)
		size += len(m.Text)
	}
	if size > maxReport {
		t.refuse(r, "too_long", "these messages are too long for one report")
		return nil, false, nil
	}
	return shown, true, nil
}

// previewReport says what a report would show.
func (e *Engine) previewReport(t *turn, r *request, c port.PreviewReport) error {
	chat, ok, err := t.chat(c.Chat)
	if err != nil {
		return err
	}
	if !ok {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	shown, ok, err := e.reported(t, r, c.Chat, c.Messages)
	if err != nil || !ok {
		return err
	}
	about := chat.Contact
	about.Given = "" // leaves no device
	t.ok(r, port.ReportPreview{Contact: about, Address: string(c.Chat), Messages: shown})
	return nil
}

// report tells the gateway's operator, and replies once that has it.
func (e *Engine) report(t *turn, r *request, c port.Report) error {
	peer, isPeer := peerOf(c.Chat)
	_, ok, err := t.chat(c.Chat)
	if err != nil {
		return err
	}
	if !ok || !isPeer {
		t.refuse(r, "no_chat", "there is no such chat")
		return nil
	}
	if !slices.Contains(port.ReportReasons(), c.Reason) {
		t.refuse(r, "bad_reason", "this is no reason that a report can have")
		return nil
	}
	shown, ok, err := e.reported(t, r, c.Chat, c.Messages)
	if err != nil || !ok {
		return err
	}
	attrs := []wire.Attr{wire.J("jid", peer), wire.A("reason", c.Reason)}
	if c.Block {
		attrs = append(attrs, wire.A("block", "true"))
	}
	body := wire.N("report", attrs)
	for _, m := range shown {
		body.Children = append(body.Children, wire.Bytes("message", []wire.Attr{
			wire.A("id", string(m.ID)), wire.A("t", strconv.FormatInt(m.At.Unix(), 10)),
		}, []byte(m.Text)))
	}
	return e.ask(t, "set", wire.NamespaceInterop, []wire.Node{body}, func(t *turn, _ wire.Node, err error) error {
		t.requests = append(t.requests, r)
		if err != nil {
			t.refuse(r, queryCode(err), err.Error())
			return nil
		}
		if c.Block { // as the gateway has done by now
			if err := e.setBlocked(t, c.Chat, true); err != nil {
				return err
			}
		}
		return t.okBlocked(r, c.Chat)
	})
}
