package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/engine"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/seal"
	"ferry/app/internal/store"
	"ferry/relay/wire"
)

// foreign is a peer's device without an engine, and the engine that hears it.
type foreign struct {
	t *testing.T
	e *engine.Engine
	v *seal.Vault
}

func newForeign(t *testing.T) foreign {
	e, _, keys := loneWithKeys(t)
	return foreign{t, e, stranger(t, keys)}
}

func (f foreign) node(id string, m content.Message) wire.Node {
	f.t.Helper()
	plain, err := content.Encode(m)
	if err != nil {
		f.t.Fatal(err)
	}
	return says(f.t, f.v, id, plain)
}

func (f foreign) says(id string, m content.Message) {
	f.t.Helper()
	feed(f.t, f.e, f.node(id, m))
}

func text(s string) content.Message { return content.Message{Kind: content.KindText, Text: s} }

func reaction(emoji, target string, own bool) content.Message {
	return content.Message{Kind: content.KindReaction, Text: emoji, Target: target, TargetFromMe: own}
}

func edit(s, target string) content.Message {
	return content.Message{Kind: content.KindEdit, Text: s, Target: target, TargetFromMe: true}
}

func revocation(target string) content.Message {
	return content.Message{Kind: content.KindRevoke, Target: target, TargetFromMe: true}
}

func at(m content.Message, ms int64) content.Message {
	m.Stamp = time.UnixMilli(ms)
	return m
}

func (f foreign) thread() []model.Message { return threadOf(f.t, f.e) }

