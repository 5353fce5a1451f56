package control

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/view"
)

// own is a message of this user's that was sent a moment ago.
func own(w *world, order uint64, text string) model.Message {
	return model.Message{ID: model.MessageID(fmt.Sprint("OUT", order)), Chat: mira, FromMe: true, Text: text, Order: order, At: w.now, State: model.Sent}
}

func TestAnAnswerNamesWhatItAnswers(t *testing.T) {
	w := signedIn(t)
	w.c.Reply(MessageKey{ID: "IN1"})
	w.run()
	if q := w.c.Answered(); q == nil || q.Text != "hi" || q.Name != "Mira" || w.focus != "composer" {
		t.Fatalf("answering %+v, focus on %q", q, w.focus)
	}
	w.types("hello")
	w.c.Send()
	w.run()
	sent := sent[port.SendText](w.core)
	if len(sent) != 1 || sent[0].ReplyTo == nil || *sent[0].ReplyTo != (model.Ref{ID: "IN1"}) {
		t.Fatalf("sent %+v", sent)
	}
	m, _ := w.c.View.Thread(mira).Find(true, sent[0].ID)
	if m.Reply == nil || m.Reply.Text != "hi" || m.Reply.Order != 1 {
		t.Errorf("shown with the quote %+v", m.Reply)
	}
	if w.c.Replying != nil {
		t.Error("the next message would answer, too")
	}
	answer[port.SendText](w, port.Reply{Code: "store_full"})
	w.c.RetrySend(sent[0].ID)
	if again := lastOf[port.SendText](w); again.ReplyTo == nil || again.ReplyTo.ID != "IN1" {
		t.Errorf("sent again as %+v", again)
	}
}

func lastOf[T port.Command](w *world) T {
	all := sent[T](w.core)
	if len(all) == 0 {
		var none T
		return none
	}
	return all[len(all)-1]
}

func TestEscapeEndsAnAnswerBeforeItLeavesTheChat(t *testing.T) {
	w := signedIn(t)
	w.c.Reply(MessageKey{ID: "IN1"})
	if !w.c.Escape() || w.c.Replying != nil || w.c.Route.Chat != mira {
		t.Error("Escape did not end the answer, or left the chat")
	}
	w.c.Reply(MessageKey{ID: "IN1"})
	w.Go(PathChats)
	w.Go(ChatPath(mira))
	if w.c.Replying != nil {
		t.Error("the answer lived on in another chat")
	}
}

func TestWhatWasTakenBackCannotBeAnswered(t *testing.T) {
	w := signedIn(t)
	gone := incoming(2)
	gone.Kind = model.KindDeleted
	w.tell(port.MessageChanged{Message: gone})
	w.c.Reply(MessageKey{ID: "IN2"})
	w.c.React(MessageKey{ID: "IN2"}, "👍")
	if w.c.Replying != nil || len(sent[port.React](w.core)) != 0 {
		t.Error("a deleted message is answered")
	}
}

func TestAQuoteOfSomethingThatIsNotHereSaysSo(t *testing.T) {
	w := signedIn(t)
	w.c.JumpToQuoted(view.Quote{Ref: model.Ref{ID: "X"}})
	if w.c.Toast == nil || !strings.Contains(w.c.Toast.Text, "not on this device") {
		t.Errorf("toast %+v", w.c.Toast)
	}
}

