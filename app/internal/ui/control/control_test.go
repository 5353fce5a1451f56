package control

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

func TestASentMessageShowsAtOnceAndIsSentOnce(t *testing.T) {
	w := signedIn(t)
	w.types("  hello\n")
	w.c.Send()
	w.run()
	texts := sent[port.SendText](w.core)
	if len(texts) != 1 || texts[0].Text != "hello" || texts[0].ID != "3EB0ABABABABABABABABAB" {
		t.Fatalf("sent %+v", texts)
	}
	if m, ok := w.c.View.Thread(mira).Find(true, texts[0].ID); !ok || m.State != model.Pending {
		t.Errorf("shown %+v, %v", m, ok)
	}
	if w.values["composer"] != "" || w.drafts[string(mira)] != "" || w.c.Text != "" || w.focus != "composer" {
		t.Errorf("the composer is not empty and ready: %+v, focus on %q", w.values, w.focus)
	}
	w.c.Send()
	if n := len(sent[port.SendText](w.core)); n != 1 {
		t.Errorf("an empty composer sent: %d commands", n)
	}
}

func TestAMessageThatCannotBeSavedCanBeSentAgain(t *testing.T) {
	w := signedIn(t)
	w.types("hello")
	w.c.Send()
	answer[port.SendText](w, port.Reply{Code: "store_full", Error: "full"})
	id := sent[port.SendText](w.core)[0].ID
	if m, _ := w.c.View.Thread(mira).Find(true, id); m.State != model.Failed {
		t.Fatalf("state %q", m.State)
	}
	w.c.RetrySend(id)
	again := sent[port.SendText](w.core)
	if len(again) != 2 || again[1] != again[0] {
		t.Errorf("sent again as %+v", again)
	}
	if n := len(sent[port.Retry](w.core)); n != 0 {
		t.Errorf("the engine was asked to retry what it does not have")
	}
}

func TestTheBannersButtonEndsTheWait(t *testing.T) {
	w := signedIn(t)
	w.tell(port.LinkChanged{Link: model.Link{Phase: model.LinkWaiting, Down: model.HopRelay, RetryAt: w.now.Add(time.Minute)}})
	w.pass(2 * time.Second)
	w.c.Act()
	if n := len(sent[port.Reconnect](w.core)); n != 1 {
		t.Errorf("the engine was asked %d times to connect", n)
	}
}

func TestTypingIsToldSparinglyAndEndsByItself(t *testing.T) {
	w := signedIn(t)
	for range 10 { // a key each half second
		w.types("x")
		w.pass(500 * time.Millisecond)
	}
	w.pass(typingPause)
	w.pass(time.Minute)
	var told []bool
	for _, c := range sent[port.Typing](w.core) {
		told = append(told, c.Composing)
	}
	if len(told) != 3 || !told[0] || !told[1] || told[2] {
		t.Errorf("told %v, want two of typing and one of its end", told)
	}
}

func TestTypingEndsWithTheMessageWithoutAWord(t *testing.T) {
	w := signedIn(t)
	w.types("x")
	w.c.Send()
	w.pass(time.Minute)
	if told := sent[port.Typing](w.core); len(told) != 1 || !told[0].Composing {
		t.Errorf("told %+v", told)
	}
}

func TestMessagesAreReadOnlyWhenTheyAreSeen(t *testing.T) {
	w := signedIn(t)
	upto := func() uint64 {
		reads := sent[port.MarkRead](w.core)
		if len(reads) == 0 {
			return 0
		}
		return reads[len(reads)-1].Upto
	}
	if upto() != 1 {
		t.Fatalf("opening the chat marked up to %d", upto())
	}
	w.visible = false
	w.tell(port.MessageChanged{Message: incoming(2)})
	if upto() != 1 {
		t.Error("marked as read in a hidden tab")
	}
	w.visible = true
	w.c.post(w.c.lookAround)
	w.run()
	if upto() != 2 {
		t.Error("not marked as read when the tab was looked at again")
	}
	w.top = -600
	w.c.Scrolled()
	w.tell(port.MessageChanged{Message: incoming(3)})
	if upto() != 2 || w.c.View.Thread(mira).NewBelow != 1 {
		t.Errorf("marked up to %d while scrolled up, %d below", upto(), w.c.View.Thread(mira).NewBelow)
	}
	w.c.Jump()
	w.run()
	if upto() != 3 {
		t.Error("not marked as read at the bottom")
	}
	n := len(sent[port.MarkRead](w.core))
	w.tell(port.PeerTyping{Chat: mira, Composing: true})
	if len(sent[port.MarkRead](w.core)) != n {
		t.Error("marked as read again without a new message")
	}
	w.Go(PathSettings)
	w.tell(port.MessageChanged{Message: incoming(4)})
	if upto() != 3 {
		t.Error("marked as read while another screen was shown")
	}
}