func TestAChangeThatComesBeforeItsTargetWaitsForIt(t *testing.T) {
	f := newForeign(t)
	f.says("r1", at(reaction("👍", "m", true), 1))
	f.says("r2", at(reaction("🎉", "m", true), 2))
	f.says("e1", edit("better", "m"))
	f.says("v1", revocation("n"))
	f.says("r3", reaction("👍", "own", false))
	if all := f.thread(); len(all) != 0 {
		t.Fatalf("%+v", all)
	}
	f.says("m", text("first"))
	f.says("n", text("second"))
	f.says("o", text("third"))
	all := f.thread()
	if len(all) != 3 || all[0].Text != "better" || all[0].Edited.IsZero() || emojis(all[0]) != "|🎉" || !gone(all[1]) || all[2].Text != "third" {
		t.Errorf("%+v", all)
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	e, disk, keys := loneWithKeys(t)
	f := foreign{t, e, stranger(t, keys)}
	for i := range 300 {
		f.says(fmt.Sprint("r", i), reaction("👍", fmt.Sprint("m", i), true))
	}
	for i := range 10 {
		f.says(fmt.Sprint("e", i), edit(strings.Repeat("x", content.MaxText), fmt.Sprint("big", i)))
	}
	if n := disk.Len(store.Messages); n != 1 {
		t.Errorf("%d records", n)
	}
	f.says("m0", text("the first is forgotten"))
	f.says("big9", text("the last is not"))
	all := f.thread()
	if all[0].Reactions != nil || len(all[1].Text) != content.MaxText {
		t.Errorf("%.300v", all)
	}
}

func TestOnlyWhoWroteAMessageMayChangeIt(t *testing.T) {
	f := newForeign(t)
	chat := model.ChatID(peer.Bare().String())
	if r := f.e.Do(t.Context(), port.SendText{Chat: chat, ID: "mine", Text: "I say so"}); r.Code != "" {
		t.Fatal(r)
	}
	for i, m := range []content.Message{
		edit("I say the opposite", "mine"), revocation("mine"),
		{Kind: content.KindEdit, Text: "x", Target: "mine"}, {Kind: content.KindRevoke, Target: "mine"},
	} {
		f.says(fmt.Sprint("x", i), m)
	}
	f.says("r", reaction("👍", "mine", false))
	if all := f.thread(); len(all) != 1 || all[0].Text != "I say so" || !all[0].Edited.IsZero() || emojis(all[0]) != "|👍" {
		t.Errorf("%+v", all)
	}
}

func TestAnOlderChangeThatComesLateChangesNothing(t *testing.T) {
	f := newForeign(t)
	f.says("m", text("text"))
	f.says("r2", at(reaction("🎉", "m", true), 2000))
	f.says("r1", at(reaction("👍", "m", true), 1000))
	f.says("e2", at(edit("second", "m"), 2000))
	f.says("e1", at(edit("first", "m"), 1000))
	if m := f.thread()[0]; m.Text != "second" || emojis(m) != "|🎉" {
		t.Errorf("%+v", m)
	}
	f.says("r3", at(reaction("", "m", true), 3000))
	f.says("r0", at(reaction("👍", "m", true), 2500))
	if m := f.thread()[0]; m.Reactions != nil {
		t.Errorf("%+v", m)
	}
	f.says("v", revocation("m"))
	f.says("e3", at(edit("third", "m"), 4000))
	f.says("r4", at(reaction("👍", "m", true), 4000))
	if all := f.thread(); len(all) != 1 || !gone(all[0]) {
		t.Errorf("%+v", all)
	}
}

func TestAnEditThatComesTooLateChangesNothing(t *testing.T) {
	f := newForeign(t)
	at := func(n wire.Node, t time.Time) wire.Node { return n.With(wire.A("t", fmt.Sprint(t.Unix()))) }
	sent := time.Unix(1700000000, 0)
	feed(t, f.e, at(f.node("m", text("text")), sent))
	feed(t, f.e, at(f.node("e", edit("late", "m")), sent.Add(port.EditFor+time.Hour)))
	if m := f.thread()[0]; m.Text != "text" || !m.Edited.IsZero() {
		t.Errorf("%+v", m)
	}
	feed(t, f.e, at(f.node("e2", edit("in time", "m")), sent.Add(port.EditFor)))
	if m := f.thread()[0]; m.Text != "in time" {
		t.Errorf("%+v", m)
	}
}

func TestAChangeThatDoesNotDecryptLeavesNoEntry(t *testing.T) {
	f := newForeign(t)
	f.says("m", text("text"))
	hidden := wire.N("message", from("message", "r"), enc("msg", []byte("no ciphertext")).With(wire.A("decrypt-fail", "hide")))
	feed(t, f.e, hidden)
	if all := f.thread(); len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	f.says("r", reaction("👍", "m", true)) // asked for again
	if all := f.thread(); len(all) != 1 || emojis(all[0]) != "|👍" {
		t.Fatalf("%+v", all)
	}
	// Of one that does not say so there is an entry, until it is known better.
	feed(t, f.e, wire.N("message", from("message", "r2"), enc("msg", []byte("no ciphertext"))))
	if all := f.thread(); len(all) != 2 || all[1].Failure != model.CannotDecrypt {
		t.Fatalf("%+v", all)
	}
	f.says("r2", reaction("", "m", true))
	if all := f.thread(); len(all) != 1 || all[0].Reactions != nil {
		t.Fatalf("%+v", all)
	}
}

func TestAMessageThatCannotBeReadYetCanBeTakenBack(t *testing.T) {
	f := newForeign(t)
	for _, id := range []string{"m", "n"} {
		feed(t, f.e, wire.N("message", from("message", id), enc("msg", []byte("no ciphertext"))))
	}
	f.says("v", revocation("m"))
	f.says("r", reaction("👍", "n", true))
	f.says("m", text("taken back"))
	f.says("n", text("text"))
	if all := f.thread(); len(all) != 2 || !gone(all[0]) || all[1].Text != "text" || emojis(all[1]) != "|👍" {
		t.Errorf("%+v", all)
	}
}

func TestWhatComesBesideATextIsKept(t *testing.T) {
	f := newForeign(t)
	f.says("m", content.Message{Kind: content.KindText, Text: "hi @1", Mentions: []string{"1@lid"}, Forwarded: true,
		Quote: &content.Quote{ID: "elsewhere", Author: "7-4242@interop", Kind: content.KindImage, Text: "the sea"}})
	m := f.thread()[0]
	if fmt.Sprint(m.Mentions) != "[1@lid]" || !m.Forwarded || m.Reply == nil || m.Reply.Kind != model.KindImage || !m.Reply.FromMe || m.Reply.Order != 0 {
		t.Errorf("%+v %+v", m, m.Reply)
	}
	f.says("n", content.Message{Kind: content.KindImage, Text: "the sea", Attachment: &content.Attachment{
		Key: [32]byte{1}, SHA256: [32]byte{2}, EncSHA256: [32]byte{3}, Size: 17 << 20, DirectPath: "/v/wa/x?f=1", MIME: "image/jpeg", Width: 4, Height: 3}})
	f.says("o", content.Message{Kind: content.KindVoice, Attachment: &content.Attachment{Size: 9}})
	all := f.thread()
	if m := all[1]; m.Kind != model.KindImage || m.Text != "the sea" || m.Media == nil || m.Media.State != model.MediaRemote || m.Media.Width != 4 || m.Media.Size != 17<<20 {
		t.Errorf("%+v %+v", m, m.Media)
	}
	if m := all[2]; m.Kind != model.KindVoice || m.Media == nil || m.Media.State != model.MediaFailed || m.Media.Failure != model.MediaUnusable {
		t.Errorf("%+v %+v", m, m.Media)
	}
}
