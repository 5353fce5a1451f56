package control

import (
	"fmt"
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

const tomke = model.ChatID("2@lid")

// asked is a world in which a stranger has written, with their request open.
func asked(t *testing.T) *world {
	w := newWorld(t)
	w.core.state.Chats = append(w.core.state.Chats, model.Chat{ID: tomke, Contact: model.Contact{Name: "Tomke"}, Request: true, Unread: 1})
	w.account, w.known = host.Account{ID: "1", Username: "ada"}, true
	w.c.Start(w)
	w.run()
	w.Go(ChatPath(tomke))
	w.run()
	answer[port.Messages](w, value(port.MessagePage{Messages: []model.Message{{ID: "IN1", Chat: tomke, Text: "hi", Order: 1, State: model.Received}}}))
	return w
}

func TestAStrangerIsNeitherWatchedNorAnswered(t *testing.T) {
	w := asked(t)
	for _, cmd := range sent[port.Watch](w.core) {
		if cmd.Chat == tomke {
			t.Error("the stranger's presence is asked for")
		}
	}
	if w.focus != "request-title" {
		t.Errorf("the focus is on %q", w.focus)
	}
	w.types("hello")
	w.c.Reply(MessageKey{ID: "IN1"})
	if w.c.CanSend() || w.c.Replying != nil {
		t.Error("a stranger can be answered before they are accepted")
	}
	w.c.React(MessageKey{ID: "IN1"}, "👍")
	if n := len(sent[port.React](w.core)) + len(sent[port.Typing](w.core)); n > 0 {
		t.Errorf("%d signs of life went out", n)
	}
}

func TestAnAcceptedRequestIsAChat(t *testing.T) {
	w := asked(t)
	w.c.Accept(tomke)
	w.c.Accept(tomke)
	if n := len(sent[port.Accept](w.core)); n != 1 {
		t.Fatalf("accepted %d times", n)
	}
	answer[port.Accept](w, value(model.Chat{ID: tomke, Contact: model.Contact{Name: "Tomke"}, Met: true}))
	w.types("hello")
	if !w.c.CanSend() || w.focus != "composer" {
		t.Errorf("can send: %v, the focus is on %q", w.c.CanSend(), w.focus)
	}
	if all := sent[port.Watch](w.core); len(all) == 0 || all[len(all)-1].Chat != tomke {
		t.Error("who was accepted is not watched")
	}
}

func TestARequestIsDeletedOnlyAfterAQuestion(t *testing.T) {
	w := asked(t)
	w.c.AskDecline(tomke)
	if len(sent[port.Decline](w.core)) != 0 || w.c.Ask == nil {
		t.Fatal("it is not asked")
	}
	w.c.Confirm()
	answer[port.Decline](w, port.Reply{Code: "offline", Error: "no"})
	if _, known := w.c.View.Chat(tomke); !known {
		t.Error("it is gone although the engine did not delete it")
	}
	w.c.AskDecline(tomke)
	w.c.Confirm()
	answer[port.Decline](w, port.Reply{})
	if _, known := w.c.View.Chat(tomke); known || w.c.Route.Place != Chats {
		t.Error("it is still there")
	}
}

func TestABlockCanBeTakenBack(t *testing.T) {
	w := signedIn(t)
	w.c.AskBlock(mira)
	if len(sent[port.Block](w.core)) != 0 {
		t.Fatal("nobody was asked")
	}
	w.c.ConfirmBlock()
	answer[port.Block](w, value(model.Chat{ID: mira, Contact: model.Contact{Name: "Mira"}, Blocked: true}))
	chat, _ := w.c.View.Chat(mira)
	if view.BarrierOf(chat) != view.BarBlocked || w.c.Toast == nil || !w.c.Toast.CanUndo() || w.focus != "unblock" {
		t.Fatalf("%+v, focus %q", chat, w.focus)
	}
	w.c.Undo()
	all := sent[port.Block](w.core)
	if len(all) != 2 || all[1].Blocked || all[1].Chat != mira {
		t.Errorf("%+v", all)
	}
	answer[port.Block](w, value(model.Chat{ID: mira, Contact: model.Contact{Name: "Mira"}}))
	if chat, _ := w.c.View.Chat(mira); chat.Blocked {
		t.Error("Mira is still blocked")
	}
}

func TestABlockThatFailsSaysSo(t *testing.T) {
	w := signedIn(t)
	w.c.AskBlock(mira)
	w.c.ConfirmBlock()
	answer[port.Block](w, port.Reply{Code: "refused", Error: "no such person"})
	if chat, _ := w.c.View.Chat(mira); chat.Blocked || w.c.Toast == nil || w.c.Toast.CanUndo() {
		t.Error("it looks blocked")
	}
}

func TestAReportShowsWhatLeavesBeforeItCanBeSent(t *testing.T) {
	w := signedIn(t)
	w.c.OpenReport(mira)
	var page port.MessagePage
	for i := range 8 {
		page.Messages = append(page.Messages, incoming(uint64(i+1)))
	}
	own := incoming(9)
	own.FromMe = true
	page.Messages = append(page.Messages, own)
	answer[port.Messages](w, value(page))
	previews := sent[port.PreviewReport](w.core)
	if len(previews) != 1 || fmt.Sprint(previews[0].Messages) != "[{IN4 false} {IN5 false} {IN6 false} {IN7 false} {IN8 false}]" {
		t.Fatalf("the last five of theirs are not chosen: %v", previews)
	}
	w.c.SendReport()
	if len(sent[port.Report](w.core)) != 0 {
		t.Fatal("it is sent before it is known what would be")
	}
	answer[port.PreviewReport](w, value(port.ReportPreview{Address: "1@lid"}))
	w.c.ChooseReported(model.Ref{ID: "IN4"}, false)
	if w.c.Report.Ready() {
		t.Error("an old preview stands for another choice")
	}
	w.core.replies[len(w.core.replies)-1](value(port.ReportPreview{Address: "1@lid"}))
	w.run()
	w.c.ReportFor("scam")
	w.c.SendReport()
	all := sent[port.Report](w.core)
	if len(all) != 1 || all[0].Reason != "scam" || !all[0].Block || len(all[0].Messages) != 4 {
		t.Fatalf("%+v", all)
	}
	answer[port.Report](w, port.Reply{Code: "offline", Error: "no"})
	if w.c.Report == nil || w.c.Report.Error == "" || w.c.Report.Busy {
		t.Fatal("a report that failed is forgotten")
	}
	w.c.SendReport()
	answer[port.Report](w, value(model.Chat{ID: mira, Blocked: true}))
	if chat, _ := w.c.View.Chat(mira); w.c.Report != nil || !chat.Blocked {
		t.Error("a report that was sent is still open")
	}
}

func TestAReportIsShownAnewIfAMessageOfItChanges(t *testing.T) {
	w := signedIn(t)
	w.c.OpenReport(mira)
	answer[port.Messages](w, value(port.MessagePage{Messages: []model.Message{incoming(1), incoming(2), incoming(3)}}))
	w.c.ChooseReported(incoming(1).Ref(), false)
	shows := func() {
		t.Helper()
		answer[port.PreviewReport](w, value(port.ReportPreview{Address: "1@lid"}))
		if !w.c.Report.Ready() {
			t.Fatal("it is not known what leaves")
		}
	}
	shows()
	edited := incoming(1)
	edited.Text = "another"
	w.tell(port.MessageChanged{Message: edited})
	if !w.c.Report.Ready() || w.c.Report.Chosen(edited) {
		t.Error("a message that is not chosen is in it")
	}
	edited = incoming(2)
	edited.Text = "another"
	w.tell(port.MessageChanged{Message: edited})
	w.c.SendReport()
	if w.c.Report.Ready() || len(sent[port.Report](w.core)) != 0 {
		t.Fatal("what leaves is not what was shown")
	}
	shows()
	w.tell(port.MessageDeleted{Chat: mira, ID: incoming(3).ID})
	if w.c.Report.Ready() {
		t.Error("what is deleted is shown")
	}
	shows()
	w.c.SendReport()
	if all := sent[port.Report](w.core); len(all) != 1 || fmt.Sprint(all[0].Messages) != "[{IN2 false}]" {
		t.Errorf("%+v", all)
	}
}

func TestAReportHasABound(t *testing.T) {
	w := signedIn(t)
	w.c.OpenReport(mira)
	var page port.MessagePage
	for i := range reportOffered {
		page.Messages = append(page.Messages, incoming(uint64(i+1)))
	}
	answer[port.Messages](w, value(page))
	for _, m := range page.Messages {
		w.c.ChooseReported(m.Ref(), true)
	}
	if n := len(w.c.Report.refs()); n != port.MaxReported || !w.c.Report.Full {
		t.Errorf("%d chosen", n)
	}
}

func TestOnlyTheNumberOnTheScreenIsVerified(t *testing.T) {
	w := signedIn(t)
	w.Go(InfoPath(mira))
	w.run()
	if w.c.Route.Place != ChatInfo || w.c.View.Open != "" || w.focus != "screen-title" {
		t.Fatalf("%+v, focus %q", w.c.Route, w.focus)
	}
	w.c.Verify(true)
	if len(sent[port.Verify](w.core)) != 0 {
		t.Fatal("a number that is not there is verified")
	}
	answer[port.SafetyNumber](w, value(model.SafetyNumber{Digits: "1"}))
	w.c.Verify(true)
	all := sent[port.Verify](w.core)
	if len(all) != 1 || all[0].Digits != "1" {
		t.Fatalf("%+v", all)
	}
	answer[port.Verify](w, port.Reply{Code: "number_changed", Error: "x"})
	if w.c.Safety.Note != w.c.L.People.Safety.NewNumber || len(sent[port.SafetyNumber](w.core)) != 2 {
		t.Error("another number is not asked for")
	}
	answer[port.SafetyNumber](w, value(model.SafetyNumber{Digits: "2"}))
	w.c.Verify(true)
	answer[port.Verify](w, value(model.Chat{ID: mira, Verified: true}))
	if chat, _ := w.c.View.Chat(mira); !chat.Verified {
		t.Error("it is not verified")
	}
	w.tell(port.MessageChanged{Message: model.Message{ID: "N", Chat: mira, Kind: model.KindNotice, Notice: model.NoticeKeyChanged, Order: 50}})
	if len(sent[port.SafetyNumber](w.core)) != 3 {
		t.Error("a key that changes while it is looked at is not looked up")
	}
	if w.c.Safety.Loaded {
		t.Error("the number of the old key is still shown")
	}
	if !w.c.Escape() || w.c.Route.Place != Chat || w.c.Route.Chat != mira {
		t.Errorf("Escape leads to %+v", w.c.Route)
	}
}

func TestALateNumberIsNotAnothersNumber(t *testing.T) {
	w := asked(t)
	w.Go(InfoPath(tomke))
	w.run()
	late := w.core.replies[len(w.core.replies)-1]
	w.Go(InfoPath(mira))
	w.run()
	late(value(model.SafetyNumber{Digits: "1"}))
	w.run()
	if w.c.Safety.Loaded {
		t.Error("the number of one is shown for the other")
	}
}

func TestAScreenOpenedAgainShowsNoOldNumber(t *testing.T) {
	w := signedIn(t)
	w.Go(InfoPath(mira))
	w.run()
	answer[port.SafetyNumber](w, value(model.SafetyNumber{Digits: "1"}))
	w.Go(ChatPath(mira))
	w.run()
	w.Go(InfoPath(mira))
	w.run()
	if w.c.Safety.Loaded {
		t.Errorf("%q is shown before anybody has said that it still is the number", w.c.Safety.Number.Digits)
	}
	late := w.core.replies[len(w.core.replies)-1]
	w.c.LoadSafety(mira)
	answer[port.SafetyNumber](w, value(model.SafetyNumber{Digits: "3"}))
	late(value(model.SafetyNumber{Digits: "2"}))
	w.run()
	if got := w.c.Safety.Number.Digits; !w.c.Safety.Loaded || got != "3" {
		t.Errorf("%q is shown, which was asked for earlier", got)
	}
}

func TestHeldMessagesGoOutOnlyAfterAQuestion(t *testing.T) {
	w := signedIn(t)
	w.tell(port.ChatChanged{Chat: model.Chat{ID: mira, Held: true}})
	w.c.AskRelease(mira)
	if len(sent[port.ReleaseHeld](w.core)) != 0 {
		t.Fatal("nobody was asked")
	}
	w.c.Confirm()
	answer[port.ReleaseHeld](w, value(model.Chat{ID: mira}))
	if chat, _ := w.c.View.Chat(mira); chat.Held {
		t.Error("they are still held")
	}
}

func TestAPathLeadsToAPerson(t *testing.T) {
	for path, want := range map[string]Route{
		"/chat/1@lid/info": {Place: ChatInfo, Chat: "1@lid", Path: "/chat/1@lid/info"},
		"/chat/1@lid":      {Place: Chat, Chat: "1@lid", Path: "/chat/1@lid"},
		"/chat/info":       {Place: Chat, Chat: "info", Path: "/chat/info"},
		"/wa/4915510000002/chat/7-1@interop/info": {Place: ChatInfo, Chat: "7-1@interop", Path: "/chat/7-1@interop/info", WhatsApp: "4915510000002"},
		PathBlocked: {Place: SettingsBlocked, Path: PathBlocked},
	} {
		if got := Parse(path); got != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if !Parse(PathBlocked).InSettings() {
		t.Error("the blocked are not in the settings")
	}
}

func TestAnUndoOfUnblockingBlocksAgain(t *testing.T) {
	w := signedIn(t)
	w.Go(PathBlocked)
	w.run()
	w.c.Unblock("9@lid", "Somebody")
	answer[port.Block](w, value(model.Chat{ID: "9@lid"}))
	if _, known := w.c.View.Chat("9@lid"); known {
		t.Error("unblocking makes a chat")
	}
	w.c.Undo()
	all := sent[port.Block](w.core)
	if len(all) != 2 || !all[1].Blocked {
		t.Errorf("%+v", all)
	}
	w.pass(time.Minute)
	if w.c.Toast != nil {
		t.Error("the toast stays")
	}
}

func TestAPersonIsCalledWhatTheUserCallsThem(t *testing.T) {
	w := signedIn(t)
	said := func() string { return sent[port.Name](w.core)[len(sent[port.Name](w.core))-1].Name }
	as := func(given string) port.Reply {
		return value(model.Chat{ID: mira, Contact: model.Contact{Name: "Mira", Given: given}, Order: 1})
	}
	w.c.AskName(mira)
	w.c.ConfirmName(" Sister ")
	answer[port.Name](w, as("Sister"))
	if said() != "Sister" || w.c.View.Name(mira) != "Sister" || w.c.Naming != "" || w.c.Toast == nil || !w.c.Toast.CanUndo() {
		t.Errorf("sent %q, called %q, %+v", said(), w.c.View.Name(mira), w.c.Toast)
	}
	w.c.Undo()
	answer[port.Name](w, as(""))
	if said() != "" || w.c.View.Name(mira) != "Mira" {
		t.Errorf("undone: sent %q, called %q", said(), w.c.View.Name(mira))
	}
	before := len(sent[port.Name](w.core))
	w.c.AskName(mira)
	if w.c.Naming != mira || !w.c.Escape() || w.c.Naming != "" {
		t.Error("Escape does not leave the dialog")
	}
	w.c.AskName(mira)
	w.c.ConfirmName(" ") // nothing was changed
	if after := len(sent[port.Name](w.core)); after != before {
		t.Errorf("%d names sent, after %d", after, before)
	}
}

func TestPeopleOfOtherAppsKeepTheirUsernames(t *testing.T) {
	w := signedIn(t)
	w.tell(port.ChatChanged{Chat: model.Chat{ID: mira, Contact: model.Contact{Name: "mira", Provider: 9}, Order: 2}})
	w.c.AskName(mira)
	if w.c.Naming != "" {
		t.Error("a username can be changed")
	}
}