func TestReactionsAreSetChangedAndTakenOff(t *testing.T) {
	w := signedIn(t)
	key := MessageKey{ID: "IN1"}
	mine := func() string {
		m, _ := w.c.View.Thread(mira).Find(false, "IN1")
		return view.MyReaction(m)
	}
	for _, step := range []struct{ press, told, shown string }{
		{"👍", "👍", "👍"}, {"❤️", "❤️", "❤️"}, {"❤", "", ""}, {"😂", "😂", "😂"}, {"", "", ""},
	} {
		w.c.React(key, step.press)
		w.run()
		if got := lastOf[port.React](w); got.Emoji != step.told || got.Target != (model.Ref{ID: "IN1"}) || mine() != step.shown {
			t.Errorf("after %q: told %+v, shown %q", step.press, got, mine())
		}
	}
	n := len(sent[port.React](w.core))
	w.c.React(key, "")
	if len(sent[port.React](w.core)) != n {
		t.Error("no reaction was taken off")
	}
	w.c.React(key, "🙏")
	answer[port.React](w, port.Reply{Code: "offline", Error: "no"})
	if mine() != "" || w.c.Toast == nil {
		t.Errorf("a refused reaction stays: %q, %+v", mine(), w.c.Toast)
	}
}

func TestAMessageIsChangedInTheComposer(t *testing.T) {
	w := signedIn(t)
	w.tell(port.MessageChanged{Message: own(w, 2, "helo")})
	if !w.c.ComposeKey("ArrowUp") || w.c.Editing == nil || w.values["composer"] != "helo" {
		w.run()
		if w.values["composer"] != "helo" {
			t.Fatalf("editing %+v, in the composer %q", w.c.Editing, w.values["composer"])
		}
	}
	w.types("hello ")
	if w.drafts[string(mira)] != "" {
		t.Error("the change was kept as a draft")
	}
	w.c.Send()
	w.run()
	if got := lastOf[port.Edit](w); got.Target != "OUT2" || got.Text != "hello" || got.ID == "" {
		t.Errorf("told %+v", got)
	}
	if w.c.Editing != nil || w.values["composer"] != "" || len(sent[port.SendText](w.core)) != 0 {
		t.Error("the composer still changes, or sent a new message")
	}
	answer[port.Edit](w, port.Reply{Code: "too_late", Error: "too late"})
	if w.c.Toast == nil || !strings.Contains(w.c.Toast.Text, "too late") {
		t.Errorf("toast %+v", w.c.Toast)
	}
}

func TestCancellingAChangeBringsTheDraftBack(t *testing.T) {
	w := signedIn(t)
	w.tell(port.MessageChanged{Message: own(w, 2, "helo")})
	w.types("a draft")
	if w.c.ComposeKey("ArrowUp") {
		t.Error("the arrow left a composer with text in it")
	}
	w.c.Edit("OUT2")
	w.run()
	w.types("something")
	if !w.c.Escape() || w.c.Editing != nil {
		t.Fatal("Escape did not cancel")
	}
	w.run()
	if w.values["composer"] != "a draft" || w.c.Text != "a draft" || len(sent[port.Edit](w.core)) != 0 {
		t.Errorf("in the composer is %q", w.values["composer"])
	}
	w.c.Edit("OUT2")
	w.c.Send()
	if len(sent[port.Edit](w.core)) != 0 {
		t.Error("an unchanged text was sent")
	}
}

func TestOldMessagesCannotBeChangedNorDeletedForEveryone(t *testing.T) {
	w := signedIn(t)
	m := own(w, 2, "old")
	m.At = w.now.Add(-port.EditFor)
	w.tell(port.MessageChanged{Message: m})
	w.c.Edit("OUT2")
	if w.c.Editing != nil || w.c.ComposeKey("ArrowUp") {
		t.Error("an old message is being changed")
	}
	m.At = w.now.Add(-port.RevokeFor)
	w.tell(port.MessageChanged{Message: m})
	w.c.AskRevokeMessage("OUT2")
	if w.c.Ask != nil {
		t.Error("asked to delete an old message for everyone")
	}
}