func TestOlderMessagesAreFetchedOnceNearTheTop(t *testing.T) {
	w := signedIn(t)
	w.c.View.Thread(mira).More = true
	w.top = -1400
	w.c.Scrolled()
	w.c.Scrolled()
	pages := sent[port.Messages](w.core)
	if len(pages) != 2 || pages[1].Before != 1 {
		t.Errorf("asked for %+v", pages)
	}
}

func TestDeletingIsDoneWhenThePageIsLeft(t *testing.T) {
	w := signedIn(t)
	w.c.Delete(false, "IN1")
	w.run()
	w.visible = false
	w.c.lookAround()
	if all := sent[port.Delete](w.core); len(all) != 1 || all[0].ID != "IN1" {
		t.Errorf("sent %+v", all)
	}
}

func TestDeletingCanBeTakenBackForAWhile(t *testing.T) {
	w := signedIn(t)
	shown := func() int { return len(w.c.View.Items(w.c.View.Thread(mira))) }
	before := shown()
	w.c.Delete(false, "IN1")
	w.run()
	if shown() >= before || w.c.Toast == nil {
		t.Fatal("the message is still there, or no toast is")
	}
	w.c.Undo()
	w.pass(time.Minute)
	if shown() != before || len(sent[port.Delete](w.core)) != 0 {
		t.Error("undo did not bring it back")
	}
	w.c.Delete(false, "IN1")
	w.run()
	w.pass(toastFor)
	if d := sent[port.Delete](w.core); len(d) != 1 || d[0].ID != "IN1" {
		t.Errorf("deleted %+v", d)
	}
}

func TestEachChatKeepsItsDraft(t *testing.T) {
	w := signedIn(t)
	w.types("half a thought")
	w.Go(PathChats)
	w.run()
	if rows := w.c.View.Rows(); !rows[0].Draft || rows[0].Preview != "half a thought" {
		t.Errorf("row %+v", rows[0])
	}
	w.Go(ChatPath(mira))
	w.run()
	if w.values["composer"] != "half a thought" || w.c.Text != "half a thought" {
		t.Errorf("the composer holds %q", w.values["composer"])
	}
	told := sent[port.Typing](w.core)
	if last := told[len(told)-1]; last.Composing {
		t.Error("leaving the chat did not end typing")
	}
}

func TestANumberIsAnsweredInItsOwnWords(t *testing.T) {
	for _, c := range []struct {
		phone  string
		reply  port.Reply
		status string
	}{
		{"", port.Reply{}, "empty"},
		{"hello", port.Reply{}, "invalid"},
		{"0151 2345678", port.Reply{}, "invalid"},
		{"+49 12", port.Reply{}, "invalid"},
		{"+49 151 2345678", value(port.LookUpResult{Status: "not_found"}), "not_found"},
		{"0049 (151) 234-5678", value(port.LookUpResult{Status: "no_consent"}), "no_consent"},
		{"+49 151 2345678", port.Reply{Code: "timeout"}, "failed"},
	} {
		w := signedIn(t)
		w.Go(PathNew)
		w.c.NewPhone(c.phone)
		w.c.NewSubmit()
		w.run()
		if len(sent[port.LookUp](w.core)) > 0 {
			answer[port.LookUp](w, c.reply)
		}
		if w.c.New.Status != c.status || w.c.New.Busy {
			t.Errorf("%q is answered by %q, want %q", c.phone, w.c.New.Status, c.status)
		}
	}
}

