package headless

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
)

// stage is a world with Kate, who is a third-party user, and contacts of the sandbox.
type stage struct {
	*world
	kate *thirdparty.User
}

func newStage(t *testing.T) *stage {
	t.Helper()
	w := newWorld(t, relaytest.Options{})
	return &stage{w, w.thirdParty("kate")}
}

// contact makes one that follows a script, and opens Kate's chat with it.
func (s *stage) contact(knobs map[string]any) (phone string, chat model.ChatID) {
	s.t.Helper()
	phone = newNumber()
	asked := map[string]any{"phone": phone, "name": "Ada"}
	for k, v := range knobs {
		asked[k] = v
	}
	s.Call(http.MethodPost, s.GatewayURL+"/sandbox/contacts", "", asked, nil)
	return phone, s.kate.OpenChat(phone)
}

// knob turns knobs of a contact.
func (s *stage) knob(phone string, knobs map[string]any) (is struct{ Received, Sent int }) {
	s.t.Helper()
	s.Call(http.MethodPatch, s.GatewayURL+"/sandbox/contacts/"+phone, "", knobs, &is)
	return is
}

// met has Kate and the contact exchange a message.
func (s *stage) met(chat model.ChatID, text string) {
	s.t.Helper()
	s.kate.Send(chat, text)
	s.kate.AwaitText(text)
}

type knobs = map[string]any

func TestFerryMeetsAContactThatIsSlowOrOffline(t *testing.T) {
	s := newStage(t)
	phone, chat := s.contact(knobs{"slow": 600_000})
	id := s.kate.Send(chat, "are you there?")
	if m := s.kate.AwaitState(id, model.Delivered); m.State != model.Delivered {
		t.Errorf("a slow contact has made it %s", m.State)
	}
	s.knob(phone, knobs{"slow": 0})
	s.kate.AwaitState(id, model.Read)
	s.kate.AwaitText("are you there?")

	s.knob(phone, knobs{"offline": 3600})
	id = s.kate.Send(chat, "and now?")
	if m := s.kate.AwaitState(id, model.Sent); m.State != model.Sent {
		t.Errorf("a contact that is offline has made it %s", m.State)
	}
	s.knob(phone, knobs{"offline": 0})
	s.kate.AwaitText("and now?")
}

func TestFerryMeetsAContactThatIsReinstalled(t *testing.T) {
	s := newStage(t)
	phone, chat := s.contact(nil)
	s.met(chat, "before")
	s.knob(phone, knobs{"reinstall": true})
	s.met(chat, "after")
	if !slices.ContainsFunc(s.kate.Thread(chat), func(m model.Message) bool { return m.Kind == model.KindNotice && m.Notice == model.NoticeKeyChanged }) {
		t.Error("Kate is not told that the keys are others")
	}
}

func TestFerryMeetsAContactWithBadKeys(t *testing.T) {
	s := newStage(t)
	phone, chat := s.contact(knobs{"badKeys": true})
	id := s.kate.Send(chat, "hello")
	failed := thirdparty.Await(s.kate, "the end of the attempt", func(e port.MessageChanged) bool { return e.ID == id && e.State == model.Failed })
	if is := s.knob(phone, knobs{"badKeys": false}); is.Received > 0 {
		t.Errorf("it was encrypted to keys that nobody has signed: %+v", failed)
	}
	s.met(chat, "again")
}

func TestFerryMeetsAContactThatBlocks(t *testing.T) {
	s := newStage(t)
	phone, chat := s.contact(nil)
	s.met(chat, "hello")
	s.knob(phone, knobs{"blocks": true})
	blocked := s.kate.Send(chat, "do you hear me?")
	if m := s.kate.AwaitState(blocked, model.Sent); m.State != model.Sent {
		t.Errorf("the state is %s", m.State)
	}
	if is := s.knob(phone, knobs{"blocks": false}); is.Received != 1 {
		t.Errorf("it has received %d messages", is.Received)
	}
	s.met(chat, "and now?")
}

func TestFerryMeetsAContactThatWithdraws(t *testing.T) {
	s := newStage(t)
	phone, chat := s.contact(knobs{"withdrawAfter": 2})
	s.met(chat, "one")
	s.kate.Send(chat, "two")
	s.kate.AwaitState(func() model.MessageID { // what is said to nobody fails, and says why
		for {
			id := s.kate.Send(chat, "three")
			e := thirdparty.Await(s.kate, "an answer", func(e port.MessageChanged) bool { return e.ID == id && e.State != model.Pending })
			if e.State == model.Failed {
				if e.Failure != model.NoConsent {
					t.Errorf("it failed with %q", e.Failure)
				}
				return id
			}
		}
	}(), model.Failed)
	var is struct{ ThirdPartyChats bool }
	s.Call(http.MethodGet, s.GatewayURL+"/sandbox/phones/"+phone, "", nil, &is)
	if is.ThirdPartyChats {
		t.Error("its chats are still on")
	}
}