func TestDeletingForEveryoneIsAskedAndHonest(t *testing.T) {
	w := signedIn(t)
	w.tell(port.MessageChanged{Message: own(w, 2, "oops")})
	w.c.AskRevokeMessage("OUT2")
	if w.c.Ask == nil || !strings.Contains(w.c.Ask.Text, "may have read, copied or kept it") || len(sent[port.Revoke](w.core)) != 0 {
		t.Fatalf("asked %+v", w.c.Ask)
	}
	w.c.Confirm()
	if got := lastOf[port.Revoke](w); got.Target != "OUT2" || got.ID == "" {
		t.Errorf("told %+v", got)
	}
}

func TestDeletingHereNamesTheDirection(t *testing.T) {
	w := signedIn(t)
	w.tell(port.MessageChanged{Message: own(w, 2, "mine")})
	w.c.Delete(true, "OUT2")
	w.pass(toastFor)
	if got := lastOf[port.Delete](w); got.ID != "OUT2" || !got.FromMe {
		t.Errorf("told %+v", got)
	}
}

func TestTheEngineIsToldWhichChatIsLookedAt(t *testing.T) {
	w := signedIn(t)
	if lastOf[port.Watch](w).Chat != mira {
		t.Fatal("the open chat is not watched")
	}
	w.tell(port.PeerPresence{Chat: mira, Presence: model.Presence{Online: true}})
	w.visible = false
	w.c.post(w.c.lookAround)
	w.run()
	if lastOf[port.Watch](w).Chat != "" {
		t.Error("watched in a hidden tab")
	}
	if text, _ := w.c.View.Presence(mira); text != "" {
		t.Errorf("%q, though nobody tells any more", text)
	}
	w.visible = true
	w.c.post(w.c.lookAround)
	w.run()
	w.Go(PathChats)
	watched := sent[port.Watch](w.core)
	if n := len(watched); n != 4 || watched[2].Chat != mira || watched[3].Chat != "" {
		t.Errorf("watched %v", watched)
	}
	w.core.events(nil, true) // another engine
	w.Go(ChatPath(mira))
	w.run()
	if lastOf[port.Watch](w).Chat != mira {
		t.Error("a new engine does not know what to watch")
	}
}

func TestASwitchMovesAtOnceAndBackIfRefused(t *testing.T) {
	w := signedIn(t)
	w.tell(port.PrivacyChanged{Privacy: model.Privacy{ReadReceipts: true, Typing: true, LastSeen: true}})
	w.c.SetPrivacy(func(p *model.Privacy) { p.Typing = false })
	want := model.Privacy{ReadReceipts: true, LastSeen: true}
	if got := lastOf[port.SetPrivacy](w); got.Privacy != want || w.c.View.Privacy != want {
		t.Errorf("told %+v, shown %+v", got, w.c.View.Privacy)
	}
	answer[port.SetPrivacy](w, port.Reply{Code: "internal"})
	if !w.c.View.Privacy.Typing || w.c.Toast == nil {
		t.Error("the switch stayed though it was refused")
	}
}

func TestANumberOfACardIsLookedUp(t *testing.T) {
	w := signedIn(t)
	w.c.MessageNumber("+49 171 7654321")
	w.run()
	if got := lastOf[port.LookUp](w); got.Phone != "+49 171 7654321" || w.c.Route.Place != NewChatPlace {
		t.Errorf("looked up %+v at %v", got, w.c.Route)
	}
	if IsPhone("javascript:alert(1)") || !IsPhone("+49 171 7654321") {
		t.Error("what is a number is told wrongly")
	}
}

func TestAMenuClosesWithEscapeAlone(t *testing.T) {
	w := signedIn(t)
	w.c.OpenMenu(MessageKey{ID: "IN1"}, MenuAll, 10, 20)
	if !w.c.Escape() || w.c.Menu.ID != "" || w.c.Route.Chat != mira {
		t.Error("Escape did more or less than to close the menu")
	}
	w.c.MessageFocused(MessageKey{ID: "IN1"})
	if !w.c.ReactHere() || w.c.MenuMode != MenuReact {
		t.Error("no emoji are offered for the message with the focus")
	}
	w.pass(time.Second)
}