func TestAFoundPersonsChatOpens(t *testing.T) {
	w := signedIn(t)
	w.Go(PathNew)
	w.c.NewPhone("+49 151 2345678")
	w.c.NewSubmit()
	if w.c.NewSpins() {
		t.Error("it spins at once")
	}
	w.pass(spinAfter)
	if !w.c.NewSpins() {
		t.Error("it does not spin after a while")
	}
	answer[port.LookUp](w, value(port.LookUpResult{Status: "ok", Chat: "7@lid"}))
	open := sent[port.OpenChat](w.core)
	if len(open) != 1 || open[0].Contact.Phone != "+49 151 2345678" {
		t.Fatalf("opened %+v", open)
	}
	answer[port.OpenChat](w, value(model.Chat{ID: "7@lid", Contact: open[0].Contact}))
	if w.c.Route.Chat != "7@lid" || w.c.View.Open != "7@lid" {
		t.Errorf("at %+v", w.c.Route)
	}
}

func TestAnAnswerToAClosedDialogIsDropped(t *testing.T) {
	w := signedIn(t)
	w.Go(PathNew)
	w.c.NewPhone("+49 151 2345678")
	w.c.NewSubmit()
	w.c.Dismiss()
	answer[port.LookUp](w, value(port.LookUpResult{Status: "ok", Chat: "7@lid"}))
	if len(sent[port.OpenChat](w.core)) != 0 {
		t.Error("a chat opened behind the user's back")
	}
}

func TestSigningInFailsInWordsThatSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		err                      error
		form, username, password string
	}{
		{errors.New("no network"), "cannot be reached", "", ""},
		{&host.RelayError{Status: 401, Code: "wrong_password"}, "do not match", "", ""},
		{&host.RelayError{Status: 409, Code: "username_taken", Field: "username"}, "", "is taken", ""},
		{&host.RelayError{Status: 422, Code: "invalid_password", Field: "password", Message: "Too common."}, "", "", "Too common."},
		{&host.RelayError{Status: 500, Code: "internal"}, "cannot be reached", "", ""},
	} {
		w := newWorld(t)
		w.me, w.signIn = &host.RelayError{Status: 401}, c.err
		w.c.Start(w)
		w.run()
		w.c.SignUsername("ada")
		w.c.SignPassword("correct horse")
		w.c.SignSubmit()
		w.run()
		s := w.c.Sign
		if !strings.Contains(s.Error, c.form) || !strings.Contains(s.UsernameError, c.username) || !strings.Contains(s.PasswordError, c.password) || s.Busy {
			t.Errorf("%v is told as %+v", c.err, s)
		}
		if (c.form == "") != (s.Error == "") {
			t.Errorf("%v: the form says %q", c.err, s.Error)
		}
	}
}

func TestTooManyTriesCountDown(t *testing.T) {
	w := newWorld(t)
	w.me, w.signIn = &host.RelayError{Status: 401}, &host.RelayError{Status: 429, RetryAfter: 30 * time.Second}
	w.c.Start(w)
	w.run()
	w.c.SignUsername("ada")
	w.c.SignPassword("correct horse")
	w.c.SignSubmit()
	w.run()
	if w.c.SignWait() != 30*time.Second {
		t.Fatalf("waits %v", w.c.SignWait())
	}
	w.signIn = nil
	w.c.SignSubmit()
	w.run()
	if w.c.View.Phase != view.SignedOut {
		t.Error("signed in before the wait was over")
	}
	w.pass(30 * time.Second)
	w.c.SignSubmit()
	w.run()
	if w.c.View.Phase != view.SignedIn || w.c.Sign.Password != "" {
		t.Errorf("phase %v, the password is kept: %v", w.c.View.Phase, w.c.Sign.Password != "")
	}
}

func TestChatsShowWithoutANetwork(t *testing.T) {
	w := newWorld(t)
	w.account, w.known, w.me = host.Account{ID: "1", Username: "ada"}, true, errors.New("no network")
	w.c.Start(w)
	w.run()
	if w.c.View.Phase != view.SignedIn || len(w.c.View.Rows()) != 1 {
		t.Errorf("phase %v, %d rows", w.c.View.Phase, len(w.c.View.Rows()))
	}
}