func TestFerryMeetsAContactThatFloodsAndOneThatSendsEverything(t *testing.T) {
	s := newStage(t)
	_, chat := s.contact(knobs{"script": "flood", "flood": 60})
	s.kate.Send(chat, "go")
	s.kate.AwaitText("Message 60 of 60")
	want := []string{"> go"}
	for i := range 60 {
		want = append(want, fmt.Sprintf("Message %d of 60", i+1))
	}
	s.thread(s.kate, chat, want...)

	_, chat = s.contact(knobs{"script": "everything"})
	s.kate.Send(chat, "show me")
	thirdparty.Await(s.kate, "the last, which is taken back", func(e port.MessageChanged) bool { return e.Chat == chat && e.Kind == model.KindDeleted })
	kinds := map[model.Kind]int{}
	for _, m := range s.kate.Thread(chat) {
		if m.Failure != "" {
			t.Errorf("%s %q: %s", m.Kind, m.Text, m.Failure)
		}
		kinds[m.Kind]++
	}
	if len(kinds) < 9 { // text, image, video, voice, document, sticker, contact, location, poll, revoked
		t.Errorf("%v", kinds)
	}
}

// taken are the messages of stanzas that the gateway has acknowledged: these it must not lose.
func (s *stage) taken(class, kind string) map[model.MessageID]bool {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.GatewayURL+"/sandbox/log", nil)
	s.ok(err)
	r.Header.Set("Accept", "application/json")
	answer, err := http.DefaultClient.Do(r)
	s.ok(err)
	defer answer.Body.Close() //nolint:errcheck // only read
	var log struct {
		Stanzas []struct {
			Direction, Tag string
			Attrs          map[string]string
		}
	}
	s.ok(json.NewDecoder(answer.Body).Decode(&log))
	ids := map[model.MessageID]bool{}
	for _, n := range log.Stanzas {
		if n.Direction == "out" && n.Tag == "ack" && n.Attrs["class"] == class && n.Attrs["type"] == kind {
			ids[model.MessageID(n.Attrs["id"])] = true
		}
	}
	return ids
}

func TestNothingIsLostOrDoubledWhateverTheNetworkDoes(t *testing.T) {
	s := newStage(t)
	phone, chat := s.contact(nil)
	s.met(chat, "hello")
	s.Call(http.MethodPut, s.GatewayURL+"/sandbox/faults", "", map[string]any{"seed": 11, "rules": []map[string]any{
		{"fault": "drop", "kind": "message", "chance": 0.15}, {"fault": "drop", "kind": "ack", "chance": 0.15},
		{"fault": "drop", "kind": "receipt", "chance": 0.15}, {"fault": "duplicate", "chance": 0.2, "kind": "message"},
		{"fault": "reorder", "chance": 0.2, "kind": "message", "delay": 100}, {"fault": "delay", "delay": 40, "chance": 0.3},
		{"fault": "corrupt", "direction": "out", "account": "7/kate", "times": 1}, {"fault": "refuse", "account": "7/kate", "times": 2},
	}}, nil)
	const n = 15
	ids := make([]model.MessageID, n)
	for i := range n {
		ids[i] = s.kate.Send(chat, fmt.Sprint("number ", i))
		if i == n/2 {
			s.Call(http.MethodPost, s.GatewayURL+"/sandbox/restart", "", map[string]any{"crash": true}, nil)
		}
	}
	s.Call(http.MethodPut, s.GatewayURL+"/sandbox/faults", "", map[string]any{}, nil)
	s.Call(http.MethodPost, s.GatewayURL+"/sandbox/restart", "", map[string]any{}, nil)
	for i := range ids {
		s.kate.AwaitText(fmt.Sprint("number ", i))
	}
	read := s.taken("receipt", "read")
	for _, id := range ids {
		state := model.Delivered // whatsmeow says once that a message was read, and not again if that is lost
		if read[id] {
			state = model.Read
		}
		s.kate.AwaitState(id, state)
	}
	seen := map[string]int{}
	for _, m := range s.kate.Thread(chat) {
		if !m.FromMe && m.Kind != model.KindNotice {
			seen[m.Text]++
		}
	}
	if len(seen) != n+1 {
		t.Errorf("%v", seen)
	}
	for text, times := range seen {
		if times != 1 {
			t.Errorf("%q is there %d times", text, times)
		}
	}
	var got struct{ Messages []struct{ Text string } }
	s.Call(http.MethodGet, s.GatewayURL+"/sandbox/contacts/"+phone+"/messages?direction=received", "", nil, &got)
	if len(got.Messages) != n+1 {
		t.Errorf("the contact has %d messages: %+v", len(got.Messages), got)
	}
}