func TestConnectingTellsItsOutcome(t *testing.T) {
	w := signedIn(t)
	w.c.View.Self.Connected = false
	w.c.Connect()
	w.c.Connect()
	if n := len(sent[port.Connect](w.core)); n != 1 || !w.c.Third.Busy {
		t.Fatalf("%d commands, busy %v", n, w.c.Third.Busy)
	}
	answer[port.Connect](w, port.Reply{Code: "gateway_unreachable", Error: "WhatsApp's gateway cannot be reached"})
	if w.c.Third.Busy || !strings.Contains(w.c.Third.Error, "cannot be reached. Nothing was changed") {
		t.Errorf("told %+v", w.c.Third)
	}
	w.c.Connect()
	answer[port.Connect](w, port.Reply{})
	if w.c.Third.Error != "" || !w.c.View.Self.Connected {
		t.Errorf("told %+v", w.c.Third)
	}
	w.c.AskDisconnect()
	if len(sent[port.Disconnect](w.core)) != 0 {
		t.Error("turned off without a confirmation")
	}
	w.c.Confirm()
	answer[port.Disconnect](w, port.Reply{})
	if w.c.View.Self.Connected || w.c.Ask != nil {
		t.Error("still on")
	}
}

func TestOtherSessionsAreSignedOutTogether(t *testing.T) {
	w := signedIn(t)
	w.sessions = []host.Session{{ID: "a", Current: true}, {ID: "b"}, {ID: "c"}}
	w.Go(PathSessions)
	w.run()
	w.c.AskRevokeOthers()
	w.c.Confirm()
	w.run()
	if l := w.c.Sessions.List; len(l) != 1 || l[0].ID != "a" || w.c.Sessions.Ending != "" {
		t.Errorf("left are %+v", w.c.Sessions)
	}
}

func TestEscapeClosesWhatIsOnTopAndThenGoesBack(t *testing.T) {
	w := signedIn(t)
	w.c.Help, w.c.Menu = true, MessageKey{ID: "IN1"}
	w.c.Escape()
	if w.c.Help || w.c.Menu.ID == "" {
		t.Error("the overview should close first, alone")
	}
	w.c.Escape()
	if w.c.Menu.ID != "" || w.c.Route.Place != Chat {
		t.Error("then the menu")
	}
	w.c.Escape()
	w.run()
	if w.c.Route.Place != Chats || w.focus != RowID(mira) {
		t.Errorf("then the chat; the focus is on %q", w.focus)
	}
}

func TestPathsLeadToPlaces(t *testing.T) {
	for path, want := range map[string]Place{
		"/": Chats, "": Chats, "/new": NewChatPlace, "/chat/1@lid": Chat, "/chat/": Nowhere, "/settings/": Settings,
		"/settings/third-party": SettingsThird, "/nowhere": Nowhere, "/signin": SignInPlace,
	} {
		if got := Parse(path).Place; got != want {
			t.Errorf("%q leads to %d, want %d", path, got, want)
		}
	}
	if got := ChatPath("a/b?c ü@lid"); got != "/chat/a%2Fb%3Fc%20%C3%BC@lid" {
		t.Errorf("path %q", got)
	}
}

func TestADraftIsBackAfterAReloadUnlessTheUserWasFaster(t *testing.T) {
	for typed, want := range map[string]string{"": "half a thought", "new": "new"} {
		w := newWorld(t)
		w.account, w.known = host.Account{ID: "1", Username: "ada"}, true
		w.c.Start(w)
		w.Go(ChatPath(mira)) // before the engine has answered: no draft is known
		if typed != "" {
			w.c.Typed(typed)
		}
		w.drafts[string(mira)] = "half a thought"
		w.run()
		if w.c.Text != want {
			t.Errorf("after typing %q the composer holds %q, want %q", typed, w.c.Text, want)
		}
	}
}

// Something may happen just after a moment has come and before its timer has told.
func TestWhatIsDueIsDoneWhoeverSeesItFirst(t *testing.T) {
	w := signedIn(t)
	w.c.Delete(false, "IN1")
	w.run()
	w.types("hm")
	w.now = w.now.Add(time.Minute)
	w.tell(port.PeerTyping{Chat: mira, Composing: true})
	if w.c.Toast != nil {
		t.Errorf("still there: %+v", w.c.Toast)
	}
	if got := sent[port.Delete](w.core); len(got) != 1 {
		t.Errorf("deleted %v", got)
	}
	if !w.c.typing.pauseAt.IsZero() {
		t.Error("it still types")
	}
}
